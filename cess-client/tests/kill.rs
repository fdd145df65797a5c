//! A process with a chain in a file is killed at seeded points; what it said was final stays so.
//!
//! The child is this very binary, told by the environment to run one test: [`child`].

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
};

use borsh::BorshDeserialize;
use cess_client::{
    Chain, ChainError, ChainExt, ChainFault, LocalChain, RemoteChain, Tick, serve_chain,
    testkit::{World, conformance_chain},
};
use cess_erasure::Geometry;
use cess_ledger::{
    AccountId, AccountKey, Action, DAY_MS, Params, Profile, SignedCall, State, Visibility,
};
use futures::{executor::block_on, future::join};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::compat::TokioAsyncReadCompatExt;

const ACCOUNTS: u8 = 4;
const MINERS: u8 = 3;
const CHAIN: [u8; 32] = [7; 32];
const DIR: &str = "CESS_KILL_DIR";
const SEED: &str = "CESS_KILL_SEED";
const SERVE: &str = "CESS_KILL_SERVE";
/// A state in the folder that its chain begins with, instead of the one of these tests.
const GENESIS: &str = "genesis";

fn key(number: u8) -> AccountKey {
    AccountKey::from_seed(&[number; 32])
}

fn tick(height: u64) -> Tick {
    let randomness = *blake3::hash(&height.to_le_bytes()).as_bytes();
    Tick { time: World::START_MS + 60_000 * height, randomness }
}

fn open(dir: &Path) -> LocalChain {
    let balances = (0..ACCOUNTS).map(|number| (key(number).account(), World::FUNDS));
    let genesis = || match fs::read(dir.join(GENESIS)) {
        Ok(given) => Ok(State::try_from_slice(&given).expect("a state")),
        Err(_) => State::genesis(Params::example(CHAIN), World::START_MS, balances),
    };
    LocalChain::open(dir.join("chain.redb"), genesis, tick).expect("it opens")
}

fn action(rng: &mut impl Rng, chain: &LocalChain, by: u8) -> Action {
    let is_miner = chain.with_state(|state| state.miner(&key(by).account()).is_some());
    if by < MINERS && !is_miner {
        return Action::RegisterMiner { capacity: 1 << 40, endpoint: Vec::new() };
    }
    match rng.random_range(0..8u8) {
        0 => Action::OpenDeal {
            profile: Profile::new(1, Geometry::rs8(2, 1).expect("a geometry"), 65_536)
                .expect("a profile"),
            visibility: Visibility::Public,
            max_len: 1,
            term_ms: DAY_MS,
            bid: None,
        },
        1 => Action::TopUp { amount: 1 },
        _ => {
            let to = key(rng.random_range(0..ACCOUNTS)).account();
            Action::Transfer { to, amount: rng.random_range(0..1000) }
        }
    }
}

/// Says what it is about to do and what is final, a line each, until it is killed.
fn drive(dir: &Path, seed: u64) -> io::Result<()> {
    let say = |line: String| {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    };
    let chain = open(dir);
    let height = |chain: &LocalChain| chain.with_state(State::height);
    say(format!("opened {}", height(&chain)))?;
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    loop {
        let by = rng.random_range(0..ACCOUNTS);
        let nonce = chain.with_state(|state| state.account(&key(by).account()).nonce);
        let action = action(&mut rng, &chain, by);
        let blocks = if matches!(action, Action::OpenDeal { .. }) { 2 } else { 1 };
        say(format!("try {by} {nonce} {blocks}"))?;
        match block_on(chain.submit(SignedCall::sign(&key(by), CHAIN, nonce, action))) {
            Ok(_) => say(format!("final {by} {nonce} {}", height(&chain)))?,
            Err(ChainError::Refused(_)) => say(format!("refused {}", height(&chain)))?,
            Err(other) => panic!("{other}"),
        }
    }
}

async fn serve(dir: &Path) -> io::Result<()> {
    let chain = Arc::new(open(dir));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "serving {}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let chain = chain.clone();
        tokio::spawn(async move { serve_chain(&chain, stream.compat()).await });
    }
}

#[tokio::test]
async fn child() {
    let Some(dir) = env::var_os(DIR) else { return };
    let dir = Path::new(&dir);
    // Only ends by itself when nobody listens any more.
    let _closed = match env::var_os(SERVE) {
        Some(_) => serve(dir).await,
        None => {
            let seed = env::var(SEED).expect("a seed").parse().expect("a seed");
            drive(dir, seed)
        }
    };
}

