use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::answer::Answer;
use crate::backend::{
    G1Affine, G2Affine, Scalar, pairing_product, pairing_product_is_one, sum_vartime,
};
use crate::capsule::{CheckedCapsule, Shared};
use crate::delegate::blinding;
use crate::error::Error;
use crate::evidence::Evidence;
use crate::grant::CheckedGrant;
use crate::polynomial::lagrange_at_zero;
use crate::request::{Request, covers};
use crate::{DataKey, SecretKey};

/// A grant that its delegatee has found sound: t answers will open what it covers. Secret; it holds
/// the blinding tau, which with t shares gives `a*Q_w`, the key to the condition.
pub struct ReceivedGrant<'g> {
    pub(crate) grant: &'g CheckedGrant,
    tau: Zeroizing<Scalar>,
}

/// What a combination comes to.
#[derive(Debug)]
pub struct Combined {
    /// The data key.
    ///
    /// Errors: [`Error::OtherOwner`], [`Error::OtherCondition`], [`Error::OtherGrant`],
    /// [`Error::OtherCapsule`] if capsule or request don't belong to the grant, [`Error::Index`],
    /// [`Error::RepeatedIndex`], [`Error::NotEnoughAnswers`] if fewer than t are right,
    /// [`Error::Wrap`] if t are right and the capsule's maker put no key in.
    pub key: Result<DataKey, Error>,
    /// For each proxy that lied and was found out: what shows it to anybody. Lies that did no harm
    /// are not looked for.
    pub liars: Vec<Evidence>,
    /// Indices whose answers aren't the proxy's own to this request: altered on the way, forged or
    /// replayed. Nobody is to blame for them.
    pub strays: Vec<u8>,
}

impl SecretKey {
    /// Finds out, as the delegatee and before anything is paid, whether a grant is sound:
    /// `e(g1, X) = e(A1, Q_w) * e(Phi_0 + tau*g1, g2)`.
    ///
    /// # Errors
    /// [`Error::OtherDelegatee`], [`Error::JunkGrant`].
    pub fn receive<'g>(&self, grant: &'g CheckedGrant) -> Result<ReceivedGrant<'g>, Error> {
        if !grant.delegatee.is_same(self.public()) {
            return Err(Error::OtherDelegatee);
        }
        let body = grant.body();
        let condition = &body.terms.condition;
        let agreed = body.e.mul(&self.a).to_affine();
        let tau = blinding(agreed, &body.e, &body.a1, &body.b1, condition);
        let constant = body.phi.first().ok_or(Error::JunkGrant)?;
        let mut blinded = G1Affine::generator().mul(&tau).add(&constant.into()).to_affine();
        let pairs = [
            (crate::backend::G1::from(&G1Affine::generator()).neg().to_affine(), body.x),
            (body.a1, condition.point().to_affine()),
            (blinded, G2Affine::generator()),
        ];
        let sound = pairing_product_is_one(&pairs);
        blinded.zeroize();
        if sound { Ok(ReceivedGrant { grant, tau }) } else { Err(Error::JunkGrant) }
    }
}

impl ReceivedGrant<'_> {
    /// The grant.
    pub fn grant(&self) -> &CheckedGrant {
        self.grant
    }

    /// Opens a capsule with the proxies' answers to a request: t of them, or more, in any order.
    ///
    /// Takes the first t as they are and tries the wrap's tag; only if that fails are signatures and
    /// proofs checked, the liars named, and t right ones taken.
    ///
    /// The AEAD doesn't commit to its key: [`Dem::open`](crate::dem::Dem::open) checks that the
    /// data key is the one of the file.
    pub fn combine(
        &self,
        capsule: &CheckedCapsule,
        request: &Request,
        answers: &[Answer],
    ) -> Combined {
        let mut combined =
            Combined { key: Err(Error::Wrap), liars: Vec::new(), strays: Vec::new() };
        combined.key = self.try_combine(capsule, request, answers, &mut combined);
        combined
    }

    fn try_combine(
        &self,
        capsule: &CheckedCapsule,
        request: &Request,
        answers: &[Answer],
        found: &mut Combined,
    ) -> Result<DataKey, Error> {
        covers(self.grant, capsule)?;
        request.names(self.grant, capsule)?;
        let mut seen = [false; 256];
        for answer in answers {
            let index = answer.index();
            self.grant.proxy(index)?;
            if core::mem::replace(&mut seen[usize::from(index)], true) {
                return Err(Error::RepeatedIndex { index });
            }
        }
        let needed = usize::from(self.grant.terms().threshold.get());
        let first = answers.get(..needed);
        let first = first.ok_or(Error::NotEnoughAnswers { needed, got: answers.len() })?;
        if let Ok(key) = capsule.unwrap(&self.shared(capsule, first.iter())) {
            return Ok(key);
        }

        let mut right = Vec::with_capacity(answers.len());
        for answer in answers {
            match answer.check(self.grant, capsule, request) {
                Ok(()) => right.push(answer),
                Err(Error::AnswerProof { .. }) => {
                    found.liars.push(Evidence::new(capsule, request, answer));
                }
                Err(_) => found.strays.push(answer.index()),
            }
        }
        let first = right.get(..needed);
        let first = first.ok_or(Error::NotEnoughAnswers { needed, got: right.len() })?;
        capsule.unwrap(&self.shared(capsule, first.iter().copied()))
    }

    /// `Z = e(C, X) * e(sum lambda_i*V_i + tau*C, g2)^-1`.
    fn shared<'a>(
        &self,
        capsule: &CheckedCapsule,
        answers: impl Iterator<Item = &'a Answer>,
    ) -> Shared {
        let (indices, points): (Vec<u8>, Vec<G1Affine>) =
            answers.map(|answer| (answer.index(), *answer.v())).unzip();
        let weights = lagrange_at_zero(&indices);
        let terms: Vec<_> = points.into_iter().zip(weights).collect();
        let mut blinded = capsule.c().mul(&self.tau).add(&sum_vartime(&terms));
        let mut unblinding = blinded.neg().to_affine();
        blinded.zeroize();
        let pairs = [(*capsule.c(), self.grant.body().x), (unblinding, G2Affine::generator())];
        let shared = pairing_product(&pairs);
        unblinding.zeroize();
        shared
    }
}

impl fmt::Debug for ReceivedGrant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedGrant").field("grant", self.grant).finish_non_exhaustive()
    }
}
