//! A disk that fails or loses power at every one of its operations in turn.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use cess_erasure::Geometry;
use cess_ledger::{AccountKey, Action, DAY_MS, Params, Profile, SignedCall, State, Visibility};
use futures::executor::block_on;
use redb::StorageBackend;

use super::{Disk, LocalChain, Tick, disk::SNAPSHOT_EVERY};
use crate::{Chain, ChainError, ChainExt, ChainFault};

/// What is on a disk, what is only on its way there, and how long it will still work.
#[derive(Debug, Default)]
struct Platter {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// Since the last sync: place and bytes, or a new length.
    unsynced: Vec<(u64, Result<Vec<u8>, u64>)>,
    /// Writes and syncs done, and after how many the next fails.
    done: u64,
    fails_after: Option<(u64, io::ErrorKind)>,
}

fn apply_write(disk: &mut Vec<u8>, place: u64, write: &Result<Vec<u8>, u64>) {
    match write {
        Ok(bytes) => {
            let start = usize::try_from(place).unwrap();
            let end = start + bytes.len();
            disk.resize(disk.len().max(end), 0);
            disk[start..end].copy_from_slice(bytes);
        }
        Err(len) => disk.resize(usize::try_from(*len).unwrap(), 0),
    }
}

#[derive(Clone, Debug, Default)]
struct Bench(Arc<Mutex<Platter>>);

impl Bench {
    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    fn with(now: Vec<u8>) -> Self {
        let platter = Platter { synced: now.clone(), now, ..Platter::default() };
        Self(Arc::new(Mutex::new(platter)))
    }

    fn step(&self) -> Result<MutexGuard<'_, Platter>, io::Error> {
        let mut platter = self.platter();
        if let Some((_, kind)) = platter.fails_after.filter(|(after, _)| platter.done >= *after) {
            return Err(kind.into());
        }
        platter.done += 1;
        Ok(platter)
    }

    fn write_now(&self, place: u64, write: Result<Vec<u8>, u64>) -> Result<(), io::Error> {
        let mut platter = self.step()?;
        apply_write(&mut platter.now, place, &write);
        platter.unsynced.push((place, write));
        Ok(())
    }

    /// What is left when power goes: all that was synced, and of the rest what `keeps` says.
    fn after_power_loss(&self, mut keeps: impl FnMut(usize) -> bool) -> Vec<u8> {
        let platter = self.platter();
        let mut left = platter.synced.clone();
        for (number, (place, write)) in platter.unsynced.iter().enumerate() {
            if keeps(number) {
                apply_write(&mut left, *place, write);
            }
        }
        left
    }
}

