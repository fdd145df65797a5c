//! Bytes as choices: each byte picks what the next call is, by whom, right or wrong, and how far
//! the time leaps. The blocks that come out go to the ledger and to the model.

use std::collections::{BTreeMap, BTreeSet};

use cess_ledger::{
    AccountId, Action, AuditTarget, Block, DealId, DealStatus, Event, Exclusion, FileId,
    FragmentStatus, Manifest, MinerStatus, Params, Profile, Sampling, SignedCall, State,
    Visibility, apply, declare_tags, repair_challenge,
};

use crate::{
    compare,
    naive::Model,
    world::{
        CHAIN, DAY, FUNDS, SECOND, START, TOKEN, Who, World, access, params, profile, register,
        register_key,
    },
};

const MINERS: u8 = 6;
/// Bytes that a miner has: two of the largest fragments.
const SPACE: u64 = 80_000;
const KEY_HOLDERS: [Who; 3] = [Who::Owner, Who::Tagger, Who::Miner(0)];

/// Seen along the way: events by kind, refusals by kind.
pub(crate) type Seen = BTreeMap<String, usize>;

struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn more(&self) -> bool {
        !self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 1
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let at = self.below(list.len());
        list.get(at).cloned()
    }
}

/// Keys, tagged data and a few files, made once; each play starts from the same state.
pub(crate) struct Stage {
    world: World,
    start: (State, Model),
    manifests: BTreeMap<(u8, u64, Who, u8), Manifest>,
    stale: Vec<Vec<u8>>,
    /// Of 256 blocks under an open audit, how many wait for its answers.
    patience: u8,
    pub(crate) seen: Seen,
}

fn genesis() -> (Params, Vec<(AccountId, u128)>) {
    let mut params = params();
    params.audit.max_misses = 2;
    params.audit.max_keys = 2;
    params.collateral.tag_key_fee = TOKEN / 10;
    params.audit.sampling = Sampling::Window { windows: 2, samples: 3 };
    params.deal.max_term_ms = 8 * DAY;
    // Rates that a handful of small fragments feels.
    params.collateral.fault_per_gib = 1000 * TOKEN;
    params.collateral.miss_per_gib = 3000 * TOKEN;
    params.repair.bounty_per_gib = 2000 * TOKEN;
    let people = [Who::Owner, Who::Other, Who::Tagger].into_iter();
    let everybody = people.chain((0..MINERS).map(Who::Miner));
    (params, everybody.map(|who| (who.id(), FUNDS)).collect())
}

impl Stage {
    pub(crate) fn new() -> Self {
        let (params, balances) = genesis();
        let mut world = World::with(0, params.clone());
        world.miners = MINERS;
        for who in KEY_HOLDERS {
            let sectors = cess_podr2::Sectors::MIN;
            let secret = cess_podr2::SecretKey::from_seed(&who.id().0, sectors);
            world.proving.insert(world_id(&secret), secret.proving_key());
            world.secrets.insert(who, secret);
        }
        world.state = State::genesis(params.clone(), START, balances.clone()).unwrap();
        let model = Model::genesis(params, START, balances);
        let start = (world.state.clone(), model);
        let (manifests, stale, seen) = (BTreeMap::new(), Vec::new(), Seen::new());
        let mut stage = Self { world, start, manifests, stale, patience: 0, seen };
        stage.set_the_scene();
        stage
    }

    /// Miners, tag keys, and two active files; through the same comparison as everything else.
    fn set_the_scene(&mut self) {
        let (_, mut model) = self.start.clone();
        let space = SPACE;
        let stake = self.world.state.params().collateral.tagger_stake;
        let mut calls: Vec<(Who, Action)> =
            (0..MINERS).map(|number| (Who::Miner(number), register(space))).collect();
        for (who, stake) in KEY_HOLDERS.into_iter().zip([0, stake, stake]) {
            calls.push((who, register_key(&self.world.secrets[&who], stake)));
        }
        for (who, action) in calls {
            self.step(&mut model, SECOND, vec![(who, action)]);
        }
        for (salt, tagger) in [(0, Who::Owner), (1, Who::Tagger)] {
            let action = self.world.open_action(5000, 2);
            let deal = DealId(salt.into());
            self.step(&mut model, SECOND, vec![(Who::Owner, action)]);
            let manifest = self.manifest(0, 5000, tagger, salt);
            let close = self.world.close_action(deal, &manifest, tagger);
            self.step(&mut model, SECOND, vec![(Who::Owner, close)]);
            for miner in self.world.holders(manifest.file_id()) {
                let report = self.world.report_action(deal, manifest.file_id(), miner);
                self.step(&mut model, SECOND, vec![(self.world.who(&miner), report)]);
            }
        }
        assert_eq!(model.files.values().filter(|file| !file.terms.is_empty()).count(), 2);
        self.start = (self.world.state.clone(), model);
    }

