//! Tickets and contributions.

use alloc::vec;
use alloc::vec::Vec;

use crate::candidate::{CandidateId, Status};
use crate::error::Error;
use crate::input::Output;
use crate::state::{State, Ticket};
use crate::vrf::{Vrf, VrfProof};

type Outputs = Result<Vec<Output>, Error>;

impl State {
    pub(super) fn ticket<V: Vrf>(&mut self, who: CandidateId, proof: VrfProof) -> Outputs {
        self.check_draw_open()?;
        let frozen = self.frozen.get(&self.next_round()).map_or(&[][..], Vec::as_slice);
        let at = frozen.binary_search_by(|f| f.id.cmp(&who)).map_err(|_| Error::NotInDraw(who))?;
        if !self.takes_part(&who) {
            return Err(Error::NotInDraw(who));
        }
        if self.tickets.contains_key(&who) {
            return Err(Error::AlreadyRevealed(who));
        }
        let output = V::verify(&frozen[at].vrf, &self.ticket_input(), &proof)?;
        let mut value = [0; 32];
        value.copy_from_slice(&output[..32]);
        self.tickets.insert(who, Ticket { proof, value });
        Ok(vec![Output::Revealed { who }])
    }

    pub(super) fn contribution<V: Vrf>(&mut self, who: CandidateId, proof: VrfProof) -> Outputs {
        self.check_draw_open()?;
        // Members on duty are never forgotten before the round ends.
        let candidate = self
            .committee
            .index_of(&who)
            .and_then(|_| self.candidates.get(&who))
            .ok_or(Error::NotOnDuty(who))?;
        if self.contributions.contains_key(&who) {
            return Err(Error::AlreadyRevealed(who));
        }
        let output = V::verify(&candidate.vrf, &self.contribution_input(), &proof)?;
        self.contributions.insert(who, output);
        Ok(vec![Output::Revealed { who }])
    }

    /// Whether a candidate that was frozen still takes part: it hasn't been jailed or banned since,
    /// and isn't leaving.
    pub(super) fn takes_part(&self, who: &CandidateId) -> bool {
        self.candidates.get(who).is_some_and(|candidate| candidate.status == Status::Active)
    }

    fn check_draw_open(&self) -> Result<(), Error> {
        if self.pending.is_some() { Err(Error::DrawOver) } else { Ok(()) }
    }
}
