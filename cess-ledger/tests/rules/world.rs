//! A small chain with accounts, miners, tag keys and the bytes that the miners should have.

use std::collections::{BTreeMap, BTreeSet};

use cess_ledger::{
    Access, AccountId, AccountKey, Action, AuditTarget, Block, DealId, DealStatus, Error, Event,
    FileId, FragmentInfo, Manifest, MinerStatus, OrderId, Outcome, Params, Placement, Profile,
    Sampling, Segment, SignedCall, State, TAG_FORMAT, Verdict, Visibility, apply, declare_tags,
    repair_challenge,
};
use cess_podr2::{Challenge, Drawn, Proving, ProvingKey, SecretKey, Sectors, Tagged};

pub(crate) const CHAIN: [u8; 32] = [0xC5; 32];
pub(crate) const TOKEN: u128 = 1_000_000_000_000;
pub(crate) const FUNDS: u128 = 10_000 * TOKEN;
pub(crate) const START: u64 = 1_700_000_000_000;
pub(crate) const SECOND: u64 = 1000;
pub(crate) const DAY: u64 = cess_ledger::DAY_MS;
pub(crate) const SPACE: u64 = 1 << 30;

/// An index into the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Owner,
    Other,
    Tagger,
    Miner(u8),
}

impl Who {
    pub(crate) fn key(self) -> AccountKey {
        let seed = match self {
            Self::Owner => 1,
            Self::Other => 2,
            Self::Tagger => 3,
            Self::Miner(number) => 100 + number,
        };
        AccountKey::from_seed(&[seed; 32])
    }

    pub(crate) fn id(self) -> AccountId {
        self.key().account()
    }
}

pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) profile: Profile,
    pub(crate) miners: u8,
    pub(crate) secrets: BTreeMap<Who, SecretKey>,
    pub(crate) proving: BTreeMap<[u8; 32], ProvingKey>,
    pub(crate) data: BTreeMap<[u8; 32], (Vec<u8>, Tagged)>,
    /// Fragments that a miner has lost, and those in which it has one byte wrong.
    pub(crate) wiped: BTreeSet<(AccountId, [u8; 32])>,
    pub(crate) rotten: BTreeSet<(AccountId, [u8; 32])>,
}

pub(crate) fn profile(replicas: u8, data: u16, parity: u16) -> Profile {
    let geometry = cess_erasure::Geometry::rs8(data, parity).unwrap();
    Profile::new(replicas, geometry, 1 << 16).unwrap()
}

pub(crate) fn params() -> Params {
    let mut params = Params::example(CHAIN);
    params.audit.sampling = Sampling::Every;
    params.collateral.tag_key_fee = 0;
    params
}

pub(crate) fn beacon(height: u64) -> [u8; 32] {
    blake3::derive_key("cess-ledger tests beacon", &height.to_le_bytes())
}

impl World {
    /// `miners` miners, an owner's own tag key and a staked tagger's.
    pub(crate) fn new(miners: u8) -> Self {
        Self::with(miners, params())
    }

    pub(crate) fn with(miners: u8, params: Params) -> Self {
        let people = [Who::Owner, Who::Other, Who::Tagger].into_iter();
        let everybody = people.chain((0..miners).map(Who::Miner));
        let state = State::genesis(params, START, everybody.map(|who| (who.id(), FUNDS))).unwrap();
        let mut world = Self {
            state,
            profile: profile(1, 2, 1),
            miners,
            secrets: BTreeMap::new(),
            proving: BTreeMap::new(),
            data: BTreeMap::new(),
            wiped: BTreeSet::new(),
            rotten: BTreeSet::new(),
        };
        for number in 0..miners {
            world.ok(Who::Miner(number), register(SPACE));
        }
        world.tag_key(Who::Owner, 0);
        let stake = world.state.params().collateral.tagger_stake;
        world.tag_key(Who::Tagger, stake);
        world
    }

    pub(crate) fn tag_key(&mut self, who: Who, stake: u128) -> [u8; 32] {
        let secret = SecretKey::from_seed(&who.id().0, Sectors::MIN);
        self.ok(who, register_key(&secret, stake));
        let id = secret.public().key_id().to_bytes();
        self.proving.insert(id, secret.proving_key());
        self.secrets.insert(who, secret);
        id
    }

