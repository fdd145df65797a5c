//! Every decoder, fed what isn't an encoding.

use cess_pre::{
    Answer, Capsule, Condition, Error, Evidence, Grant, PublicKey, Receipt, Request, SealedShare,
    What,
};
use proptest::prelude::*;

use crate::world::{World, flipped, secret};

type Decode = fn(&[u8]) -> Result<Vec<u8>, Error>;

/// What is decoded, how, and an encoding of it.
fn all() -> Vec<(What, Decode, Vec<u8>)> {
    let world = World::new(2, 3);
    let request = world.request(7);
    let answer = world.answer(1, &request).to_bytes();
    let capsule = world.capsule.capsule().to_bytes();
    let sealed = &world.delegation.shares[0];
    let (_, receipt) =
        world.proxies[0].accept(world.grant(), sealed, &mut crate::world::rng(1)).unwrap();
    let evidence = [&capsule[..], world.capsule.label(), &request.to_bytes(), &answer].concat();
    macro_rules! decoder {
        ($name:ident) => {
            (
                What::$name,
                (|bytes| $name::from_bytes(bytes).map(|v| v.to_bytes().to_vec())) as Decode,
            )
        };
    }
    let row = |(what, decode): (What, Decode), bytes: &[u8]| (what, decode, bytes.to_vec());
    vec![
        row(decoder!(PublicKey), &world.owner.public().to_bytes()),
        row(decoder!(Condition), &world.capsule.condition().to_bytes()),
        row(decoder!(Capsule), &capsule),
        row(decoder!(Grant), &world.grant().grant().to_bytes()),
        row(decoder!(SealedShare), &sealed.to_bytes()),
        row(decoder!(Receipt), &receipt.to_bytes()),
        row(decoder!(Request), &request.to_bytes()),
        row(decoder!(Answer), &answer),
        row(decoder!(Evidence), &evidence),
    ]
}

#[test]
fn lengths_are_as_stated() {
    let lengths = all().into_iter().map(|(what, decode, bytes)| {
        assert_eq!(decode(&bytes), Ok(bytes.clone()), "{what}");
        bytes.len()
    });
    // The grant is 388 + 48 * (2 + 3).
    assert_eq!(lengths.collect::<Vec<_>>(), [224, 73, 160, 628, 97, 65, 160, 177, 529]);
    assert_eq!(Grant::encoded_len(3, 5), 772);
    assert_eq!(Grant::MAX_LEN, 24_868);
}

#[test]
fn refuses_any_other_length() {
    for (what, decode, bytes) in all() {
        for cut in 0..bytes.len() {
            let refused = decode(&bytes[..cut]);
            assert!(matches!(refused, Err(Error::Length { what: of, .. }) if of == what), "{what}");
        }
        for more in [1, 48, 10_000] {
            let longer = [&bytes[..], &vec![0; more]].concat();
            let got = longer.len();
            let expected = Err(Error::Length { what, expected: bytes.len(), got });
            assert_eq!(decode(&longer), expected);
        }
    }
}

#[test]
fn whatever_decodes_has_that_one_encoding() {
    for (what, decode, bytes) in all() {
        for bit in 0..bytes.len() * 8 {
            let altered = flipped(&bytes, bit);
            if let Ok(again) = decode(&altered) {
                assert_eq!(again, altered, "{what}, bit {bit}");
            }
        }
    }
}

/// Where points and scalars stand in an encoding.
const POINTS: [(What, &[usize]); 6] = [
    (What::PublicKey, &[0, 48]),
    (What::Capsule, &[0]),
    (What::Grant, &[84, 132, 180, 324, 372, 420, 468, 516]),
    (What::SealedShare, &[1]),
    (What::Answer, &[1]),
    (What::Evidence, &[0, 353]),
];
const SCALARS: [(What, &[usize]); 7] = [
    (What::PublicKey, &[96, 128, 160, 192]),
    (What::Capsule, &[96, 128]),
    (What::Grant, &[564, 596]),
    (What::Receipt, &[1, 33]),
    (What::Request, &[96, 128]),
    (What::Answer, &[49, 81, 113, 145]),
    (What::Evidence, &[96, 128, 288, 320, 401, 433, 465, 497]),
];

fn with(bytes: &[u8], at: usize, part: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at..at + part.len()].copy_from_slice(part);
    out
}