/// A child that doesn't outlive the test.
struct Driven(Child);

impl Drop for Driven {
    fn drop(&mut self) {
        let _gone = self.0.kill().and_then(|()| self.0.wait());
    }
}

impl Driven {
    fn start(dir: &Path, variable: &str, value: u64) -> (Self, BufReader<ChildStdout>) {
        let mut command = Command::new(env::current_exe().expect("this binary"));
        command.args(["--exact", "child", "--nocapture"]);
        command.env(DIR, dir).env(variable, value.to_string()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a child");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        (Self(child), out)
    }
}

/// What a killed child had said.
#[derive(Default)]
struct Said {
    opened: bool,
    height: u64,
    finals: Vec<(AccountId, u64)>,
    /// How many blocks the call that was under way makes.
    under_way: u64,
}

impl Said {
    fn of(output: &[u8]) -> Self {
        let mut said = Self::default();
        let end = output.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in String::from_utf8_lossy(&output[..end]).lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |place: usize| words[place].parse::<u64>().expect("a number");
            match words[0] {
                "opened" => (said.opened, said.height) = (true, number(1)),
                "try" => said.under_way = number(3),
                "final" => {
                    let by = u8::try_from(number(1)).expect("an account");
                    said.finals.push((key(by).account(), number(2)));
                    (said.height, said.under_way) = (number(3), 0);
                }
                "refused" => (said.height, said.under_way) = (number(1), 0),
                _ => {}
            }
        }
        said
    }
}

/// Runs a child until it has said as much as the seed wants, and kills it.
fn run_and_kill(dir: &Path, rng: &mut impl Rng) -> Said {
    let (mut child, mut out) = Driven::start(dir, SEED, rng.next_u64());
    let mut output = Vec::new();
    if rng.random() {
        for _ in 0..rng.random_range(1..60u32) {
            out.read_until(b'\n', &mut output).expect("a line");
        }
    } else {
        let bytes = rng.random_range(1..800u64);
        out.by_ref().take(bytes).read_to_end(&mut output).expect("bytes");
    }
    // Spreads the kill over what a block takes; nothing depends on how long this is.
    for _ in 0..rng.random_range(0..100_000u32) {
        std::hint::spin_loop();
    }
    child.0.kill().expect("killed");
    out.read_to_end(&mut output).expect("the rest");
    let status = child.0.wait().expect("waited for");
    assert_eq!(status.code(), None, "it ended by itself: {}", String::from_utf8_lossy(&output));
    Said::of(&output)
}

fn reopen(dir: &Path) -> Result<LocalChain, ChainError> {
    LocalChain::resume(dir.join("chain.redb"), tick)
}

fn check(chain: &LocalChain, said: &Said, finals: &BTreeSet<(AccountId, u64)>) {
    let height = chain.with_state(State::height);
    let possible = said.height..=said.height + said.under_way;
    assert!(possible.contains(&height), "{height} is none of {possible:?}");
    assert_eq!(chain.with_state(State::check_invariants), Ok(()));
    assert!(!chain.with_state(State::wants_beacon), "what waited for a block has it");
    for (account, nonce) in said.finals.iter().chain(finals) {
        let outcome = block_on(chain.outcome(account, *nonce)).expect("an answer");
        let (_, receipt) = outcome.expect("what was final has its receipt");
        let events = block_on(chain.events(receipt.height)).expect("its block");
        assert!(receipt.events.iter().all(|event| events.contains(event)));
    }
    for account in (0..ACCOUNTS).map(|number| key(number).account()) {
        let nonce = chain.with_state(|state| state.account(&account).nonce);
        let outcome = |nonce| block_on(chain.outcome(&account, nonce)).expect("an answer");
        assert!(nonce == 0 || outcome(nonce - 1).is_some(), "a used nonce has its receipt");
        assert!(outcome(nonce).is_none(), "and no receipt is ahead of the state");
    }
    block_on(chain.events(height)).expect("the last block");
    assert!(block_on(chain.events(height + 1)).is_err());
}

