//! One simulation.

use std::collections::{BTreeMap, BTreeSet};

use cess_consensus::{
    CandidateId, Duty, Evidence, Input, Kind, Output, Params, Status, Vote, Voters,
};
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::adversary::{Adversary, CANDIDATES, FIRST, mine};
use crate::world::{CHAIN, World, certify, id, number, registration};

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) rounds: u64,
    pub(crate) handed_over: u64,
    /// Rounds for which too few tickets came.
    pub(crate) stayed: u64,
    /// Rounds in which fewer than a quorum of those on duty voted.
    pub(crate) stalled: u64,
    /// Times that the pool had to be asked again for its certificate.
    pub(crate) waited: u64,
    /// Rounds with at least 4, and at least 5 of the adversary's on duty.
    pub(crate) four_or_more: u64,
    pub(crate) five_or_more: u64,
    /// Heights for which the committee made two certificates.
    pub(crate) committee_forks: u64,
    /// Boundaries for which the pool did.
    pub(crate) pool_forks: u64,
    pub(crate) jailed: u64,
    /// Candidates that were banned.
    pub(crate) slashed: u64,
    pub(crate) seats: u64,
    adversary_seats: u64,
    /// Sum over the rounds of the adversary's share of the pool's stake, in millionths.
    adversary_stake: u64,
    /// Seats of each honest candidate that was there from start to end.
    pub(crate) stayers: BTreeMap<u64, u64>,
}

impl Outcome {
    /// The adversary's share of seats, and the mean of its shares of stake.
    pub(crate) fn adversary_permille(&self) -> (u64, u64) {
        let stake = self.adversary_stake / self.rounds;
        (self.adversary_seats * 1000 / self.seats, (stake + 500) / 1000)
    }

    pub(crate) fn stalled_permille(&self) -> u64 {
        self.stalled * 1000 / self.rounds
    }

    /// Least, mean and most seats of those who were there all the time.
    pub(crate) fn spread(&self) -> (u64, u64, u64) {
        let seats = || self.stayers.values();
        let count = self.stayers.len() as u64;
        let mean = (seats().sum::<u64>() + count / 2) / count;
        (*seats().min().expect("some"), mean, *seats().max().expect("some"))
    }

    /// Whether nobody honest has less than two thirds or more than four thirds of the mean: more than
    /// three deviations of a fair draw, and a little for those who crash more.
    pub(crate) fn is_fair(&self) -> bool {
        let (least, mean, most) = self.spread();
        self.stayers.len() >= 20 && least * 3 >= mean * 2 && most * 3 <= mean * 4
    }
}

pub(crate) struct Simulation {
    world: World,
    rng: ChaCha8Rng,
    /// Until which round somebody is down.
    down: BTreeMap<u64, u64>,
    next_honest: u64,
    next_adverse: u64,
    outcome: Outcome,
}

impl Simulation {
    pub(crate) fn new(adversary: &dyn Adversary, seed: usize) -> Self {
        let (adverse, stake) = adversary.candidates();
        let honest = CANDIDATES - adverse;
        let stakes = (0..honest)
            .map(|at| (at, adversary.honest_stake()))
            .chain((FIRST..FIRST + adverse).map(|at| (at, stake)));
        let mut world = World::with_stakes(tuned(adversary), stakes);
        world.strict = false;
        Self {
            world,
            rng: ChaCha8Rng::seed_from_u64(seed as u64),
            down: BTreeMap::new(),
            next_honest: honest,
            next_adverse: FIRST + adverse,
            outcome: Outcome {
                name: adversary.name(),
                rounds: 0,
                handed_over: 0,
                stayed: 0,
                stalled: 0,
                waited: 0,
                four_or_more: 0,
                five_or_more: 0,
                committee_forks: 0,
                pool_forks: 0,
                jailed: 0,
                slashed: 0,
                seats: 0,
                adversary_seats: 0,
                adversary_stake: 0,
                stayers: (0..honest).map(|at| (at, 0)).collect(),
            },
        }
    }

    pub(crate) fn run(mut self, adversary: &mut dyn Adversary, rounds: u64) -> Outcome {
        for _ in 0..rounds {
            self.round(adversary);
        }
        let mut outcome = self.outcome;
        outcome.stayers.retain(|at, _| self.world.state().candidate(&id(*at)).is_some());
        outcome
    }

    fn is_up(&self, at: u64) -> bool {
        self.down.get(&at).is_none_or(|until| *until <= self.world.state().round())
    }

    fn round(&mut self, adversary: &mut dyn Adversary) {
        self.churn(adversary);
        self.crash();
        self.count();
        self.reveal(adversary);
        self.vote(adversary);
        self.turn();
        self.outcome.rounds += 1;
    }

