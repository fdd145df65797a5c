//! A small network: a chain, funded accounts, registered miners and a tag key.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cess_ledger::{AccountId, AccountKey, Action, Amount, Params, State};
use cess_podr2::Sectors;

use crate::{ChainExt, LocalChain, LocalTagger, Owner, StorageNode, Tagger, Tick, testkit::draw};

/// A [`LocalChain`] with funded accounts, registered miners and a registered tag key of 64
/// sectors; time stands still unless it is told to pass.
#[derive(Debug)]
pub struct World {
    chain: Arc<LocalChain>,
    clock: Arc<AtomicU64>,
    seed: u64,
    miners: usize,
    owner: Owner,
    tagger: LocalTagger,
}

impl World {
    /// Time of the first block, milliseconds.
    pub const START_MS: u64 = 1_700_000_000_000;
    /// What each account starts with.
    pub const FUNDS: Amount = 1_000_000_000_000_000_000;
    /// Space of each miner, bytes.
    pub const CAPACITY: u64 = 1 << 30;

    /// A world of `miners` miners; equal seeds make equal worlds.
    ///
    /// # Panics
    /// When the ledger refuses the set-up, which is its fault.
    pub async fn new(seed: u64, miners: usize) -> Self {
        Self::with_params(seed, miners, Params::example(draw(seed, "chain", 0))).await
    }

    /// A world with parameters of its own.
    ///
    /// # Panics
    /// When the ledger refuses the parameters or the set-up.
    pub async fn with_params(seed: u64, miners: usize, params: Params) -> Self {
        let owner = Owner::from_seed(&draw(seed, "owner", 0));
        let tagger = LocalTagger::from_seed(&draw(seed, "tagger", 0), Sectors::MIN);
        let keys: Vec<AccountKey> = (0..miners).map(|i| miner_key(seed, i)).collect();
        let accounts = keys.iter().chain([owner.account(), tagger.account()]);
        let balances = accounts.map(|key| (key.account(), Self::FUNDS));
        let genesis = State::genesis(params, Self::START_MS, balances).expect("parameters work");
        let clock = Arc::new(AtomicU64::new(Self::START_MS));
        let time = clock.clone();
        let driver = move |height| Tick {
            time: time.load(Ordering::SeqCst),
            randomness: draw(seed, "beacon", height),
        };
        let chain = Arc::new(LocalChain::new(genesis, driver));
        chain.act(tagger.account(), tagger.registration(0)).await.expect("tag key is taken");
        for key in &keys {
            let action = Action::RegisterMiner { capacity: Self::CAPACITY, endpoint: Vec::new() };
            chain.act(key, action).await.expect("miner is taken");
        }
        Self { chain, clock, seed, miners, owner, tagger }
    }

    /// The chain.
    pub fn chain(&self) -> &Arc<LocalChain> {
        &self.chain
    }

    /// The owner of files.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The holder of the tag key, which carries no stake.
    pub fn tagger(&self) -> &LocalTagger {
        &self.tagger
    }

    /// The account key of miner `number`.
    pub fn miner_key(&self, number: usize) -> AccountKey {
        miner_key(self.seed, number)
    }

    /// The miners in order of their number.
    pub fn miners(&self) -> Vec<AccountId> {
        (0..self.miners).map(|i| self.miner_key(i).account()).collect()
    }

    /// A node for each miner.
    pub fn nodes<N: StorageNode>(
        &self,
        mut make: impl FnMut(Arc<LocalChain>, AccountKey) -> N,
    ) -> BTreeMap<AccountId, Arc<N>> {
        let nodes = (0..self.miners).map(|i| make(self.chain.clone(), self.miner_key(i)));
        nodes.map(|node| (node.miner(), Arc::new(node))).collect()
    }

    /// Time of the next block, milliseconds.
    pub fn time(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// Lets `ms` milliseconds pass and makes a block.
    ///
    /// # Panics
    /// When the ledger refuses the block, which is its fault.
    pub fn pass(&self, ms: u64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
        self.chain.advance().expect("time runs forwards");
    }

    /// # Panics
    /// When an invariant of the ledger is broken, which is its fault.
    pub fn check(&self) {
        assert_eq!(self.chain.with_state(State::check_invariants), Ok(()));
    }
}

fn miner_key(seed: u64, number: usize) -> AccountKey {
    AccountKey::from_seed(&draw(seed, "miner", number as u64))
}