#[test]
fn a_killed_chain_opens_at_a_block_and_has_all_that_was_final() {
    let mut rng = ChaCha20Rng::seed_from_u64(0xD1E);
    let dir = tempfile::tempdir().expect("a folder");
    let mut finals = BTreeSet::new();
    for _ in 0..50 {
        let said = run_and_kill(dir.path(), &mut rng);
        match reopen(dir.path()) {
            Ok(chain) if said.opened => check(&chain, &said, &BTreeSet::new()),
            Ok(chain) => assert_eq!(chain.with_state(State::check_invariants), Ok(())),
            Err(other) => {
                assert_eq!(other, ChainError::Store(ChainFault::NotFound));
                assert!(!said.opened && finals.is_empty(), "a chain is never lost");
            }
        }
        finals.extend(said.finals);
    }
    let chain = reopen(dir.path()).expect("it opens");
    let height = chain.with_state(State::height);
    check(&chain, &Said { height, ..Said::default() }, &finals);
    assert!(height > 256, "snapshots were made: {height}");
}

#[test]
fn a_chain_killed_at_its_beginning_begins_again() {
    let mut rng = ChaCha20Rng::seed_from_u64(0xB0B);
    for _ in 0..15 {
        let dir = TempDir::new().expect("a folder");
        let (mut child, mut out) = Driven::start(dir.path(), SEED, 0);
        // Short of "opened", which comes after libtest's own first line.
        let mut output = vec![0; rng.random_range(1..18)];
        out.read_exact(&mut output).expect("bytes");
        child.0.kill().expect("killed");
        out.read_to_end(&mut output).expect("the rest");
        child.0.wait().expect("waited for");
        let said = Said::of(&output);
        check(&open(dir.path()), &said, &BTreeSet::new());
    }
}

/// A child that serves the chain in `dir`, and where.
fn start_serving(dir: &Path) -> (Driven, SocketAddr) {
    let (child, out) = Driven::start(dir, SERVE, 1);
    let line = out.lines().map(|line| line.expect("a line"));
    let serving = line.filter_map(|line| line.strip_prefix("serving ")?.parse().ok()).next();
    (child, serving.expect("an address"))
}

#[tokio::test]
async fn a_chain_in_another_process_keeps_the_contract() {
    let running = Mutex::new(Vec::new());
    conformance_chain(async |genesis| {
        let dir = TempDir::new().expect("a folder");
        let state = borsh::to_vec(&genesis).expect("bytes");
        fs::write(dir.path().join(GENESIS), state).expect("written");
        let (child, address) = start_serving(dir.path());
        running.lock().expect("no panic").push((child, dir));
        RemoteChain::new(move || async move { Ok(TcpStream::connect(address).await?.compat()) })
    })
    .await;
    // Each of them ran until now, and what it had made final is in its file.
    for (mut child, dir) in running.into_inner().expect("no panic") {
        assert_eq!(child.0.try_wait().expect("a status"), None, "it still runs");
        drop(child);
        let chain = reopen(dir.path()).expect("it opens");
        assert!(chain.with_state(State::height) > 0, "its calls went to the other process");
    }
}

#[tokio::test]
async fn a_call_under_way_to_a_killed_process_is_taken_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let address = Arc::new(Mutex::new(SocketAddr::from(([127, 0, 0, 1], 1))));
    let known = address.clone();
    let chain = RemoteChain::new(move || {
        let address = *known.lock().expect("no panic");
        async move { Ok(TcpStream::connect(address).await?.compat()) }
    });
    let start = || {
        let (child, serving) = start_serving(dir.path());
        *address.lock().expect("no panic") = serving;
        child
    };
    let mut rng = ChaCha20Rng::seed_from_u64(0xF1A);
    let to = key(1).account();
    let mut child = start();
    for nonce in 0..12 {
        let call = SignedCall::sign(&key(0), CHAIN, nonce, Action::Transfer { to, amount: 10 });
        let patience = rng.random_range(0..40u32);
        let killed = async {
            for _ in 0..patience {
                tokio::task::yield_now().await;
            }
            child.0.kill().expect("killed");
            child.0.wait().expect("waited for");
        };
        let (first, ()) = join(chain.submit(call.clone()), killed).await;
        assert!(matches!(first, Ok(_) | Err(ChainError::Unreachable { .. })), "{first:?}");
        child = start();
        let receipt = chain.submit_surely(call.clone()).await.expect("it is taken");
        assert!(first.is_err() || first == Ok(receipt.clone()));
        let found = chain.outcome(&key(0).account(), nonce).await;
        assert_eq!(found, Ok(Some((call.call.digest(), receipt))));
        let balance = chain.account(to).await.expect("an answer").balance;
        assert_eq!(balance, World::FUNDS + 10 * (u128::from(nonce) + 1));
    }
}
