//! ECVRF-RISTRETTO255-SHA512 (c2sp.org/vrf-r255), by `vrf-r255`: the group has no cofactor, and the
//! library refuses every other encoding itself.

use core::fmt;

use vrf_r255::{Proof, PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::{Vrf, VrfKey, VrfProof, VrfSecret};
use crate::error::Error;

/// ECVRF-RISTRETTO255-SHA512: keys of 32 bytes, proofs of 80, outputs of 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum R255 {}

impl Vrf for R255 {
    fn check_key(key: &VrfKey) -> Result<(), Error> {
        PublicKey::from_bytes(key.0).map(drop).ok_or(Error::BadVrfKey)
    }

    fn verify(key: &VrfKey, input: &[u8], proof: &VrfProof) -> Result<[u8; 64], Error> {
        let public = PublicKey::from_bytes(key.0).ok_or(Error::BadVrfKey)?;
        let proof = Proof::from_bytes(proof.0).ok_or(Error::BadVrfProof)?;
        Option::from(public.verify(input, &proof)).ok_or(Error::BadVrfProof)
    }
}

/// The secret of an [`R255`] key. The library's own copies are not zeroized.
pub struct R255Secret {
    scalar: Zeroizing<[u8; 32]>,
    key: VrfKey,
}

impl R255Secret {
    /// The secret scalar with these bytes, little-endian.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for zero, and for what isn't below the group order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        let secret: Option<SecretKey> = SecretKey::from_bytes(*bytes).into();
        let secret = secret.ok_or(Error::BadEncoding { what: "vrf secret" })?;
        let key = VrfKey(PublicKey::from(secret).to_bytes());
        Ok(Self { scalar: Zeroizing::new(*bytes), key })
    }
}

impl fmt::Debug for R255Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("R255Secret").finish_non_exhaustive()
    }
}

impl VrfSecret for R255Secret {
    type Vrf = R255;

    fn key(&self) -> VrfKey {
        self.key
    }

    fn prove(&self, input: &[u8]) -> VrfProof {
        let secret: Option<SecretKey> = SecretKey::from_bytes(*self.scalar).into();
        // `from_bytes` took these bytes once.
        VrfProof(secret.map_or([0; 80], |secret| secret.prove(input).to_bytes()))
    }
}
