//! The ledger's state: plain data, equal on every node that applied the same blocks.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use borsh::{BorshDeserialize, BorshSerialize};
use cess_podr2::{Challenge, Holding};

use crate::{
    Access, AccountId, Error, FileId, FragmentInfo, FragmentRecord, Manifest, Params, Profile,
    PublicKey, Visibility, Windows,
    fragment::{read_challenge, write_challenge},
    holdings::Holdings,
};

/// Tokens in the smallest unit.
pub type Amount = u128;

/// Number of a deal, counted from 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct DealId(pub u64);

/// Number of a repair order, counted from 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct OrderId(pub u64);

impl core::fmt::Display for DealId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl core::fmt::Display for OrderId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// Balance and nonce of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Free tokens.
    pub balance: Amount,
    /// The nonce of its next call.
    pub nonce: u64,
}

/// A declared tag key.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TagKey {
    /// Who holds the secret: makes tags, and could forge proofs.
    pub holder: PublicKey,
    /// [`cess_podr2::PublicKey`] in bytes.
    pub key: Vec<u8>,
    /// BLAKE3 of the proving key.
    pub proving_key_hash: [u8; 32],
    /// The tagger's stake; zero for an owner's own key.
    pub stake: Amount,
    /// Live fragments under it.
    pub fragments: u64,
    /// Retired keys take no new fragments and are never registered again.
    pub retired: bool,
}

/// Where a miner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum MinerStatus {
    /// Takes fragments, is audited.
    Active,
    /// Collateral is short: takes no fragments, is audited.
    Frozen,
    /// Missed too many audits: its fragments are lost.
    Offline,
    /// Leaves: is audited until every fragment is handed over.
    Exiting,
    /// Has left.
    Gone,
}

/// A storage miner.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Miner {
    /// Declared space, bytes.
    pub capacity: u64,
    /// Bytes of the fragments it is responsible for or has claimed for repair.
    pub used: u64,
    /// Locked tokens.
    pub collateral: Amount,
    /// Where it stands.
    pub status: MinerStatus,
    /// Audits missed one after another.
    pub misses: u32,
    /// Where it is reached.
    pub endpoint: Vec<u8>,
    /// The windows in which it was challenged.
    pub windows: Windows,
}

impl Miner {
    /// Bytes it can still take.
    pub fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.used)
    }
}

/// Where a deal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum DealStatus {
    /// Waits for the manifest.
    Opened,
    /// Waits for the miners' reports.
    Closed {
        /// The file.
        file: FileId,
        /// Fragments not reported yet.
        missing: u32,
    },
    /// Every fragment was reported, or the deal extended a live file.
    Active {
        /// The file.
        file: FileId,
    },
    /// Missed a deadline.
    Expired,
}

/// A miner that may be chosen for a deal, with its free bytes when the deal was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Candidate {
    /// The miner.
    pub miner: AccountId,
    /// Its weight in the draw.
    pub free: u64,
}

/// A deal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Deal {
    /// Who pays and owns.
    pub owner: AccountId,
    /// How the file is coded.
    pub profile: Profile,
    /// Public or private.
    pub visibility: Visibility,
    /// The most bytes the file may have.
    pub max_len: u64,
    /// Term of storage, milliseconds.
    pub term_ms: u64,
    /// Price per stored GiB and day.
    pub price: Amount,
    /// Tokens held.
    pub hold: Amount,
    /// The miners that may be chosen, ascending.
    pub candidates: Vec<Candidate>,
    /// Drawn from the block after the one that opened the deal.
    pub seed: Option<[u8; 32]>,
    /// The next deadline, milliseconds.
    pub deadline: u64,
    /// Where it stands.
    pub status: DealStatus,
}

/// A paid stretch of a file's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Term {
    /// Start, milliseconds.
    pub start: u64,
    /// End, milliseconds.
    pub end: u64,
    /// Paid for it.
    pub fee: Amount,
}

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct File {
    /// Its owner.
    pub owner: AccountId,
    /// What it consists of.
    pub manifest: Manifest,
    /// Bytes of all fragments.
    pub stored: u64,
    /// How those with rights get the data key.
    pub access: Access,
    /// Counts the changes of `access`.
    pub epoch: u64,
    /// Paid terms, one after another; empty until the deal is active.
    pub terms: Vec<Term>,
    /// Fees not yet paid out.
    pub escrow: Amount,
}

impl File {
    /// End of the paid time, milliseconds; none before the deal is active.
    pub fn ends_at(&self) -> Option<u64> {
        self.terms.last().map(|t| t.end)
    }
}

/// One part of a miner's holding under challenge.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Target {
    /// First fragment of those asked for.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// What is asked, from the beacon of the block that opened it.
    #[borsh(serialize_with = "write_challenge", deserialize_with = "read_challenge")]
    pub challenge: Challenge,
    /// Whether it was proven; none while it is open.
    pub proven: Option<bool>,
}

