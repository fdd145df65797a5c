//! The rules told again from the README and docs/formats/ledger.md, slowly: flat lists that are
//! searched, sums made anew each time, no index kept. A fragment counts what it was paid and a
//! file's escrow is what came in less what went out, so nothing is paid twice unseen.
//!
//! Not told again, but the crates' own code, so that a fault in it would be the same on both sides.
//! Of the ledger: who wins a slot (`Placement`), which manifest parses and what fragments it lists
//! (`Manifest`, `FragmentInfo`, `Slot`), how many segments and bytes a file is stored in
//! (`Profile::segments`, `Profile::stored_len`), digests and signatures of calls. Of cess-podr2:
//! keys, holdings, what a `Challenge` draws, and whether a proof verifies. Each has tests of its
//! own in its crate.

use std::collections::{BTreeMap, BTreeSet};

use cess_ledger::{
    Access, AccountId, Candidate, FileId, FragmentInfo, FragmentStatus, Manifest, MinerStatus,
    Params, Profile, Slot, Visibility,
};
use cess_podr2::{Challenge, Drawn, Fragments, Holding, Policy, Proof, PublicKey};

pub(crate) type Tokens = u128;
pub(crate) type Name = [u8; 32];

/// A refusal, by the name of the ledger's error.
pub(crate) type No = &'static str;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Account {
    pub(crate) balance: Tokens,
    pub(crate) nonce: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct TagKey {
    pub(crate) holder: cess_ledger::PublicKey,
    pub(crate) key: PublicKey,
    pub(crate) stake: Tokens,
    pub(crate) retired: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Miner {
    pub(crate) capacity: u64,
    pub(crate) collateral: Tokens,
    pub(crate) status: MinerStatus,
    pub(crate) misses: u32,
    /// What was asked in missed windows.
    pub(crate) owed: BTreeSet<Name>,
    /// When it registered.
    pub(crate) since: u64,
    /// How many windows closed since, and the link after the last of them.
    pub(crate) windows: u64,
    pub(crate) link: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Opened,
    Closed(FileId),
    Active(FileId),
    Expired,
}

#[derive(Clone, Debug)]
pub(crate) struct Deal {
    pub(crate) owner: AccountId,
    pub(crate) profile: Profile,
    pub(crate) visibility: Visibility,
    pub(crate) max_len: u64,
    pub(crate) term_ms: u64,
    pub(crate) price: Tokens,
    pub(crate) hold: Tokens,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) seed: Option<[u8; 32]>,
    pub(crate) deadline: u64,
    pub(crate) stage: Stage,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) fee: Tokens,
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) owner: AccountId,
    pub(crate) manifest: Manifest,
    pub(crate) access: Access,
    pub(crate) epoch: u64,
    pub(crate) terms: Vec<Term>,
}

/// A live fragment.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) info: FragmentInfo,
    pub(crate) name: Name,
    /// Who has it, or had it when it was lost.
    pub(crate) miner: AccountId,
    pub(crate) status: FragmentStatus,
    pub(crate) proven: bool,
    /// The height at which its miner reported or repaired it.
    pub(crate) since: u64,
    /// All of its fee that was paid out, to whomever.
    pub(crate) paid: Tokens,
}

#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) by: AccountId,
    pub(crate) deadline: u64,
    pub(crate) height: u64,
    pub(crate) seed: Option<[u8; 32]>,
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) name: Name,
    pub(crate) from: AccountId,
    pub(crate) bounty: Tokens,
    pub(crate) claim: Option<Claim>,
}

#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) challenge: Challenge,
    pub(crate) proven: Option<bool>,
}

#[derive(Clone, Debug)]
pub(crate) struct Audit {
    pub(crate) round: u64,
    pub(crate) height: u64,
    pub(crate) opened: u64,
    pub(crate) asked: Vec<FragmentInfo>,
    pub(crate) parts: Vec<Part>,
    pub(crate) narrowing: bool,
    pub(crate) answered: bool,
    pub(crate) proof: Option<[u8; 32]>,
    pub(crate) bad: BTreeSet<Name>,
    pub(crate) deadline: u64,
}

