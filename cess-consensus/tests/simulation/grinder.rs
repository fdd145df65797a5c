//! Reveals last, and withholds whichever contributions give it the seed that suits it best: the one
//! under which most of its own tickets are low. It can't compute the others'.

use cess_consensus::security::security_estimate;
use cess_consensus::vrf::{IdealVrf, Vrf as _, VrfProof, ticket_input};
use cess_consensus::{CandidateId, Input};

use crate::adversary::{Adversary, CANDIDATES, mine};
use crate::run::Outcome;
use crate::world::{CHAIN, World, id, number};

pub(crate) struct Grinder;

/// The seed of the round after the next, as docs/formats/consensus.md says.
fn seed(present: &[u8; 32], round: u64, contributions: &[(CandidateId, [u8; 64])]) -> [u8; 32] {
    let mut input = [&CHAIN[..], present, &(round + 2).to_le_bytes()].concat();
    input.extend_from_slice(&(contributions.len() as u64).to_le_bytes());
    for (id, output) in contributions {
        input.extend_from_slice(&id.0);
        input.extend_from_slice(output);
    }
    blake3::derive_key("cess-consensus v1 seed", &input)
}

fn output(world: &World, at: u64, input: &[u8], proof: &VrfProof) -> [u8; 64] {
    let key = world.state().candidate(&id(at)).expect("a candidate").vrf;
    IdealVrf::verify(&key, input, proof).expect("its own proof")
}

impl Adversary for Grinder {
    fn name(&self) -> &'static str {
        "grinder"
    }

    fn contributions(&mut self, world: &World, on_duty: &[u64]) -> Vec<u64> {
        let input = world.state().contribution_input();
        let present: &[u8; 32] = input[input.len() - 40..].first_chunk().expect("seed and round");
        let part = |at: u64| {
            let Input::Contribution { proof, .. } = world.contribution(at) else { unreachable!() };
            (id(at), output(world, at, &input, &proof))
        };
        let others: Vec<_> = world.revealed().into_iter().map(part).collect();
        let own: Vec<_> = on_duty.iter().map(|at| part(*at)).collect();
        let round = world.state().round();
        let frozen = world.state().frozen(round + 2).expect("two ahead");
        let tickets = mine(frozen.iter().map(|f| number(&f.id)));
        // Below this, a ticket is among the 11 lowest of all as often as not.
        let low = u64::MAX / (frozen.len() as u64) * 11;
        let worth = |choice: usize| {
            let mut all = others.clone();
            all.extend(
                own.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1).map(|(_, o)| *o),
            );
            all.sort_unstable();
            let input = ticket_input(&CHAIN, &seed(present, round, &all), round + 2);
            let ticket = |at: &&u64| {
                let proof = world.prove(**at, &input);
                let output = output(world, **at, &input, &proof);
                u64::from_be_bytes(*output.first_chunk().expect("64 bytes")) < low
            };
            (tickets.iter().filter(ticket).count(), choice.count_ones())
        };
        let best =
            (0..1_usize << own.len()).max_by_key(|choice| worth(*choice)).expect("not empty");
        on_duty
            .iter()
            .enumerate()
            .filter(|(at, _)| best >> at & 1 == 1)
            .map(|(_, at)| *at)
            .collect()
    }

    fn check(&self, outcome: &Outcome) {
        assert_eq!((outcome.committee_forks, outcome.pool_forks), (0, 0));
        assert_eq!(outcome.handed_over, outcome.rounds);
        // One step from a fair draw multiplies P(at least 5 seats) by the mean of 2^X at most. Going on
        // has more seats to go on with, and pays for what it withholds with rounds in jail.
        let pool = u32::try_from(CANDIDATES).expect("200");
        let exact = security_estimate(pool, 200, 11, 0).expect("in range");
        let bound = exact.forkable.per_million() * exact.grinding_factor.per_million() / 1_000_000;
        let seen = outcome.five_or_more * 1_000_000 / outcome.rounds;
        assert!(outcome.jailed > outcome.rounds, "it pays: {outcome:?}");
        assert!(seen <= bound, "{seen} of at most {bound} in a million");
    }
}
