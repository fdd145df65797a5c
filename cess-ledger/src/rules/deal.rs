//! Deals: Opened → Closed → Active, with a deadline and a refund at each step.

use alloc::{collections::BTreeSet, vec::Vec};

use crate::{
    Access, AccountId, Amount, Candidate, Deal, DealId, DealStatus, Error, Event, Exclusion, File,
    FileId, FragmentInfo, FragmentRecord, FragmentStatus, Manifest, MinerStatus, Payee, Placement,
    Profile, Signature, State, Term, Visibility, domain,
    params::{DAY_MS, GIB},
    state::Due,
};

/// Keeps the products of a settlement inside 128 bits.
const MAX_FEE: Amount = 1 << 80;
/// The most lots (a hash each) that one placement may draw.
const MAX_LOTS: usize = 1 << 26;

/// A closing call that passed every check but the declaration.
pub(crate) struct Closing {
    pub(crate) file: FileId,
    pub(crate) manifest: Manifest,
    stored: u64,
    fee: Amount,
    /// Fragments and their miners; none when the deal extends a live file.
    placed: Option<Vec<(FragmentInfo, AccountId)>>,
}

/// `⌈price × bytes × term / (GiB × day)⌉`.
fn fee(price: Amount, stored: u64, term_ms: u64) -> Result<Amount, Error> {
    let product = price
        .checked_mul(u128::from(stored))
        .and_then(|p| p.checked_mul(u128::from(term_ms)))
        .ok_or(Error::Overflow)?;
    let fee = product.div_ceil(u128::from(GIB) * u128::from(DAY_MS));
    if fee > MAX_FEE { Err(Error::Overflow) } else { Ok(fee) }
}

impl State {
    #[expect(clippy::too_many_arguments, reason = "the fields of one action")]
    pub(crate) fn open_deal(
        &mut self,
        owner: AccountId,
        profile: Profile,
        visibility: Visibility,
        max_len: u64,
        term_ms: u64,
        bid: Option<Amount>,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let (min, max) = (self.params.deal.min_term_ms, self.params.deal.max_term_ms);
        if !(min..=max).contains(&term_ms) {
            return Err(Error::BadTerm { min, max, got: term_ms });
        }
        let ask = self.price();
        let price = bid.unwrap_or(ask);
        if price < ask {
            return Err(Error::BidTooLow { bid: price, ask });
        }
        let candidates: Vec<Candidate> = self
            .miners
            .iter()
            .filter(|(_, m)| m.status == MinerStatus::Active && m.free() > 0)
            .map(|(id, m)| Candidate { miner: *id, free: m.free() })
            .collect();
        let needed = profile.fragments_per_segment();
        if candidates.len() < needed {
            return Err(Error::NotEnoughNodes { needed, available: candidates.len() });
        }
        let segments = usize::try_from(profile.segments(visibility, max_len)).unwrap_or(usize::MAX);
        let lots = segments.saturating_mul(needed).saturating_mul(candidates.len());
        if lots > MAX_LOTS {
            return Err(Error::TooLong { what: "placement", max: MAX_LOTS, got: lots });
        }
        let hold = fee(price, profile.stored_len(visibility, max_len)?, term_ms)?;
        let deadline = self.after(self.params.deal.open_ms)?;
        self.debit(&owner, hold)?;
        let id = DealId(self.next_deal);
        self.next_deal += 1;
        let deal = Deal {
            owner,
            profile,
            visibility,
            max_len,
            term_ms,
            price,
            hold,
            candidates,
            seed: None,
            deadline,
            status: DealStatus::Opened,
        };
        self.deals.insert(id, deal);
        self.unseeded_deals.insert(id);
        self.due.insert((deadline, Due::Deal(id)));
        events.push(Event::DealOpened { deal: id, hold, price });
        Ok(())
    }

    /// Draws the placement seeds of the deals that earlier blocks opened: their owners could not
    /// know this block's randomness.
    pub(crate) fn seed_deals(&mut self, events: &mut Vec<Event>) {
        for id in core::mem::take(&mut self.unseeded_deals) {
            let Some(deal) = self.deals.get_mut(&id) else { continue };
            let mut hasher = blake3::Hasher::new_derive_key(domain::PLACEMENT_SEED);
            hasher
                .update(&self.params.chain_id)
                .update(&self.randomness)
                .update(&id.0.to_le_bytes());
            deal.seed = Some(hasher.finalize().into());
            events.push(Event::DealSeeded { deal: id });
        }
    }

