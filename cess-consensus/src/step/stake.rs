//! Entry, exit and stake.

use alloc::vec;
use alloc::vec::Vec;

use crate::candidate::{Amount, CandidateId, Registration, Status, Unbonding};
use crate::credit::Duty;
use crate::error::Error;
use crate::input::Output;
use crate::state::{State, candidate, check_new};
use crate::vrf::Vrf;

type Outputs = Result<Vec<Output>, Error>;

impl State {
    pub(super) fn register<V: Vrf>(&mut self, registration: &Registration) -> Outputs {
        check_new(&self.params, &self.candidates, registration)?;
        let taken = self.books.taken.checked_add(registration.stake).ok_or(Error::Overflow)?;
        registration.verify::<V>(&self.params.chain)?;
        let active = self.round().saturating_add(self.params.stake.waiting_rounds);
        let status = Status::Waiting { until: active };
        self.books.taken = taken;
        let who = registration.id;
        self.candidates.insert(who, candidate(&self.params, registration, status));
        Ok(vec![Output::Registered { who, active }])
    }

    pub(super) fn bond(&mut self, owner: CandidateId, who: CandidateId, amount: Amount) -> Outputs {
        // The sum of all that was ever taken fits, so each part of it does.
        let taken = self.books.taken.checked_add(amount).ok_or(Error::Overflow)?;
        let candidate = self.candidates.get_mut(&who).ok_or(Error::NoSuchCandidate(who))?;
        if !matches!(
            candidate.status,
            Status::Waiting { .. } | Status::Active | Status::Jailed { .. }
        ) {
            return Err(Error::CandidateStatus { got: candidate.status });
        }
        if amount == 0 {
            return Err(Error::StakeTooLow { min: 1, got: 0 });
        }
        if owner == who {
            candidate.own += amount;
        } else {
            *candidate.nominated.entry(owner).or_default() += amount;
        }
        self.books.taken = taken;
        Ok(vec![Output::Bonded { who, stake: candidate.stake() }])
    }

    pub(super) fn unbond(
        &mut self,
        owner: CandidateId,
        who: CandidateId,
        amount: Amount,
    ) -> Outputs {
        let min = self.params.stake.min;
        // The stake stands for votes up to the boundary that ends this round, and if that is late,
        // until it comes.
        let since = self.next_round();
        let candidate = self.candidates.get_mut(&who).ok_or(Error::NoSuchCandidate(who))?;
        if matches!(candidate.status, Status::Unbonding { .. }) {
            return Err(Error::CandidateStatus { got: candidate.status });
        }
        let bonded = match owner == who {
            true => candidate.own,
            false => candidate.nominated.get(&owner).copied().unwrap_or(0),
        };
        let left = bonded.checked_sub(amount).filter(|_| amount > 0);
        let left = left.ok_or(Error::StakeTooLow { min: amount.max(1), got: bonded })?;
        if owner != who {
            match left {
                0 => drop(candidate.nominated.remove(&owner)),
                _ => drop(candidate.nominated.insert(owner, left)),
            }
        } else if left < min {
            // Who wants everything back exits.
            return Err(Error::StakeTooLow { min, got: left });
        } else {
            candidate.own = left;
        }
        let entry = self.unbonding_entry(owner, who, amount, since);
        self.unbonding.push(entry);
        Ok(vec![Output::Unbonding { owner, amount, release: entry.release }])
    }

    pub(super) fn unbonding_entry(
        &self,
        owner: CandidateId,
        candidate: CandidateId,
        amount: Amount,
        since: u64,
    ) -> Unbonding {
        let release = since.saturating_add(self.params.stake.unbonding_rounds);
        Unbonding { owner, candidate, amount, since, release }
    }

    pub(super) fn resume(&mut self, who: CandidateId) -> Outputs {
        let round = self.round();
        let active = round.saturating_add(self.params.stake.waiting_rounds);
        let candidate = self.candidates.get_mut(&who).ok_or(Error::NoSuchCandidate(who))?;
        match candidate.status {
            Status::Jailed { until } if until <= round => {
                candidate.status = Status::Waiting { until: active };
                candidate.missed_tickets = 0;
                candidate.missed_contributions = 0;
                Ok(vec![Output::Registered { who, active }])
            }
            got => Err(Error::CandidateStatus { got }),
        }
    }

    pub(super) fn exit(&mut self, who: CandidateId) -> Outputs {
        let candidate = self.candidates.get_mut(&who).ok_or(Error::NoSuchCandidate(who))?;
        match candidate.status {
            Status::Waiting { .. } | Status::Active | Status::Jailed { .. } => {
                candidate.status = Status::Leaving;
                Ok(vec![Output::Leaving { who }])
            }
            got => Err(Error::CandidateStatus { got }),
        }
    }

    pub(super) fn report(&mut self, who: CandidateId, duty: Duty, done: u32, due: u32) -> Outputs {
        let candidate = self.candidates.get_mut(&who).ok_or(Error::NoSuchCandidate(who))?;
        candidate.credit.report(duty, done, due)?;
        Ok(Vec::new())
    }
}
