use rand_core::CryptoRng;

use crate::capsule::CheckedCapsule;
use crate::domain;
use crate::encoding::Reader;
use crate::error::{Error, What};
use crate::grant::CheckedGrant;
use crate::schnorr::{self, Schnorr};
use crate::share::SignatureBytes;
use crate::{ReceivedGrant, SecretKey};

/// What a delegatee asks the proxies: `grant id 32 ‖ capsule hash 32 ‖ nonce 32 ‖ signature 64`. The
/// nonce makes each request another, so that no answer serves twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    grant: [u8; 32],
    capsule: [u8; 32],
    nonce: [u8; 32],
    signature: SignatureBytes,
}

impl Request {
    /// Bytes of the encoding.
    pub const LEN: usize = 96 + Schnorr::LEN;

    /// The grant's id.
    pub fn grant(&self) -> &[u8; 32] {
        &self.grant
    }

    /// The capsule's hash.
    pub fn capsule(&self) -> &[u8; 32] {
        &self.capsule
    }

    pub(crate) fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// Checks that it is for this grant and capsule, that the grant covers the capsule, and that
    /// the grant's delegatee signed it.
    ///
    /// # Errors
    /// [`Error::OtherGrant`], [`Error::OtherCapsule`], [`Error::OtherOwner`],
    /// [`Error::OtherCondition`], [`Error::RequestSignature`].
    pub fn check(&self, grant: &CheckedGrant, capsule: &CheckedCapsule) -> Result<(), Error> {
        covers(grant, capsule)?;
        self.names(grant, capsule)?;
        let message: [&[u8]; 3] = [&self.grant, &self.capsule, &self.nonce];
        if self.signature.0.holds(domain::REQUEST, &grant.delegatee.s1, &message) {
            Ok(())
        } else {
            Err(Error::RequestSignature)
        }
    }

    pub(crate) fn names(
        &self,
        grant: &CheckedGrant,
        capsule: &CheckedCapsule,
    ) -> Result<(), Error> {
        if self.grant != *grant.id() {
            return Err(Error::OtherGrant);
        }
        if self.capsule != capsule.hash() {
            return Err(Error::OtherCapsule);
        }
        Ok(())
    }

    /// The one encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..32].copy_from_slice(&self.grant);
        out[32..64].copy_from_slice(&self.capsule);
        out[64..96].copy_from_slice(&self.nonce);
        out[96..].copy_from_slice(&self.signature.0.to_bytes());
        out
    }

    /// Decodes a request.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Scalar`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(&mut Reader::new(What::Request, bytes, Self::LEN)?)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (grant, capsule, nonce) = (reader.array()?, reader.array()?, reader.array()?);
        let signature = SignatureBytes(Schnorr::read(reader)?);
        Ok(Self { grant, capsule, nonce, signature })
    }
}

/// The grant is of the capsule's owner and for its condition.
pub(crate) fn covers(grant: &CheckedGrant, capsule: &CheckedCapsule) -> Result<(), Error> {
    if grant.body().a1 != *capsule.owner() {
        return Err(Error::OtherOwner);
    }
    if grant.terms().condition != *capsule.condition() {
        return Err(Error::OtherCondition);
    }
    Ok(())
}

impl ReceivedGrant<'_> {
    /// Asks for the capsule to be opened, signed by `delegatee`, whose grant it is.
    ///
    /// # Errors
    /// [`Error::OtherDelegatee`], [`Error::OtherOwner`], [`Error::OtherCondition`].
    pub fn request(
        &self,
        delegatee: &SecretKey,
        capsule: &CheckedCapsule,
        rng: &mut impl CryptoRng,
    ) -> Result<Request, Error> {
        if !self.grant.delegatee.is_same(delegatee.public()) {
            return Err(Error::OtherDelegatee);
        }
        covers(self.grant, capsule)?;
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let (grant, capsule) = (*self.grant.id(), capsule.hash());
        let message: [&[u8]; 3] = [&grant, &capsule, &nonce];
        let signature = delegatee.sign(domain::REQUEST, &message, &schnorr::fresh(rng));
        Ok(Request { grant, capsule, nonce, signature: SignatureBytes(signature) })
    }
}