    /// Plays the choices from the start.
    pub(crate) fn play(&mut self, choices: &[u8]) {
        let mut choices = Choices(choices);
        let (state, mut model) = self.start.clone();
        self.world.state = state;
        self.world.wiped = BTreeSet::new();
        self.world.rotten = BTreeSet::new();
        self.stale.clear();
        self.patience = [240, 230, 230, 150][choices.below(4)];
        while choices.more() {
            let leap = self.leap(&mut choices);
            let count = [1, 1, 1, 2, 3][choices.below(5)];
            let mut calls = Vec::new();
            for _ in 0..count {
                let call = self.action(&mut choices);
                let hasty = call.as_ref().and_then(|call| self.hasty(&mut choices, call));
                calls.extend(call.into_iter().chain(hasty));
            }
            let calls = self.sign(&mut choices, calls);
            self.block(&mut model, leap, calls);
        }
    }

    fn step(&mut self, model: &mut Model, leap: u64, calls: Vec<(Who, Action)>) {
        let calls = calls.into_iter().map(|(who, action)| self.world.sign(who, action)).collect();
        self.block(model, leap, calls);
    }

    /// One block to both, and everything compared.
    fn block(&mut self, model: &mut Model, leap: u64, calls: Vec<SignedCall>) {
        let block: Block = self.world.next(leap, calls);
        let outcome = apply(&mut self.world.state, &block).unwrap();
        let objections = model.apply(&block);
        for ((result, objections), call) in
            outcome.results.iter().zip(&objections).zip(&block.calls)
        {
            compare::verdict(result, objections, &call.call.action);
            if let Err(error) = result {
                *self.seen.entry(compare::name_of(error)).or_default() += 1;
            }
        }
        for event in outcome.begin.iter().chain(outcome.results.iter().flatten().flatten()) {
            *self.seen.entry(compare::name_of(event)).or_default() += 1;
            if matches!(event, Event::AuditOpened { again: 1.., .. }) {
                *self.seen.entry("AskedAgain".to_owned()).or_default() += 1;
            }
            let detail = match event {
                Event::MinerChanged { status, .. } => compare::name_of(status),
                Event::AuditConcluded { verdict, .. } => compare::name_of(verdict),
                _ => continue,
            };
            *self.seen.entry(detail).or_default() += 1;
        }
        let (_, balances) = genesis();
        let supply = balances.iter().map(|(_, balance)| balance).sum();
        compare::states(&self.world.state, model, supply);
        assert_eq!(self.world.state.check_invariants(), Ok(()));
    }

    fn leap(&self, choices: &mut Choices<'_>) -> u64 {
        let state = &self.world.state;
        let open = (0..MINERS).any(|number| state.audit(&Who::Miner(number).id()).is_some());
        if open && choices.byte() < self.patience {
            return SECOND;
        }
        match choices.below(48) {
            0..32 => SECOND,
            32..36 => state.next_window() - state.time(),
            36 => 900 * SECOND,
            37 => 3600 * SECOND,
            38 => 6 * 3600 * SECOND,
            39 if choices.one_in(3) => DAY,
            40 if choices.one_in(3) => 3 * DAY,
            _ => 0,
        }
    }

    fn sign(&self, choices: &mut Choices<'_>, calls: Vec<(Who, Action)>) -> Vec<SignedCall> {
        let mut ahead = BTreeMap::<Who, u64>::new();
        let mut signed: Vec<SignedCall> = Vec::new();
        for (who, action) in calls {
            let nonce = self.world.state.account(&who.id()).nonce;
            let ahead = ahead.entry(who).or_default();
            let (mut chain, mut nonce, mut key) = (CHAIN, nonce + *ahead, who.key());
            *ahead += 1;
            match choices.byte() {
                250 => chain[0] ^= 1,
                251 => nonce += 1,
                252 => nonce = nonce.saturating_sub(1),
                253 => key = Who::Other.key(),
                _ => {}
            }
            let mut call = SignedCall::sign(&key, chain, nonce, action);
            call.call.signer = who.key().public();
            signed.push(call);
        }
        if let (true, Some(first)) = (choices.one_in(24), signed.first().cloned()) {
            signed.push(first);
        }
        signed
    }

