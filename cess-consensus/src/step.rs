//! `step`: the whole rotation as one function.

mod punish;
mod reveal;
mod stake;
mod turn;

use alloc::vec::Vec;

use crate::error::Error;
use crate::input::{Input, Output};
use crate::state::State;
use crate::vrf::Vrf;

/// Takes one input. The state comes back changed with what came of it, or as it was with the reason
/// why the input was refused.
///
/// Pure: no clock, no randomness, no float, no input or output. Whoever has the same state and input
/// gets the same result.
pub fn step<V: Vrf>(mut state: State, input: Input) -> (State, Result<Vec<Output>, Error>) {
    let result = match input {
        Input::Register(registration) => state.register::<V>(&registration),
        Input::Bond { owner, candidate, amount } => state.bond(owner, candidate, amount),
        Input::Unbond { owner, candidate, amount } => state.unbond(owner, candidate, amount),
        Input::Resume { who } => state.resume(who),
        Input::Exit { who } => state.exit(who),
        Input::Report { who, duty, done, due } => state.report(who, duty, done, due),
        Input::EndRound { height, state_root } => state.end_round(height, state_root),
        Input::Ticket { who, proof } => state.ticket::<V>(who, proof),
        Input::Contribution { who, proof } => state.contribution::<V>(who, proof),
        Input::Checkpoint(certificate) => state.checkpoint(&certificate),
        Input::Evidence(evidence) => state.evidence(&evidence),
    };
    (state, result)
}
