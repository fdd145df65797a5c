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

use cess_client::{ChainError, ChainExt, Client, LocalChain, LocalTagger, Owner, Tagger, Tick};
use cess_ledger::{AccountId, AccountKey, Action, Params, Sampling, State};
use cess_node::{KeyCache, Node};
use cess_podr2::Sectors;
use object_store::local::LocalFileSystem;
use rand::{CryptoRng, SeedableRng, rngs::SysRng};
use rand_chacha::ChaCha20Rng;

use crate::{Spawned, keys};

const CHAIN: &str = "chain.redb";
const OWNER: &str = "owner.key";
const TAGGER: &str = "tagger.key";

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

/// A node of the network.
#[derive(Debug)]
pub struct Member {
    /// Counted from 1.
    pub number: usize,
    /// Where its store lies.
    pub folder: PathBuf,
    /// The node.
    pub node: Arc<Node<Arc<LocalChain>>>,
}

/// The network.
pub struct World {
    /// The chain.
    pub chain: Arc<LocalChain>,
    /// The nodes.
    pub nodes: BTreeMap<AccountId, Member>,
    /// Who stores the file.
    pub owner: Owner,
    /// Who tags it: a registered, staked tagger.
    pub tagger: LocalTagger,
    /// How far the clock was turned on, milliseconds.
    skipped: Turn,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

const TOKEN: u128 = 1_000_000_000_000;

type Turn = Arc<AtomicU64>;

impl World {
    /// Opens a chain and `count` nodes below `dir`, each with `capacity` bytes, registers them
    /// with their collateral, and a tagger with its stake; audits sample as said. With `keep` the
    /// chain is a file and all keys lie beside it, each readable for its owner alone, so that
    /// [`resume`](Self::resume) can open the network again. Of one that was cut short what is there
    /// is used.
    ///
    /// # Errors
    /// [`Failure`] when a folder can't be made, has a network of another number of nodes, or the
    /// chain refuses.
    pub async fn open(
        dir: &Path,
        count: usize,
        capacity: u64,
        keep: bool,
        sampling: Sampling,
    ) -> Result<Self, Failure> {
        let mut rng = randomness()?;
        let mut seed = |name: &str| {
            let path = dir.join(name);
            if keep { keys::load_or_draw(&path, &mut rng) } else { Ok(keys::draw(&mut rng)) }
        };
        let owner = Owner::from_seed(&*seed(OWNER)?);
        let tagger = LocalTagger::from_seed(&*seed(TAGGER)?, Sectors::DEFAULT);
        let names = (1..=count).map(|number| format!("node-{number:02}"));
        let miners: Vec<(String, AccountKey)> = names
            .map(|name| Ok((name.clone(), AccountKey::from_seed(&*seed(&format!("{name}.key"))?))))
            .collect::<Result<_, Failure>>()?;

        let mut chain_id = [0; 32];
        rand::Rng::fill_bytes(&mut rng, &mut chain_id);
        let mut params = Params::example(chain_id);
        params.audit.sampling = sampling;
        let stake = params.collateral.tagger_stake;
        let rich = 1_000_000 * TOKEN;
        let accounts = miners.iter().map(|(_, key)| key.account());
        let accounts = accounts.chain([owner.account().account(), tagger.account().account()]);
        let balances: Vec<_> = accounts.map(|id| (id, rich)).collect();
        let genesis = || State::genesis(params, now_ms(), balances);
        let (chain, skipped) = if keep && dir.join(CHAIN).exists() {
            go_on(dir)?
        } else {
            let skipped = Turn::default();
            let driver = driver(skipped.clone())?;
            let chain = if keep {
                LocalChain::open(dir.join(CHAIN), genesis, driver)?
            } else {
                LocalChain::new(genesis()?, driver)
            };
            (Arc::new(chain), skipped)
        };
        let others = chain.with_state(|state| {
            let known = |key: &AccountKey| {
                state.miner(&key.account()).is_some() || state.account(&key.account()).balance > 0
            };
            state.miners().count() > count || !miners.iter().all(|(_, key)| known(key))
        });
        if others {
            let dir = dir.display();
            return Err(Failure(format!(
                "{dir} holds a network of another number of nodes: the same --nodes, or another DIR"
            )));
        }
        let tag_key = tagger.public().key_id().to_bytes();
        if chain.tag_key(tag_key).await?.is_none() {
            chain.act(tagger.account(), tagger.registration(stake)).await?;
        }
        for (name, key) in &miners {
            if chain.miner(key.account()).await?.is_none() {
                let endpoint = name.clone().into_bytes();
                chain.act(key, Action::RegisterMiner { capacity, endpoint }).await?;
            }
        }
        Self::assemble(dir, chain, miners, owner, tagger, skipped)
    }