/// A running audit of one miner.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Audit {
    /// Number of the window.
    pub round: u64,
    /// Height of the snapshot: the block before the one that brought the present seeds.
    pub height: u64,
    /// Height of the snapshot of the first step.
    pub opened: u64,
    /// What is asked for: drawn by the window, then what was asked in windows that were missed; each
    /// part in the holding's order.
    pub asked: Vec<FragmentInfo>,
    /// The targets of the present step.
    pub targets: Vec<Target>,
    /// Whether this step narrows an earlier failure.
    pub narrowing: bool,
    /// Whether anything was answered in this round.
    pub answered: bool,
    /// The hash of the proof that answered the window's draw, right or wrong; none if none came.
    pub proof: Option<[u8; 32]>,
    /// Places in `asked` that are known to be bad.
    pub bad: Vec<u32>,
    /// When this step's answers are due, milliseconds.
    pub deadline: u64,
}

/// Who works on a repair order.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Claim {
    /// The miner.
    pub by: AccountId,
    /// When it must be completed, milliseconds.
    pub deadline: u64,
    /// Height of the claim's block.
    pub height: u64,
    /// Drawn from the block after the claim.
    pub seed: Option<[u8; 32]>,
}

/// A fragment that needs a new home.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Order {
    /// The fragment.
    pub info: FragmentInfo,
    /// Who had it.
    pub from: AccountId,
    /// What completing it pays.
    pub bounty: Amount,
    /// Who works on it.
    pub claim: Option<Claim>,
}

/// Something that a later block must look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub(crate) enum Due {
    Deal(DealId),
    File(FileId),
    Claim(OrderId),
}

/// The whole state.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(init = derive_holdings)]
pub struct State {
    pub(crate) params: Params,
    pub(crate) height: u64,
    pub(crate) time: u64,
    pub(crate) randomness: [u8; 32],
    pub(crate) supply: Amount,
    pub(crate) treasury: Amount,
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    pub(crate) tag_keys: BTreeMap<[u8; 32], TagKey>,
    pub(crate) miners: BTreeMap<AccountId, Miner>,
    pub(crate) deals: BTreeMap<DealId, Deal>,
    pub(crate) files: BTreeMap<FileId, File>,
    pub(crate) fragments: BTreeMap<[u8; 32], FragmentRecord>,
    pub(crate) held: BTreeSet<(AccountId, [u8; 32])>,
    /// Follows from `held` and `fragments`.
    #[borsh(skip)]
    pub(crate) holdings: Holdings,
    pub(crate) audits: BTreeMap<AccountId, Audit>,
    /// Fragments that were asked in windows which their miner missed.
    pub(crate) owed: BTreeMap<AccountId, BTreeSet<[u8; 32]>>,
    pub(crate) orders: BTreeMap<OrderId, Order>,
    pub(crate) due: BTreeSet<(u64, Due)>,
    pub(crate) unseeded_deals: BTreeSet<DealId>,
    pub(crate) unseeded_orders: BTreeSet<OrderId>,
    pub(crate) next_deal: u64,
    pub(crate) next_order: u64,
    pub(crate) next_window: u64,
    pub(crate) round: u64,
}

impl State {
    /// The state before the first block. The first audit window opens one window after `time`.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for parameters that can't work; [`Error::Overflow`] when the
    /// balances exceed 128 bits.
    pub fn genesis(
        params: Params,
        time: u64,
        balances: impl IntoIterator<Item = (AccountId, Amount)>,
    ) -> Result<Self, Error> {
        params.check()?;
        let mut accounts = BTreeMap::<AccountId, Account>::new();
        let mut supply: Amount = 0;
        for (id, balance) in balances {
            supply = supply.checked_add(balance).ok_or(Error::Overflow)?;
            accounts.entry(id).or_default().balance += balance;
        }
        let next_window = time.checked_add(params.audit.window_ms).ok_or(Error::Overflow)?;
        Ok(Self {
            params,
            height: 0,
            time,
            randomness: [0; 32],
            supply,
            treasury: 0,
            accounts,
            tag_keys: BTreeMap::new(),
            miners: BTreeMap::new(),
            deals: BTreeMap::new(),
            files: BTreeMap::new(),
            fragments: BTreeMap::new(),
            held: BTreeSet::new(),
            holdings: Holdings::default(),
            audits: BTreeMap::new(),
            owed: BTreeMap::new(),
            orders: BTreeMap::new(),
            due: BTreeSet::new(),
            unseeded_deals: BTreeSet::new(),
            unseeded_orders: BTreeSet::new(),
            next_deal: 0,
            next_order: 0,
            next_window,
            round: 0,
        })
    }

