//! The naive model's calls: each names every objection to it, and acts when there is none.

use std::collections::{BTreeMap, BTreeSet};

use cess_ledger::{
    Access, AccountId, Action, Block, Candidate, DealId, Exclusion, FileId, FragmentInfo,
    FragmentStatus, Manifest, MinerStatus, OrderId, Placement, Profile, Signature, SignedCall,
    Visibility,
};
use cess_podr2::{Challenge, Holding, Policy, PublicKey};

use crate::naive::{
    Claim, Deal, File, Miner, Model, Name, No, Piece, Stage, TagKey, Term, Tokens, first_link, hash,
};

/// Objections, collected; the ledger may name any of them.
#[derive(Debug, Default)]
struct Objections(Vec<No>);

impl Objections {
    fn to(&mut self, bad: bool, no: No) {
        if bad {
            self.0.push(no);
        }
    }
}

impl Model {
    /// Applies a block; for each call the objections to it, none when it was taken.
    pub(crate) fn apply(&mut self, block: &Block) -> Vec<Vec<No>> {
        self.begin(block.height, block.time, block.randomness);
        block.calls.iter().map(|call| self.call(call)).collect()
    }

    fn call(&mut self, signed: &SignedCall) -> Vec<No> {
        let call = &signed.call;
        let by = call.signer.account();
        let mut no = Objections::default();
        no.to(call.chain_id != self.params.chain_id, "WrongChain");
        no.to(call.signer.verify(&call.digest(), &signed.signature).is_err(), "BadSignature");
        no.to(call.nonce != self.accounts.get(&by).map_or(0, |a| a.nonce), "WrongNonce");
        if no.0.is_empty() {
            no = self.act(by, signed);
        }
        if no.0.is_empty() {
            self.purse(&by).nonce += 1;
        }
        no.0
    }

    fn act(&mut self, by: AccountId, signed: &SignedCall) -> Objections {
        match &signed.call.action {
            Action::Transfer { to, amount } => self.transfer(by, *to, *amount),
            Action::RegisterTagKey { format, key, stake, .. } => {
                self.register_tag_key(signed.call.signer, *format, key, *stake)
            }
            Action::RetireTagKey { key } => self.retire_tag_key(by, key),
            Action::RegisterMiner { capacity, endpoint } => {
                self.register_miner(by, *capacity, endpoint)
            }
            Action::TopUp { amount } => self.top_up(by, *amount),
            Action::Resume => self.resume(by),
            Action::Exit => self.exit(by),
            Action::OpenDeal { profile, visibility, max_len, term_ms, bid } => {
                self.open_deal(by, *profile, *visibility, *max_len, *term_ms, *bid)
            }
            Action::CloseDeal { deal, manifest, exclusions, declaration, access } => {
                self.close_deal(by, *deal, manifest, exclusions, declaration, access)
            }
            Action::Report { deal, fragments } => self.report(by, *deal, fragments),
            Action::SetAccess { file, epoch, access } => self.set_access(by, file, *epoch, access),
            Action::Answer { round, target, proof } => {
                self.answer(by, *round, *target, proof.as_deref())
            }
            Action::ClaimRepair { order } => self.claim_repair(by, *order),
            Action::CompleteRepair { order, proof } => self.complete_repair(by, *order, proof),
            other => unreachable!("{other:?}"),
        }
    }

    fn transfer(&mut self, by: AccountId, to: AccountId, amount: Tokens) -> Objections {
        let mut no = Objections::default();
        no.to(self.balance(&by) < amount, "InsufficientFunds");
        if no.0.is_empty() {
            self.purse(&by).balance -= amount;
            self.purse(&to).balance += amount;
        }
        no
    }

