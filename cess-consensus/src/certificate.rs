//! What a quorum signed together.

use alloc::vec;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::bls::{self, SumKey, VoteSignature};
use crate::domain::{BATCH, Transcript};
use crate::encoding;
use crate::error::Error;
use crate::vote::Vote;
use crate::voters::{MAX_VOTERS, Voters};

/// One bit a voter, so nobody counts twice.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
pub struct Bitmap {
    voters: u32,
    bytes: Vec<u8>,
}

impl Bitmap {
    /// No bit set, for a set of `voters`.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for more than [`MAX_VOTERS`].
    pub fn new(voters: usize) -> Result<Self, Error> {
        let count = u32::try_from(voters).ok().filter(|_| voters <= MAX_VOTERS);
        let count = count.ok_or(Error::BadEncoding { what: "bitmap" })?;
        Ok(Self { voters: count, bytes: vec![0; voters.div_ceil(8)] })
    }

    /// Voters that it is for.
    pub fn len(&self) -> usize {
        self.voters as usize
    }

    /// Whether no bit is set.
    pub fn is_empty(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }

    /// Sets the bit of the voter at `index`.
    ///
    /// # Errors
    /// [`Error::NoSuchVoter`].
    pub fn set(&mut self, index: usize) -> Result<(), Error> {
        if index >= self.len() {
            return Err(Error::NoSuchVoter { index, count: self.len() });
        }
        self.bytes[index / 8] |= 1 << (index % 8);
        Ok(())
    }

    /// Whether the bit of the voter at `index` is set.
    pub fn get(&self, index: usize) -> bool {
        index < self.len() && self.bytes[index / 8] >> (index % 8) & 1 == 1
    }

    /// The indices whose bits are set, rising.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|index| self.get(*index))
    }
}

impl BorshDeserialize for Bitmap {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let refuse = || encoding::invalid(Error::BadEncoding { what: "bitmap" });
        let voters = u32::deserialize_reader(reader)?;
        let bytes = Vec::<u8>::deserialize_reader(reader)?;
        let count = voters as usize;
        // Unused bits are zero: one encoding a value.
        let spare = (8 - count % 8) % 8;
        let clean = bytes.last().is_none_or(|last| spare == 0 || last >> (8 - spare) == 0);
        if count > MAX_VOTERS || bytes.len() != count.div_ceil(8) || !clean {
            return Err(refuse());
        }
        Ok(Self { voters, bytes })
    }
}

/// A vote, the sum of the signatures of those who cast it, and who they are: 48 bytes and a bit a
/// voter beyond the vote.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Certificate {
    /// What was voted for.
    pub vote: Vote,
    /// Sum of the signatures.
    pub signature: VoteSignature,
    /// Who signed.
    pub signers: Bitmap,
}

impl Certificate {
    /// Decodes what `to_bytes` gave. Says nothing about the signature: see `verify`.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for anything else, a byte after it included.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        encoding::from_bytes(bytes, "certificate")
    }

    /// The encoding of docs/formats/consensus.md.
    pub fn to_bytes(&self) -> Vec<u8> {
        encoding::to_bytes(self)
    }

    /// Checks that a quorum of `voters` signed the vote.
    ///
    /// # Errors
    /// [`Error::WrongVoters`], [`Error::WrongRound`], [`Error::WrongLength`], [`Error::NoQuorum`]
    /// or [`Error::BadSignature`].
    pub fn verify(&self, voters: &Voters) -> Result<(), Error> {
        self.sum_key(voters)?.verify(&self.vote, &self.signature)
    }

    /// The sum of the signers' keys, once they are a quorum of the set that the vote names.
    fn sum_key(&self, voters: &Voters) -> Result<SumKey, Error> {
        if self.vote.voters != voters.digest() {
            return Err(Error::WrongVoters);
        }
        if self.vote.round != voters.round() {
            return Err(Error::WrongRound { expected: voters.round(), got: self.vote.round });
        }
        let members = voters.members();
        if self.signers.len() != members.len() {
            return Err(Error::WrongLength { expected: members.len(), got: self.signers.len() });
        }
        let got = self.signers.ones().map(|index| members[index].weight).sum();
        let needed = voters.quorum();
        if got < needed {
            return Err(Error::NoQuorum { needed, got });
        }
        let keys = self.signers.ones().map(|index| &members[index].key);
        SumKey::new(keys).ok_or(Error::BadSignature)
    }

    /// Indices of those who signed both of two conflicting certificates of one set: at least
    /// [`crate::forkable`] of them, all provably faulty.
    ///
    /// # Errors
    /// [`Error::NoConflict`], or what `verify` says of either.
    pub fn culprits(&self, other: &Self, voters: &Voters) -> Result<Vec<usize>, Error> {
        if !self.vote.conflicts(&other.vote) {
            return Err(Error::NoConflict);
        }
        self.verify(voters)?;
        other.verify(voters)?;
        Ok(self.signers.ones().filter(|index| other.signers.get(*index)).collect())
    }
}