    pub(crate) fn check_closing(
        &self,
        by: AccountId,
        id: DealId,
        manifest: &[u8],
        exclusions: &[Exclusion],
        access: &Access,
    ) -> Result<Closing, Error> {
        let deal = self.deals.get(&id).ok_or(Error::NoSuchDeal(id))?;
        if deal.owner != by {
            return Err(Error::NotOwner { owner: deal.owner });
        }
        if deal.status != DealStatus::Opened {
            return Err(Error::DealStatus { got: deal.status });
        }
        if self.time >= deal.deadline {
            return Err(Error::TooLate { deadline: deal.deadline, now: self.time });
        }
        let seed = deal.seed.ok_or(Error::NoBeaconYet)?;
        let manifest = Manifest::from_bytes(manifest)?;
        if manifest.profile != deal.profile {
            return Err(Error::BadManifest { field: "profile" });
        }
        if manifest.visibility != deal.visibility {
            return Err(Error::BadManifest { field: "visibility" });
        }
        access.check(manifest.visibility)?;
        if manifest.len > deal.max_len {
            return Err(Error::TooLarge { max: deal.max_len, got: manifest.len });
        }
        let stored = manifest.profile.stored_len(manifest.visibility, manifest.len)?;
        let fee = fee(deal.price, stored, deal.term_ms)?;
        let file = manifest.file_id();
        if let Some(live) = self.files.get(&file) {
            let ends_at = live.ends_at().ok_or(Error::DuplicateFragment { index: 0 })?;
            self.check_extension(ends_at, deal.term_ms)?;
            return Ok(Closing { file, manifest, stored, fee, placed: None });
        }
        let max = Placement::max_exclusions(deal.candidates.len());
        if exclusions.len() > max {
            return Err(Error::TooManyExclusions { max, got: exclusions.len() });
        }
        let mut placement = Placement::new(seed, deal.profile, &deal.candidates);
        for exclusion in exclusions {
            placement.exclude(*exclusion)?;
        }
        let placed = self.check_fragments(file, &manifest, placement)?;
        Ok(Closing { file, manifest, stored, fee, placed: Some(placed) })
    }

    /// Nobody pays further ahead than the longest term: that bounds the terms of a file, and with
    /// them the work of a settlement.
    fn check_extension(&self, ends_at: u64, term_ms: u64) -> Result<(), Error> {
        let (min, max) = (self.params.deal.min_term_ms, self.params.deal.max_term_ms);
        let got = ends_at.saturating_sub(self.time).saturating_add(term_ms);
        if got > max { Err(Error::BadTerm { min, max, got }) } else { Ok(()) }
    }

    fn check_fragments(
        &self,
        file: FileId,
        manifest: &Manifest,
        mut placement: Placement,
    ) -> Result<Vec<(FragmentInfo, AccountId)>, Error> {
        let mut placed = Vec::new();
        // Replicas are masked apart: a root that comes twice is one copy that claims to be two.
        let mut roots = BTreeSet::new();
        let mut taken = alloc::collections::BTreeMap::<AccountId, u64>::new();
        let mut nodes = Vec::new();
        for slot in manifest.slots() {
            let fragment = manifest.fragment(slot)?;
            if slot.replica == 0 && slot.shard == 0 {
                nodes = placement.place(fragment.len())?;
            }
            let index = slot.index(&manifest.profile);
            let name = fragment.name().to_bytes();
            if !roots.insert(fragment.root()) || self.fragments.contains_key(&name) {
                return Err(Error::DuplicateFragment { index });
            }
            let place = usize::from(slot.replica) * manifest.profile.geometry().total()
                + usize::from(slot.shard);
            let miner = *nodes.get(place).ok_or(Error::NoSuchFragment { index })?;
            *taken.entry(miner).or_default() += fragment.len();
            placed.push((FragmentInfo { file, index, fragment }, miner));
        }
        for (id, needed) in taken {
            let miner = self.miner_of(&id)?;
            if miner.status != MinerStatus::Active {
                return Err(Error::MinerStatus { got: miner.status });
            }
            let free = miner.free();
            if free < needed {
                return Err(Error::NoSpace { free, needed });
            }
            self.check_keys(&id, &manifest.tag_key)?;
        }
        Ok(placed)
    }

