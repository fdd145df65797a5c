//! A pool whose secrets a test holds, and the rounds it goes through.

use std::collections::{BTreeMap, BTreeSet};

use cess_consensus::vrf::{IdealSecret, IdealVrf, VrfProof, VrfSecret as _, possession_input};
use cess_consensus::{
    Bitmap, CandidateId, Certificate, Error, Input, Output, Params, Registration, State, Vote,
    VoteSecret, Voters, step,
};

pub(crate) const CHAIN: [u8; 32] = [0xC5; 32];
pub(crate) const STAKE: u128 = 1000;

pub(crate) fn id(at: u64) -> CandidateId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&at.to_be_bytes());
    CandidateId(id)
}

pub(crate) fn number(id: &CandidateId) -> u64 {
    u64::from_be_bytes(id.0[..8].try_into().expect("eight bytes"))
}

/// Secrets of 128 bits, so that their sums don't wrap and one signature can be made for many.
fn vote_secret(at: u64) -> VoteSecret {
    let mut bytes = [0; 32];
    bytes[16..].copy_from_slice(&blake3::hash(&at.to_le_bytes()).as_bytes()[..16]);
    VoteSecret::from_bytes(&bytes).expect("below the order")
}

fn vrf_secret(at: u64) -> IdealSecret {
    IdealSecret::from_bytes(&blake3::keyed_hash(&[1; 32], &at.to_le_bytes()).into())
}

/// Small rounds and short periods; everybody passes the filter.
pub(crate) fn params() -> Params {
    let mut params = Params::example(CHAIN);
    params.round_blocks = 10;
    params.filter = cess_consensus::Filter::None;
    params.stake.waiting_rounds = 2;
    params.stake.trust_rounds = 3;
    params.stake.evidence_rounds = 5;
    params.stake.unbonding_rounds = 7;
    params.credit.period_rounds = 4;
    params
}

pub(crate) fn registration(at: u64, stake: u128) -> Registration {
    let (vrf, vote, id) = (vrf_secret(at), vote_secret(at), id(at));
    Registration {
        id,
        stake,
        vrf: vrf.key(),
        vrf_possession: vrf.prove(&possession_input(&CHAIN, &id)),
        vote: vote.key(),
        vote_possession: vote.prove_possession(&CHAIN, &id),
    }
}

pub(crate) fn sign(at: u64, vote: &Vote) -> cess_consensus::VoteSignature {
    vote_secret(at).sign(vote)
}

/// The certificate of those of `set` whom `signs` names, made with the sum of their secrets.
pub(crate) fn certify(
    set: &Voters,
    vote: Vote,
    signs: impl Fn(&CandidateId) -> bool,
) -> Certificate {
    let mut signers = Bitmap::new(set.members().len()).expect("a set's size");
    let mut sum = [0_u8; 32];
    for (index, member) in set.members().iter().enumerate() {
        if !signs(&member.id) {
            continue;
        }
        signers.set(index).expect("a member");
        let mut carry = 0_u16;
        let secret = vote_secret(number(&member.id)).to_bytes();
        for (byte, more) in sum.iter_mut().zip(*secret).rev() {
            let total = u16::from(*byte) + u16::from(more) + carry;
            *byte = total.to_le_bytes()[0];
            carry = total >> 8;
        }
    }
    let signature = VoteSecret::from_bytes(&sum).expect("somebody signs").sign(&vote);
    Certificate { vote, signature, signers }
}

/// What holds before and after an input that wasn't the pool's certificate.
#[derive(PartialEq, Eq, Debug)]
struct OnDuty {
    round: u64,
    committee: [u8; 32],
    pool: [u8; 32],
}

pub(crate) struct World {
    state: Option<State>,
    /// Whether each refusal is compared with the state before: slow for large pools.
    pub(crate) strict: bool,
    pub(crate) outputs: Vec<Output>,
}

impl World {
    pub(crate) fn new(count: u64, params: Params) -> Self {
        Self::with_stakes(params, (0..count).map(|at| (at, STAKE)))
    }

    pub(crate) fn with_stakes(
        params: Params,
        stakes: impl IntoIterator<Item = (u64, u128)>,
    ) -> Self {
        let all: Vec<_> = stakes.into_iter().map(|(at, stake)| registration(at, stake)).collect();
        let state = State::genesis::<IdealVrf>(params, &[7; 32], 0, &all).expect("a good genesis");
        state.check_invariants().expect("at genesis");
        Self { state: Some(state), strict: true, outputs: Vec::new() }
    }

    pub(crate) fn from_state(state: State) -> Self {
        Self { state: Some(state), strict: true, outputs: Vec::new() }
    }

    pub(crate) fn state(&self) -> &State {
        self.state.as_ref().expect("between steps")
    }

