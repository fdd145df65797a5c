//! A chain in a file: what it kept, and what it refuses to open.

use std::path::{Path, PathBuf};

use cess_client::{Chain, ChainError, ChainExt, ChainFault, LocalChain, Tick, testkit::World};
use cess_ledger::{Account, AccountKey, Action, Params, State};
use futures::executor::block_on;
use tempfile::TempDir;

const FUNDS: u128 = 1_000_000;

fn tick(height: u64) -> Tick {
    Tick {
        time: World::START_MS + height,
        randomness: *blake3::hash(&height.to_le_bytes()).as_bytes(),
    }
}

fn alice() -> AccountKey {
    AccountKey::from_seed(&[1; 32])
}

fn genesis(chain_id: u8) -> Result<State, cess_ledger::Error> {
    State::genesis(Params::example([chain_id; 32]), World::START_MS, [(alice().account(), FUNDS)])
}

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("chain.redb");
    (dir, path)
}

fn open(path: &Path) -> Result<LocalChain, ChainError> {
    LocalChain::open(path, || genesis(1), tick)
}

fn pay(chain: &LocalChain, amount: u128) {
    let to = AccountKey::from_seed(&[2; 32]).account();
    block_on(chain.act(&alice(), Action::Transfer { to, amount })).expect("the ledger takes it");
}

fn state(chain: &LocalChain) -> State {
    chain.with_state(State::clone)
}

fn store_fault(result: Result<LocalChain, ChainError>) -> ChainFault {
    match result {
        Err(ChainError::Store(fault)) => fault,
        other => panic!("opened: {other:?}"),
    }
}

#[test]
fn a_chain_opened_again_is_the_same_across_snapshots() {
    let (_dir, path) = place();
    for blocks in [0, 1, 254, 1, 1, 300] {
        let chain = open(&path).expect("it opens");
        for _ in 0..blocks {
            pay(&chain, 1);
        }
        let before = state(&chain);
        drop(chain);
        let chain = LocalChain::resume(&path, tick).expect("it opens");
        assert_eq!(state(&chain), before);
    }
    let chain = open(&path).expect("it opens");
    assert_eq!(
        state(&chain).account(&alice().account()),
        Account { balance: FUNDS - 557, nonce: 557 }
    );
    for nonce in 0..557 {
        let (_, receipt) = block_on(chain.outcome(&alice().account(), nonce)).unwrap().unwrap();
        assert_eq!(receipt.height, nonce + 1);
        assert_eq!(block_on(chain.events(receipt.height)), Ok(receipt.events));
    }
    assert_eq!(block_on(chain.events(0)), Ok(Vec::new()));
    assert_eq!(block_on(chain.events(558)), Err(ChainError::Protocol { asked: "events" }));
}

#[test]
fn a_refused_call_is_not_kept() {
    let (_dir, path) = place();
    let chain = open(&path).expect("it opens");
    let to = alice().account();
    let mut call =
        cess_ledger::SignedCall::sign(&alice(), [1; 32], 0, Action::Transfer { to, amount: 1 });
    call.call.nonce = 7;
    let refused = block_on(chain.submit(call));
    assert_eq!(refused, Err(ChainError::Refused(cess_ledger::Error::BadSignature)));
    let before = state(&chain);
    drop(chain);
    assert_eq!(state(&open(&path).expect("it opens")), before);
}

#[test]
fn refuses_what_is_not_there() {
    let (dir, path) = place();
    assert_eq!(store_fault(LocalChain::resume(&path, tick)), ChainFault::NotFound);
    assert!(!path.exists());
    std::fs::write(&path, []).expect("a file");
    assert_eq!(store_fault(LocalChain::resume(&path, tick)), ChainFault::NotFound);
    let nowhere = dir.path().join("no/chain.redb");
    assert_eq!(store_fault(open(&nowhere)), ChainFault::NotFound);
}

#[test]
fn what_a_beginning_left_that_was_cut_short_is_no_obstacle() {
    let (_dir, path) = place();
    let draft = path.with_extension("redb.new");
    drop(LocalChain::open(&draft, || genesis(9), tick).expect("it opens"));
    drop(open(&path).expect("it opens"));
    assert!(!draft.exists());
    let (_dir, path) = place();
    std::fs::write(path.with_extension("redb.new"), b"redb, or the beginning of it")
        .expect("a file");
    let chain = open(&path).expect("it opens");
    pay(&chain, 1);
    std::fs::write(path.with_extension("redb.new"), b"of no interest").expect("a file");
    drop(chain);
    assert_eq!(state(&open(&path).expect("it opens")).height(), 1);
}

#[test]
fn refuses_another_chain() {
    let (_dir, path) = place();
    drop(open(&path).expect("it opens"));
    let other = store_fault(LocalChain::open(&path, || genesis(9), tick));
    assert_eq!(other, ChainFault::OtherChain { expected: [9; 32], got: [1; 32] });
    open(&path).expect("its own still opens it");
}