/// Checks many certificates with one multi-pairing. The random factors are drawn from all that is
/// checked, so no choice of certificates makes errors cancel.
///
/// # Errors
/// The index of the first bad certificate, and what is wrong with it.
pub fn verify_batch(batch: &[(&Certificate, &Voters)]) -> Result<(), (usize, Error)> {
    let mut items = Vec::with_capacity(batch.len());
    let mut transcript = Transcript::new(BATCH).count(batch.len());
    for (at, (certificate, voters)) in batch.iter().enumerate() {
        let key = certificate.sum_key(voters).map_err(|error| (at, error))?;
        let message = certificate.vote.to_bytes();
        // The vote names the set by its digest, and the bitmap says whose keys were added.
        transcript = transcript
            .bytes(&message)
            .bytes(&certificate.signature.to_bytes())
            .count(certificate.signers.bytes.len())
            .bytes(&certificate.signers.bytes);
        items.push((key, message, certificate.signature));
    }
    if items.is_empty() {
        return Ok(());
    }
    let mut xof = transcript.xof();
    let weights = core::iter::from_fn(|| {
        let mut weight = [0; 16];
        // Zero would leave an item out; it comes once in 2^128.
        while weight == [0; 16] {
            xof.fill(&mut weight);
        }
        Some(weight)
    });
    if bls::verify_batch(&items, weights).is_ok() {
        return Ok(());
    }
    for (at, (certificate, voters)) in batch.iter().enumerate() {
        certificate.verify(voters).map_err(|error| (at, error))?;
    }
    // Each one verifies alone: then so does their sum, and this is not reached.
    Ok(())
}

/// Gathers the votes of one set for one vote.
///
/// Signatures are added up first and checked once; only when the sum is wrong is each checked
/// alone, and the bad ones are dropped.
#[derive(Clone, Debug)]
pub struct Tally<'a> {
    voters: &'a Voters,
    vote: Vote,
    signatures: Vec<Option<VoteSignature>>,
    weight: u128,
}

impl<'a> Tally<'a> {
    /// No votes yet.
    ///
    /// # Errors
    /// [`Error::WrongVoters`] or [`Error::WrongRound`] when the vote is not one of this set.
    pub fn new(voters: &'a Voters, vote: Vote) -> Result<Self, Error> {
        if vote.voters != voters.digest() {
            return Err(Error::WrongVoters);
        }
        if vote.round != voters.round() {
            return Err(Error::WrongRound { expected: voters.round(), got: vote.round });
        }
        Ok(Self { voters, vote, signatures: vec![None; voters.members().len()], weight: 0 })
    }

    /// Takes the vote of the voter at `index`, its signature unchecked.
    ///
    /// # Errors
    /// [`Error::WrongValue`] for another vote, [`Error::NoSuchVoter`], [`Error::DuplicateVote`].
    pub fn add(
        &mut self,
        index: usize,
        vote: &Vote,
        signature: VoteSignature,
    ) -> Result<(), Error> {
        if *vote != self.vote {
            return Err(Error::WrongValue);
        }
        let weight = self.voters.member(index)?.weight;
        if self.signatures[index].is_some() {
            return Err(Error::DuplicateVote { index });
        }
        self.signatures[index] = Some(signature);
        self.weight += weight;
        Ok(())
    }

    /// Weight of the votes taken.
    pub fn weight(&self) -> u128 {
        self.weight
    }

    /// The certificate, once a quorum's signatures hold. Votes that don't hold are dropped, and
    /// `bad` gets their indices.
    ///
    /// # Errors
    /// [`Error::NoQuorum`].
    pub fn certify(&mut self, bad: &mut Vec<usize>) -> Result<Certificate, Error> {
        loop {
            let needed = self.voters.quorum();
            if self.weight < needed {
                return Err(Error::NoQuorum { needed, got: self.weight });
            }
            if let Ok(certificate) = self.sum() {
                return Ok(certificate);
            }
            let before = bad.len();
            for (index, member) in self.voters.members().iter().enumerate() {
                let Some(signature) = &self.signatures[index] else { continue };
                if member.key.verify(&self.vote, signature).is_err() {
                    self.signatures[index] = None;
                    self.weight -= member.weight;
                    bad.push(index);
                }
            }
            if bad.len() == before {
                // All hold alone and their sum is the identity: keys that cancel each other.
                return Err(Error::BadSignature);
            }
        }
    }

    fn sum(&self) -> Result<Certificate, Error> {
        let mut signers = Bitmap::new(self.signatures.len())?;
        for (index, signature) in self.signatures.iter().enumerate() {
            if signature.is_some() {
                signers.set(index)?;
            }
        }
        let signature = bls::sum_signatures(self.signatures.iter().flatten())?;
        let certificate = Certificate { vote: self.vote, signature, signers };
        certificate.verify(self.voters)?;
        Ok(certificate)
    }
}

#[cfg(test)]
mod tests;