    fn anybody(&self, choices: &mut Choices<'_>) -> Who {
        match choices.below(16) {
            0..5 => Who::Owner,
            5..7 => Who::Other,
            7 => Who::Tagger,
            _ => self.miner(choices),
        }
    }

    fn miner(&self, choices: &mut Choices<'_>) -> Who {
        Who::Miner(u8::try_from(choices.below(MINERS.into())).unwrap())
    }

    fn profile(kind: u8) -> Profile {
        if kind == 0 { profile(1, 2, 1) } else { profile(2, 1, 1) }
    }

    /// Manifests are tagged once and kept.
    fn manifest(&mut self, kind: u8, len: u64, tagger: Who, salt: u8) -> Manifest {
        let key = (kind, len, tagger, salt);
        if !self.manifests.contains_key(&key) {
            self.world.profile = Self::profile(kind);
            // Roots of the two profiles must not meet.
            let manifest = self.world.manifest(len, salt + 16 * kind, tagger);
            self.manifests.insert(key, manifest);
        }
        self.manifests[&key].clone()
    }

    fn deals(&self) -> Vec<(DealId, cess_ledger::Deal)> {
        let deals = (0..).map(DealId);
        deals.map_while(|id| self.world.state.deal(id).map(|deal| (id, deal.clone()))).collect()
    }

    fn action(&mut self, choices: &mut Choices<'_>) -> Option<(Who, Action)> {
        let asked: Vec<Who> = (0..MINERS).map(Who::Miner).chain([Who::Owner]).collect();
        let asked: Vec<Who> = asked
            .into_iter()
            .filter(|who| !self.world.state.audit_targets(&who.id()).is_empty())
            .collect();
        let kind = choices.below(64);
        if kind >= 40 && !asked.is_empty() {
            return self.answer(choices, &asked);
        }
        match kind {
            0..6 => self.of_tokens(choices, kind),
            6..10 => self.of_miners(choices, kind),
            10..16 => self.open(choices),
            16..24 => self.close(choices),
            24..34 | 58..64 => self.report(choices),
            39 | 56..58 => {
                self.damage(choices);
                None
            }
            34..46 => self.claim(choices),
            46..56 => self.complete(choices),
            _ => None,
        }
    }

    /// Now and then, what should wait for the beacon of the next block.
    fn hasty(&self, choices: &mut Choices<'_>, call: &(Who, Action)) -> Option<(Who, Action)> {
        let action = match call.1 {
            Action::OpenDeal { .. } if choices.one_in(4) => Action::CloseDeal {
                deal: DealId(self.deals().len() as u64),
                manifest: Vec::new(),
                exclusions: Vec::new(),
                declaration: declare_tags(
                    &call.0.key(),
                    &CHAIN,
                    DealId(0),
                    FileId([0; 32]),
                    &[0; 32],
                ),
                access: access(Visibility::Public, 0),
            },
            Action::ClaimRepair { order } if choices.one_in(4) => {
                Action::CompleteRepair { order, proof: vec![0; 128] }
            }
            _ => return None,
        };
        Some((call.0, action))
    }

    fn of_tokens(&mut self, choices: &mut Choices<'_>, kind: usize) -> Option<(Who, Action)> {
        let who = self.anybody(choices);
        let amount = u128::from(choices.byte());
        Some(match kind {
            0 => (who, Action::Transfer { to: self.anybody(choices).id(), amount: amount * TOKEN }),
            1 => {
                let amount = self.world.balance(who) + amount % 2;
                (who, Action::Transfer { to: Who::Other.id(), amount })
            }
            2 => {
                let holder = choices.of(&KEY_HOLDERS)?;
                let full = self.world.state.params().collateral.tagger_stake;
                let stake = [0, full, full - 1][choices.below(3)];
                let mut register = register_key(&self.world.secrets[&holder], stake);
                if let Action::RegisterTagKey { format, key, .. } = &mut register {
                    match choices.byte() {
                        0..16 => *format += 1,
                        16..32 => key.truncate(195),
                        _ => {}
                    }
                }
                (who, register)
            }
            3 if choices.one_in(3) => {
                let holder = choices.of(&KEY_HOLDERS)?;
                let who = if choices.one_in(4) { Who::Other } else { holder };
                (who, Action::RetireTagKey { key: self.world.key_id(holder) })
            }
            _ => {
                let mut file = self.live_file(choices)?;
                let epoch = self.world.state.file(&file)?.epoch + u64::from(choices.byte() % 3);
                let visibility = self.world.state.file(&file)?.manifest.visibility;
                let access = access(other_if(choices.one_in(8), visibility), choices.byte());
                if choices.one_in(8) {
                    file.0[0] ^= 1;
                }
                (who, Action::SetAccess { file, epoch, access })
            }
        })
    }