#[test]
fn refuses_to_be_opened_twice() {
    let (_dir, path) = place();
    let _first = open(&path).expect("it opens");
    assert_eq!(store_fault(open(&path)), ChainFault::InUse);
}

#[test]
fn refuses_a_genesis_that_can_not_work() {
    let (_dir, path) = place();
    let mut params = Params::example([1; 32]);
    params.deal.open_ms = 0;
    let refused = LocalChain::open(&path, || State::genesis(params, 0, []), tick);
    let expected = cess_ledger::Error::BadParameter { name: "deal deadlines" };
    assert_eq!(refused.err(), Some(ChainError::Refused(expected)));
    assert!(!path.exists());
}

#[test]
fn refuses_another_format_and_other_rules() {
    const META: redb::TableDefinition<'_, &str, &[u8]> = redb::TableDefinition::new("meta");
    const EVENTS: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("events");
    let (_dir, path) = place();
    let chain = open(&path).expect("it opens");
    pay(&chain, 1);
    pay(&chain, 2);
    drop(chain);

    let edit = |change: &dyn Fn(&redb::WriteTransaction)| {
        let db = redb::Database::open(&path).expect("a database");
        let write = db.begin_write().expect("a transaction");
        change(&write);
        write.commit().expect("a commit");
    };
    edit(&|write| {
        write.open_table(EVENTS).unwrap().insert(2, &0u32.to_le_bytes()[..]).unwrap();
    });
    assert_eq!(store_fault(open(&path)), ChainFault::OtherRules { height: 2 });
    edit(&|write| {
        write.open_table(EVENTS).unwrap().insert(2, &[0xFF; 9][..]).unwrap();
    });
    assert_eq!(store_fault(open(&path)), ChainFault::Damaged);
    edit(&|write| {
        write.open_table(META).unwrap().insert("format", &7u32.to_le_bytes()[..]).unwrap();
    });
    assert_eq!(store_fault(open(&path)), ChainFault::Format { expected: 3, got: 7 });
    edit(&|write| {
        write.delete_table(META).unwrap();
    });
    assert_eq!(store_fault(open(&path)), ChainFault::Damaged);
}

#[test]
fn damage_is_a_typed_error_wherever_it_is() {
    let (_dir, path) = place();
    let chain = open(&path).expect("it opens");
    (1..=20).for_each(|amount| pay(&chain, amount));
    let intact = state(&chain);
    drop(chain);
    let bytes = std::fs::read(&path).expect("the file");
    let mut refused = 0;
    for place in (0..320u64).step_by(8).chain((0..80).map(|n| 320 + n * 39_119)) {
        let mut bytes = bytes.clone();
        let place = usize::try_from(place).unwrap() % bytes.len();
        bytes[place] ^= 0x10;
        std::fs::write(&path, bytes).expect("the file");
        match open(&path) {
            Ok(chain) => assert_eq!(state(&chain), intact, "byte {place} is no part of the chain"),
            Err(ChainError::Store(_)) => refused += 1,
            other => panic!("byte {place}: {other:?}"),
        }
    }
    assert!(refused > 0);
    for len in [1, 100, 4096, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..len]).expect("the file");
        assert!(matches!(open(&path), Err(ChainError::Store(_))), "cut to {len} bytes");
    }
}

/// What the tables hold, in order.
fn rows(path: &Path) -> blake3::Hash {
    use redb::{ReadableDatabase, ReadableTable, TableDefinition};
    let db = redb::Database::open(path).expect("a database");
    let read = db.begin_read().expect("a transaction");
    let mut hasher = blake3::Hasher::new();
    let meta = read.open_table(TableDefinition::<&str, &[u8]>::new("meta")).expect("a table");
    for row in meta.iter().expect("rows") {
        let (name, value) = row.expect("a row");
        hasher.update(name.value().as_bytes()).update(value.value());
    }
    for name in ["blocks", "events", "states"] {
        let table = read.open_table(TableDefinition::<u64, &[u8]>::new(name)).expect("a table");
        for row in table.iter().expect("rows") {
            let (height, value) = row.expect("a row");
            hasher.update(&height.value().to_le_bytes()).update(value.value());
        }
    }
    let calls = TableDefinition::<(&[u8; 32], u64), &[u8]>::new("calls");
    for row in read.open_table(calls).expect("a table").iter().expect("rows") {
        let (key, value) = row.expect("a row");
        let (account, nonce) = key.value();
        hasher.update(account).update(&nonce.to_le_bytes()).update(value.value());
    }
    hasher.finalize()
}

#[test]
fn format_pins() {
    let (_dir, path) = place();
    let chain = open(&path).expect("it opens");
    (1..=300).for_each(|amount| pay(&chain, amount));
    drop(chain);
    assert_eq!(
        rows(&path).to_hex().as_str(),
        "6e42fbc3ce077c530f65afc0172014bbbdcfc281d38ce0463dd2f8867f2d6887",
        "the rows changed, the ledger's state among them: docs/formats/client-chain.md, a new version"
    );
}