    fn register_tag_key(
        &mut self,
        holder: cess_ledger::PublicKey,
        format: u16,
        key: &[u8],
        stake: Tokens,
    ) -> Objections {
        let mut no = Objections::default();
        let by = holder.account();
        let parsed = PublicKey::from_bytes(key);
        no.to(stake != 0 && stake != self.params.collateral.tagger_stake, "BadStake");
        no.to(format != 1 || parsed.is_err(), "BadTagKey");
        let price = stake + self.params.collateral.tag_key_fee;
        no.to(self.balance(&by) < price, "InsufficientFunds");
        let Ok(key) = parsed else { return no };
        let id = key.key_id().to_bytes();
        no.to(self.keys.contains_key(&id), "TagKeyExists");
        if no.0.is_empty() {
            self.purse(&by).balance -= price;
            self.treasury += self.params.collateral.tag_key_fee;
            self.keys.insert(id, TagKey { holder, key, stake, retired: false });
        }
        no
    }

    fn retire_tag_key(&mut self, by: AccountId, id: &[u8; 32]) -> Objections {
        let mut no = Objections::default();
        let Some(key) = self.keys.get(id).filter(|key| !key.retired) else {
            no.to(true, "NoSuchTagKey");
            return no;
        };
        no.to(key.holder.account() != by, "NotOwner");
        no.to(self.pieces.iter().any(|piece| piece.info.tag_key() == *id), "TagKeyInUse");
        if no.0.is_empty() {
            let key = self.keys.get_mut(id).expect("just found");
            key.retired = true;
            let stake = std::mem::take(&mut key.stake);
            self.purse(&by).balance += stake;
        }
        no
    }

    fn register_miner(&mut self, by: AccountId, capacity: u64, endpoint: &[u8]) -> Objections {
        let mut no = Objections::default();
        let gone = |miner: &Miner| miner.status == MinerStatus::Gone;
        no.to(!self.miners.get(&by).is_none_or(gone), "MinerExists");
        no.to(endpoint.len() > 1024, "TooLong");
        let Some(collateral) = self.collateral_for(capacity) else {
            no.to(true, "Overflow");
            return no;
        };
        no.to(self.balance(&by) < collateral, "InsufficientFunds");
        if no.0.is_empty() {
            self.purse(&by).balance -= collateral;
            let status = MinerStatus::Active;
            self.miners.insert(
                by,
                Miner {
                    capacity,
                    collateral,
                    status,
                    misses: 0,
                    owed: BTreeSet::new(),
                    since: self.time,
                    windows: 0,
                    link: first_link(&self.params.chain_id, &by, self.time),
                },
            );
        }
        no
    }

    fn top_up(&mut self, by: AccountId, amount: Tokens) -> Objections {
        let mut no = Objections::default();
        let Some(miner) = self.miners.get(&by) else {
            no.to(true, "NoSuchMiner");
            return no;
        };
        no.to(miner.status == MinerStatus::Gone, "MinerStatus");
        no.to(self.balance(&by) < amount, "InsufficientFunds");
        if no.0.is_empty() {
            let needed = self.collateral_for(miner.capacity).expect("it was registered");
            self.purse(&by).balance -= amount;
            let miner = self.miners.get_mut(&by).expect("just found");
            miner.collateral += amount;
            if miner.status == MinerStatus::Frozen && miner.collateral >= needed {
                miner.status = MinerStatus::Active;
            }
        }
        no
    }

    fn resume(&mut self, by: AccountId) -> Objections {
        let mut no = Objections::default();
        let Some(miner) = self.miners.get(&by) else {
            no.to(true, "NoSuchMiner");
            return no;
        };
        no.to(miner.status != MinerStatus::Offline, "MinerStatus");
        if no.0.is_empty() {
            let needed = self.collateral_for(miner.capacity).expect("it was registered");
            let miner = self.miners.get_mut(&by).expect("just found");
            let enough = miner.collateral >= needed;
            miner.status = if enough { MinerStatus::Active } else { MinerStatus::Frozen };
            miner.misses = 0;
        }
        no
    }