#[test]
fn refuses_the_identity_small_orders_and_what_is_off_the_curve() {
    let mut identity = [0; 48];
    identity[0] = 0xc0;
    // (0, 2), of order 3; a point outside of the subgroup; no point at all; not canonical.
    let mut small = [0; 48];
    small[0] = 0x80;
    let mut outside = small;
    let mut off_curve = small;
    let mut beyond = [0xff; 48];
    beyond[0] = 0x9f;
    let in_group = |bytes: &[u8; 48]| {
        use ark_serialize::CanonicalDeserialize;
        ark_bls12_381::G1Affine::deserialize_compressed_unchecked(&bytes[..])
            .ok()
            .map(|point| point.is_in_correct_subgroup_assuming_on_curve())
    };
    let find = |wanted| {
        let mut point = small;
        (1..255).find(|x| {
            point[47] = *x;
            in_group(&point) == wanted
        })
    };
    outside[47] = find(Some(false)).unwrap();
    off_curve[47] = find(None).unwrap();

    let rows = all();
    for (what, places) in POINTS {
        let (_, decode, bytes) = rows.iter().find(|row| row.0 == what).unwrap();
        for at in places {
            assert_eq!(decode(&with(bytes, *at, &identity)), Err(Error::Identity { what }));
            assert_eq!(decode(&with(bytes, *at, &small)), Err(Error::Subgroup { what }));
            assert_eq!(decode(&with(bytes, *at, &outside)), Err(Error::Subgroup { what }));
            for junk in [off_curve, beyond, [0; 48], [0xff; 48]] {
                assert_eq!(
                    decode(&with(bytes, *at, &junk)),
                    Err(Error::Point { what }),
                    "{what} {at}"
                );
            }
        }
    }
    // X, the point of G2.
    let (what, decode, bytes) = &rows[3];
    let mut identity = [0; 96];
    identity[0] = 0xc0;
    assert_eq!(decode(&with(bytes, 228, &identity)), Err(Error::Identity { what: *what }));
    let mut seen = [false; 2];
    for x in 1..40 {
        let mut point = [0; 96];
        point[0] = 0x80;
        point[95] = x;
        match decode(&with(bytes, 228, &point)) {
            Err(Error::Subgroup { .. }) => seen[0] = true,
            Err(Error::Point { .. }) => seen[1] = true,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, [true; 2]);
}

#[test]
fn refuses_scalars_that_are_not_reduced() {
    // r, little-endian.
    let order = [
        0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0x02, 0xa4, 0xbd,
        0x53, 0x05, 0xd8, 0xa1, 0x09, 0x08, 0xd8, 0x39, 0x33, 0x48, 0x7d, 0x9d, 0x29, 0x53, 0xa7,
        0xed, 0x73,
    ];
    let rows = all();
    for (what, places) in SCALARS {
        let (_, decode, bytes) = rows.iter().find(|row| row.0 == what).unwrap();
        for at in places {
            for junk in [order, [0xff; 32]] {
                let refused = decode(&with(bytes, *at, &junk));
                assert_eq!(refused, Err(Error::Scalar { what }), "{what} {at}");
            }
        }
    }
}

#[test]
fn refuses_a_public_key_without_its_proofs() {
    let (one, other) = (secret(1).public().to_bytes(), secret(2).public().to_bytes());
    let mixed =
        |at: usize, len: usize| PublicKey::from_bytes(&with(&one, at, &other[at..at + len]));
    assert!(PublicKey::from_bytes(&one).is_ok());
    // Another's A1 under one's own S1, as whoever wants to be granted in another's name tries.
    for (at, len) in [(0, 48), (48, 48), (96, 64), (160, 64), (96, 128), (0, 96)] {
        assert_eq!(mixed(at, len), Err(Error::Possession), "{at} {len}");
    }
}

#[test]
fn refuses_other_versions_kinds_thresholds_and_indices() {
    let rows = all();
    let (_, grant, bytes) = &rows[3];
    for got in [0, 2, 255] {
        let refused = grant(&with(bytes, 0, &[got]));
        assert_eq!(refused, Err(Error::Version { expected: 1, got }));
    }
    for got in [0, 3, 254] {
        assert_eq!(grant(&with(bytes, 1, &[got])), Err(Error::ConditionKind { got }));
        let condition = &rows[1];
        assert_eq!(condition.1(&with(&condition.2, 0, &[got])), Err(Error::ConditionKind { got }));
    }
    for (threshold, proxies) in [(0, 5), (4, 1), (5, 0)] {
        let refused = grant(&with(bytes, 82, &[threshold, proxies]));
        let proxies = usize::from(proxies);
        assert_eq!(refused, Err(Error::Threshold { threshold, proxies }));
    }
    let repeated = with(bytes, 324 + 48, &bytes[324..372]);
    assert_eq!(grant(&repeated), Err(Error::RepeatedProxy { index: 2 }));
    for row in [4, 5, 7] {
        let (_, decode, bytes) = &rows[row];
        assert_eq!(decode(&with(bytes, 0, &[0])), Err(Error::Index { index: 0, proxies: 255 }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn survives_anything(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        for (_, decode, _) in decoders() {
            if let Ok(again) = decode(&bytes) {
                prop_assert_eq!(&again, &bytes);
            }
        }
    }
}

fn decoders() -> Vec<(What, Decode, Vec<u8>)> {
    static ALL: std::sync::OnceLock<Vec<(What, Decode, Vec<u8>)>> = std::sync::OnceLock::new();
    ALL.get_or_init(all).clone()
}
