use crate::answer::Answer;
use crate::capsule::{Capsule, CheckedCapsule};
use crate::encoding::Reader;
use crate::error::{Error, What};
use crate::grant::CheckedGrant;
use crate::request::Request;

/// A proxy's signed answer with a false proof, and all that somebody who wasn't there needs besides
/// the grant to see that it is: `capsule 160 ‖ label 32 ‖ request 160 ‖ answer 177`.
///
/// An honest proxy can't be framed, not even by owner and delegatee together: it signs only what it
/// proved, for a grant whose share it had checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    capsule: Capsule,
    label: [u8; 32],
    request: Request,
    answer: Answer,
}

impl Evidence {
    /// Bytes of the encoding.
    pub const LEN: usize = Capsule::LEN + 32 + Request::LEN + Answer::LEN;

    pub(crate) fn new(capsule: &CheckedCapsule, request: &Request, answer: &Answer) -> Self {
        Self {
            capsule: *capsule.capsule(),
            label: *capsule.label(),
            request: request.clone(),
            answer: answer.clone(),
        }
    }

    /// Judges it: the index of the proxy that lied.
    ///
    /// # Errors
    /// [`Error::NoLie`] if the answer is right, [`Error::AnswerSignature`] if it isn't the proxy's,
    /// [`Error::CapsuleProof`], [`Error::OtherGrant`], [`Error::OtherCapsule`],
    /// [`Error::RequestSignature`], [`Error::Index`]. Nobody is to blame then.
    pub fn check(&self, grant: &CheckedGrant) -> Result<u8, Error> {
        let condition = &grant.terms().condition;
        let capsule = self.capsule.check_for(grant.body().a1, condition, &self.label)?;
        self.request.check(grant, &capsule)?;
        match self.answer.check(grant, &capsule, &self.request) {
            Err(Error::AnswerProof { index }) => Ok(index),
            Err(error) => Err(error),
            Ok(()) => Err(Error::NoLie { index: self.answer.index() }),
        }
    }

    /// The proxy that it accuses.
    pub fn index(&self) -> u8 {
        self.answer.index()
    }

    /// The one encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let (capsule, rest) = out.split_at_mut(Capsule::LEN);
        let (label, rest) = rest.split_at_mut(32);
        let (request, answer) = rest.split_at_mut(Request::LEN);
        capsule.copy_from_slice(&self.capsule.to_bytes());
        label.copy_from_slice(&self.label);
        request.copy_from_slice(&self.request.to_bytes());
        answer.copy_from_slice(&self.answer.to_bytes());
        out
    }

    /// Decodes evidence.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Index`] for 0, [`Error::Point`], [`Error::Subgroup`],
    /// [`Error::Identity`], [`Error::Scalar`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(What::Evidence, bytes, Self::LEN)?;
        let (capsule, label) = (Capsule::read(&mut reader)?, reader.array()?);
        let (request, answer) = (Request::read(&mut reader)?, Answer::read(&mut reader)?);
        Ok(Self { capsule, label, request, answer })
    }
}