    fn exit(&mut self, by: AccountId) -> Objections {
        let mut no = Objections::default();
        let Some(miner) = self.miners.get_mut(&by) else {
            no.to(true, "NoSuchMiner");
            return no;
        };
        no.to(matches!(miner.status, MinerStatus::Exiting | MinerStatus::Gone), "MinerStatus");
        if no.0.is_empty() {
            miner.status = MinerStatus::Exiting;
            let held = self.held(&by).into_iter().filter(|p| p.status == FragmentStatus::Held);
            for name in held.map(|piece| piece.name).collect::<Vec<_>>() {
                self.put_on_order(&name);
            }
            self.let_go();
        }
        no
    }

    fn fee(price: Tokens, bytes: u64, term_ms: u64) -> Option<Tokens> {
        let product = price.checked_mul(bytes.into())?.checked_mul(term_ms.into())?;
        let fee = product.div_ceil((1 << 30) * 86_400_000);
        (fee <= 1 << 80).then_some(fee)
    }

    fn open_deal(
        &mut self,
        by: AccountId,
        profile: Profile,
        visibility: Visibility,
        max_len: u64,
        term_ms: u64,
        bid: Option<Tokens>,
    ) -> Objections {
        let mut no = Objections::default();
        let terms = self.params.deal.min_term_ms..=self.params.deal.max_term_ms;
        no.to(!terms.contains(&term_ms), "BadTerm");
        let price = bid.unwrap_or(self.price());
        no.to(price < self.price(), "BidTooLow");
        let mut candidates = Vec::new();
        for (id, miner) in &self.miners {
            if miner.status == MinerStatus::Active && self.free(id) > 0 {
                candidates.push(Candidate { miner: *id, free: self.free(id) });
            }
        }
        let needed = usize::from(profile.replicas()) * profile.geometry().total();
        no.to(candidates.len() < needed, "NotEnoughNodes");
        let lots = u128::from(profile.segments(visibility, max_len))
            * u128::try_from(needed * candidates.len()).unwrap();
        no.to(lots > 1 << 26, "TooLong");
        let bytes = profile.stored_len(visibility, max_len);
        let Some(hold) = bytes.ok().and_then(|bytes| Self::fee(price, bytes, term_ms)) else {
            no.to(true, "Overflow");
            return no;
        };
        no.to(self.balance(&by) < hold, "InsufficientFunds");
        if no.0.is_empty() {
            self.purse(&by).balance -= hold;
            self.deals.push(Deal {
                owner: by,
                profile,
                visibility,
                max_len,
                term_ms,
                price,
                hold,
                candidates,
                seed: None,
                deadline: self.time + self.params.deal.open_ms,
                stage: Stage::Opened,
            });
        }
        no
    }

