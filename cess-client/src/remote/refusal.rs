//! What the ledger refuses with, on the wire.

use borsh::{BorshDeserialize, BorshSerialize, io};
use cess_ledger::{
    AccountId, Amount, DealId, DealStatus, Error, FileId, MinerStatus, OrderId, Visibility,
};

/// A part of an error: borsh, but for names, which live as long as the program.
trait Part: Sized {
    fn put(&self, writer: &mut Vec<u8>) -> io::Result<()>;
    fn get(reader: &mut &[u8]) -> io::Result<Self>;
}

macro_rules! borsh_parts {
    ($($part:ty),*) => {$(
        impl Part for $part {
            fn put(&self, writer: &mut Vec<u8>) -> io::Result<()> {
                self.serialize(writer)
            }
            fn get(reader: &mut &[u8]) -> io::Result<Self> {
                Self::deserialize(reader)
            }
        }
    )*};
}

borsh_parts!(u8, u32, u64, usize, Amount, AccountId, Option<AccountId>, DealId, FileId, OrderId);
borsh_parts!(DealStatus, MinerStatus, Visibility);

/// Every name that the ledger puts into an error. Another one arrives as [`UNNAMED`].
const NAMES: [&str; 22] = [
    "audit.answer_ms",
    "audit.max_keys",
    "audit.max_misses",
    "audit.sampling",
    "audit.window_ms",
    "commitment",
    "deal deadlines",
    "deal.max_term_ms",
    "deal.min_term_ms",
    "encoding",
    "endpoint",
    "fragments",
    "length",
    "placement",
    "profile",
    "repair.claim_ms",
    "salt",
    "sections",
    "sectors",
    "segments",
    "version",
    "visibility",
];
const UNNAMED: &str = "what this version has no name for";

impl Part for &'static str {
    fn put(&self, writer: &mut Vec<u8>) -> io::Result<()> {
        self.serialize(writer)
    }
    fn get(reader: &mut &[u8]) -> io::Result<Self> {
        let name = String::deserialize(reader)?;
        Ok(NAMES.into_iter().find(|known| *known == name).unwrap_or(UNNAMED))
    }
}

macro_rules! refusals {
    ($($tag:literal $name:ident $({ $($field:ident),* })? $(($only:ident))?,)*) => {
        /// None for an error that came to the ledger later than to this list.
        pub(super) fn encode(error: &Error) -> Option<Vec<u8>> {
            let mut bytes = Vec::new();
            match error {
                $(Error::$name $({ $($field),* })? $(($only))? => {
                    bytes.push($tag);
                    $($($field.put(&mut bytes).ok()?;)*)?
                    $($only.put(&mut bytes).ok()?;)?
                })*
                _ => return None,
            }
            Some(bytes)
        }

        /// None for anything but the one encoding of an error on this list.
        pub(super) fn decode(bytes: &[u8]) -> Option<Error> {
            let (tag, mut rest) = bytes.split_first()?;
            let error = match tag {
                $($tag => Error::$name
                    $({ $($field: Part::get(&mut rest).ok()?),* })?
                    $(({ let $only = Part::get(&mut rest).ok()?; $only }))?,)*
                _ => return None,
            };
            rest.is_empty().then_some(error)
        }
    };
}

refusals! {
    0 BadSignature,
    1 WrongChain,
    2 WrongNonce { expected, got },
    3 InsufficientFunds { needed, available },
    4 Overflow,
    5 WrongHeight { expected, got },
    6 TimeReversed { latest, got },
    7 BadCall,
    8 BadParameter { name },
    9 BadProfile { replicas, segment_len },
    10 BadManifest { field },
    11 NoSuchSegment { index, count },
    12 NoSuchFragment { index },
    13 NoSuchDeal(deal),
    14 DealStatus { got },
    15 NotOwner { owner },
    16 TooLate { deadline, now },
    17 NoBeaconYet,
    18 BidTooLow { bid, ask },
    19 BadTerm { min, max, got },
    20 TooLarge { max, got },
    21 NotEnoughNodes { needed, available },
    22 TooManyExclusions { max, got },
    23 DuplicateFragment { index },
    24 NoSuchFile(file),
    25 WrongEpoch { expected, got },
    26 TooLong { what, max, got },
    27 NoSuchMiner(miner),
    28 MinerExists,
    29 MinerStatus { got },
    30 NoSpace { free, needed },
    31 BadTagKey,
    32 NoSuchTagKey,
    33 TagKeyExists,
    34 TagKeyInUse { fragments },
    35 BadStake { expected, got },
    36 NotYours { index },
    37 NoSuchAudit { round },
    38 NoSuchTarget { target },
    39 NoSuchOrder(order),
    40 OrderClaimed { by },
    41 SameSegment,
    42 BadProof,
    43 TooManyKeys { miner, max },
    44 BadAccess { expected },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One error for each tag: whatever decodes from the tag and zeros, or from a name.
    fn each() -> Vec<(u8, Error)> {
        let with = |tag: u8, rest: &[u8]| decode(&[&[tag], rest].concat());
        let length = &[6, 0, 0, 0, b'l', b'e', b'n', b'g', b't', b'h'][..];
        let of = |tag| {
            let named = (0..=20).find_map(|n| with(tag, &[length, &vec![0; n]].concat()));
            named.or_else(|| (0..=64).find_map(|n| with(tag, &vec![0; n])))
        };
        (0..=u8::MAX).filter_map(|tag| Some((tag, of(tag)?))).collect()
    }

    #[test]
    fn every_error_comes_back() {
        let each = each();
        assert_eq!(each.len(), 45, "as many as the ledger has");
        for (tag, error) in each {
            let bytes = encode(&error).expect("it is on the list");
            assert_eq!((bytes[0], decode(&bytes)), (tag, Some(error)));
            assert_eq!(decode(&[&bytes[..], &[0]].concat()), None, "a byte more");
            assert_eq!(decode(&bytes[..bytes.len() - 1]), None, "a byte less");
        }
    }

    #[test]
    fn format_pins() {
        let mut hasher = blake3::Hasher::new();
        for (_, error) in each() {
            hasher.update(&encode(&error).expect("it is on the list"));
        }
        assert_eq!(
            hasher.finalize().to_hex().as_str(),
            "872028464dac41279515d49dc82045fd5e351ae214af277e2c0d6979e8340122"
        );
    }

    #[test]
    fn a_name_comes_back_and_a_strange_one_is_said_to_be_strange() {
        for name in NAMES {
            let error = Error::BadManifest { field: name };
            assert_eq!(decode(&encode(&error).expect("it is on the list")), Some(error));
        }
        let strange = encode(&Error::BadManifest { field: "nobody knows" });
        let expected = Some(Error::BadManifest { field: UNNAMED });
        assert_eq!(strange.and_then(|bytes| decode(&bytes)), expected);
    }

    #[test]
    fn refuses_an_unknown_tag() {
        assert_eq!(decode(&[45]), None);
        assert_eq!(decode(&[]), None);
    }
}
