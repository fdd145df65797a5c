use core::fmt;

use rand_core::CryptoRng;

use crate::SecretKey;
use crate::backend::{G1_LEN, G1Affine, SCALAR_LEN, Scalar, sum_vartime};
use crate::capsule::CheckedCapsule;
use crate::domain::{self, Transcript};
use crate::encoding::{self, Reader};
use crate::error::{Error, What};
use crate::grant::CheckedGrant;
use crate::request::Request;
use crate::schnorr::{self, Schnorr};
use crate::share::{Share, read_index};

/// Chaum and Pedersen's proof that `log_g1 S_i = log_C V_i` (CRYPTO '92).
#[derive(Clone, Copy, PartialEq, Eq)]
struct Equality {
    c: Scalar,
    z: Scalar,
}

/// What a proxy answers to one request: `index u8 ‖ V 48 ‖ proof 64 ‖ signature 64`, with
/// `V = f(i)*C`. Public; without the delegatee's key it opens nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    index: u8,
    core: Core,
    signature: Schnorr,
}

/// What is proved, and signed as it is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Core {
    v: G1Affine,
    proof: Equality,
}

impl Core {
    const LEN: usize = G1_LEN + 2 * SCALAR_LEN;

    fn to_bytes(self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..G1_LEN].copy_from_slice(&self.v.to_compressed());
        out[G1_LEN..G1_LEN + SCALAR_LEN].copy_from_slice(&self.proof.c.to_bytes());
        out[G1_LEN + SCALAR_LEN..].copy_from_slice(&self.proof.z.to_bytes());
        out
    }

    fn is_true(&self, share_point: &G1Affine, base: &G1Affine, asked: &Asked) -> bool {
        let Equality { c, z } = self.proof;
        let back = c.neg();
        let r = sum_vartime(&[(G1Affine::generator(), z), (*share_point, back)]).to_affine();
        let r_base = sum_vartime(&[(*base, z), (self.v, back)]).to_affine();
        asked.challenge([share_point, base, &self.v, &r, &r_base]) == c
    }
}

/// All that an answer is about.
struct Asked {
    grant: [u8; 32],
    index: u8,
    capsule: [u8; 32],
    nonce: [u8; 32],
}

impl Asked {
    fn new(grant: &CheckedGrant, index: u8, request: &Request) -> Self {
        Self { grant: *grant.id(), index, capsule: *request.capsule(), nonce: *request.nonce() }
    }

    /// What is signed, or hedges a nonce: all that is asked, and the answer to it.
    fn message<'a>(&'a self, answer: &'a [u8]) -> [&'a [u8]; 5] {
        [&self.grant, core::slice::from_ref(&self.index), &self.capsule, &self.nonce, answer]
    }

    /// The challenge of the proof.
    fn challenge(&self, points: [&G1Affine; 5]) -> Scalar {
        let asked = Transcript::new(domain::ANSWER_PROOF).all(&[
            &self.grant,
            &[self.index],
            &self.capsule,
            &self.nonce,
        ]);
        points.into_iter().fold(asked, Transcript::point).scalar()
    }
}

impl Answer {
    /// Bytes of the encoding.
    pub const LEN: usize = 1 + Core::LEN + Schnorr::LEN;

    /// Whose it is said to be, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }

    pub(crate) fn v(&self) -> &G1Affine {
        &self.core.v
    }