impl Audit {
    /// All is answered and a failed part has several fragments: the next block cuts it.
    pub(crate) fn wants_beacon(&self) -> bool {
        let failed = |part: &Part| part.proven == Some(false) && part.end - part.start > 1;
        self.parts.iter().all(|part| part.proven.is_some()) && self.parts.iter().any(failed)
    }
}

/// What is due, in the order in which it is dealt with at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Deal(usize),
    File(FileId),
    Claim(u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) params: Params,
    pub(crate) height: u64,
    pub(crate) time: u64,
    pub(crate) randomness: [u8; 32],
    pub(crate) treasury: Tokens,
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    pub(crate) keys: BTreeMap<[u8; 32], TagKey>,
    pub(crate) miners: BTreeMap<AccountId, Miner>,
    pub(crate) deals: Vec<Deal>,
    pub(crate) files: BTreeMap<FileId, File>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) orders: BTreeMap<u64, Order>,
    pub(crate) orders_ever: u64,
    pub(crate) audits: BTreeMap<AccountId, Audit>,
    pub(crate) next_window: u64,
    pub(crate) round: u64,
}

/// `⌈rate × bytes / GiB⌉`.
pub(crate) fn per_gib(rate: Tokens, bytes: u64) -> Option<Tokens> {
    Some(rate.checked_mul(bytes.into())?.div_ceil(1 << 30))
}

/// Fragments in the order of their holding.
fn in_order(infos: impl Iterator<Item = FragmentInfo>) -> (Vec<FragmentInfo>, Holding) {
    let mut infos: Vec<FragmentInfo> = infos.collect();
    let label =
        |info: &FragmentInfo| hash("cess-podr2 v1 holding entry", &[&info.tag_key(), &info.name()]);
    infos.sort_by_key(label);
    let holding = Holding::from_entries(infos.iter().map(|info| info.fragment.entry())).unwrap();
    (infos, holding)
}

pub(crate) fn hash(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    blake3::derive_key(context, &parts.concat())
}

impl Model {
    pub(crate) fn genesis(
        params: Params,
        time: u64,
        balances: impl IntoIterator<Item = (AccountId, Tokens)>,
    ) -> Self {
        let account = |(id, balance)| (id, Account { balance, nonce: 0 });
        Self {
            height: 0,
            time,
            randomness: [0; 32],
            treasury: 0,
            accounts: balances.into_iter().map(account).collect(),
            keys: BTreeMap::new(),
            miners: BTreeMap::new(),
            deals: Vec::new(),
            files: BTreeMap::new(),
            pieces: Vec::new(),
            orders: BTreeMap::new(),
            orders_ever: 0,
            audits: BTreeMap::new(),
            next_window: time + params.audit.window_ms,
            round: 0,
            params,
        }
    }

    pub(crate) fn purse(&mut self, id: &AccountId) -> &mut Account {
        self.accounts.entry(*id).or_default()
    }

    pub(crate) fn balance(&self, id: &AccountId) -> Tokens {
        self.accounts.get(id).map_or(0, |account| account.balance)
    }

