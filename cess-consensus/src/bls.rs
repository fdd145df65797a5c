//! Keys and signatures of votes: BLS over BLS12-381, signatures in G1 (48 bytes), keys in G2.
//!
//! Multi-signatures with proofs of possession (Boneh, Drijvers and Neven, Asiacrypt 2018, and
//! draft-irtf-cfrg-bls-signature 3.3; Ristenpart and Yilek, Eurocrypt 2007, for why): the sum of
//! the signers' keys verifies the sum of their signatures of one message.

use alloc::vec::Vec;
use core::fmt;

use blst::BLST_ERROR;
use blst::min_sig::{AggregatePublicKey, AggregateSignature, PublicKey, SecretKey, Signature};
use borsh::io::{self, Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroizing;

use crate::candidate::CandidateId;
use crate::domain::{POSSESSION_TO_G1, VOTE_SECRET, VOTE_TO_G1};
use crate::encoding::invalid;
use crate::error::Error;
use crate::vote::Vote;

/// The secret that signs votes. Zeroized on drop; signing runs in constant time.
pub struct VoteSecret(SecretKey);

impl VoteSecret {
    /// Derives the secret from 32 bytes of entropy (draft-irtf-cfrg-bls-signature, KeyGen).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        // key_gen refuses key material under 32 bytes and nothing else.
        Self(SecretKey::key_gen(seed, VOTE_SECRET.as_bytes()).unwrap_or_default())
    }

    /// The secret scalar of `to_bytes`.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for zero, and for what isn't below the group order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        SecretKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| Error::BadEncoding { what: "vote secret" })
    }

    /// The scalar, 32 bytes, big-endian.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The key that verifies.
    pub fn key(&self) -> VoteKey {
        VoteKey(self.0.sk_to_pk())
    }

    /// Signs a vote. A signer that signs two conflicting votes is slashed: keep what was signed.
    pub fn sign(&self, vote: &Vote) -> VoteSignature {
        VoteSignature(self.0.sign(&vote.to_bytes(), VOTE_TO_G1, &[]))
    }

    /// Proves that `id` holds the secret of its key. A key registers with it: without it, a key
    /// computed from the others' would let its owner sign for them (rogue key).
    pub fn prove_possession(&self, chain: &[u8; 32], id: &CandidateId) -> VoteSignature {
        let message = possession_message(chain, id, &self.key());
        VoteSignature(self.0.sign(&message, POSSESSION_TO_G1, &[]))
    }
}

impl fmt::Debug for VoteSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoteSecret").finish_non_exhaustive()
    }
}

fn possession_message(chain: &[u8; 32], id: &CandidateId, key: &VoteKey) -> Vec<u8> {
    [&chain[..], &id.0, &key.to_bytes()].concat()
}

/// A key that verifies votes: a point of G2's subgroup, not the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VoteKey(PublicKey);

impl VoteKey {
    /// Bytes of an encoded key.
    pub const LEN: usize = 96;

    /// Decodes and checks a key.
    ///
    /// # Errors
    /// [`Error::BadVoteKey`] for anything but the one encoding of a point of the subgroup other
    /// than the identity.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Result<Self, Error> {
        if bytes[0] & 0x80 == 0 {
            return Err(Error::BadVoteKey);
        }
        let key = PublicKey::key_validate(bytes).map(Self).map_err(|_| Error::BadVoteKey)?;
        if key.to_bytes() == *bytes { Ok(key) } else { Err(Error::BadVoteKey) }
    }

    /// The compressed point.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        self.0.to_bytes()
    }

    /// Checks one voter's signature of a vote.
    ///
    /// # Errors
    /// [`Error::BadSignature`].
    pub fn verify(&self, vote: &Vote, signature: &VoteSignature) -> Result<(), Error> {
        verify(&self.0, &vote.to_bytes(), VOTE_TO_G1, signature)
    }

    /// Checks that candidate `id` of `chain` holds the secret of this key.
    ///
    /// # Errors
    /// [`Error::BadPossession`], also when the proof is another candidate's or another chain's.
    pub fn verify_possession(
        &self,
        chain: &[u8; 32],
        id: &CandidateId,
        proof: &VoteSignature,
    ) -> Result<(), Error> {
        let message = possession_message(chain, id, self);
        verify(&self.0, &message, POSSESSION_TO_G1, proof).map_err(|_| Error::BadPossession)
    }
}