    fn close_deal(
        &mut self,
        by: AccountId,
        id: DealId,
        manifest: &[u8],
        exclusions: &[Exclusion],
        declaration: &Signature,
        access: &Access,
    ) -> Objections {
        let mut no = Objections::default();
        let at = usize::try_from(id.0).unwrap();
        let Some(deal) = self.deals.get(at).cloned() else {
            no.to(true, "NoSuchDeal");
            return no;
        };
        no.to(deal.owner != by, "NotOwner");
        no.to(deal.stage != Stage::Opened, "DealStatus");
        no.to(deal.seed.is_none(), "NoBeaconYet");
        let parsed = Manifest::from_bytes(manifest);
        no.to(parsed.is_err(), "BadManifest");
        let Ok(parsed) = parsed else { return no };
        let agreed = (parsed.profile, parsed.visibility) == (deal.profile, deal.visibility);
        no.to(!agreed, "BadManifest");
        no.to(is_capsule(access) != (parsed.visibility == Visibility::Private), "BadAccess");
        no.to(parsed.len > deal.max_len, "TooLarge");
        let file = FileId(blake3::derive_key("cess-ledger v1 file id", manifest));
        if let Some(live) = self.files.get(&file) {
            let ahead = |term: &Term| term.end - self.time + deal.term_ms;
            let max = self.params.deal.max_term_ms;
            no.to(live.terms.is_empty(), "DuplicateFragment");
            no.to(live.terms.last().is_some_and(|term| ahead(term) > max), "BadTerm");
            if no.0.is_empty() {
                let fee = self.collect(at, self.stored(&file));
                let live = self.files.get_mut(&file).expect("just found");
                let start = live.terms.last().expect("an active file").end;
                live.terms.push(Term { start, end: start + deal.term_ms, fee });
                self.deals[at].hold = 0;
                self.deals[at].stage = Stage::Active(file);
            }
            return no;
        }
        let placed = self.place(&deal, file, &parsed, exclusions, &mut no);
        let key = self.keys.get(&parsed.tag_key).filter(|key| !key.retired);
        no.to(key.is_none(), "NoSuchTagKey");
        if let Some(key) = key {
            no.to(key.key.sectors().get() != parsed.sectors, "BadManifest");
            let fields = [&self.params.chain_id[..], &id.0.to_le_bytes(), &file.0, &parsed.tag_key];
            let digest = blake3::derive_key("cess-ledger v1 tag declaration", &fields.concat());
            no.to(key.holder.verify(&digest, declaration).is_err(), "BadSignature");
        }
        if no.0.is_empty() {
            self.pieces.extend(placed);
            let (owner, manifest, access) = (deal.owner, parsed, *access);
            self.files.insert(file, File { owner, manifest, access, epoch: 0, terms: Vec::new() });
            self.deals[at].hold = self.collect(at, self.stored(&file));
            self.deals[at].deadline = self.time + self.params.deal.report_ms;
            self.deals[at].stage = Stage::Closed(file);
        }
        no
    }

    /// Gives back what was held too much, and returns the fee.
    fn collect(&mut self, deal: usize, stored: u64) -> Tokens {
        let deal = &self.deals[deal];
        let fee = Self::fee(deal.price, stored, deal.term_ms).expect("less than the hold");
        let (owner, back) = (deal.owner, deal.hold - fee);
        self.purse(&owner).balance += back;
        fee
    }

    fn place(
        &self,
        deal: &Deal,
        file: FileId,
        manifest: &Manifest,
        exclusions: &[Exclusion],
        no: &mut Objections,
    ) -> Vec<Piece> {
        no.to(exclusions.len() > deal.candidates.len() / 4, "TooManyExclusions");
        let mut placement =
            Placement::new(deal.seed.unwrap_or_default(), deal.profile, &deal.candidates);
        for exclusion in exclusions {
            let known = deal.candidates.iter().any(|c| c.miner == exclusion.miner);
            no.to(!known, "NoSuchMiner");
            let _refused_above = placement.exclude(*exclusion);
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut nodes, mut room) = (Vec::new(), BTreeMap::<AccountId, u64>::new());
        let per_segment = deal.profile.fragments_per_segment();
        for (at, slot) in manifest.slots().enumerate() {
            let fragment = manifest.fragment(slot).unwrap();
            if at % per_segment == 0 {
                let Ok(placed) = placement.place(fragment.len()) else {
                    no.to(true, "NotEnoughNodes");
                    return Vec::new();
                };
                let distinct: BTreeSet<&AccountId> = placed.iter().collect();
                assert_eq!(distinct.len(), per_segment, "one fragment of a segment to a node");
                nodes = placed;
            }
            let miner = nodes[at % per_segment];
            *room.entry(miner).or_default() += fragment.len();
            let info = FragmentInfo { file, index: u32::try_from(at).unwrap(), fragment };
            let name = info.name();
            let known = self.piece(&name).is_some()
                || pieces.iter().any(|p| p.info.fragment.root() == info.fragment.root());
            no.to(known, "DuplicateFragment");
            let status = FragmentStatus::Awaiting;
            pieces.push(Piece { info, name, miner, status, proven: false, since: 0, paid: 0 });
        }
        for (miner, needed) in room {
            no.to(self.miners[&miner].status != MinerStatus::Active, "MinerStatus");
            no.to(self.free(&miner) < needed, "NoSpace");
            no.to(self.full_of_keys(&miner, manifest.tag_key), "TooManyKeys");
        }
        pieces
    }

