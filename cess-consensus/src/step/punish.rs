//! Evidence and slashing.

use alloc::vec::Vec;

use crate::candidate::{Amount, CandidateId, Status};
use crate::credit::Lapse;
use crate::error::Error;
use crate::evidence::{Evidence, check_votes};
use crate::input::Output;
use crate::state::State;
use crate::vote::Kind;
use crate::voters::Role;

type Outputs = Result<Vec<Output>, Error>;

impl State {
    pub(super) fn evidence(&mut self, evidence: &Evidence) -> Outputs {
        let vote = evidence.offence();
        let (offence, now) = (vote.round, self.round());
        if vote.chain != self.params.chain {
            return Err(Error::WrongChain);
        }
        if offence.saturating_add(self.params.stake.evidence_rounds) < now {
            return Err(Error::TooOld { offence, now });
        }
        let culprits = match evidence {
            Evidence::Votes { who, first, second } => {
                let candidate = self.candidates.get(who).ok_or(Error::NoSuchCandidate(*who))?;
                check_votes(&candidate.vote, first, second)?;
                alloc::vec![*who]
            }
            Evidence::Certificates { first, second } => {
                let role = match vote.kind {
                    Kind::Prepare | Kind::Commit => Role::Committee,
                    Kind::Checkpoint => Role::Pool,
                };
                let voters = self.voters_of(role, offence).ok_or(Error::WrongVoters)?;
                let indices = first.culprits(second, voters)?;
                let members = voters.members();
                indices.into_iter().map(|index| members[index].id).collect()
            }
        };
        let mut outputs = Vec::new();
        let mut last = None;
        for who in culprits {
            match self.candidates.get(&who).map(|candidate| candidate.status) {
                Some(got @ (Status::Banned | Status::Unbonding { banned: true })) => {
                    last = Some(Error::CandidateStatus { got });
                }
                Some(_) => self.ban(who, offence, &mut outputs),
                None => last = Some(Error::NoSuchCandidate(who)),
            }
        }
        // Each culprit is punished once: evidence that punishes nobody is refused.
        match last {
            Some(error) if outputs.is_empty() => Err(error),
            _ => Ok(outputs),
        }
    }

    fn ban(&mut self, who: CandidateId, offence: u64, outputs: &mut Vec<Output>) {
        let permille = self.params.faults.slash_permille;
        let mut slashed = Vec::new();
        if let Some(candidate) = self.candidates.get_mut(&who) {
            candidate.status = match candidate.status {
                Status::Unbonding { .. } => Status::Unbonding { banned: true },
                _ => Status::Banned,
            };
            candidate.credit.penalize(Lapse::Equivocation, &self.params.credit);
            slashed.push((who, cut(&mut candidate.own, permille)));
            for (owner, amount) in &mut candidate.nominated {
                slashed.push((*owner, cut(amount, permille)));
            }
            candidate.nominated.retain(|_, amount| *amount > 0);
        }
        for entry in &mut self.unbonding {
            if entry.candidate == who && entry.since >= offence {
                slashed.push((entry.owner, cut(&mut entry.amount, permille)));
            }
        }
        // What is left of a banned candidate's entries still runs its time, even if it is nothing.
        for (owner, amount) in slashed {
            self.books.slashed = self.books.slashed.saturating_add(amount);
            outputs.push(Output::Slashed { candidate: who, owner, amount });
        }
    }
}

/// Takes `permille` of `amount`, rounded up, and gives what it took.
fn cut(amount: &mut Amount, permille: u16) -> Amount {
    let part = u128::from(permille);
    let taken = *amount / 1000 * part + (*amount % 1000 * part).div_ceil(1000);
    *amount -= taken;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_rounds_up_and_never_takes_more_than_there_is() {
        for (amount, permille, taken) in
            [(1000, 500, 500), (1001, 500, 501), (1, 1, 1), (0, 1000, 0), (7, 0, 0)]
        {
            let mut left = amount;
            assert_eq!(cut(&mut left, permille), taken);
            assert_eq!(left + taken, amount);
        }
        let mut most = u128::MAX;
        assert_eq!(cut(&mut most, 1000), u128::MAX);
    }
}
