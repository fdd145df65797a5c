//! What can go wrong, and what to do about it.

use thiserror::Error;

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
    /// The wrapped data key was not sealed under this owner key and context.
    #[error("the wrapped data key does not open under this key and context")]
    Unwrap,
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
            Self::Unwrap => {
                "check that the owner key is the one that wrapped, and that the context is the \
                 same byte for byte"
            }
            Self::MetaTooLong { .. } => "shorten the name, or put the rest into the file",
            Self::Meta => "check that key and header are of this file, and fetch the box again",
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
            (Error::Unwrap, ""),
            (Error::MetaTooLong { max: 7_001, got: 7_002 }, "7002"),
            (Error::Meta, ""),
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
