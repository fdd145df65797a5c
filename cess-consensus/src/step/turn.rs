//! The turn of a round: the draw, the boundary, the hand-over.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use crate::boundary::Boundary;
use crate::candidate::{CandidateId, Status};
use crate::certificate::Certificate;
use crate::credit::Lapse;
use crate::draw::{Entry, select};
use crate::error::Error;
use crate::input::Output;
use crate::state::{FROZEN_AHEAD, Pending, State, committee, freeze, pool};
use crate::voters::{MAX_VOTERS, Role, Voters};

type Outputs = Result<Vec<Output>, Error>;

/// Who let a duty of this round lapse.
#[derive(Default)]
struct Lapses {
    tickets: BTreeSet<CandidateId>,
    contributions: BTreeSet<CandidateId>,
    /// Of both, those for whom it was once too often.
    jailed: BTreeSet<CandidateId>,
}

impl State {
    pub(super) fn end_round(&mut self, height: u64, state_root: [u8; 32]) -> Outputs {
        if self.pending.is_some() {
            return Err(Error::DrawOver);
        }
        let least = self.boundary.height.checked_add(self.params.round_blocks);
        let until = least.ok_or(Error::Overflow)?;
        if height < until {
            return Err(Error::RoundNotOver { until, got: height });
        }
        let round = self.round().checked_add(1).ok_or(Error::Overflow)?;

        let lapses = self.lapses();
        let entries = self.entries(&lapses);
        let seats = usize::from(self.params.committee);
        let mut outputs = Vec::new();
        let drawn = if entries.len() < seats {
            outputs.push(Output::Stayed { needed: seats, got: entries.len() });
            self.staying()
        } else {
            select(self.params.policy, seats, &entries)
        };
        // Nothing is changed before this: the members are candidates, each with a key of its own.
        let next = committee(round, &drawn, &self.candidates)?;

        self.count(&lapses);
        self.jail(round, &lapses.jailed, &mut outputs);
        if round % self.params.credit.period_rounds == 0 {
            let credit = self.params.credit;
            self.candidates.values_mut().for_each(|c| c.credit.end_period(&credit));
        }
        for candidate in self.candidates.values_mut() {
            if matches!(candidate.status, Status::Waiting { until } if until <= round) {
                candidate.status = Status::Active;
            }
        }
        let pool = self.next_pool(round.saturating_add(1));
        let boundary = Boundary {
            chain: self.params.chain,
            round,
            height,
            parent: self.boundary.digest(),
            seed: self.later_seed(),
            committee: next.digest(),
            pool: pool.digest(),
            state_root,
        };
        outputs.push(Output::Drawn { boundary, committee: next.clone() });
        let frozen = freeze(&self.params, &self.candidates);
        self.pending = Some(Pending { boundary, committee: next, pool, frozen });
        Ok(outputs)
    }

    /// The tickets of those who still take part, as the draw sees them.
    fn entries(&self, lapses: &Lapses) -> Vec<Entry> {
        let frozen = self.frozen.get(&self.next_round()).map_or(&[][..], Vec::as_slice);
        frozen
            .iter()
            .filter(|f| self.takes_part(&f.id) && !lapses.jailed.contains(&f.id))
            .filter_map(|f| {
                let ticket = self.tickets.get(&f.id)?.value;
                Some(Entry { id: f.id, ticket, stake: f.stake, credit: f.credit })
            })
            .collect()
    }

    /// The members who stay when too few tickets came: all but the banned, unless nobody else is
    /// there.
    fn staying(&self) -> Vec<CandidateId> {
        let all = || self.committee.members().iter().map(|member| member.id);
        let banned =
            |id: &CandidateId| self.candidates.get(id).is_none_or(|c| c.status == Status::Banned);
        let honest: Vec<CandidateId> = all().filter(|id| !banned(id)).collect();
        if honest.is_empty() { all().collect() } else { honest }
    }

    fn lapses(&self) -> Lapses {
        let mut lapses = Lapses::default();
        let faults = self.params.faults;
        for frozen in self.frozen.get(&self.next_round()).into_iter().flatten() {
            let Some(candidate) = self.candidates.get(&frozen.id) else { continue };
            if self.takes_part(&frozen.id) && !self.tickets.contains_key(&frozen.id) {
                lapses.tickets.insert(frozen.id);
                if candidate.missed_tickets.saturating_add(1) >= faults.max_missed_tickets {
                    lapses.jailed.insert(frozen.id);
                }
            }
        }
        for member in self.committee.members() {
            let Some(candidate) = self.candidates.get(&member.id) else { continue };
            if !self.contributions.contains_key(&member.id) {
                lapses.contributions.insert(member.id);
                let missed = candidate.missed_contributions.saturating_add(1);
                if missed >= faults.max_missed_contributions && self.takes_part(&member.id) {
                    lapses.jailed.insert(member.id);
                }
            }
        }
        lapses
    }