    pub(crate) fn key_id(&self, who: Who) -> [u8; 32] {
        self.secrets[&who].public().key_id().to_bytes()
    }

    pub(crate) fn sign(&self, who: Who, action: Action) -> SignedCall {
        SignedCall::sign(&who.key(), CHAIN, self.state.account(&who.id()).nonce, action)
    }

    pub(crate) fn next(&self, after_ms: u64, calls: Vec<SignedCall>) -> Block {
        let height = self.state.height() + 1;
        let time = self.state.time() + after_ms;
        Block { height, time, randomness: beacon(height), calls }
    }

    /// Applies a block of at most one call; a refused call must equal no call.
    pub(crate) fn submit(&mut self, after_ms: u64, call: SignedCall) -> Result<Vec<Event>, Error> {
        let before = self.state.clone();
        let block = self.next(after_ms, vec![call]);
        let mut outcome = apply(&mut self.state, &block).unwrap();
        assert_eq!(self.state.check_invariants(), Ok(()));
        let result = outcome.results.remove(0);
        if result.is_err() {
            let mut without = before;
            apply(&mut without, &Block { calls: Vec::new(), ..block }).unwrap();
            assert_eq!(self.state, without, "a refused call changed the state");
        }
        result
    }

    pub(crate) fn call(&mut self, who: Who, action: Action) -> Result<Vec<Event>, Error> {
        let call = self.sign(who, action);
        self.submit(SECOND, call)
    }

    pub(crate) fn ok(&mut self, who: Who, action: Action) -> Vec<Event> {
        self.call(who, action).unwrap()
    }

    /// An empty block.
    pub(crate) fn wait(&mut self, after_ms: u64) -> Vec<Event> {
        let block = self.next(after_ms, Vec::new());
        let Outcome { begin, results } = apply(&mut self.state, &block).unwrap();
        assert!(results.is_empty());
        assert_eq!(self.state.check_invariants(), Ok(()));
        begin
    }

    pub(crate) fn balance(&self, who: Who) -> u128 {
        self.state.account(&who.id()).balance
    }

    pub(crate) fn who(&self, id: &AccountId) -> Who {
        let people = [Who::Owner, Who::Other, Who::Tagger].into_iter();
        let mut everybody = people.chain((0..self.miners).map(Who::Miner));
        everybody.find(|who| who.id() == *id).unwrap()
    }

    pub(crate) fn status(&self, number: u8) -> MinerStatus {
        self.state.miner(&Who::Miner(number).id()).unwrap().status
    }

    pub(crate) fn open(&mut self, len: u64, days: u64) -> DealId {
        let action = self.open_action(len, days);
        let events = self.ok(Who::Owner, action);
        opened(&events)
    }

    pub(crate) fn open_action(&self, max_len: u64, days: u64) -> Action {
        Action::OpenDeal {
            profile: self.profile,
            visibility: Visibility::Public,
            max_len,
            term_ms: days * DAY,
            bid: None,
        }
    }

    /// A manifest over fresh fragments, tagged under `tagger`'s key.
    pub(crate) fn manifest(&mut self, len: u64, salt: u8, tagger: Who) -> Manifest {
        let profile = self.profile;
        let count = profile.segments(Visibility::Public, len);
        let mut manifest = Manifest {
            version: Manifest::VERSION,
            profile,
            visibility: Visibility::Public,
            len,
            salt: [salt; 32],
            tag_key: self.key_id(tagger),
            sectors: Sectors::MIN.get(),
            commitment: [0; 32],
            segments: Vec::new(),
            sections: Vec::new(),
        };
        for index in 0..count {
            let shard_len = profile.layout(Visibility::Public, len, index).unwrap().shard_len();
            let mut fragments = Vec::new();
            for place in 0..profile.fragments_per_segment() {
                let mut bytes = vec![0; shard_len];
                let mut hasher = blake3::Hasher::new_derive_key("cess-ledger tests data");
                hasher.update(&[salt, u8::try_from(place).unwrap()]).update(&index.to_le_bytes());
                hasher.finalize_xof().fill(&mut bytes);
                let replica = u32::try_from(place / profile.geometry().total()).unwrap();
                let tagged = self.secrets[&tagger].tag(replica, &bytes).unwrap();
                fragments.push(tagged.fragment.root());
                self.data.insert(tagged.name().to_bytes(), (bytes, tagged));
            }
            manifest.segments.push(Segment { salt: [0; 16], root: [salt; 32], fragments });
        }
        manifest
    }