fn verify(
    key: &PublicKey,
    message: &[u8],
    dst: &[u8],
    signature: &VoteSignature,
) -> Result<(), Error> {
    // Both points were checked when they were decoded.
    match signature.0.verify(false, message, dst, &[], key, false) {
        BLST_ERROR::BLST_SUCCESS => Ok(()),
        _ => Err(Error::BadSignature),
    }
}

impl fmt::Debug for VoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoteKey({})", Hex(&self.to_bytes()[..8]))
    }
}

impl BorshSerialize for VoteKey {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(&self.to_bytes())
    }
}

impl BorshDeserialize for VoteKey {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let bytes = <[u8; Self::LEN]>::deserialize_reader(reader)?;
        Self::from_bytes(&bytes).map_err(invalid)
    }
}

/// A signature of one voter, or the sum of several: a point of G1's subgroup, not the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VoteSignature(pub(crate) Signature);

impl VoteSignature {
    /// Bytes of an encoded signature.
    pub const LEN: usize = 48;

    /// Decodes and checks a signature.
    ///
    /// # Errors
    /// [`Error::BadSignature`] for anything but the one encoding of a point of the subgroup other
    /// than the identity.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Result<Self, Error> {
        if bytes[0] & 0x80 == 0 {
            return Err(Error::BadSignature);
        }
        let signature =
            Signature::sig_validate(bytes, true).map(Self).map_err(|_| Error::BadSignature)?;
        if signature.to_bytes() == *bytes { Ok(signature) } else { Err(Error::BadSignature) }
    }

    /// The compressed point.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        self.0.to_bytes()
    }
}

impl fmt::Debug for VoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoteSignature({})", Hex(&self.to_bytes()[..8]))
    }
}

impl BorshSerialize for VoteSignature {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(&self.to_bytes())
    }
}

impl BorshDeserialize for VoteSignature {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let bytes = <[u8; Self::LEN]>::deserialize_reader(reader)?;
        Self::from_bytes(&bytes).map_err(invalid)
    }
}

/// The sum of the keys of those who signed one message together.
pub(crate) struct SumKey(PublicKey);

impl SumKey {
    /// The sum, the identity or not; `None` of no keys.
    pub(crate) fn new<'a>(keys: impl IntoIterator<Item = &'a VoteKey>) -> Option<Self> {
        let mut keys = keys.into_iter();
        let mut sum = AggregatePublicKey::from_public_key(&keys.next()?.0);
        for key in keys {
            // The points were checked when they were decoded.
            sum.add_public_key(&key.0, false).ok()?;
        }
        Some(Self(sum.to_public_key()))
    }

    pub(crate) fn verify(&self, vote: &Vote, signature: &VoteSignature) -> Result<(), Error> {
        verify(&self.0, &vote.to_bytes(), VOTE_TO_G1, signature)
    }
}

/// The sum of signatures; [`Error::BadSignature`] when there are none, or it is the identity.
pub(crate) fn sum_signatures<'a>(
    signatures: impl IntoIterator<Item = &'a VoteSignature>,
) -> Result<VoteSignature, Error> {
    let mut signatures = signatures.into_iter();
    let first = signatures.next().ok_or(Error::BadSignature)?;
    let mut sum = AggregateSignature::from_signature(&first.0);
    for signature in signatures {
        sum.add_signature(&signature.0, false).map_err(|_| Error::BadSignature)?;
    }
    let sum = sum.to_signature();
    sum.validate(true).map(|()| VoteSignature(sum)).map_err(|_| Error::BadSignature)
}

/// Bits of a batch's random factors.
const WEIGHT_BITS: usize = 128;

/// One multi-pairing for many sums: Σ r_i (e(H(m_i), K_i) − e(S_i, g2)) = 0 with random r_i (Bellare,
/// Garay and Rabin, Eurocrypt 1998).
pub(crate) fn verify_batch(
    items: &[(SumKey, [u8; Vote::LEN], VoteSignature)],
    weights: impl Iterator<Item = [u8; 16]>,
) -> Result<(), Error> {
    let mut pairing = blst::Pairing::new(true, VOTE_TO_G1);
    for ((key, message, signature), weight) in items.iter().zip(weights) {
        let added = pairing.mul_n_aggregate(
            <&blst::blst_p2_affine>::from(&key.0),
            false,
            <&blst::blst_p1_affine>::from(&signature.0),
            false,
            &weight,
            WEIGHT_BITS,
            message,
            &[],
        );
        if added != BLST_ERROR::BLST_SUCCESS {
            return Err(Error::BadSignature);
        }
    }
    pairing.commit();
    if pairing.finalverify(None) { Ok(()) } else { Err(Error::BadSignature) }
}

/// Bytes shown in hexadecimal.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests;