    /// Checks that the grant's proxy of this index gave this answer to this request, and that it is
    /// right.
    ///
    /// # Errors
    /// [`Error::OtherOwner`], [`Error::OtherCondition`], [`Error::OtherGrant`] or
    /// [`Error::OtherCapsule`] if the three don't belong together, [`Error::Index`],
    /// [`Error::AnswerSignature`] if it isn't the proxy's or is to another request,
    /// [`Error::AnswerProof`] if it is the proxy's and a lie.
    pub fn check(
        &self,
        grant: &CheckedGrant,
        capsule: &CheckedCapsule,
        request: &Request,
    ) -> Result<(), Error> {
        crate::request::covers(grant, capsule)?;
        request.names(grant, capsule)?;
        let index = self.index;
        let asked = Asked::new(grant, index, request);
        let (proxy, core) = (grant.proxy(index)?, self.core.to_bytes());
        if !self.signature.holds(domain::ANSWER_SIGNATURE, proxy, &asked.message(&core)) {
            return Err(Error::AnswerSignature { index });
        }
        if self.core.is_true(&grant.share_point(index), capsule.c(), &asked) {
            Ok(())
        } else {
            Err(Error::AnswerProof { index })
        }
    }

    /// The one encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[0] = self.index;
        out[1..=Core::LEN].copy_from_slice(&self.core.to_bytes());
        out[1 + Core::LEN..].copy_from_slice(&self.signature.to_bytes());
        out
    }

    /// Decodes an answer.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Index`] for 0, [`Error::Point`], [`Error::Subgroup`],
    /// [`Error::Identity`], [`Error::Scalar`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(&mut Reader::new(What::Answer, bytes, Self::LEN)?)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (index, v) = (read_index(reader)?, reader.g1()?);
        let proof = Equality { c: reader.scalar()?, z: reader.scalar()? };
        Ok(Self { index, core: Core { v, proof }, signature: Schnorr::read(reader)? })
    }
}

impl SecretKey {
    /// Answers a delegatee's request as the proxy whose share it is: `V = f(i)*C`, proved and signed.
    ///
    /// `height` is the ledger's. Whether the ledger shows the grant live, neither revoked nor
    /// replaced by a later epoch, is for the caller to look up before.
    ///
    /// # Errors
    /// [`Error::OtherGrant`] if share or request is for another grant, [`Error::OtherProxy`],
    /// [`Error::Expired`], [`Error::OtherCapsule`], [`Error::OtherOwner`],
    /// [`Error::OtherCondition`], [`Error::RequestSignature`].
    pub fn answer(
        &self,
        share: &Share,
        grant: &CheckedGrant,
        capsule: &CheckedCapsule,
        request: &Request,
        height: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Error> {
        let index = share.index;
        if share.grant != *grant.id() {
            return Err(Error::OtherGrant);
        }
        if *grant.proxy(index)? != self.public().s1 {
            return Err(Error::OtherProxy { index });
        }
        let not_after = grant.terms().not_after;
        if height > not_after {
            return Err(Error::Expired { not_after, height });
        }
        request.check(grant, capsule)?;
        Ok(self.sign_answer(share, grant, capsule, request, rng))
    }

    pub(crate) fn sign_answer(
        &self,
        share: &Share,
        grant: &CheckedGrant,
        capsule: &CheckedCapsule,
        request: &Request,
        rng: &mut impl CryptoRng,
    ) -> Answer {
        let index = share.index;
        let asked = Asked::new(grant, index, request);
        let (c, fresh) = (capsule.c(), schnorr::fresh(rng));
        let v = c.mul(&share.sigma).to_affine();
        let message = v.to_compressed();
        let message = asked.message(&message);
        let k = schnorr::nonce(domain::ANSWER_PROOF, &share.sigma, c, &message, &fresh);
        let r = G1Affine::generator().mul(&k).to_affine();
        let r_base = c.mul(&k).to_affine();
        let challenge = asked.challenge([&share.point, c, &v, &r, &r_base]);
        let z = k.add(&challenge.mul(&share.sigma));

        let core = Core { v, proof: Equality { c: challenge, z } };
        let message = core.to_bytes();
        let signature = self.sign(domain::ANSWER_SIGNATURE, &asked.message(&message), &fresh);
        Answer { index, core, signature }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::hex("Answer", &self.core.v.to_compressed()[..8], f)?;
        write!(f, " of proxy {}", self.index)
    }
}