    pub(crate) fn close_action(&self, deal: DealId, manifest: &Manifest, holder: Who) -> Action {
        let file = manifest.file_id();
        let declaration = declare_tags(&holder.key(), &CHAIN, deal, file, &manifest.tag_key);
        Action::CloseDeal {
            deal,
            manifest: manifest.to_bytes(),
            exclusions: Vec::new(),
            declaration,
            access: access(manifest.visibility, 1),
        }
    }

    /// Opens and closes a deal under the owner's own key.
    pub(crate) fn close(&mut self, len: u64, salt: u8) -> (DealId, FileId) {
        self.close_under(len, salt, Who::Owner)
    }

    pub(crate) fn close_under(&mut self, len: u64, salt: u8, tagger: Who) -> (DealId, FileId) {
        let deal = self.open(len, 10);
        let manifest = self.manifest(len, salt, tagger);
        let action = self.close_action(deal, &manifest, tagger);
        self.ok(Who::Owner, action);
        (deal, manifest.file_id())
    }

    pub(crate) fn report_action(&self, deal: DealId, file: FileId, miner: AccountId) -> Action {
        let records = self.state.file_fragments(&file).into_iter();
        let fragments = records.filter(|r| r.miner == miner).map(|r| r.info.index).collect();
        Action::Report { deal, fragments }
    }

    pub(crate) fn holders(&self, file: FileId) -> BTreeSet<AccountId> {
        self.state.file_fragments(&file).into_iter().map(|record| record.miner).collect()
    }

    pub(crate) fn report_all(&mut self, deal: DealId, file: FileId) {
        for miner in self.holders(file) {
            let action = self.report_action(deal, file, miner);
            self.ok(self.who(&miner), action);
        }
        assert_eq!(self.state.deal(deal).unwrap().status, DealStatus::Active { file });
    }

    /// A file through the whole deal, to Active.
    pub(crate) fn store(&mut self, len: u64, salt: u8) -> FileId {
        self.store_under(len, salt, Who::Owner)
    }

    pub(crate) fn store_under(&mut self, len: u64, salt: u8, tagger: Who) -> FileId {
        let (deal, file) = self.close_under(len, salt, tagger);
        self.report_all(deal, file);
        file
    }

    pub(crate) fn names(&self, file: FileId) -> Vec<([u8; 32], Who)> {
        let records = self.state.file_fragments(&file).into_iter();
        records.map(|r| (r.info.name(), self.who(&r.miner))).collect()
    }

    /// To the next audit window.
    pub(crate) fn window(&mut self) -> Vec<Event> {
        self.wait(self.state.next_window() - self.state.time())
    }

    pub(crate) fn prove(
        &self,
        miner: AccountId,
        challenge: &Challenge,
        fragments: &[FragmentInfo],
    ) -> Option<Vec<u8>> {
        let entries = fragments.iter().map(|info| info.fragment.entry());
        let drawn = Drawn::listed(challenge, entries).unwrap();
        let lookup = |id: &cess_podr2::KeyId| self.proving.get(id.as_bytes());
        let mut proving = Proving::new(challenge, &drawn, lookup).unwrap();
        while let Some(sample) = proving.sample() {
            let name = sample.entry.name().to_bytes();
            if self.wiped.contains(&(miner, name)) {
                return None;
            }
            let (bytes, tagged) = &self.data[&name];
            let at = usize::try_from(sample.block).unwrap();
            let mut block = bytes.chunks(Sectors::MIN.block_bytes()).nth(at).unwrap().to_vec();
            if self.rotten.contains(&(miner, name)) && sample.block == 0 {
                block[5] ^= 0x10;
            }
            proving.absorb(&block, tagged.tags.get(sample.block).unwrap()).unwrap();
        }
        Some(proving.finish().unwrap().to_bytes())
    }

    pub(crate) fn answer_action(&self, miner: AccountId, target: &AuditTarget) -> Action {
        let proof = self.prove(miner, &target.challenge, &target.fragments);
        Action::Answer { round: target.round, target: target.target, proof }
    }