    /// One step, with everything checked that must hold around it.
    pub(crate) fn step(&mut self, input: Input) -> Result<Vec<Output>, Error> {
        let state = self.state.take().expect("between steps");
        let before = self.strict.then(|| state.clone());
        let duty = |state: &State| OnDuty {
            round: state.round(),
            committee: state.committee().digest(),
            pool: state.pool().digest(),
        };
        let (was, certified) = (duty(&state), matches!(input, Input::Checkpoint(_)));
        // Inputs that touch neither tokens nor sets; there are hundreds a round.
        let cheap = matches!(
            input,
            Input::Ticket { .. } | Input::Contribution { .. } | Input::Report { .. }
        );
        let (state, result) = step::<IdealVrf>(state, input);
        let is = duty(&state);
        match &result {
            Err(_) => {
                if let Some(before) = before {
                    assert_eq!(state, before, "a refused input changed something");
                }
                assert_eq!(is, was);
            }
            Ok(_) if certified => {
                assert_eq!(is.round, was.round + 1, "one round after the other");
            }
            Ok(_) => assert_eq!(is, was, "nobody is removed in mid-round"),
        }
        if self.strict || !cheap {
            state.check_invariants().expect("after every step");
        }
        self.state = Some(state);
        if let Ok(outputs) = &result {
            self.outputs.extend(outputs.iter().cloned());
        }
        result
    }

    pub(crate) fn ok(&mut self, input: Input) -> Vec<Output> {
        self.step(input).expect("accepted")
    }

    pub(crate) fn ticket(&self, at: u64) -> Input {
        Input::Ticket { who: id(at), proof: vrf_secret(at).prove(&self.state().ticket_input()) }
    }

    pub(crate) fn contribution(&self, at: u64) -> Input {
        let proof = vrf_secret(at).prove(&self.state().contribution_input());
        Input::Contribution { who: id(at), proof }
    }

    pub(crate) fn prove(&self, at: u64, input: &[u8]) -> VrfProof {
        vrf_secret(at).prove(input)
    }

    /// Those on duty whose contribution is there.
    pub(crate) fn revealed(&self) -> BTreeSet<u64> {
        self.state().contributions().map(|(id, _)| number(id)).collect()
    }

    /// Those who may reveal a ticket now.
    pub(crate) fn drawable(&self) -> Vec<u64> {
        let state = self.state();
        let frozen = state.frozen(state.round() + 1).expect("the next round");
        let active = |id: &CandidateId| {
            state.candidate(id).is_some_and(|c| c.status == cess_consensus::Status::Active)
        };
        frozen.iter().filter(|f| active(&f.id)).map(|f| number(&f.id)).collect()
    }

    pub(crate) fn on_duty(&self) -> BTreeSet<u64> {
        self.state().committee().members().iter().map(|member| number(&member.id)).collect()
    }

    pub(crate) fn reveal_all(&mut self, does: impl Fn(u64) -> bool) {
        for at in self.drawable().into_iter().filter(|at| does(*at)) {
            let input = self.ticket(at);
            self.ok(input);
        }
        for at in self.on_duty().into_iter().filter(|at| does(*at)) {
            let input = self.contribution(at);
            self.ok(input);
        }
    }

    /// As `reveal_all`, of those who haven't yet.
    pub(crate) fn reveal_missing(&mut self, does: impl Fn(u64) -> bool) {
        for at in self.drawable().into_iter().filter(|at| does(*at)) {
            let input = self.ticket(at);
            let _ = self.step(input);
        }
        for at in self.on_duty().into_iter().filter(|at| does(*at)) {
            let input = self.contribution(at);
            let _ = self.step(input);
        }
    }

    pub(crate) fn end_round(&mut self) -> Result<Vec<Output>, Error> {
        let state = self.state();
        let height = state.boundary().height + state.params().round_blocks;
        self.step(Input::EndRound { height, state_root: [9; 32] })
    }

    /// The certificate that those of the pool whom `signs` names make.
    pub(crate) fn checkpoint(&self, signs: impl Fn(&CandidateId) -> bool) -> Certificate {
        let state = self.state();
        let boundary = state.pending().expect("a boundary to certify").boundary;
        certify(state.pool(), boundary.vote(state.pool()), signs)
    }

    pub(crate) fn hand_over(&mut self) -> Vec<Output> {
        let certificate = self.checkpoint(|_| true);
        self.ok(Input::Checkpoint(certificate))
    }

    /// A whole round in which everybody for whom `does` holds does its duty.
    pub(crate) fn round(&mut self, does: impl Fn(u64) -> bool) -> Vec<Output> {
        let before = self.outputs.len();
        self.reveal_all(does);
        self.end_round().expect("the round is over");
        self.hand_over();
        self.outputs[before..].to_vec()
    }

    pub(crate) fn rounds(&mut self, count: usize) {
        (0..count).for_each(|_| drop(self.round(|_| true)));
    }

    pub(crate) fn balances(&self) -> BTreeMap<u64, u128> {
        let mut back = BTreeMap::new();
        for output in &self.outputs {
            if let Output::Released { owner, amount } = output {
                *back.entry(number(owner)).or_default() += amount;
            }
        }
        back
    }
}