    /// One in four rounds an honest candidate leaves and another comes; who was jailed resumes.
    fn churn(&mut self, adversary: &dyn Adversary) {
        let state = self.world.state();
        let round = state.round();
        let back: Vec<CandidateId> = state
            .candidates()
            .filter(|(_, c)| matches!(c.status, Status::Jailed { until } if until <= round))
            .map(|(id, _)| *id)
            .collect();
        let lost = self.next_adverse - FIRST;
        let there = state
            .candidates()
            .filter(|(id, c)| {
                number(id) >= FIRST
                    && !matches!(c.status, Status::Banned | Status::Unbonding { .. })
            })
            .count() as u64;
        let (wanted, stake) = adversary.candidates();
        for who in back {
            self.world.ok(Input::Resume { who });
        }
        if adversary.comes_back() && there < wanted && lost < wanted * 20 {
            self.world.ok(Input::Register(registration(self.next_adverse, stake)));
            self.next_adverse += 1;
        }
        if self.rng.random_range(0..4) == 0 {
            // Half of the honest never leave, so that fairness can be seen.
            let honest = CANDIDATES - wanted;
            let leaver = self.rng.random_range(honest / 2..self.next_honest);
            let left = self.world.step(Input::Exit { who: id(leaver) });
            if left.is_ok() {
                let new = registration(self.next_honest, adversary.honest_stake());
                self.world.ok(Input::Register(new));
                self.next_honest += 1;
            }
        }
    }

    /// Each honest candidate is down in about 4 % of the rounds, for up to five at a time.
    fn crash(&mut self) {
        let round = self.world.state().round();
        for at in self.world.drawable() {
            if at < FIRST && self.rng.random_range(0..75) == 0 {
                self.down.insert(at, round + self.rng.random_range(1..=5));
            }
        }
        self.down.retain(|_, until| *until > round);
    }

    fn count(&mut self) {
        let on_duty = self.world.on_duty();
        let adverse = mine(on_duty.iter().copied()).len() as u64;
        let outcome = &mut self.outcome;
        outcome.seats += on_duty.len() as u64;
        outcome.adversary_seats += adverse;
        outcome.four_or_more += u64::from(adverse >= 4);
        outcome.five_or_more += u64::from(adverse >= 5);
        for at in on_duty {
            if let Some(seats) = outcome.stayers.get_mut(&at) {
                *seats += 1;
            }
        }
        let pool = self.world.state().pool();
        let weight = |adverse: bool| -> u128 {
            pool.members()
                .iter()
                .filter(|m| !adverse || number(&m.id) >= FIRST)
                .map(|m| m.weight)
                .sum()
        };
        outcome.adversary_stake +=
            u64::try_from(weight(true) * 1_000_000 / weight(false)).expect("a share");
    }

    fn reveal(&mut self, adversary: &mut dyn Adversary) {
        let drawable = self.world.drawable();
        let mut revealed = adversary.tickets(&self.world, &mine(drawable.iter().copied()));
        revealed.extend(drawable.into_iter().filter(|at| *at < FIRST && self.is_up(*at)));
        for at in revealed {
            let ticket = self.world.ticket(at);
            self.world.ok(ticket);
        }
        let on_duty = self.world.on_duty();
        let honest: Vec<u64> =
            on_duty.iter().copied().filter(|at| *at < FIRST && self.is_up(*at)).collect();
        for at in honest {
            let contribution = self.world.contribution(at);
            self.world.ok(contribution);
        }
        for at in adversary.contributions(&self.world, &mine(on_duty)) {
            let contribution = self.world.contribution(at);
            self.world.ok(contribution);
        }
    }

    /// One height of the committee on duty. The network is the adversary's: when it equivocates, half
    /// of the honest see one block and half the other.
    fn vote(&mut self, adversary: &dyn Adversary) {
        let round = self.world.state().round();
        let set = self.world.state().committee().clone();
        let on_duty = self.world.on_duty();
        let adverse: BTreeSet<u64> = mine(on_duty.iter().copied()).into_iter().collect();
        let awake = adversary.votes(round);
        let honest: Vec<u64> =
            on_duty.iter().copied().filter(|at| *at < FIRST && self.is_up(*at)).collect();
        let voted = |at: u64| if at < FIRST { honest.contains(&at) } else { awake };
        if adversary.equivocates(adverse.len()) {
            self.fork(&set, &honest, &adverse);
        } else if on_duty.iter().filter(|at| voted(**at)).count() as u128 >= set.quorum() {
            let certificate = certify(&set, commit(&set, 1), |who| voted(number(who)));
            assert_eq!(certificate.verify(&set), Ok(()));
        } else {
            self.outcome.stalled += 1;
        }
        for at in on_duty {
            let (who, done) = (id(at), u32::from(voted(at)));
            self.world.ok(Input::Report { who, duty: Duty::Vote, done, due: 1 });
            self.world.ok(Input::Report { who, duty: Duty::Block, done, due: 1 });
        }
    }