impl StorageBackend for Bench {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.platter().now.len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let start = usize::try_from(offset).unwrap();
        let platter = self.platter();
        let bytes = platter.now.get(start..start + out.len());
        out.copy_from_slice(bytes.ok_or(io::Error::from(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }
    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.write_now(0, Err(len))
    }
    fn sync_data(&self) -> Result<(), io::Error> {
        let mut platter = self.step()?;
        platter.synced = platter.now.clone();
        platter.unsynced.clear();
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.write_now(offset, Ok(data.to_vec()))
    }
}

fn tick(height: u64) -> Tick {
    Tick { time: height, randomness: [1; 32] }
}

fn key(number: u8) -> AccountKey {
    AccountKey::from_seed(&[number; 32])
}

fn genesis() -> State {
    let balances = (0..3).map(|number| (key(number).account(), 1 << 70));
    State::genesis(Params::example([1; 32]), 0, balances).unwrap()
}

fn open(bench: &Bench) -> Result<LocalChain, ChainError> {
    let (disk, state) = Disk::on(bench.clone(), &genesis())?;
    LocalChain::from_disk(disk, state, tick)
}

fn call(number: u8, nonce: u64) -> SignedCall {
    let action = match nonce {
        0 => Action::RegisterMiner { capacity: 1 << 30, endpoint: Vec::new() },
        1 => Action::OpenDeal {
            profile: Profile::new(1, Geometry::rs8(2, 1).unwrap(), 65_536).unwrap(),
            visibility: Visibility::Public,
            max_len: 1,
            term_ms: DAY_MS,
            bid: None,
        },
        _ => Action::Transfer { to: key(number + 1).account(), amount: 1 },
    };
    SignedCall::sign(&key(number), [1; 32], nonce, action)
}

/// Three miners, and deals that want a beacon; the states after each block, and what failed.
fn history(chain: &LocalChain) -> (Vec<SignedCall>, Option<ChainError>) {
    let mut taken = Vec::new();
    for nonce in 0..3 {
        for number in 0..3 {
            let call = call(number, nonce);
            match block_on(chain.submit(call.clone())) {
                Ok(_) => taken.push(call),
                Err(error) => return (taken, Some(error)),
            }
        }
    }
    (taken, None)
}

fn check_all(chain: &LocalChain, taken: &[SignedCall]) {
    assert_eq!(chain.with_state(State::check_invariants), Ok(()));
    assert!(!chain.with_state(State::wants_beacon));
    for call in taken {
        let account = call.call.signer.account();
        let found = block_on(chain.outcome(&account, call.call.nonce)).unwrap();
        let found = found.map(|(digest, _)| digest);
        assert_eq!(found, Some(call.call.digest()), "what was final is there");
    }
}

#[test]
fn power_lost_at_any_write_loses_nothing_final() {
    let fresh = Bench::default();
    drop(open(&fresh).unwrap());
    let begun = fresh.platter().now.clone();
    let whole = Bench::with(begun.clone());
    let (all, failed) = history(&open(&whole).unwrap());
    assert_eq!((all.len(), failed), (9, None));
    let steps = whole.platter().done;
    assert!(steps > 50, "{steps}");

    let mut ahead = 0;
    for after in 0..steps {
        let bench = Bench::with(begun.clone());
        bench.platter().fails_after = Some((after, io::ErrorKind::Other));
        let taken = match open(&bench) {
            Ok(chain) => history(&chain).0,
            Err(error) => {
                assert_eq!(error, ChainError::Store(ChainFault::Io));
                Vec::new()
            }
        };
        let draws = |seed: u64| {
            move |number: usize| {
                let numbers = [after, seed, number as u64].map(u64::to_le_bytes);
                blake3::hash(&numbers.concat()).as_bytes()[0] & 1 == 1
            }
        };
        for left in [
            bench.after_power_loss(|_| true),
            bench.after_power_loss(|_| false),
            bench.after_power_loss(draws(1)),
            bench.after_power_loss(draws(2)),
        ] {
            let chain = open(&Bench::with(left)).unwrap();
            check_all(&chain, &taken);
            let state = chain.with_state(State::clone);
            let used: u64 = (0..3).map(|n| state.account(&key(n).account()).nonce).sum();
            let taken = taken.len() as u64;
            assert!((taken..=taken + 1).contains(&used), "{used} calls, {taken} were final");
            ahead += used - taken;
        }
    }
    assert!(ahead > 0, "some blocks are there of which nobody heard");
}

#[test]
fn a_full_disk_is_said_to_be_full_and_nothing_is_served_that_is_not_stored() {
    let bench = Bench::default();
    let chain = open(&bench).unwrap();
    let waits = chain.wait(1);
    block_on(chain.submit(call(0, 0))).unwrap();
    bench.platter().fails_after = Some((0, io::ErrorKind::StorageFull));
    let full = ChainError::Store(ChainFault::NoSpace);
    assert_eq!(block_on(chain.submit(call(1, 0))), Err(full.clone()));
    assert_eq!(block_on(chain.head()), Err(full.clone()));
    assert_eq!(block_on(chain.outcome(&key(0).account(), 0)), Err(full.clone()));
    assert_eq!(block_on(chain.events(1)), Err(full.clone()));
    assert_eq!(block_on(waits), Err(full.clone()));
    assert_eq!(chain.advance(), Err(full.clone()));
    assert_eq!(block_on(chain.submit(call(1, 0))), Err(full));

    let chain = open(&Bench::with(bench.after_power_loss(|_| false))).unwrap();
    check_all(&chain, &[call(0, 0)]);
    block_on(chain.submit(call(1, 0))).unwrap();
}

#[test]
fn a_driver_whose_time_runs_backwards_is_refused_and_can_be_mended() {
    let mut times = [5, 4, 6].into_iter();
    let driver = move |_| Tick { time: times.next().unwrap(), randomness: [0; 32] };
    let chain = LocalChain::new(genesis(), driver);
    assert_eq!(chain.advance(), Ok(1));
    let reversed = cess_ledger::Error::TimeReversed { latest: 5, got: 4 };
    assert_eq!(chain.advance(), Err(ChainError::Refused(reversed)));
    assert_eq!(chain.advance(), Ok(2));
}

#[test]
fn the_file_keeps_two_snapshots_however_long_the_chain_is() {
    let bench = Bench::default();
    let (disk, state) = Disk::on(bench, &genesis()).unwrap();
    let mut chain = LocalChain::from_disk(disk, state, tick).unwrap();
    for _ in 0..2 * SNAPSHOT_EVERY + 1 {
        chain.advance().unwrap();
    }
    let super::store::Store::Disk(disk) = &chain.inner.get_mut().unwrap().store else { panic!() };
    assert_eq!(disk.snapshots().unwrap(), [0, 2 * SNAPSHOT_EVERY]);
}