    /// A miner has room for a fragment under this tag key.
    pub(crate) fn check_keys(&self, miner: &AccountId, key: &[u8; 32]) -> Result<(), Error> {
        let max = self.params.audit.max_keys;
        if self.holdings.keys_with(miner, key) > usize::try_from(max).unwrap_or(usize::MAX) {
            return Err(Error::TooManyKeys { miner: *miner, max });
        }
        Ok(())
    }

    /// The holder of the tag key signed for exactly this file and deal: nobody can put fragments
    /// under another's key.
    pub(crate) fn check_declaration(
        &self,
        closing: &Closing,
        digest: &[u8; 32],
        declaration: &Signature,
    ) -> Result<(), Error> {
        if closing.placed.is_none() {
            return Ok(());
        }
        let key = self.tag_keys.get(&closing.manifest.tag_key).filter(|k| !k.retired);
        let key = key.ok_or(Error::NoSuchTagKey)?;
        let parsed = cess_podr2::PublicKey::from_bytes(&key.key).map_err(|_| Error::BadTagKey)?;
        if parsed.sectors().get() != closing.manifest.sectors {
            return Err(Error::BadManifest { field: "sectors" });
        }
        key.holder.verify(digest, declaration)
    }

    pub(crate) fn close_deal(
        &mut self,
        id: DealId,
        closing: Closing,
        access: &Access,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let deadline = self.after(self.params.deal.report_ms)?;
        let now = self.time;
        let Closing { file, manifest, stored, fee, placed } = closing;
        let deal = self.deals.get_mut(&id).ok_or(Error::NoSuchDeal(id))?;
        // `max_len` bounds the length, so the hold covers the fee.
        let fee = fee.min(deal.hold);
        let returned = deal.hold - fee;
        let owner = deal.owner;
        let Some(placed) = placed else {
            let live = self.files.get_mut(&file).ok_or(Error::NoSuchFile(file))?;
            let start = live.ends_at().unwrap_or(now);
            let ends_at = start.checked_add(deal.term_ms).ok_or(Error::Overflow)?;
            live.terms.push(Term { start, end: ends_at, fee });
            live.escrow += fee;
            deal.hold = 0;
            deal.status = DealStatus::Active { file };
            self.due.insert((ends_at, Due::File(file)));
            self.credit(&owner, returned);
            events.push(Event::DealExtended { deal: id, file, ends_at });
            return Ok(());
        };
        let missing = u32::try_from(placed.len()).map_err(|_| Error::Overflow)?;
        deal.hold = fee;
        deal.deadline = deadline;
        deal.status = DealStatus::Closed { file, missing };
        self.due.insert((deadline, Due::Deal(id)));
        self.credit(&owner, returned);
        if let Some(key) = self.tag_keys.get_mut(&manifest.tag_key) {
            key.fragments += u64::from(missing);
        }
        for (info, miner) in placed {
            let name = info.name();
            if let Some(m) = self.miners.get_mut(&miner) {
                m.used += info.fragment_len();
            }
            self.hand_to(miner, name, info.tag_key());
            let record = FragmentRecord {
                info,
                miner,
                status: FragmentStatus::Awaiting,
                proven: false,
                settled_at: now,
                since: 0,
                order: None,
            };
            self.fragments.insert(name, record);
        }
        let record = File {
            owner,
            manifest,
            stored,
            access: *access,
            epoch: 0,
            terms: Vec::new(),
            escrow: 0,
        };
        self.files.insert(file, record);
        events.push(Event::DealClosed { deal: id, file, returned });
        Ok(())
    }

    pub(crate) fn report(
        &mut self,
        by: AccountId,
        id: DealId,
        indices: &[u32],
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let status = self.miner_of(&by)?.status;
        if matches!(status, MinerStatus::Offline | MinerStatus::Gone) {
            return Err(Error::MinerStatus { got: status });
        }
        let deal = self.deals.get(&id).ok_or(Error::NoSuchDeal(id))?;
        let DealStatus::Closed { file, missing } = deal.status else {
            return Err(Error::DealStatus { got: deal.status });
        };
        if self.time >= deal.deadline {
            return Err(Error::TooLate { deadline: deal.deadline, now: self.time });
        }
        let record = self.files.get(&file).ok_or(Error::NoSuchFile(file))?;
        let mut names = Vec::with_capacity(indices.len().min(self.held.len()));
        let mut last = None;
        for &index in indices {
            let slot = crate::Slot::at(&record.manifest.profile, index);
            let name = record.manifest.fragment(slot)?.name().to_bytes();
            let mine = self.fragments.get(&name).is_some_and(|f| {
                f.miner == by && f.status == FragmentStatus::Awaiting && last < Some(index)
            });
            if !mine {
                return Err(Error::NotYours { index });
            }
            last = Some(index);
            names.push(name);
        }
        let reported = u32::try_from(names.len()).map_err(|_| Error::Overflow)?;
        for name in &names {
            self.take_into_holding(name);
            if status == MinerStatus::Exiting {
                self.open_order(name, events);
            }
        }
        events.push(Event::Reported { deal: id, miner: by, fragments: reported });
        let missing = missing - reported;
        if let Some(deal) = self.deals.get_mut(&id) {
            deal.status = DealStatus::Closed { file, missing };
        }
        if missing == 0 {
            self.activate(id, file, events);
        }
        Ok(())
    }

