//! A VRF for simulations, which secret and key are the same: fast, unique, and with no security.

use core::fmt;

use super::{Vrf, VrfKey, VrfProof, VrfSecret};
use crate::domain::{IDEAL_OUTPUT, IDEAL_PROOF, Transcript};
use crate::error::Error;

/// **Insecure**: whoever has a key can prove with it. Thousands of rounds a second, for simulations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdealVrf {}

fn expand<const N: usize>(context: &'static str, key: &VrfKey, input: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    Transcript::new(context).bytes(&key.0).bytes(input).xof().fill(&mut bytes);
    bytes
}

impl Vrf for IdealVrf {
    fn check_key(_: &VrfKey) -> Result<(), Error> {
        Ok(())
    }

    fn verify(key: &VrfKey, input: &[u8], proof: &VrfProof) -> Result<[u8; 64], Error> {
        if proof.0 != expand(IDEAL_PROOF, key, input) {
            return Err(Error::BadVrfProof);
        }
        Ok(expand(IDEAL_OUTPUT, key, input))
    }
}

/// The secret, which is the key, of an [`IdealVrf`].
pub struct IdealSecret(VrfKey);

impl IdealSecret {
    /// Any bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(VrfKey(*bytes))
    }
}

impl fmt::Debug for IdealSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdealSecret").finish_non_exhaustive()
    }
}

impl VrfSecret for IdealSecret {
    type Vrf = IdealVrf;

    fn key(&self) -> VrfKey {
        self.0
    }

    fn prove(&self, input: &[u8]) -> VrfProof {
        VrfProof(expand(IDEAL_PROOF, &self.0, input))
    }
}