    /// Answers all that is asked of a miner, step by step, as its data allows.
    pub(crate) fn answer(&mut self, who: Who) -> Verdict {
        let mut events = Vec::new();
        loop {
            for target in self.state.audit_targets(&who.id()) {
                let action = self.answer_action(who.id(), &target);
                events.extend(self.ok(who, action));
            }
            if self.state.audit(&who.id()).is_none() {
                let verdict = events.into_iter().rev().find_map(|event| match event {
                    Event::AuditConcluded { miner, verdict, .. } if miner == who.id() => {
                        Some(verdict)
                    }
                    _ => None,
                });
                return verdict.expect("an audit was open");
            }
            events.extend(self.wait(SECOND));
        }
    }

    /// A window in which everybody asked answers.
    pub(crate) fn audit_all(&mut self) -> BTreeMap<Who, Verdict> {
        self.window();
        let asked: Vec<Who> = (0..self.miners)
            .map(Who::Miner)
            .filter(|who| self.state.audit(&who.id()).is_some())
            .collect();
        asked.into_iter().map(|who| (who, self.answer(who))).collect()
    }

    /// Wipes a fragment and lets an audit find it; returns its order.
    pub(crate) fn lose(&mut self, name: [u8; 32], who: Who) -> OrderId {
        self.wiped.insert((who.id(), name));
        self.audit_all();
        self.state.fragment(&name).unwrap().order.expect("the loss was found")
    }

    /// A miner that has nothing of the file.
    pub(crate) fn stranger(&self, file: FileId) -> Who {
        let holders = self.holders(file);
        (0..self.miners).map(Who::Miner).find(|who| !holders.contains(&who.id())).unwrap()
    }

    pub(crate) fn repair_proof(&self, order: OrderId) -> Vec<u8> {
        let record = self.state.order(order).unwrap();
        self.repair_proof_of(order, self.who(&record.claim.as_ref().unwrap().by))
    }

    /// Of a miner that may have nothing to prove it with.
    pub(crate) fn repair_proof_of(&self, order: OrderId, by: Who) -> Vec<u8> {
        let record = self.state.order(order).unwrap();
        let (challenge, _) = repair_challenge(&CHAIN, order, record).unwrap();
        let fragments = std::slice::from_ref(&record.info);
        self.prove(by.id(), &challenge, fragments).unwrap_or_default()
    }

    /// Claim, seed, completion.
    pub(crate) fn repair(&mut self, order: OrderId, who: Who) -> Vec<Event> {
        self.ok(who, Action::ClaimRepair { order });
        self.wait(SECOND);
        let proof = self.repair_proof(order);
        self.ok(who, Action::CompleteRepair { order, proof })
    }

    /// The seed's own placement of a deal's segments.
    pub(crate) fn placement(&self, deal: DealId) -> Placement {
        let deal = self.state.deal(deal).unwrap();
        Placement::new(deal.seed.unwrap(), deal.profile, &deal.candidates)
    }
}

pub(crate) fn register(capacity: u64) -> Action {
    Action::RegisterMiner { capacity, endpoint: b"node".to_vec() }
}

pub(crate) fn register_key(secret: &SecretKey, stake: u128) -> Action {
    Action::RegisterTagKey {
        format: TAG_FORMAT,
        key: secret.public().to_bytes().to_vec(),
        proving_key_hash: secret.proving_key().hash(),
        stake,
    }
}

pub(crate) fn opened(events: &[Event]) -> DealId {
    let deal = events.iter().find_map(|event| match event {
        Event::DealOpened { deal, .. } => Some(*deal),
        _ => None,
    });
    deal.expect("a deal was opened")
}

impl World {
    pub(crate) fn status_name(&self, who: Who) -> MinerStatus {
        self.state.miner(&who.id()).unwrap().status
    }

    pub(crate) fn status_of(&self, who: Who) -> bool {
        self.status_name(who) == MinerStatus::Active
    }

    /// An accepted call in a block that takes no time.
    pub(crate) fn ok_at(&mut self, who: Who, action: Action) {
        let call = self.sign(who, action);
        self.submit(0, call).unwrap();
    }
}

/// An access record of a file of this visibility. The ledger doesn't look into capsules.
pub(crate) fn access(visibility: Visibility, fill: u8) -> Access {
    match visibility {
        Visibility::Public => Access::Public,
        Visibility::Private => Access::Capsule { owner: [fill; 48], capsule: [fill; 160] },
    }
}