    fn of_miners(&mut self, choices: &mut Choices<'_>, kind: usize) -> Option<(Who, Action)> {
        let miner = self.miner(choices);
        Some(match kind {
            6 => {
                let who = if choices.one_in(4) { self.anybody(choices) } else { miner };
                (who, register([SPACE, 1000, 0, u64::MAX][choices.below(4)]))
            }
            7 => (miner, Action::TopUp { amount: TOKEN / 1000 * u128::from(choices.byte()) }),
            8 => {
                let idle = |who: &Who| self.world.status_name(*who) == MinerStatus::Offline;
                let offline: Vec<Who> = (0..MINERS).map(Who::Miner).filter(idle).collect();
                (choices.of(&offline).unwrap_or(miner), Action::Resume)
            }
            _ if choices.one_in(2) => (miner, Action::Exit),
            _ => {
                let short = |who: &Who| self.world.status_name(*who) == MinerStatus::Frozen;
                let frozen: Vec<Who> = (0..MINERS).map(Who::Miner).filter(short).collect();
                (choices.of(&frozen)?, Action::TopUp { amount: TOKEN })
            }
        })
    }

    fn live_file(&self, choices: &mut Choices<'_>) -> Option<FileId> {
        let deals = self.deals().into_iter().filter_map(|(_, deal)| match deal.status {
            DealStatus::Active { file } | DealStatus::Closed { file, .. } => Some(file),
            DealStatus::Opened | DealStatus::Expired => None,
        });
        choices.of(&deals.collect::<Vec<_>>())
    }

    fn open(&mut self, choices: &mut Choices<'_>) -> Option<(Who, Action)> {
        let who = self.anybody(choices);
        let ask = self.world.state.price();
        let bid = match choices.byte() {
            0..10 => Some(ask - 1),
            10..40 => Some(ask * 3),
            40..60 => Some(u128::MAX),
            _ => None,
        };
        let visibility =
            if choices.byte() > 250 { Visibility::Private } else { Visibility::Public };
        let max_len = [100, 500, 5000, 5000, 70_000, 0, 1 << 50][choices.below(7)];
        let term_ms = DAY * [1, 2, 2, 3, 3, 4, 5, 6, 6, 6, 0, 9][choices.below(12)];
        let profile = Self::profile(u8::from(choices.one_in(3)));
        Some((who, Action::OpenDeal { profile, visibility, max_len, term_ms, bid }))
    }

    fn close(&mut self, choices: &mut Choices<'_>) -> Option<(Who, Action)> {
        let mut deals = self.deals();
        if !choices.one_in(16) {
            deals.retain(|(_, deal)| deal.status == DealStatus::Opened);
        }
        let (id, deal) = choices.of(&deals)?;
        let tagger = choices.of(&KEY_HOLDERS)?;
        let kind = u8::from(deal.profile != Self::profile(0));
        let len = if deal.max_len > 70_000 { 100 } else { deal.max_len };
        // A few salts only: files come again, live or ended.
        let salt = choices.byte() % 4;
        let mut manifest = self.manifest(kind, len, tagger, salt);
        match choices.byte() {
            0..8 => manifest.len += 1,
            8..16 => manifest.salt = [0xEE; 32],
            16..20 => manifest.sectors += 1,
            20..32 => manifest.tag_key = [9; 32],
            32..40 => manifest.segments[0].fragments[1] = manifest.segments[0].fragments[0],
            _ => {}
        }
        let holder = if choices.one_in(16) { Who::Other } else { tagger };
        let mut exclusions = Vec::new();
        while choices.one_in(6) && exclusions.len() < 3 {
            let miner = choices.of(&[Who::Miner(1), Who::Miner(3), Who::Other])?.id();
            exclusions.push(Exclusion { miner, from_segment: u32::from(choices.byte() % 2) });
        }
        let file = manifest.file_id();
        let close = Action::CloseDeal {
            deal: id,
            manifest: manifest.to_bytes(),
            exclusions,
            declaration: declare_tags(&holder.key(), &CHAIN, id, file, &manifest.tag_key),
            access: access(other_if(choices.one_in(24), manifest.visibility), choices.byte()),
        };
        let owner = if choices.one_in(24) { Who::Tagger } else { self.world.who(&deal.owner) };
        Some((owner, close))
    }