    fn fork(&mut self, set: &Voters, honest: &[u64], adverse: &BTreeSet<u64>) {
        let half = honest.len() / 2;
        let sides = [&honest[..half], &honest[half..]];
        let heads = sides.map(|side| (side.len() + adverse.len()) as u128);
        let both = heads.iter().all(|heads| *heads >= set.quorum());
        // Crashed members may leave one side short; then nobody finds out, and nothing is decided.
        if !both {
            self.outcome.stalled += 1;
        }
        let signs = |side: &[u64]| {
            let side: BTreeSet<u64> = side.iter().chain(adverse).copied().collect();
            move |who: &CandidateId| side.contains(&number(who))
        };
        let [first, second] = [(1, sides[0]), (2, sides[1])]
            .map(|(value, side)| certify(set, commit(set, value), signs(side)));
        let evidence = if both {
            self.outcome.committee_forks += 1;
            assert_eq!((first.verify(set), second.verify(set)), (Ok(()), Ok(())));
            vec![Evidence::Certificates { first, second }]
        } else {
            adverse.iter().map(|at| votes(set, *at)).collect()
        };
        for evidence in evidence {
            self.world.ok(Input::Evidence(evidence));
        }
        for at in adverse {
            assert_eq!(
                self.world.state().candidate(&id(*at)).expect("there").status,
                Status::Banned
            );
        }
        self.outcome.slashed += adverse.len() as u64;
    }

    fn turn(&mut self) {
        let before = self.world.outputs.len();
        let present = self.world.state().committee().clone();
        self.world.end_round().expect("the round is over");
        self.try_second_boundary();
        // Those who are down come back sooner or later: the pool is asked until enough signed.
        let mut asleep: Vec<u64> = self.down.keys().copied().collect();
        loop {
            let signs = |who: &CandidateId| !asleep.contains(&number(who));
            let certificate = self.world.checkpoint(signs);
            assert_eq!(self.world.state().committee(), &present, "on duty until it is certified");
            if self.world.step(Input::Checkpoint(certificate)).is_ok() {
                break;
            }
            self.outcome.waited += 1;
            asleep.truncate(asleep.len() / 2);
        }
        self.outcome.handed_over += 1;
        for output in self.world.outputs.drain(before..) {
            match output {
                Output::Stayed { .. } => self.outcome.stayed += 1,
                Output::Jailed { .. } => self.outcome.jailed += 1,
                _ => {}
            }
        }
        self.world.outputs.clear();
    }

    /// The whole adversary and half of the honest stake sign another boundary, the other half and the
    /// adversary the true one: two certificates must never come of it.
    fn try_second_boundary(&mut self) {
        let state = self.world.state();
        let pool = state.pool();
        let (mut sides, mut deceived) = ([0_u128; 2], BTreeSet::new());
        for member in pool.members() {
            let adverse = number(&member.id) >= FIRST;
            // To the side that has less.
            let side = usize::from(sides[1] < sides[0]);
            for (at, weight) in sides.iter_mut().enumerate() {
                if adverse || at == side {
                    *weight += member.weight;
                }
            }
            if adverse || side == 1 {
                deceived.insert(member.id);
            }
        }
        let both = sides.iter().all(|weight| *weight >= pool.quorum());
        self.outcome.pool_forks += u64::from(both);
        // Signing is slow: the certificate is made now and then, the weights are compared each time.
        if state.round() % 50 == 0 {
            let vote = state.pending().expect("drawn").boundary.vote(pool);
            let forged =
                certify(pool, Vote { value: [0xF0; 32], ..vote }, |who| deceived.contains(who));
            assert_eq!(forged.verify(pool).is_ok(), sides[1] >= pool.quorum());
        }
    }
}

fn tuned(adversary: &dyn Adversary) -> Params {
    let mut params = Params::example(CHAIN);
    params.round_blocks = 10;
    params.stake.min = crate::world::STAKE;
    adversary.tune(&mut params);
    params
}

fn commit(set: &Voters, value: u8) -> Vote {
    Vote {
        chain: CHAIN,
        kind: Kind::Commit,
        round: set.round(),
        height: set.round() * 10 + 1,
        view: 0,
        voters: set.digest(),
        value: [value; 32],
    }
}

fn votes(set: &Voters, at: u64) -> Evidence {
    let signed = |vote: Vote| (vote, crate::world::sign(at, &vote));
    Evidence::Votes { who: id(at), first: signed(commit(set, 1)), second: signed(commit(set, 2)) }
}
