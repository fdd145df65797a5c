//! The one way in: `apply(state, block)`.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    AccountId, Action, Error, Event, SignedCall, State, call::declaration_digest, state::Due,
};

/// A block: the driver's height, time and beacon, and the calls in their order.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// One more than the block before.
    pub height: u64,
    /// Milliseconds since the Unix epoch; never runs backwards.
    pub time: u64,
    /// Unpredictable before the calls of this block were fixed.
    pub randomness: [u8; 32],
    /// The calls.
    pub calls: Vec<SignedCall>,
}

/// What a block did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What happened before the calls: deadlines, draws, audits.
    pub begin: Vec<Event>,
    /// For each call its events, or why it was refused.
    pub results: Vec<Result<Vec<Event>, Error>>,
}

/// Applies a block.
///
/// First what is due by the block's time, and the draws from its randomness, both over the state
/// as the block before left it; then the calls.
///
/// # Errors
/// [`Error::WrongHeight`] and [`Error::TimeReversed`] refuse the whole block and change nothing. A
/// refused call is no error of the block.
pub fn apply(state: &mut State, block: &Block) -> Result<Outcome, Error> {
    let expected = state.height.checked_add(1).ok_or(Error::Overflow)?;
    if block.height != expected {
        return Err(Error::WrongHeight { expected, got: block.height });
    }
    if block.time < state.time {
        return Err(Error::TimeReversed { latest: state.time, got: block.time });
    }
    let snapshot_height = state.height;
    state.height = block.height;
    state.time = block.time;
    state.randomness = block.randomness;

    let mut begin = Vec::new();
    state.expire_due(&mut begin);
    state.seed_deals(&mut begin);
    state.seed_orders(&mut begin);
    state.step_audits(snapshot_height, &mut begin);
    let results = block.calls.iter().map(|call| state.call(call)).collect();
    Ok(Outcome { begin, results })
}

impl State {
    /// In order of time, whatever one block has leapt over. An entry whose deadline was put off
    /// is passed over; the later one is in the list too.
    fn expire_due(&mut self, events: &mut Vec<Event>) {
        while let Some(&(at, due)) = self.due.first() {
            if at > self.time {
                break;
            }
            self.due.pop_first();
            match due {
                Due::Deal(deal) => self.expire_deal(deal, at, events),
                Due::File(file) => self.end_file(file, at, events),
                Due::Claim(order) => self.expire_claim(order, at, events),
            }
        }
    }

    fn call(&mut self, signed: &SignedCall) -> Result<Vec<Event>, Error> {
        let call = &signed.call;
        if call.chain_id != self.params.chain_id {
            return Err(Error::WrongChain);
        }
        call.signer.verify(&call.digest(), &signed.signature)?;
        let signer = call.signer.account();
        let expected = self.account(&signer).nonce;
        if call.nonce != expected {
            return Err(Error::WrongNonce { expected, got: call.nonce });
        }
        let mut events = Vec::new();
        self.act(signer, signed, &mut events)?;
        self.accounts.entry(signer).or_default().nonce += 1;
        Ok(events)
    }

    fn act(
        &mut self,
        by: AccountId,
        signed: &SignedCall,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        match &signed.call.action {
            Action::Transfer { to, amount } => self.transfer(by, *to, *amount, events),
            Action::RegisterTagKey { format, key, proving_key_hash, stake } => {
                let holder = signed.call.signer;
                self.register_tag_key(holder, *format, key, *proving_key_hash, *stake, events)
            }
            Action::RetireTagKey { key } => self.retire_tag_key(by, key, events),
            Action::RegisterMiner { capacity, endpoint } => {
                self.register_miner(by, *capacity, endpoint, events)
            }
            Action::TopUp { amount } => self.top_up(by, *amount, events),
            Action::Resume => self.resume(by, events),
            Action::Exit => self.exit(by, events),
            Action::OpenDeal { profile, visibility, max_len, term_ms, bid } => {
                self.open_deal(by, *profile, *visibility, *max_len, *term_ms, *bid, events)
            }
            Action::CloseDeal { deal, manifest, exclusions, declaration, access } => {
                let closing = self.check_closing(by, *deal, manifest, exclusions, access)?;
                let chain = &self.params.chain_id;
                let key = &closing.manifest.tag_key;
                let digest = declaration_digest(chain, *deal, closing.file, key);
                self.check_declaration(&closing, &digest, declaration)?;
                self.close_deal(*deal, closing, access, events)
            }
            Action::Report { deal, fragments } => self.report(by, *deal, fragments, events),
            Action::SetAccess { file, epoch, access } => {
                self.set_access(by, *file, *epoch, access, events)
            }
            Action::Answer { round, target, proof } => {
                self.answer(by, *round, *target, proof.as_deref(), events)
            }
            Action::ClaimRepair { order } => self.claim_repair(by, *order, events),
            Action::CompleteRepair { order, proof } => {
                self.complete_repair(by, *order, proof, events)
            }
        }
    }
}
