//! What can go wrong, and what to do about it.

use core::fmt;

use thiserror::Error;

/// What was being decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A public key.
    PublicKey,
    /// A condition.
    Condition,
    /// A capsule.
    Capsule,
    /// A grant.
    Grant,
    /// A sealed share.
    SealedShare,
    /// A receipt.
    Receipt,
    /// A request.
    Request,
    /// An answer.
    Answer,
    /// Evidence against a proxy.
    Evidence,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKey => "public key",
            Self::Condition => "condition",
            Self::Capsule => "capsule",
            Self::Grant => "grant",
            Self::SealedShare => "sealed share",
            Self::Receipt => "receipt",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Evidence => "evidence",
        })
    }
}

/// Everything this crate refuses. Where a secret decides, the error says only that it was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The data key, or the header, is not the one that the file was committed to. Nothing was
    /// decrypted.
    #[error("the data key does not match the file's key commitment")]
    KeyCommitment,
    /// A record is not authentic in its place: altered, moved, cut off, or of another part, salt,
    /// file or key.
    #[error("record {index} of the part is not authentic")]
    Record {
        /// Index of the first such record in the part.
        index: u64,
    },
    /// A part, or a range within the limit of `usize`, would be longer than the format allows.
    #[error("at most {records_max} records fit a part, {records} are needed")]
    TooLong {
        /// Most records that a part may have.
        records_max: u64,
        /// Records that the data needs; for a stream, a lower bound.
        records: u64,
    },
    /// A part holds nothing although only the sole part of an empty file may.
    #[error("part {part} is empty, only the sole part of an empty file may be")]
    EmptyPart {
        /// Index of the part.
        part: u64,
    },
    /// No part has a ciphertext of this length.
    #[error("no part has a ciphertext of {got} bytes: its last record needs {least} or more")]
    SealedLen {
        /// Bytes of ciphertext that came.
        got: u64,
        /// Least bytes of a last record that is not an empty file's.
        least: u64,
    },
    /// A range that is not within the part's plaintext.
    #[error("range {start}..{end} is not within {plain_len} bytes")]
    Range {
        /// First byte asked for.
        start: u64,
        /// Byte after the last one asked for.
        end: u64,
        /// Length of the part's plaintext in bytes.
        plain_len: u64,
    },
    /// The ciphertext passed in is not the one that the range needs.
    #[error("the range needs {expected} bytes of ciphertext, {got} came")]
    RangeLen {
        /// Bytes that [`PartReader::sealed_range`](crate::dem::PartReader::sealed_range) names.
        expected: u64,
        /// Bytes that came.
        got: u64,
    },
    /// Metadata longer than a box holds.
    #[error("metadata has {got} bytes, at most {max} fit")]
    MetaTooLong {
        /// Most bytes that a box holds.
        max: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The box of metadata is not authentic under this file's key and header.
    #[error("the metadata box does not open under this data key and header")]
    Meta,
    /// An encoding of another length.
    #[error("{what} has {got} bytes, {expected} expected")]
    Length {
        /// What was being decoded.
        what: What,
        /// Bytes that it has.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// Bytes that are no point of the curve, or not its one encoding.
    #[error("a point of the {what} is not the encoding of a point of the curve")]
    Point {
        /// What was being decoded.
        what: What,
    },
    /// A point outside the subgroup of order r.
    #[error("a point of the {what} is outside the subgroup")]
    Subgroup {
        /// What was being decoded.
        what: What,
    },
    /// The identity of the group.
    #[error("a point of the {what} is the identity")]
    Identity {
        /// What was being decoded.
        what: What,
    },
    /// An integer that isn't below the group's order.
    #[error("an integer of the {what} is not below the order of the group")]
    Scalar {
        /// What was being decoded.
        what: What,
    },
    /// A grant of another version.
    #[error("version {got} of a grant, {expected} expected")]
    Version {
        /// The version this code reads.
        expected: u8,
        /// The version that came.
        got: u8,
    },
    /// A kind of condition that there isn't.
    #[error("no condition is of kind {got}")]
    ConditionKind {
        /// The kind that came.
        got: u8,
    },
    /// The last epoch has none after it.
    #[error("no epoch follows the last one")]
    LastEpoch,
    /// The holder of a public key didn't prove to know both secrets.
    #[error("the proofs of possession of the public key fail")]
    Possession,
    /// The capsule was altered, or made for another owner, condition or label.
    #[error("the proof of the capsule fails for this owner, condition and label")]
    CapsuleProof,
    /// The capsule opens to no key.
    #[error("the capsule holds no data key for who may open it")]
    Wrap,
    /// A threshold that the proxies can't reach, or that protects nothing.
    #[error("{threshold} of {proxies} proxies is no threshold")]
    Threshold {
        /// How many have to answer.
        threshold: u8,
        /// How many there are.
        proxies: usize,
    },
    /// A proxy stands twice in a grant.
    #[error("proxy {index} stands in the grant under an earlier index too")]
    RepeatedProxy {
        /// The later of the two indices.
        index: u8,
    },
    /// The delegatee is among the proxies.
    #[error("proxy {index} is the delegatee")]
    DelegateeIsProxy {
        /// The proxy's index.
        index: u8,
    },
    /// The owner's signature on a grant fails.
    #[error("the owner did not sign this grant")]
    GrantSignature,
    /// The delegation in a grant opens nothing.
    #[error("the grant does not open what it is said to grant")]
    JunkGrant,
    /// Grant or capsule are of another owner.
    #[error("grant or capsule are of another owner")]
    OtherOwner,
    /// The grant is for somebody else.
    #[error("the grant is for another delegatee")]
    OtherDelegatee,
    /// The capsule is under another condition than the grant.
    #[error("the capsule is under another condition than the grant")]
    OtherCondition,
    /// Share or request are of another grant.
    #[error("share or request are of another grant")]
    OtherGrant,
    /// The request is for another capsule.
    #[error("the request is for another capsule")]
    OtherCapsule,
    /// The key is not the one that the grant has at this index.
    #[error("another key is proxy {index} of the grant")]
    OtherProxy {
        /// The index.
        index: u8,
    },
    /// A sealed share doesn't open under this key.
    #[error("the sealed share does not open under this key and grant")]
    Share,
    /// A share isn't on the grant's polynomial.
    #[error("the share of proxy {index} does not belong to the grant")]
    JunkShare {
        /// The proxy's index.
        index: u8,
    },
    /// The proxy's signature on a receipt fails.
    #[error("proxy {index} did not sign this receipt")]
    ReceiptSignature {
        /// The proxy's index.
        index: u8,
    },
    /// The delegatee's signature on a request fails.
    #[error("the delegatee did not sign this request")]
    RequestSignature,
    /// The grant has run out.
    #[error("the grant ran out after height {not_after}, the ledger is at {height}")]
    Expired {
        /// The last height it was good for.
        not_after: u64,
        /// The ledger's.
        height: u64,
    },
    /// No proxy has this index.
    #[error("no proxy has index {index}, there are 1..={proxies}")]
    Index {
        /// The index.
        index: u8,
        /// How many proxies there are.
        proxies: u8,
    },
    /// Two answers under one index.
    #[error("two answers of proxy {index}")]
    RepeatedIndex {
        /// The index.
        index: u8,
    },
    /// Fewer right answers than the threshold.
    #[error("{needed} right answers are needed, {got} came")]
    NotEnoughAnswers {
        /// The threshold.
        needed: usize,
        /// Right answers; all answers, if they weren't enough to begin with.
        got: usize,
    },
    /// The answer isn't the proxy's own to this request: altered, forged or replayed.
    #[error("proxy {index} did not give this answer to this request")]
    AnswerSignature {
        /// The proxy's index.
        index: u8,
    },
    /// The proxy's own answer is false.
    #[error("the answer of proxy {index} is false")]
    AnswerProof {
        /// The proxy's index.
        index: u8,
    },
    /// Evidence that shows nothing: the answer is right.
    #[error("proxy {index} told the truth")]
    NoLie {
        /// The proxy's index.
        index: u8,
    },
    /// A fresh data key that isn't.
    #[error("the data key is the one that it should replace")]
    SameKey,
    /// A new file that isn't.
    #[error("the file is the one that it should replace")]
    SameFile,
    /// Umbral refused.
    #[cfg(feature = "umbral")]
    #[error("umbral refuses the {what}")]
    Umbral {
        /// What it refuses.
        what: What,
    },
    /// The source or the sink of a stream failed.
    #[cfg(feature = "std")]
    #[error("reading or writing failed: {kind}")]
    Io {
        /// What the source or the sink reported.
        kind: std::io::ErrorKind,
    },
}

impl Error {
    /// What the caller can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::KeyCommitment => {
                "check that key, header and commitment are of the same file; if they are, whoever \
                 gave the key offers another plaintext than the one committed to"
            }
            Self::Record { .. } => {
                "fetch the ciphertext again from another source; check part index, salt and \
                 whether the part is the file's last"
            }
            Self::TooLong { .. } => "split the data into more parts",
            Self::EmptyPart { .. } => {
                "end the file with the part before; an empty file is one empty part, index 0, \
                 ending the file"
            }
            Self::SealedLen { .. } => "the ciphertext was cut off or extended: fetch it again",
            Self::Range { .. } => "ask for a range within the part's plaintext length",
            Self::RangeLen { .. } => "fetch exactly the bytes that `sealed_range` names",
            Self::MetaTooLong { .. } => "shorten the name, or put the rest into the file",
            Self::Meta => "check that key and header are of this file, and fetch the box again",
            Self::Length { .. }
            | Self::Point { .. }
            | Self::Subgroup { .. }
            | Self::Identity { .. }
            | Self::Scalar { .. }
            | Self::ConditionKind { .. } => {
                "the bytes are damaged or were never an encoding: fetch them again, from another \
                 source"
            }
            Self::Version { .. } => "use a release of this crate that reads this version",
            Self::LastEpoch => "encrypt the file anew under a new id",
            Self::Possession => "have the holder send the key again; don't grant to this one",
            Self::CapsuleProof => {
                "check owner, condition with its epoch, and label; the file's access record has \
                 the present ones"
            }
            Self::Wrap => {
                "whoever made the capsule put no key in: ask the owner for another access record"
            }
            Self::Threshold { .. } => {
                "choose 2 <= t <= n <= 255; `Threshold::ANY_ONE` lets one proxy suffice"
            }
            Self::RepeatedProxy { .. } => "name each proxy once",
            Self::DelegateeIsProxy { .. } => "choose another proxy in the delegatee's place",
            Self::GrantSignature => "take the grant from the ledger, and the owner's key",
            Self::JunkGrant => "don't pay; ask the owner for another grant",
            Self::OtherOwner | Self::OtherDelegatee | Self::OtherProxy { .. } => {
                "use the key that the grant or the capsule names"
            }
            Self::OtherCondition => {
                "the grant covers one condition in one epoch: look for the grant that names the \
                 capsule's, or ask the owner for one"
            }
            Self::OtherGrant | Self::OtherCapsule => "look up what the request names",
            Self::Share => "check that the share was sealed to this key for this grant",
            Self::JunkShare { .. } => "refuse the grant: its owner dealt a share that is none",
            Self::ReceiptSignature { .. } => "ask the proxy for its receipt again",
            Self::RequestSignature => "don't answer; the delegatee signs its own requests",
            Self::Expired { .. } => "ask the owner for a new grant",
            Self::Index { .. } | Self::RepeatedIndex { .. } => {
                "take one answer from each proxy, and from the proxy itself"
            }
            Self::NotEnoughAnswers { .. } => "ask more of the grant's proxies",
            Self::AnswerSignature { .. } => "ask the proxy itself once more; it is not to blame",
            Self::AnswerProof { .. } => "ask another proxy; the evidence shows the lie to anybody",
            Self::NoLie { .. } => "nobody is to blame",
            Self::SameKey => "draw a data key and encrypt the file anew under it",
            Self::SameFile => "encrypt the file anew: it gets another name",
            #[cfg(feature = "umbral")]
            Self::Umbral { .. } => "check which keys it is for, and fetch it again",
            #[cfg(feature = "std")]
            Self::Io { .. } => "see the source or the sink; seal again with a fresh salt",
        }
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io { kind: error.kind() }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec;

    use super::*;

    #[test]
    fn every_error_is_one_line_with_its_numbers_and_has_a_remedy() {
        let all = vec![
            (Error::KeyCommitment, ""),
            (Error::Record { index: 7_001 }, "7001"),
            (Error::TooLong { records_max: 7_001, records: 7_002 }, "7002"),
            (Error::EmptyPart { part: 7_001 }, "7001"),
            (Error::SealedLen { got: 7_001, least: 17 }, "7001"),
            (Error::Range { start: 7_001, end: 7_002, plain_len: 7_000 }, "7001..7002"),
            (Error::RangeLen { expected: 7_001, got: 7_002 }, "7002"),
            (Error::MetaTooLong { max: 7_001, got: 7_002 }, "7002"),
            (Error::Meta, ""),
            (Error::Length { what: What::Grant, expected: 7_001, got: 7_002 }, "7002"),
            (Error::Point { what: What::PublicKey }, "public key"),
            (Error::Subgroup { what: What::Capsule }, "capsule"),
            (Error::Identity { what: What::SealedShare }, "sealed share"),
            (Error::Scalar { what: What::Receipt }, "receipt"),
            (Error::Length { what: What::Condition, expected: 73, got: 7_002 }, "condition"),
            (Error::Point { what: What::Request }, "request"),
            (Error::Point { what: What::Answer }, "answer"),
            (Error::Point { what: What::Evidence }, "evidence"),
            (Error::Version { expected: 71, got: 72 }, "72"),
            (Error::ConditionKind { got: 71 }, "71"),
            (Error::LastEpoch, ""),
            (Error::Possession, ""),
            (Error::CapsuleProof, ""),
            (Error::Wrap, ""),
            (Error::Threshold { threshold: 71, proxies: 70 }, "71 of 70"),
            (Error::RepeatedProxy { index: 71 }, "71"),
            (Error::DelegateeIsProxy { index: 71 }, "71"),
            (Error::GrantSignature, ""),
            (Error::JunkGrant, ""),
            (Error::OtherOwner, ""),
            (Error::OtherDelegatee, ""),
            (Error::OtherCondition, ""),
            (Error::OtherGrant, ""),
            (Error::OtherCapsule, ""),
            (Error::OtherProxy { index: 71 }, "71"),
            (Error::Share, ""),
            (Error::JunkShare { index: 71 }, "71"),
            (Error::ReceiptSignature { index: 71 }, "71"),
            (Error::RequestSignature, ""),
            (Error::Expired { not_after: 7_001, height: 7_002 }, "7002"),
            (Error::Index { index: 71, proxies: 70 }, "71"),
            (Error::RepeatedIndex { index: 71 }, "71"),
            (Error::NotEnoughAnswers { needed: 71, got: 70 }, "70"),
            (Error::AnswerSignature { index: 71 }, "71"),
            (Error::AnswerProof { index: 71 }, "71"),
            (Error::NoLie { index: 71 }, "71"),
            (Error::SameKey, ""),
            (Error::SameFile, ""),
            #[cfg(feature = "umbral")]
            (Error::Umbral { what: What::Capsule }, "capsule"),
            #[cfg(feature = "std")]
            (Error::Io { kind: std::io::ErrorKind::BrokenPipe }, "broken pipe"),
        ];
        for (error, numbers) in all {
            let line = error.to_string();
            assert!(
                line.contains(numbers) && !line.contains('\n') && !line.ends_with('.'),
                "{line}"
            );
            assert!(!error.hint().is_empty());
        }
    }
}
