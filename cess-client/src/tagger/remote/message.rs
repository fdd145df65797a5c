//! What goes over the wire, docs/formats/client-tagger.md.

use borsh::{BorshDeserialize, BorshSerialize};
use cess_erasure::segment::SegmentLayout;
use cess_ledger::{DealId, Profile, Signature};
use cess_podr2::{KeyId, PublicKey, Sectors, Tags};

use super::super::{Part, TaggerError};
use crate::remote::frame::Greeting;

pub(super) const GREETING: Greeting = *b"cesstag\x01";
/// The longest segment, its padding, and what is said of it. A manifest is shorter.
pub(super) const MAX_REQUEST_LEN: usize = Profile::MAX_SEGMENT_LEN as usize + (1 << 20);
/// Any reply but those that carry segments or keys.
pub(super) const SHORT_LEN: usize = 256;
pub(super) const MAX_KEYS_LEN: usize =
    SHORT_LEN + PublicKey::LEN + Sectors::MAX.get() as usize * Tags::TAG_LEN;

/// The longest honest reply to a replication.
pub(super) fn replica_len(part: &Part, layout: &SegmentLayout, sectors: Sectors) -> usize {
    let shards = layout.geometry().total();
    let blocks = layout.shard_len().div_ceil(sectors.block_bytes());
    let masked = if part.replica == 0 { 0 } else { layout.padded_len() };
    masked
        .saturating_add(shards.saturating_mul(blocks.saturating_mul(Tags::TAG_LEN)))
        .saturating_add(SHORT_LEN)
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Request {
    Keys,
    Replicate(Part, Vec<u8>),
    Unmask(Part, [u8; 32], Vec<u8>),
    Declare { chain_id: [u8; 32], deal: DealId, manifest: Vec<u8> },
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Reply {
    Keys {
        public: Vec<u8>,
        proving: Vec<u8>,
    },
    /// Of replica 0 the masked segment stays empty: everybody can compute it.
    Replica {
        masked: Vec<u8>,
        tags: Vec<u8>,
    },
    Stored(Vec<u8>),
    Declared(Signature),
    Failed(Failure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Failure {
    BadPart,
    WrongRoot,
    WrongKey {
        expected: [u8; 32],
        got: [u8; 32],
    },
    Refused,
    /// The tagger behind the server failed in a way that has no name here.
    Other,
}

impl From<&TaggerError> for Failure {
    fn from(error: &TaggerError) -> Self {
        match error {
            TaggerError::BadPart | TaggerError::Manifest(_) => Self::BadPart,
            TaggerError::WrongRoot => Self::WrongRoot,
            TaggerError::WrongKey { expected, got } => {
                Self::WrongKey { expected: expected.to_bytes(), got: got.to_bytes() }
            }
            TaggerError::Refused => Self::Refused,
            _ => Self::Other,
        }
    }
}

impl From<Failure> for TaggerError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::BadPart => Self::BadPart,
            Failure::WrongRoot => Self::WrongRoot,
            Failure::WrongKey { expected, got } => Self::WrongKey {
                expected: KeyId::from_bytes(expected),
                got: KeyId::from_bytes(got),
            },
            Failure::Refused => Self::Refused,
            Failure::Other => Self::Failed,
        }
    }
}

/// A proving key is a point less than a sector has a tag's length.
const _: () = assert!(MAX_KEYS_LEN > PublicKey::LEN + 65_535 * 48);

#[cfg(test)]
mod tests {
    use cess_ledger::Visibility;

    use super::*;

    #[test]
    fn format_pins() {
        let part = Part {
            profile: Profile::WHITE_PAPER,
            visibility: Visibility::Private,
            salt: [1; 32],
            segment: 2,
            replica: 1,
            stored_len: 3,
        };
        let requests = [
            Request::Keys,
            Request::Replicate(part, vec![4; 3]),
            Request::Unmask(part, [5; 32], vec![6; 3]),
            Request::Declare { chain_id: [7; 32], deal: DealId(8), manifest: vec![9] },
        ];
        let failures = [
            Failure::BadPart,
            Failure::WrongRoot,
            Failure::WrongKey { expected: [10; 32], got: [11; 32] },
            Failure::Refused,
            Failure::Other,
        ];
        let replies = [
            Reply::Keys { public: vec![12], proving: vec![13] },
            Reply::Replica { masked: vec![14], tags: vec![15] },
            Reply::Stored(vec![16]),
            Reply::Declared(Signature([17; 64])),
        ];
        let replies: Vec<_> = replies.into_iter().chain(failures.map(Reply::Failed)).collect();
        let bytes = borsh::to_vec(&(GREETING, requests, replies)).unwrap_or_default();
        assert_eq!(
            blake3::hash(&bytes).to_hex().as_str(),
            "4c3f7b55c1b31f54d5970e6c14d1d0d1f74122d4c3a4161cc5248cec6b34b5ed"
        );
    }

    #[test]
    fn errors_cross_the_wire() {
        let key = |n| KeyId::from_bytes([n; 32]);
        for error in [
            TaggerError::BadPart,
            TaggerError::WrongRoot,
            TaggerError::WrongKey { expected: key(1), got: key(2) },
            TaggerError::Refused,
        ] {
            assert_eq!(TaggerError::from(Failure::from(&error)), error);
        }
        let other = TaggerError::Lies("tags");
        assert_eq!(TaggerError::from(Failure::from(&other)), TaggerError::Failed);
    }
}