    /// Opens a network again that [`open`](Self::open) kept below `dir`.
    ///
    /// # Errors
    /// [`Failure`] when chain or keys aren't there, or aren't whole.
    pub fn resume(dir: &Path) -> Result<Self, Failure> {
        let owner = Owner::from_seed(&*keys::load(&dir.join(OWNER))?);
        let tagger = LocalTagger::from_seed(&*keys::load(&dir.join(TAGGER))?, Sectors::DEFAULT);
        let (chain, skipped) = go_on(dir)?;
        let registered = chain.with_state(|state| state.miners().count());
        let names = (1..=registered).map(|number| format!("node-{number:02}"));
        let miners: Vec<(String, AccountKey)> = names
            .map(|name| {
                let seed = keys::load(&dir.join(format!("{name}.key")))?;
                Ok((name, AccountKey::from_seed(&seed)))
            })
            .collect::<Result<_, Failure>>()?;
        Self::assemble(dir, chain, miners, owner, tagger, skipped)
    }

    fn assemble(
        dir: &Path,
        chain: Arc<LocalChain>,
        miners: Vec<(String, AccountKey)>,
        owner: Owner,
        tagger: LocalTagger,
        skipped: Turn,
    ) -> Result<Self, Failure> {
        let keys = KeyCache::new();
        let mut nodes = BTreeMap::new();
        for (number, (name, key)) in (1..).zip(miners) {
            let folder = dir.join(name);
            std::fs::create_dir_all(&folder)?;
            let store = LocalFileSystem::new_with_prefix(&folder)
                .map_err(|error| Failure(format!("{}: {error}", folder.display())))?;
            let id = key.account();
            let node = Node::new(chain.clone(), key, Arc::new(store), keys.clone());
            nodes.insert(id, Member { number, folder, node: Arc::new(node) });
        }
        Ok(Self { chain, nodes, owner, tagger, skipped })
    }

    /// A client that reaches every node.
    pub fn client(&self) -> Net {
        let nodes = self.nodes.iter().map(|(id, member)| (*id, Spawned(member.node.clone())));
        Client::new(self.chain.clone(), nodes.collect())
    }

    /// The number of a node.
    pub fn number(&self, miner: &AccountId) -> usize {
        self.nodes.get(miner).map_or(0, |member| member.number)
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
        self.nodes.values().try_fold(0, |sum, member| Ok(sum + folder_bytes(&member.folder)?))
    }
}

/// The chain of an earlier run. Its clock was turned on: it goes on from there.
fn go_on(dir: &Path) -> Result<(Arc<LocalChain>, Turn), Failure> {
    let skipped = Turn::default();
    let chain = LocalChain::resume(dir.join(CHAIN), driver(skipped.clone())?)?;
    let ahead = chain.with_state(|state| state.time().saturating_sub(now_ms()));
    skipped.store(ahead, Ordering::Relaxed);
    Ok((Arc::new(chain), skipped))
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

/// Time and beacon of each block: the system's clock, turned on as the story goes, and the
/// system's randomness.
fn driver(skipped: Turn) -> Result<impl FnMut(u64) -> Tick + Send + 'static, Failure> {
    let mut beacon = randomness()?;
    let mut latest = 0;
    Ok(move |_height| {
        latest = latest.max(now_ms() + skipped.load(Ordering::Relaxed));
        let mut randomness = [0; 32];
        rand::Rng::fill_bytes(&mut beacon, &mut randomness);
        Tick { time: latest, randomness }
    })
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