    fn report(&mut self, by: AccountId, id: DealId, indices: &[u32]) -> Objections {
        let mut no = Objections::default();
        let status = self.miners.get(&by).map(|miner| miner.status);
        no.to(status.is_none(), "NoSuchMiner");
        no.to(matches!(status, Some(MinerStatus::Offline | MinerStatus::Gone)), "MinerStatus");
        let at = usize::try_from(id.0).unwrap();
        let Some(deal) = self.deals.get(at) else {
            no.to(true, "NoSuchDeal");
            return no;
        };
        let Stage::Closed(file) = deal.stage else {
            no.to(true, "DealStatus");
            return no;
        };
        no.to(!indices.is_sorted_by(|a, b| a < b), "NotYours");
        let pieces = self.pieces_of(&file);
        let mut names = Vec::new();
        for index in indices {
            let piece = pieces.iter().find(|piece| piece.info.index == *index);
            no.to(piece.is_none(), "NoSuchFragment");
            let awaited = |p: &&&Piece| p.miner == by && p.status == FragmentStatus::Awaiting;
            no.to(piece.filter(awaited).is_none(), "NotYours");
            names.extend(piece.map(|piece| piece.name));
        }
        if no.0.is_empty() {
            for name in names {
                let height = self.height;
                let piece = self.piece_mut(&name);
                (piece.status, piece.since) = (FragmentStatus::Held, height);
                if status == Some(MinerStatus::Exiting) {
                    self.put_on_order(&name);
                }
            }
            let awaited = |p: &&Piece| p.status == FragmentStatus::Awaiting;
            if !self.pieces_of(&file).iter().any(awaited) {
                let deal = &mut self.deals[at];
                deal.stage = Stage::Active(file);
                let (fee, end) = (std::mem::take(&mut deal.hold), self.time + deal.term_ms);
                let term = Term { start: self.time, end, fee };
                self.files.get_mut(&file).expect("a closed file").terms.push(term);
            }
        }
        no
    }

    fn set_access(
        &mut self,
        by: AccountId,
        id: &FileId,
        epoch: u64,
        access: &Access,
    ) -> Objections {
        let mut no = Objections::default();
        let Some(file) = self.files.get_mut(id) else {
            no.to(true, "NoSuchFile");
            return no;
        };
        no.to(file.owner != by, "NotOwner");
        no.to(Some(epoch) != file.epoch.checked_add(1), "WrongEpoch");
        let private = file.manifest.visibility == Visibility::Private;
        no.to(is_capsule(access) != private, "BadAccess");
        if no.0.is_empty() {
            (file.epoch, file.access) = (epoch, *access);
        }
        no
    }

    fn answer(
        &mut self,
        by: AccountId,
        round: u64,
        target: u32,
        proof: Option<&[u8]>,
    ) -> Objections {
        let mut no = Objections::default();
        let Some(audit) = self.audits.get(&by).filter(|audit| audit.round == round) else {
            no.to(true, "NoSuchAudit");
            return no;
        };
        let target = usize::try_from(target).unwrap();
        let Some(part) = audit.parts.get(target).filter(|part| part.proven.is_none()) else {
            no.to(true, "NoSuchTarget");
            return no;
        };
        let proven = proof.is_some_and(|proof| self.answers(audit, part, proof));
        let audit = self.audits.get_mut(&by).expect("just found");
        if target == 0 && !audit.narrowing {
            audit.proof = proof.map(|proof| hash("cess-podr2 v1 post proof", &[proof]));
        }
        audit.parts[target].proven = Some(proven);
        audit.answered = true;
        if audit.parts.iter().all(|part| part.proven.is_some()) && !audit.wants_beacon() {
            self.finish_step(by, self.height);
        }
        no
    }