    /// The genesis parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Height of the latest block; 0 before the first.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Time of the latest block, milliseconds.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Randomness of the latest block.
    pub fn randomness(&self) -> &[u8; 32] {
        &self.randomness
    }

    /// When the next audit window opens, milliseconds.
    pub fn next_window(&self) -> u64 {
        self.next_window
    }

    /// Whether something waits for the randomness of a next block.
    pub fn wants_beacon(&self) -> bool {
        !self.unseeded_deals.is_empty()
            || !self.unseeded_orders.is_empty()
            || self.audits.values().any(Audit::wants_beacon)
    }

    /// Tokens cut and not yet given to anybody.
    pub fn treasury(&self) -> Amount {
        self.treasury
    }

    /// An account; an unknown one has nothing.
    pub fn account(&self, id: &AccountId) -> Account {
        self.accounts.get(id).copied().unwrap_or_default()
    }

    /// A tag key.
    pub fn tag_key(&self, id: &[u8; 32]) -> Option<&TagKey> {
        self.tag_keys.get(id)
    }

    /// A miner.
    pub fn miner(&self, id: &AccountId) -> Option<&Miner> {
        self.miners.get(id)
    }

    /// All miners, ascending.
    pub fn miners(&self) -> impl Iterator<Item = (&AccountId, &Miner)> {
        self.miners.iter()
    }

    /// A deal.
    pub fn deal(&self, id: DealId) -> Option<&Deal> {
        self.deals.get(&id)
    }

    /// A file.
    pub fn file(&self, id: &FileId) -> Option<&File> {
        self.files.get(id)
    }

    /// The fragments of a file in order of their index.
    pub fn file_fragments(&self, id: &FileId) -> Vec<FragmentRecord> {
        let Some(file) = self.files.get(id) else { return Vec::new() };
        let fragments = file.manifest.slots().filter_map(|slot| file.manifest.fragment(slot).ok());
        fragments.filter_map(|f| self.fragments.get(&f.name().to_bytes()).cloned()).collect()
    }

    /// A fragment by its name.
    pub fn fragment(&self, name: &[u8; 32]) -> Option<&FragmentRecord> {
        self.fragments.get(name)
    }

    /// Names of the fragments that a miner is responsible for, ascending.
    pub fn holding(&self, miner: &AccountId) -> impl Iterator<Item = &[u8; 32]> {
        self.held.range((*miner, [0; 32])..=(*miner, [0xFF; 32])).map(|(_, name)| name)
    }

    /// What a miner is challenged over now: the fragments that it has reported and not lost.
    pub fn challenged(&self, miner: &AccountId) -> Option<&Holding> {
        self.holdings.of(miner)
    }

    /// Names of the fragments that were asked in windows which the miner missed: the next one asks
    /// them again.
    pub fn owed(&self, miner: &AccountId) -> impl Iterator<Item = &[u8; 32]> {
        self.owed.get(miner).into_iter().flatten()
    }

    /// The audit of a miner that is open.
    pub fn audit(&self, miner: &AccountId) -> Option<&Audit> {
        self.audits.get(miner)
    }

    /// A repair order.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// All open repair orders.
    pub fn orders(&self) -> impl Iterator<Item = (OrderId, &Order)> {
        self.orders.iter().map(|(id, order)| (*id, order))
    }

    /// The asking price per stored GiB and day: it rises with the used share of the space.
    pub fn price(&self) -> Amount {
        let serving = self.miners.values().filter(|m| m.status == MinerStatus::Active);
        let (used, capacity) = serving.fold((0u128, 0u128), |(used, capacity), m| {
            (used + u128::from(m.used.min(m.capacity)), capacity + u128::from(m.capacity))
        });
        let base = self.params.base_price;
        base.saturating_add(base.saturating_mul(used).checked_div(capacity).unwrap_or(0))
    }

    /// Bytes for which a miner may claim network rewards: proven fragments of active files under a
    /// registered, staked tagger's key that is neither the miner's nor the file owner's.
    ///
    /// Whoever holds a tag key can answer for data that isn't there, so an owner's own key earns
    /// nothing but that owner's fees.
    pub fn reward_bytes(&self, miner: &AccountId) -> u64 {
        let records = self.holding(miner).filter_map(|name| self.fragments.get(name));
        let counted = records.filter(|r| {
            let key = self.tag_keys.get(&r.info.tag_key());
            let file = self.files.get(&r.info.file).filter(|f| !f.terms.is_empty());
            let (Some(key), Some(file)) = (key, file) else { return false };
            let holder = key.holder.account();
            r.proven && key.stake > 0 && holder != *miner && holder != file.owner
        });
        counted.map(|r| r.info.fragment_len()).fold(0, u64::saturating_add)
    }
}