    pub(crate) fn piece(&self, name: &Name) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.name == *name)
    }

    pub(crate) fn piece_mut(&mut self, name: &Name) -> &mut Piece {
        self.pieces.iter_mut().find(|piece| piece.name == *name).expect("a live fragment")
    }

    pub(crate) fn has(&self, miner: &AccountId, name: &Name) -> bool {
        let mine = |p: &Piece| p.miner == *miner && p.status != FragmentStatus::Lost;
        self.piece(name).is_some_and(mine)
    }

    /// What a miner is responsible for, in order of name.
    pub(crate) fn held(&self, miner: &AccountId) -> Vec<&Piece> {
        let mine = |p: &&Piece| p.miner == *miner && p.status != FragmentStatus::Lost;
        let mut held: Vec<&Piece> = self.pieces.iter().filter(mine).collect();
        held.sort_by_key(|piece| piece.name);
        held
    }

    /// Reported at this height or before, by name.
    fn held_since(&self, miner: &AccountId, height: u64) -> Vec<Piece> {
        let held = self.held(miner).into_iter();
        let since = |p: &&Piece| p.status == FragmentStatus::Held && p.since <= height;
        held.filter(since).cloned().collect()
    }

    pub(crate) fn pieces_of(&self, file: &FileId) -> Vec<&Piece> {
        let mut pieces: Vec<&Piece> = self.pieces.iter().filter(|p| p.info.file == *file).collect();
        pieces.sort_by_key(|piece| piece.info.index);
        pieces
    }

    pub(crate) fn order_of(&self, name: &Name) -> Option<u64> {
        self.orders.iter().find(|(_, order)| order.name == *name).map(|(id, _)| *id)
    }

    /// Whether a miner has as many tag keys as one may have, and not this one.
    pub(crate) fn full_of_keys(&self, miner: &AccountId, key: [u8; 32]) -> bool {
        let mut keys: BTreeSet<[u8; 32]> =
            self.held(miner).iter().map(|piece| piece.info.tag_key()).collect();
        keys.insert(key);
        keys.len() > usize::try_from(self.params.audit.max_keys).unwrap()
    }

    pub(crate) fn used(&self, miner: &AccountId) -> u64 {
        let len = |name: &Name| self.piece(name).expect("an order's fragment").info.fragment_len();
        let held: u64 = self.held(miner).iter().map(|p| p.info.fragment_len()).sum();
        let claims =
            self.orders.values().filter(|o| o.claim.as_ref().is_some_and(|c| c.by == *miner));
        held + claims.map(|order| len(&order.name)).sum::<u64>()
    }

    pub(crate) fn free(&self, miner: &AccountId) -> u64 {
        self.miners[miner].capacity.saturating_sub(self.used(miner))
    }

    /// It rises in proportion to the used share of the active miners' space, to twice the base.
    pub(crate) fn price(&self) -> Tokens {
        let active = self.miners.iter().filter(|(_, m)| m.status == MinerStatus::Active);
        let (mut used, mut space) = (0u128, 0u128);
        for (id, miner) in active {
            used += u128::from(self.used(id).min(miner.capacity));
            space += u128::from(miner.capacity);
        }
        let base = self.params.base_price;
        base + (base * used).checked_div(space).unwrap_or(0)
    }

    pub(crate) fn stored(&self, file: &FileId) -> u64 {
        self.pieces_of(file).iter().map(|piece| piece.info.fragment_len()).sum()
    }

    pub(crate) fn escrow(&self, file: &FileId) -> Tokens {
        let came: Tokens = self.files[file].terms.iter().map(|term| term.fee).sum();
        came - self.pieces_of(file).iter().map(|piece| piece.paid).sum::<Tokens>()
    }

    /// All that the ledger keeps somewhere.
    pub(crate) fn supply(&self) -> Tokens {
        self.treasury
            + self.accounts.values().map(|a| a.balance).sum::<Tokens>()
            + self.keys.values().map(|k| k.stake).sum::<Tokens>()
            + self.miners.values().map(|m| m.collateral).sum::<Tokens>()
            + self.deals.iter().map(|d| d.hold).sum::<Tokens>()
            + self.files.keys().map(|file| self.escrow(file)).sum::<Tokens>()
            + self.orders.values().map(|o| o.bounty).sum::<Tokens>()
    }

    /// Bytes that count for network rewards.
    pub(crate) fn reward_bytes(&self, miner: &AccountId) -> u64 {
        let counts = |piece: &&&Piece| {
            let (key, file) = (&self.keys[&piece.info.tag_key()], &self.files[&piece.info.file]);
            let holder = key.holder.account();
            piece.proven
                && key.stake > 0
                && !file.terms.is_empty()
                && holder != *miner
                && holder != file.owner
        };
        self.held(miner).iter().filter(counts).map(|piece| piece.info.fragment_len()).sum()
    }

    pub(crate) fn begin(&mut self, height: u64, time: u64, randomness: [u8; 32]) {
        let before = self.height;
        (self.height, self.time, self.randomness) = (height, time, randomness);
        while let Some((_, due)) = self.first_due() {
            match due {
                Due::Deal(deal) => self.expire_deal(deal),
                Due::File(file) => self.end_file(&file),
                Due::Claim(order) => self.expire_claim(order),
            }
        }
        let chain = self.params.chain_id;
        for (id, deal) in (0u64..).zip(&mut self.deals) {
            if deal.stage == Stage::Opened && deal.seed.is_none() {
                let context = "cess-ledger v1 placement seed";
                deal.seed = Some(hash(context, &[&chain, &randomness, &id.to_le_bytes()]));
            }
        }
        for (id, order) in &mut self.orders {
            if let Some(claim) = order.claim.as_mut().filter(|claim| claim.seed.is_none()) {
                let context = "cess-ledger v1 repair seed";
                let (height, id) = (height.to_le_bytes(), id.to_le_bytes());
                claim.seed = Some(hash(context, &[&randomness, &height, &id, &claim.by.0]));
            }
        }
        for miner in self.audits.keys().copied().collect::<Vec<_>>() {
            let audit = &self.audits[&miner];
            let answered = audit.parts.iter().all(|part| part.proven.is_some());
            if answered || audit.deadline <= time {
                self.finish_step(miner, before);
            }
        }
        if time >= self.next_window {
            self.round += 1;
            while self.next_window <= time {
                self.next_window += self.params.audit.window_ms;
            }
            for miner in self.miners.keys().copied().collect::<Vec<_>>() {
                self.open_audit(miner, before);
            }
        }
    }

    fn first_due(&self) -> Option<(u64, Due)> {
        let mut due = BTreeSet::new();
        for (id, deal) in self.deals.iter().enumerate() {
            if matches!(deal.stage, Stage::Opened | Stage::Closed(_)) {
                due.insert((deal.deadline, Due::Deal(id)));
            }
        }
        for (id, file) in &self.files {
            due.extend(file.terms.last().map(|term| (term.end, Due::File(*id))));
        }
        for (id, order) in &self.orders {
            due.extend(order.claim.as_ref().map(|claim| (claim.deadline, Due::Claim(*id))));
        }
        due.into_iter().find(|(at, _)| *at <= self.time)
    }

    fn expire_deal(&mut self, id: usize) {
        let deal = &mut self.deals[id];
        let (stage, owner) = (deal.stage, deal.owner);
        let refund = std::mem::take(&mut deal.hold);
        deal.stage = Stage::Expired;
        deal.candidates.clear();
        self.purse(&owner).balance += refund;
        if let Stage::Closed(file) = stage {
            self.drop_file(&file);
        }
    }

    fn end_file(&mut self, id: &FileId) {
        let end = self.files[id].terms.last().expect("an active file").end;
        let pieces: Vec<(Name, bool)> =
            self.pieces_of(id).iter().map(|piece| (piece.name, piece.proven)).collect();
        for (name, proven) in pieces {
            self.pay(&name, end, proven);
        }
        self.drop_file(id);
    }

    fn drop_file(&mut self, id: &FileId) {
        let rest = self.escrow(id);
        let owner = self.files[id].owner;
        let names: BTreeSet<Name> = self.pieces_of(id).iter().map(|piece| piece.name).collect();
        let gone: Vec<u64> = self
            .orders
            .iter()
            .filter(|(_, order)| names.contains(&order.name))
            .map(|(id, _)| *id)
            .collect();
        for order in gone {
            self.treasury += self.orders.remove(&order).expect("just found").bounty;
        }
        self.pieces.retain(|piece| piece.info.file != *id);
        self.files.remove(id);
        self.purse(&owner).balance += rest;
        self.let_go();
    }

    fn expire_claim(&mut self, id: u64) {
        let order = self.orders.get_mut(&id).expect("a due claim");
        let by = order.claim.take().expect("a due claim").by;
        self.treasury += self.cut(&by, self.params.repair.claim_cut);
        self.let_go();
    }

    /// Every exiting miner that holds nothing, claims nothing and is asked nothing is gone.
    pub(crate) fn let_go(&mut self) {
        for id in self.miners.keys().copied().collect::<Vec<_>>() {
            let exiting = self.miners[&id].status == MinerStatus::Exiting;
            if exiting && self.used(&id) == 0 && !self.audits.contains_key(&id) {
                let miner = self.miners.get_mut(&id).expect("just found");
                miner.status = MinerStatus::Gone;
                miner.owed.clear();
                let rest = std::mem::take(&mut miner.collateral);
                self.purse(&id).balance += rest;
            }
        }
    }

    /// What a fragment has earned from the first term's start to `until`, of all its terms.
    fn earned(&self, piece: &Piece, until: u64) -> Tokens {
        let file = &self.files[&piece.info.file];
        let (len, stored) = (u128::from(piece.info.fragment_len()), self.stored(&piece.info.file));
        let mut earned = 0;
        for term in &file.terms {
            let share = term.fee * len / u128::from(stored);
            let elapsed = until.min(term.end).saturating_sub(term.start);
            earned += share * u128::from(elapsed) / u128::from(term.end - term.start);
        }
        earned
    }

    /// Pays what is due of a fragment's fee: to its miner, or back to the owner.
    pub(crate) fn pay(&mut self, name: &Name, until: u64, to_miner: bool) {
        let piece = self.piece(name).expect("a live fragment");
        let due = self.earned(piece, until) - piece.paid;
        let to = if to_miner { piece.miner } else { self.files[&piece.info.file].owner };
        self.piece_mut(name).paid += due;
        self.purse(&to).balance += due;
    }

    pub(crate) fn collateral_for(&self, capacity: u64) -> Option<Tokens> {
        per_gib(self.params.collateral.per_gib, capacity)
    }

    /// Takes what is there, up to `wanted`; an active miner with too little left is frozen.
    pub(crate) fn cut(&mut self, id: &AccountId, wanted: Tokens) -> Tokens {
        let needed = self.collateral_for(self.miners[id].capacity).expect("it was registered");
        let miner = self.miners.get_mut(id).expect("a miner");
        let taken = wanted.min(miner.collateral);
        miner.collateral -= taken;
        if miner.status == MinerStatus::Active && miner.collateral < needed {
            miner.status = MinerStatus::Frozen;
        }
        taken
    }

    /// Puts a fragment on order, once; its miner pays the bounty as far as its collateral goes.
    pub(crate) fn put_on_order(&mut self, name: &Name) {
        if self.order_of(name).is_some() {
            return;
        }
        let piece = self.piece(name).expect("a live fragment");
        let (from, len) = (piece.miner, piece.info.fragment_len());
        let repair = &self.params.repair;
        let wanted = per_gib(repair.bounty_per_gib, len).expect("small") + repair.bounty_flat;
        let bounty = self.cut(&from, wanted);
        self.orders.insert(self.orders_ever, Order { name: *name, from, bounty, claim: None });
        self.orders_ever += 1;
    }

    fn lose(&mut self, name: &Name) {
        self.pay(name, self.time, false);
        let piece = self.piece_mut(name);
        (piece.status, piece.proven) = (FragmentStatus::Lost, false);
        let (miner, len) = (piece.miner, piece.info.fragment_len());
        self.put_on_order(name);
        let rates = &self.params.collateral;
        let fault = rates.fault_flat + per_gib(rates.fault_per_gib, len).expect("small");
        self.treasury += self.cut(&miner, fault);
    }

    fn open_audit(&mut self, miner: AccountId, before: u64) {
        let idle = matches!(self.miners[&miner].status, MinerStatus::Offline | MinerStatus::Gone);
        if idle || self.audits.contains_key(&miner) {
            return;
        }
        let owed = std::mem::take(&mut self.miners.get_mut(&miner).expect("a miner").owed);
        let held = self.held(&miner).into_iter().filter(|p| p.status == FragmentStatus::Held);
        let held: Vec<FragmentInfo> = held.map(|piece| piece.info.clone()).collect();
        if held.is_empty() {
            return;
        }
        let policy = self.params.audit.sampling.policy().expect("checked at genesis");
        let draws = match policy {
            Policy::Window { windows, .. } => held.len().div_ceil(windows.get() as usize),
            Policy::Every => held.len(),
        };
        let (whole, holding) = in_order(held.iter().cloned());
        let part = self.part(&miner, (self.round, before), (0, draws), &holding, policy);
        let ranks = part.challenge.ranks().unwrap();
        let rank = |rank: &u64| whole[usize::try_from(*rank).unwrap()].clone();
        let mut asked: Vec<FragmentInfo> = ranks.iter().map(rank).collect();
        let mut parts = vec![part];
        let missed = |info: &&FragmentInfo| owed.contains(&info.name()) && !asked.contains(info);
        let (again, holding) = in_order(held.iter().filter(missed).cloned());
        if !again.is_empty() {
            let policy = match policy {
                Policy::Window { samples, .. } => {
                    Policy::Window { windows: 1.try_into().unwrap(), samples }
                }
                Policy::Every => Policy::Every,
            };
            let end = draws + again.len();
            parts.push(self.part(&miner, (self.round, before), (draws, end), &holding, policy));
            asked.extend(again);
        }
        let audit = Audit {
            round: self.round,
            height: before,
            opened: before,
            asked,
            parts,
            narrowing: false,
            answered: false,
            proof: None,
            bad: BTreeSet::new(),
            deadline: self.time + self.params.audit.answer_ms,
        };
        self.audits.insert(miner, audit);
    }

    fn part(
        &self,
        miner: &AccountId,
        (round, before): (u64, u64),
        (start, end): (usize, usize),
        holding: &Holding,
        policy: Policy,
    ) -> Part {
        let le = |at: usize| u32::try_from(at).expect("few fragments").to_le_bytes();
        let height = self.height.to_le_bytes();
        let parts: [&[u8]; 5] = [&self.randomness, &height, &miner.0, &le(start), &le(end)];
        let seed = hash("cess-ledger v1 audit seed", &parts);
        let scope = cess_podr2::Audit {
            chain_id: self.params.chain_id,
            round,
            height: before,
            prover: miner.0,
        };
        let challenge = Challenge::new(scope, holding, policy, seed).unwrap();
        Part { start, end, challenge, proven: None }
    }

    /// A proof over what a part asks for.
    pub(crate) fn answers(&self, audit: &Audit, part: &Part, proof: &[u8]) -> bool {
        let entries = audit.asked[part.start..part.end].iter().map(|info| info.fragment.entry());
        let drawn = Drawn::trusted(&part.challenge, entries).unwrap();
        self.verifies(&part.challenge, &drawn, proof)
    }

    pub(crate) fn verifies(
        &self,
        challenge: &Challenge,
        fragments: &impl Fragments,
        proof: &[u8],
    ) -> bool {
        let Ok(proof) = Proof::from_bytes(proof) else { return false };
        let key = |id: &cess_podr2::KeyId| self.keys.get(id.as_bytes()).map(|key| &key.key);
        cess_podr2::verify(challenge, fragments, key, &proof).is_ok()
    }

    /// Ends a step that is answered or overdue; what was not answered by then has failed.
    pub(crate) fn finish_step(&mut self, miner: AccountId, before: u64) {
        let mut audit = self.audits.remove(&miner).expect("an open audit");
        if !audit.narrowing {
            let record = self.miners.get_mut(&miner).expect("it was audited");
            record.windows += 1;
            record.link = next_link(&record.link, &audit);
        }
        if !audit.answered {
            self.miss(&miner, &audit);
            return self.let_go();
        }
        let parts = std::mem::take(&mut audit.parts);
        let asked = |part: &Part| audit.asked[part.start..part.end].to_vec();
        if !audit.narrowing && parts[0].proven == Some(true) {
            let failed: Vec<FragmentInfo> =
                parts.iter().filter(|part| part.proven != Some(true)).flat_map(asked).collect();
            for piece in self.held_since(&miner, audit.opened) {
                if !failed.contains(&piece.info) {
                    self.piece_mut(&piece.name).proven = true;
                    self.pay(&piece.name, self.time, true);
                }
            }
        }
        let mut next = Vec::new();
        for part in parts {
            let infos = &audit.asked[part.start..part.end];
            if part.proven == Some(true) {
                for name in infos.iter().map(FragmentInfo::name) {
                    if self.has(&miner, &name) {
                        self.piece_mut(&name).proven = true;
                        self.pay(&name, self.time, true);
                    }
                }
            } else if let [one] = infos {
                audit.bad.insert(one.name());
            } else {
                self.split(&miner, before, &audit, &part, &mut next);
            }
        }
        if next.is_empty() {
            self.miners.get_mut(&miner).expect("it was audited").misses = 0;
            for name in audit.asked.iter().map(FragmentInfo::name) {
                if audit.bad.contains(&name) && self.has(&miner, &name) {
                    self.lose(&name);
                }
            }
            return self.let_go();
        }
        audit.parts = next;
        audit.height = before;
        audit.narrowing = true;
        audit.deadline = self.time + self.params.audit.answer_ms;
        self.audits.insert(miner, audit);
    }

    /// Sixteen parts, or more so that none has more than 16,384 blocks, single fragments apart.
    fn split(
        &self,
        miner: &AccountId,
        before: u64,
        audit: &Audit,
        part: &Part,
        next: &mut Vec<Part>,
    ) {
        let most = (part.end - part.start).div_ceil(16);
        let mut start = part.start;
        while start < part.end {
            let mut end = start + 1;
            let blocks = |end: usize| -> u64 {
                audit.asked[start..end].iter().map(|info| info.fragment.blocks()).sum()
            };
            while end < part.end && end - start < most && blocks(end + 1) <= 16_384 {
                end += 1;
            }
            let (_, holding) = in_order(audit.asked[start..end].iter().cloned());
            let when = (audit.round, before);
            next.push(self.part(miner, when, (start, end), &holding, Policy::Every));
            start = end;
        }
    }

    fn miss(&mut self, miner: &AccountId, audit: &Audit) {
        let mut bytes = 0;
        for piece in self.held_since(miner, audit.opened) {
            self.pay(&piece.name, self.time, false);
            self.piece_mut(&piece.name).proven = false;
            bytes += piece.info.fragment_len();
        }
        if bytes == 0 {
            return;
        }
        let cut = per_gib(self.params.collateral.miss_per_gib, bytes).expect("small");
        self.treasury += self.cut(miner, cut);
        let names = audit.asked.iter().map(FragmentInfo::name);
        let owed: BTreeSet<Name> = names.filter(|name| self.has(miner, name)).collect();
        let record = self.miners.get_mut(miner).expect("it was audited");
        record.misses += 1;
        if record.misses < self.params.audit.max_misses {
            record.owed = owed;
        }
        if record.misses >= self.params.audit.max_misses {
            let held = self.held(miner).into_iter().filter(|p| p.status == FragmentStatus::Held);
            for name in held.map(|piece| piece.name).collect::<Vec<_>>() {
                self.lose(&name);
            }
            self.miners.get_mut(miner).expect("it was audited").status = MinerStatus::Offline;
        }
    }

    pub(crate) fn segment_of(&self, piece: &Piece) -> u32 {
        let profile = &self.files[&piece.info.file].manifest.profile;
        Slot::at(profile, piece.info.index).segment
    }
}

/// docs/formats/podr2.md, "Links of windows".
pub(crate) fn first_link(chain_id: &[u8; 32], miner: &AccountId, start: u64) -> [u8; 32] {
    hash("cess-podr2 v1 post start", &[chain_id, &miner.0, &start.to_le_bytes()])
}

fn next_link(link: &[u8; 32], audit: &Audit) -> [u8; 32] {
    let challenge = audit.parts[0].challenge;
    let digest = hash("cess-podr2 v1 challenge", &[&challenge.to_bytes()]);
    // The policy is what stands before the seed.
    let bytes = challenge.to_bytes();
    let policy = &bytes[bytes.len() - 32 - Policy::LEN..bytes.len() - 32];
    let deadline = audit.deadline.to_le_bytes();
    let outcome = match &audit.proof {
        None => vec![0],
        Some(proof) => [&[1], &proof[..]].concat(),
    };
    hash("cess-podr2 v1 post link", &[link, &digest, policy, &deadline, &outcome])
}
