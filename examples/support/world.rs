//! A chain, storage nodes in folders, an owner and a tagger.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use cess_client::{ChainError, ChainExt, Client, LocalChain, Owner, Tagger, Tick};
use cess_ledger::{AccountId, AccountKey, Action, Params, Sampling, State};
use cess_node::{KeyCache, Node};
use cess_podr2::Sectors;
use object_store::local::LocalFileSystem;
use rand::{CryptoRng, SeedableRng, rngs::SysRng};
use rand_chacha::ChaCha20Rng;

use crate::Spawned;

/// Ends a story: one line for its user.
#[derive(Debug)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<cess_client::Error> for Failure {
    fn from(error: cess_client::Error) -> Self {
        Self(format!("{error} ({})", error.hint()))
    }
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        cess_client::Error::Chain(error).into()
    }
}

impl From<cess_ledger::Error> for Failure {
    fn from(error: cess_ledger::Error) -> Self {
        Self(format!("{error} ({})", error.hint()))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A client of the network in the process.
pub type Net = Client<Arc<LocalChain>, BTreeMap<AccountId, Spawned<Node<Arc<LocalChain>>>>>;

/// The network.
pub struct World {
    /// The chain.
    pub chain: Arc<LocalChain>,
    /// The nodes, with their numbers and folders.
    pub nodes: BTreeMap<AccountId, (usize, PathBuf, Arc<Node<Arc<LocalChain>>>)>,
    /// Who stores the file.
    pub owner: Owner,
    /// Who tags it: a registered, staked tagger.
    pub tagger: Tagger,
    /// How far the clock was turned on, milliseconds.
    skipped: Arc<AtomicU64>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

const TOKEN: u128 = 1_000_000_000_000;

impl World {
    /// Opens a chain and `count` nodes below `dir`, each with `capacity` bytes, registers them
    /// with their collateral, and a tagger with its stake.
    ///
    /// # Errors
    /// [`Failure`] when a folder can't be made or the chain refuses.
    pub async fn open(dir: &Path, count: usize, capacity: u64) -> Result<Self, Failure> {
        let mut rng = randomness()?;
        let mut seed = || {
            let mut seed = [0; 32];
            rand::Rng::fill_bytes(&mut rng, &mut seed);
            seed
        };
        let owner = Owner::from_seed(&seed());
        let tagger = Tagger::from_seed(&seed(), Sectors::DEFAULT);
        let miners: Vec<AccountKey> = (0..count).map(|_| AccountKey::from_seed(&seed())).collect();

        let mut params = Params::example(seed());
        params.audit.sampling = Sampling::Every;
        let stake = params.collateral.tagger_stake;
        let rich = 1_000_000 * TOKEN;
        let accounts = miners.iter().map(AccountKey::account);
        let accounts = accounts.chain([owner.account().account(), tagger.account().account()]);
        let genesis = State::genesis(params, now_ms(), accounts.map(|id| (id, rich)))?;

        let skipped = Arc::new(AtomicU64::new(0));
        let mut latest = genesis.time();
        let (turned, mut beacon) = (skipped.clone(), randomness()?);
        let chain = Arc::new(LocalChain::new(genesis, move |_height| {
            latest = latest.max(now_ms() + turned.load(Ordering::Relaxed));
            let mut randomness = [0; 32];
            rand::Rng::fill_bytes(&mut beacon, &mut randomness);
            Tick { time: latest, randomness }
        }));
        chain.act(tagger.account(), tagger.registration(stake)).await?;

        let keys = KeyCache::new();
        let mut nodes = BTreeMap::new();
        for (number, key) in (1..).zip(miners) {
            let folder = dir.join(format!("node-{number:02}"));
            std::fs::create_dir_all(&folder)?;
            let store = LocalFileSystem::new_with_prefix(&folder)
                .map_err(|error| Failure(format!("{}: {error}", folder.display())))?;
            let endpoint = format!("node-{number:02}").into_bytes();
            chain.act(&key, Action::RegisterMiner { capacity, endpoint }).await?;
            let id = key.account();
            let node = Node::new(chain.clone(), key, Arc::new(store), keys.clone());
            nodes.insert(id, (number, folder, Arc::new(node)));
        }
        Ok(Self { chain, nodes, owner, tagger, skipped })
    }

    /// A client that reaches every node.
    pub fn client(&self) -> Net {
        let nodes = self.nodes.iter().map(|(id, (_, _, node))| (*id, Spawned(node.clone())));
        Client::new(self.chain.clone(), nodes.collect())
    }

    /// The number of a node.
    pub fn number(&self, miner: &AccountId) -> usize {
        self.nodes.get(miner).map_or(0, |(number, _, _)| *number)
    }

    /// Turns the clock on to `time` (milliseconds) and makes a block.
    ///
    /// # Errors
    /// [`Failure`] when the chain refuses.
    pub fn turn_on(&self, time: u64) -> Result<(), Failure> {
        let now = now_ms() + self.skipped.load(Ordering::Relaxed);
        self.skipped.fetch_add(time.saturating_sub(now), Ordering::Relaxed);
        self.chain.advance()?;
        Ok(())
    }

    /// Bytes that all nodes have in their folders.
    ///
    /// # Errors
    /// [`Failure`] when a folder can't be read.
    pub fn disk_bytes(&self) -> Result<u64, Failure> {
        self.nodes.values().try_fold(0, |sum, (_, folder, _)| Ok(sum + folder_bytes(folder)?))
    }
}

fn folder_bytes(folder: &Path) -> Result<u64, Failure> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        sum += if kind.is_dir() { folder_bytes(&entry.path())? } else { kind.len() };
    }
    Ok(sum)
}

fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// A generator seeded by the operating system.
///
/// # Errors
/// [`Failure`] when the system has no randomness.
pub fn randomness() -> Result<impl CryptoRng + Send + use<>, Failure> {
    ChaCha20Rng::try_from_rng(&mut SysRng)
        .map_err(|error| Failure(format!("the system has no randomness: {error}")))
}