    fn activate(&mut self, id: DealId, file: FileId, events: &mut Vec<Event>) {
        let now = self.time;
        for name in self.names_of(&file) {
            if let Some(fragment) = self.fragments.get_mut(&name) {
                fragment.settled_at = now;
            }
        }
        let (Some(deal), Some(record)) = (self.deals.get_mut(&id), self.files.get_mut(&file))
        else {
            return;
        };
        let end = now.saturating_add(deal.term_ms);
        record.escrow = core::mem::take(&mut deal.hold);
        record.terms.push(Term { start: now, end, fee: record.escrow });
        deal.status = DealStatus::Active { file };
        self.due.insert((end, Due::File(file)));
        events.push(Event::DealActive { deal: id, file });
    }

    pub(crate) fn expire_deal(&mut self, id: DealId, at: u64, events: &mut Vec<Event>) {
        let Some(deal) = self.deals.get_mut(&id).filter(|d| d.deadline == at) else { return };
        let file = match deal.status {
            DealStatus::Opened => None,
            DealStatus::Closed { file, .. } => Some(file),
            DealStatus::Active { .. } | DealStatus::Expired => return,
        };
        deal.candidates = Vec::new();
        deal.status = DealStatus::Expired;
        let refunded = core::mem::take(&mut deal.hold);
        let owner = deal.owner;
        self.unseeded_deals.remove(&id);
        self.credit(&owner, refunded);
        if let Some(file) = file {
            self.drop_file(&file, events);
        }
        events.push(Event::DealExpired { deal: id, refunded });
    }

    /// The end of a file's paid time. A fragment whose last proof passed is paid to the end.
    pub(crate) fn end_file(&mut self, id: FileId, end: u64, events: &mut Vec<Event>) {
        if self.files.get(&id).and_then(File::ends_at) != Some(end) {
            return;
        }
        for name in self.names_of(&id) {
            let proven = self.fragments.get(&name).is_some_and(|f| f.proven);
            self.settle(&name, end, if proven { Payee::Miner } else { Payee::Owner });
        }
        self.drop_file(&id, events);
        events.push(Event::FileEnded { file: id });
    }

    fn drop_file(&mut self, id: &FileId, events: &mut Vec<Event>) {
        let mut miners = BTreeSet::new();
        for name in self.names_of(id) {
            let Some(record) = self.fragments.get(&name) else { continue };
            miners.insert(record.miner);
            if let Some(order) = record.order {
                miners.extend(self.drop_order(order));
            }
            self.drop_fragment(&name);
        }
        if let Some(file) = self.files.remove(id) {
            self.credit(&file.owner, file.escrow);
        }
        for miner in miners {
            self.leave_if_empty(&miner, events);
        }
    }

    pub(crate) fn set_access(
        &mut self,
        by: AccountId,
        id: FileId,
        epoch: u64,
        access: &Access,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let file = self.files.get_mut(&id).ok_or(Error::NoSuchFile(id))?;
        if file.owner != by {
            return Err(Error::NotOwner { owner: file.owner });
        }
        let expected = file.epoch.saturating_add(1);
        if epoch != expected {
            return Err(Error::WrongEpoch { expected, got: epoch });
        }
        access.check(file.manifest.visibility)?;
        file.epoch = epoch;
        file.access = *access;
        events.push(Event::AccessChanged { file: id, epoch });
        Ok(())
    }

    pub(crate) fn after(&self, ms: u64) -> Result<u64, Error> {
        self.time.checked_add(ms).ok_or(Error::Overflow)
    }
}