    fn count(&mut self, lapses: &Lapses) {
        let credit = self.params.credit;
        for id in self.tickets.keys() {
            if let Some(candidate) = self.candidates.get_mut(id) {
                candidate.missed_tickets = 0;
            }
        }
        for id in self.contributions.keys() {
            if let Some(candidate) = self.candidates.get_mut(id) {
                candidate.missed_contributions = 0;
            }
        }
        for id in &lapses.tickets {
            if let Some(candidate) = self.candidates.get_mut(id) {
                candidate.missed_tickets = candidate.missed_tickets.saturating_add(1);
                candidate.credit.penalize(Lapse::Ticket, &credit);
            }
        }
        for id in &lapses.contributions {
            if let Some(candidate) = self.candidates.get_mut(id) {
                candidate.missed_contributions = candidate.missed_contributions.saturating_add(1);
                candidate.credit.penalize(Lapse::Contribution, &credit);
            }
        }
    }

    fn jail(&mut self, round: u64, jailed: &BTreeSet<CandidateId>, outputs: &mut Vec<Output>) {
        let until = round.saturating_add(self.params.faults.jail_rounds);
        for who in jailed {
            if let Some(candidate) = self.candidates.get_mut(who) {
                candidate.status = Status::Jailed { until };
                outputs.push(Output::Jailed { who: *who, until });
            }
        }
    }

    /// The active candidates; when there are none, the members of the present pool: somebody must
    /// be able to certify.
    fn next_pool(&self, round: u64) -> Voters {
        pool(round, &self.candidates, MAX_VOTERS).unwrap_or_else(|_| self.pool.renewed(round))
    }

    pub(super) fn checkpoint(&mut self, certificate: &Certificate) -> Outputs {
        let pending = self.pending.as_ref().ok_or(Error::NoBoundary)?;
        pending.boundary.verify(certificate, &self.pool)?;
        let Some(Pending { boundary, committee, pool, frozen }) = self.pending.take() else {
            return Err(Error::NoBoundary);
        };
        let round = boundary.round;
        self.present_seed = self.boundary.seed;
        self.boundary = boundary;
        let committee = core::mem::replace(&mut self.committee, committee);
        let pool = core::mem::replace(&mut self.pool, pool);
        self.past_committees.insert(committee.round(), committee);
        self.past_pools.insert(pool.round(), pool);
        let oldest = round.saturating_sub(self.params.stake.evidence_rounds);
        self.past_committees = self.past_committees.split_off(&oldest);
        self.past_pools = self.past_pools.split_off(&oldest);
        self.frozen = self.frozen.split_off(&round.saturating_add(1));
        self.frozen.insert(round.saturating_add(FROZEN_AHEAD), frozen);
        self.tickets.clear();
        self.contributions.clear();

        let mut outputs = vec![Output::HandedOver { boundary }];
        self.let_go(round, &mut outputs);
        self.release(round, &mut outputs);
        Ok(outputs)
    }

    /// Begins to unbond those who leave, once they are neither on duty nor in the pool.
    fn let_go(&mut self, round: u64, outputs: &mut Vec<Output>) {
        let mut entries = Vec::new();
        for (id, candidate) in &mut self.candidates {
            let banned = match candidate.status {
                Status::Leaving => false,
                Status::Banned => true,
                _ => continue,
            };
            let bound = [&self.committee, &self.pool].iter().any(|set| set.index_of(id).is_some());
            if bound {
                continue;
            }
            candidate.status = Status::Unbonding { banned };
            let own = core::mem::take(&mut candidate.own);
            let nominated = core::mem::take(&mut candidate.nominated);
            entries.extend([(*id, *id, own)].into_iter().filter(|(_, _, own)| *own > 0));
            entries.extend(nominated.into_iter().map(|(owner, amount)| (owner, *id, amount)));
        }
        for (owner, candidate, amount) in entries {
            let entry = self.unbonding_entry(owner, candidate, amount, round);
            self.unbonding.push(entry);
            outputs.push(Output::Unbonding { owner, amount, release: entry.release });
        }
    }

    /// Gives back what is due, and forgets whom nothing is left of.
    fn release(&mut self, round: u64, outputs: &mut Vec<Output>) {
        let books = &mut self.books;
        self.unbonding.retain(|entry| {
            let due = entry.release <= round;
            // Nothing is left of an entry that was slashed: it only kept its candidate's keys known.
            if due && entry.amount > 0 {
                books.released = books.released.saturating_add(entry.amount);
                outputs.push(Output::Released { owner: entry.owner, amount: entry.amount });
            }
            !due
        });
        let waiting: BTreeSet<CandidateId> = self.unbonding.iter().map(|e| e.candidate).collect();
        self.candidates.retain(|id, candidate| {
            let gone =
                matches!(candidate.status, Status::Unbonding { .. }) && !waiting.contains(id);
            if gone {
                outputs.push(Output::Gone { who: *id });
            }
            !gone
        });
    }

    /// The sets of `round` that evidence may name, the present ones among them.
    pub(super) fn voters_of(&self, role: Role, round: u64) -> Option<&Voters> {
        let (present, past) = match role {
            Role::Committee => (&self.committee, &self.past_committees),
            Role::Pool => (&self.pool, &self.past_pools),
        };
        if present.round() == round { Some(present) } else { past.get(&round) }
    }
}
