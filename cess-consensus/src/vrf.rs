//! Verifiable random functions, behind a seam that either suite fills.

#[cfg(feature = "ecvrf")]
mod ecvrf;
#[cfg(feature = "testkit")]
mod ideal;
#[cfg(feature = "r255")]
mod r255;

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::bls::Hex;
use crate::candidate::CandidateId;
use crate::domain::{CONTRIBUTION, TICKET, VRF_POSSESSION};
use crate::error::Error;

#[cfg(feature = "ecvrf")]
pub use ecvrf::{Ecvrf, EcvrfSecret};
#[cfg(feature = "testkit")]
pub use ideal::{IdealSecret, IdealVrf};
#[cfg(feature = "r255")]
pub use r255::{R255, R255Secret};

/// A verification key, as registered. Checked by [`Vrf::check_key`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct VrfKey(pub [u8; 32]);

/// A proof, as revealed. Checked by [`Vrf::verify`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct VrfProof(pub [u8; 80]);

impl fmt::Debug for VrfKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VrfKey({})", Hex(&self.0[..8]))
    }
}

impl fmt::Debug for VrfProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VrfProof({})", Hex(&self.0[..8]))
    }
}

/// What verifies: all that the state machine needs.
///
/// # Contract
/// - **Unique**: for one key and input, every proof that verifies gives the same output, even for a
///   key that an attacker made. The proof's bytes may differ; nothing of the crate depends on them.
/// - **Pseudorandom**: without the secret, an output that hasn't been revealed is unpredictable,
///   also for inputs that an attacker chose.
/// - **Strict**: a key or proof has one encoding; points of small order, coordinates and scalars out
///   of range are refused.
///
/// `vrf::conformance` (feature `testkit`) runs the same checks on every implementation.
pub trait Vrf {
    /// Refuses keys that can't be trusted to be unique and pseudorandom.
    ///
    /// # Errors
    /// [`Error::BadVrfKey`].
    fn check_key(key: &VrfKey) -> Result<(), Error>;

    /// The output for `input` under `key`, once the proof holds.
    ///
    /// # Errors
    /// [`Error::BadVrfKey`], [`Error::BadVrfProof`].
    fn verify(key: &VrfKey, input: &[u8], proof: &VrfProof) -> Result<[u8; 64], Error>;
}

/// What proves. Implementations are secrets: zeroized on drop, shown by `Debug` without their bytes.
pub trait VrfSecret: fmt::Debug {
    /// Who verifies.
    type Vrf: Vrf;

    /// The key that belongs to this secret.
    fn key(&self) -> VrfKey;

    /// The proof for `input`.
    fn prove(&self, input: &[u8]) -> VrfProof;
}

/// What a candidate proves to take part in the draw of `round`: VRF(seed ‖ "r2s" ‖ round), with the
/// chain.
pub fn ticket_input(chain: &[u8; 32], seed: &[u8; 32], round: u64) -> Vec<u8> {
    round_input(TICKET, chain, seed, round)
}

/// What a member on duty in `round` proves, as its part of a later seed.
pub fn contribution_input(chain: &[u8; 32], seed: &[u8; 32], round: u64) -> Vec<u8> {
    round_input(CONTRIBUTION, chain, seed, round)
}

/// What a candidate proves when it registers its key.
pub fn possession_input(chain: &[u8; 32], id: &CandidateId) -> Vec<u8> {
    [VRF_POSSESSION, &[0], chain, &id.0].concat()
}

fn round_input(purpose: &[u8], chain: &[u8; 32], seed: &[u8; 32], round: u64) -> Vec<u8> {
    [purpose, &[0], chain, seed, &round.to_le_bytes()].concat()
}

/// Checks of [`Vrf`]'s contract that every implementation runs.
///
/// # Panics
/// When one fails.
#[cfg(feature = "testkit")]
pub fn conformance<S: VrfSecret>(secret: &S, other: &S) {
    let (key, strange) = (secret.key(), other.key());
    assert_ne!(key, strange, "two secrets, two keys");
    let verify = |key: &VrfKey, input: &[u8], proof: &VrfProof| S::Vrf::verify(key, input, proof);
    let mut outputs = Vec::new();
    for input in [&b""[..], b"\0", b"input", &[7; 1000]] {
        let proof = secret.prove(input);
        assert_eq!(proof, secret.prove(input), "proving is deterministic");
        outputs.push(verify(&key, input, &proof).expect("a true proof"));
        assert!(verify(&strange, input, &proof).is_err(), "another's key");
        assert!(verify(&key, &[input, b"!"].concat(), &proof).is_err(), "another input");
        for bit in 0..8 * proof.0.len() {
            let mut altered = proof;
            altered.0[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(&key, input, &altered).is_err(), "bit {bit} of the proof flipped");
        }
        for bytes in [[0; 80], [0xFF; 80]] {
            assert!(verify(&key, input, &VrfProof(bytes)).is_err(), "no proof");
        }
    }
    outputs.sort_unstable();
    outputs.dedup();
    assert_eq!(outputs.len(), 4, "each input has an output of its own");
    assert_eq!(S::Vrf::check_key(&key), Ok(()));
}

#[cfg(all(test, feature = "testkit", feature = "ecvrf", feature = "r255"))]
mod tests;
