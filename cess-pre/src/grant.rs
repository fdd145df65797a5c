use alloc::vec::Vec;
use core::fmt;

use crate::backend::{G1_LEN, G1Affine, G2_LEN, G2Affine};
use crate::domain::{self, Transcript};
use crate::encoding::{self, Reader};
use crate::error::{Error, What};
use crate::polynomial::evaluate_in_exponent;
use crate::schnorr::Schnorr;
use crate::{Condition, PublicKey};

/// How many proxies have to answer, t.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Threshold(u8);

impl Threshold {
    /// Any one proxy alone: together with the delegatee it opens everything under the condition,
    /// revoked or not.
    pub const ANY_ONE: Self = Self(1);

    /// `t` proxies, at least 2.
    ///
    /// # Errors
    /// [`Error::Threshold`] below 2.
    pub const fn new(t: u8) -> Result<Self, Error> {
        if t < 2 { Err(Error::Threshold { threshold: t, proxies: 255 }) } else { Ok(Self(t)) }
    }

    /// t.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// What an owner delegates: which condition, to how many of the proxies, until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What may be opened.
    pub condition: Condition,
    /// How many of the proxies have to answer.
    pub threshold: Threshold,
    /// The last height of the ledger at which honest proxies answer. Policy, not cryptography.
    pub not_after: u64,
}

/// A grant as it is published: terms, keys of owner, delegatee and proxies, and the public part of
/// the delegation, signed by the owner.
///
/// Decoded, and not yet believed: [`check`](Self::check) it against the keys that it names.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    pub(crate) body: Body,
    pub(crate) signature: Schnorr,
}

/// Everything but the signature.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) terms: Terms,
    pub(crate) a1: G1Affine,
    pub(crate) b1: G1Affine,
    pub(crate) e: G1Affine,
    /// `X = a*Q_w + (f(0) + tau)*g2`.
    pub(crate) x: G2Affine,
    /// S1 of the proxies, in order of index from 1.
    pub(crate) proxies: Vec<G1Affine>,
    /// `Phi_j = f_j*g1`, t of them.
    pub(crate) phi: Vec<G1Affine>,
}

impl Body {
    const FIXED_LEN: usize = 1 + Condition::LEN + 8 + 2 + 3 * G1_LEN + G2_LEN;

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Grant::encoded_len(self.t(), self.n()));
        out.push(Grant::VERSION);
        out.extend(self.terms.condition.to_bytes());
        out.extend(self.terms.not_after.to_le_bytes());
        out.extend([self.t(), self.n()]);
        for point in [&self.a1, &self.b1, &self.e] {
            out.extend(point.to_compressed());
        }
        out.extend(self.x.to_compressed());
        for point in self.proxies.iter().chain(&self.phi) {
            out.extend(point.to_compressed());
        }
        out
    }

    fn t(&self) -> u8 {
        self.terms.threshold.0
    }

    pub(crate) fn n(&self) -> u8 {
        u8::try_from(self.proxies.len()).unwrap_or(u8::MAX)
    }

    pub(crate) fn id(&self) -> [u8; 32] {
        Transcript::new(domain::GRANT_ID).bytes(&self.to_bytes()).digest()
    }
}

/// Refuses a threshold that the proxies can't reach, and a proxy that stands twice.
pub(crate) fn check_proxies(threshold: Threshold, proxies: &[G1Affine]) -> Result<(), Error> {
    let count = proxies.len();
    if usize::from(threshold.0) > count || count > usize::from(u8::MAX) || threshold.0 == 0 {
        return Err(Error::Threshold { threshold: threshold.0, proxies: count });
    }
    for (index, proxy) in (1u8..=u8::MAX).zip(proxies) {
        if proxies.iter().take(usize::from(index) - 1).any(|earlier| earlier == proxy) {
            return Err(Error::RepeatedProxy { index });
        }
    }
    Ok(())
}

impl Grant {
    const VERSION: u8 = 1;
    /// Bytes from which on the length is known: see [`len_of`](Self::len_of).
    pub const PREFIX_LEN: usize = 1 + Condition::LEN + 8 + 2;
    /// Most bytes of a grant: 255 of 255.
    pub const MAX_LEN: usize = Self::encoded_len(u8::MAX, u8::MAX);

    /// Bytes of the encoding for t of n.
    pub const fn encoded_len(threshold: u8, proxies: u8) -> usize {
        Body::FIXED_LEN + (threshold as usize + proxies as usize) * G1_LEN + Schnorr::LEN
    }

    /// The length of the grant that begins with `prefix`.
    ///
    /// # Errors
    /// [`Error::Length`] if `prefix` is shorter than [`PREFIX_LEN`](Self::PREFIX_LEN).
    pub fn len_of(prefix: &[u8]) -> Result<usize, Error> {
        match prefix.get(Self::PREFIX_LEN - 2..Self::PREFIX_LEN) {
            Some([t, n]) => Ok(Self::encoded_len(*t, *n)),
            _ => {
                let (expected, got) = (Self::PREFIX_LEN, prefix.len());
                Err(Error::Length { what: What::Grant, expected, got })
            }
        }
    }