    fn claim_repair(&mut self, by: AccountId, id: OrderId) -> Objections {
        let mut no = Objections::default();
        let status = self.miners.get(&by).map(|miner| miner.status);
        no.to(status.is_none(), "NoSuchMiner");
        no.to(status.is_some_and(|status| status != MinerStatus::Active), "MinerStatus");
        let Some(order) = self.orders.get(&id.0) else {
            no.to(true, "NoSuchOrder");
            return no;
        };
        no.to(order.claim.is_some(), "OrderClaimed");
        let piece = self.piece(&order.name).expect("an order's fragment");
        let free = status.map_or(u64::MAX, |_| self.free(&by));
        no.to(free < piece.info.fragment_len(), "NoSpace");
        no.to(self.full_of_keys(&by, piece.info.tag_key()), "TooManyKeys");
        let segment = self.segment_of(piece);
        let claims = |name: &Name| {
            let order = self.order_of(name).and_then(|id| self.orders[&id].claim.as_ref());
            order.is_some_and(|claim| claim.by == by)
        };
        let mate = self.pieces_of(&piece.info.file).into_iter().any(|other| {
            let same = self.segment_of(other) == segment;
            same && (self.has(&by, &other.name) || claims(&other.name))
        });
        no.to(mate || order.from == by, "SameSegment");
        if no.0.is_empty() {
            let deadline = self.time + self.params.repair.claim_ms;
            let claim = Claim { by, deadline, height: self.height, seed: None };
            self.orders.get_mut(&id.0).expect("just found").claim = Some(claim);
        }
        no
    }

    fn complete_repair(&mut self, by: AccountId, id: OrderId, proof: &[u8]) -> Objections {
        let mut no = Objections::default();
        let status = self.miners.get(&by).map(|miner| miner.status);
        no.to(status.is_none(), "NoSuchMiner");
        let able = matches!(status, Some(MinerStatus::Active | MinerStatus::Frozen));
        no.to(status.is_some() && !able, "MinerStatus");
        let Some(order) = self.orders.get(&id.0).cloned() else {
            no.to(true, "NoSuchOrder");
            return no;
        };
        let Some(claim) = order.claim.filter(|claim| claim.by == by) else {
            no.to(true, "OrderClaimed");
            return no;
        };
        let Some(seed) = claim.seed else {
            no.to(true, "NoBeaconYet");
            return no;
        };
        let piece = self.piece(&order.name).expect("an order's fragment");
        let holding = Holding::from_entries([piece.info.fragment.entry()]).unwrap();
        let scope = cess_podr2::Audit {
            chain_id: self.params.chain_id,
            round: id.0,
            height: claim.height,
            prover: by.0,
        };
        let challenge = Challenge::new(scope, &holding, Policy::Every, seed).unwrap();
        no.to(!self.verifies(&challenge, &holding, proof), "BadProof");
        if no.0.is_empty() {
            // Who hands a proven fragment over is paid up to now; of a lost one the owner has it.
            let handed_over = piece.status == FragmentStatus::Held && piece.proven;
            self.pay(&order.name, self.time, handed_over);
            let height = self.height;
            let piece = self.piece_mut(&order.name);
            (piece.miner, piece.status, piece.proven) = (by, FragmentStatus::Held, true);
            piece.since = height;
            self.orders.remove(&id.0);
            self.purse(&by).balance += order.bounty;
            self.let_go();
        }
        no
    }
}

fn is_capsule(access: &Access) -> bool {
    matches!(access, Access::Capsule { .. })
}