    fn report(&mut self, choices: &mut Choices<'_>) -> Option<(Who, Action)> {
        let mut closed = self.deals().into_iter().filter_map(|(id, deal)| match deal.status {
            DealStatus::Closed { file, .. } => Some((id, file)),
            _ if id.0 == 0 => Some((id, FileId([0; 32]))),
            _ => None,
        });
        let (mut deal, file) = closed.next_back()?;
        if choices.one_in(24) {
            deal.0 += 1000;
        }
        let records = self.world.state.file_fragments(&file);
        let awaited: Vec<AccountId> = records
            .iter()
            .filter(|record| record.status == FragmentStatus::Awaiting)
            .map(|record| record.miner)
            .collect();
        let by = match choices.of(&awaited) {
            Some(miner) if !choices.one_in(16) => self.world.who(&miner),
            _ => self.anybody(choices),
        };
        let mine = records.iter().filter(|record| record.miner == by.id());
        let mut fragments: Vec<u32> = mine.map(|record| record.info.index).collect();
        match choices.byte() {
            0..4 => fragments.push(0),
            4..8 => fragments.push(u32::MAX),
            8..16 => fragments.truncate(1),
            16..20 => fragments.clear(),
            _ => {}
        }
        Some((by, Action::Report { deal, fragments }))
    }

    fn answer(&mut self, choices: &mut Choices<'_>, asked: &[Who]) -> Option<(Who, Action)> {
        let who = choices.of(asked)?;
        let targets = self.world.state.audit_targets(&who.id());
        let target: AuditTarget = choices.of(&targets)?;
        let Action::Answer { round, target, proof } = self.world.answer_action(who.id(), &target)
        else {
            unreachable!()
        };
        let good = proof.clone();
        let (round, target, proof) = match choices.byte() {
            0..16 => (round, target, None),
            16..24 => (round, target, Some(vec![0; 128])),
            24..40 => (round, target, choices.of(&self.stale)),
            40..44 => (round + 1, target, proof),
            44..48 => (round, target + 1, proof),
            _ => (round, target, proof),
        };
        self.stale.extend(good);
        let by = if choices.one_in(24) { self.anybody(choices) } else { who };
        Some((by, Action::Answer { round, target, proof }))
    }

    fn claim(&mut self, choices: &mut Choices<'_>) -> Option<(Who, Action)> {
        let orders: Vec<_> = self.world.state.orders().map(|(id, _)| id).collect();
        let order = choices.of(&orders)?;
        let by = if choices.one_in(16) { self.anybody(choices) } else { self.miner(choices) };
        Some((by, Action::ClaimRepair { order }))
    }

    fn complete(&mut self, choices: &mut Choices<'_>) -> Option<(Who, Action)> {
        let claimed = self.world.state.orders().filter(|(_, order)| order.claim.is_some());
        let claimed: Vec<_> = claimed.map(|(id, order)| (id, order.clone())).collect();
        let (order, record) = choices.of(&claimed)?;
        let by = record.claim.as_ref()?.by;
        let fragments = std::slice::from_ref(&record.info);
        let proof = match repair_challenge(&CHAIN, order, &record) {
            Ok((challenge, _)) => self.world.prove(by, &challenge, fragments).unwrap_or_default(),
            Err(_) => vec![0; 128],
        };
        let good = proof.clone();
        let proof = match choices.byte() {
            0..16 => choices.of(&self.stale)?,
            16..24 => vec![0; 128],
            _ => proof,
        };
        self.stale.push(good);
        let by = if choices.one_in(16) { self.anybody(choices) } else { self.world.who(&by) };
        Some((by, Action::CompleteRepair { order, proof }))
    }

    /// A miner loses a fragment, or one bit of it.
    fn damage(&mut self, choices: &mut Choices<'_>) {
        let miner = self.miner(choices).id();
        let names: Vec<[u8; 32]> = self.world.state.holding(&miner).copied().collect();
        let Some(name) = choices.of(&names) else { return };
        let damaged =
            if choices.one_in(2) { &mut self.world.wiped } else { &mut self.world.rotten };
        damaged.insert((miner, name));
    }
}

fn world_id(secret: &cess_podr2::SecretKey) -> [u8; 32] {
    secret.public().key_id().to_bytes()
}

fn other_if(other: bool, visibility: Visibility) -> Visibility {
    match (other, visibility) {
        (false, visibility) => visibility,
        (true, Visibility::Public) => Visibility::Private,
        (true, Visibility::Private) => Visibility::Public,
    }
}