    /// The one encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.body.to_bytes();
        out.extend(self.signature.to_bytes());
        out
    }

    /// Decodes a grant.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Version`], [`Error::ConditionKind`], [`Error::Threshold`],
    /// [`Error::RepeatedProxy`], [`Error::Point`], [`Error::Subgroup`], [`Error::Identity`],
    /// [`Error::Scalar`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(What::Grant, bytes, Self::len_of(bytes)?)?;
        match reader.u8()? {
            Self::VERSION => {}
            got => return Err(Error::Version { expected: Self::VERSION, got }),
        }
        let condition = Condition::read(&mut reader)?;
        let not_after = reader.u64()?;
        let (t, n) = (reader.u8()?, reader.u8()?);
        if t == 0 || t > n {
            return Err(Error::Threshold { threshold: t, proxies: usize::from(n) });
        }
        let terms = Terms { condition, threshold: Threshold(t), not_after };
        let (a1, b1, e) = (reader.g1()?, reader.g1()?, reader.g1()?);
        let x = reader.g2()?;
        let proxies = (0..n).map(|_| reader.g1()).collect::<Result<Vec<_>, _>>()?;
        let phi = (0..t).map(|_| reader.g1()).collect::<Result<Vec<_>, _>>()?;
        let signature = Schnorr::read(&mut reader)?;
        check_proxies(terms.threshold, &proxies)?;
        Ok(Self { body: Body { terms, a1, b1, e, x, proxies, phi }, signature })
    }

    /// A1 of the owner it names: whose key to check it against.
    pub fn owner(&self) -> [u8; G1_LEN] {
        self.body.a1.to_compressed()
    }

    /// A1 of the delegatee it names.
    pub fn delegatee(&self) -> [u8; G1_LEN] {
        self.body.b1.to_compressed()
    }

    /// Checks that `owner` signed it, for `delegatee`, who is none of the proxies.
    ///
    /// That the delegation in it is sound only the delegatee can tell, see
    /// [`SecretKey::receive`](crate::SecretKey::receive).
    ///
    /// # Errors
    /// [`Error::OtherOwner`], [`Error::OtherDelegatee`], [`Error::DelegateeIsProxy`],
    /// [`Error::GrantSignature`].
    pub fn check(self, owner: &PublicKey, delegatee: &PublicKey) -> Result<CheckedGrant, Error> {
        if self.body.a1 != owner.a1 {
            return Err(Error::OtherOwner);
        }
        if self.body.b1 != delegatee.a1 {
            return Err(Error::OtherDelegatee);
        }
        let proxies = (1u8..=u8::MAX).zip(&self.body.proxies);
        for (index, proxy) in proxies {
            if *proxy == delegatee.s1 {
                return Err(Error::DelegateeIsProxy { index });
            }
        }
        let id = self.body.id();
        if !self.signature.holds(domain::GRANT_SIGNATURE, &owner.s1, &[&id]) {
            return Err(Error::GrantSignature);
        }
        Ok(CheckedGrant { grant: self, id, delegatee: delegatee.clone() })
    }
}

/// A grant whose signature holds, of an owner and for a delegatee whose keys are known.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckedGrant {
    pub(crate) grant: Grant,
    pub(crate) id: [u8; 32],
    pub(crate) delegatee: PublicKey,
}

impl CheckedGrant {
    /// What is published.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Its name: the hash of all but the signature.
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// What it grants.
    pub fn terms(&self) -> &Terms {
        &self.grant.body.terms
    }

    /// S1 of the proxies, in order of index from 1.
    pub fn proxies(&self) -> impl ExactSizeIterator<Item = [u8; G1_LEN]> + '_ {
        self.grant.body.proxies.iter().map(|proxy| proxy.to_compressed())
    }

    pub(crate) fn body(&self) -> &Body {
        &self.grant.body
    }

    /// # Errors
    /// [`Error::Index`] for 0 and above n.
    pub(crate) fn proxy(&self, index: u8) -> Result<&G1Affine, Error> {
        let wrong = Error::Index { index, proxies: self.body().n() };
        let place = usize::from(index).checked_sub(1).ok_or(wrong.clone())?;
        self.body().proxies.get(place).ok_or(wrong)
    }

    /// `S_i = f(i)*g1`.
    pub(crate) fn share_point(&self, index: u8) -> G1Affine {
        evaluate_in_exponent(&self.body().phi, index).to_affine()
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("terms", &self.body.terms).finish_non_exhaustive()
    }
}

impl fmt::Debug for CheckedGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::hex("CheckedGrant", &self.id[..8], f)
    }
}
