use alloc::vec;
use alloc::vec::Vec;

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::*;

#[cfg(feature = "std")]
mod streams;
mod two_faced;

const HEADER: &[u8] = b"header";

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn key(seed: u64) -> DataKey {
    DataKey::generate(&mut rng(seed))
}

fn dem() -> Dem {
    Dem::new(&key(1), HEADER)
}

fn fresh(seed: u64) -> FreshSalt {
    FreshSalt::generate(&mut rng(seed))
}

fn data(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rng(len as u64).fill_bytes(&mut bytes);
    bytes
}

fn sealed(dem: &Dem, part: Part, salt: u64, plain: &[u8]) -> Vec<u8> {
    let mut sealed = plain.to_vec();
    dem.seal_part(part, fresh(salt), &mut sealed).unwrap();
    sealed
}

fn part_key(key: &DataKey, header: &[u8], part: Part, salt: Salt) -> [u8; 32] {
    let header_hash = blake3::derive_key("cess-pre v1 header", header);
    let index = part.index.to_le_bytes();
    let material = [&key.to_bytes()[..], &header_hash, &index, &salt.to_bytes()].concat();
    blake3::derive_key("cess-pre v1 part", &material)
}

/// The specification, written down as plainly as it goes.
fn reference(key: &DataKey, header: &[u8], part: Part, salt: Salt, plain: &[u8]) -> Vec<u8> {
    let aead = ChaCha20Poly1305::new((&part_key(key, header, part, salt)).into());
    let payloads: Vec<&[u8]> =
        if plain.is_empty() { vec![plain] } else { plain.chunks(65_520).collect() };
    let mut sealed = vec![];
    for (i, payload) in payloads.iter().enumerate() {
        let mut nonce = [0; 12];
        nonce[7..11].copy_from_slice(&u32::try_from(i).unwrap().to_be_bytes());
        if i + 1 == payloads.len() {
            nonce[11] = if part.end == End::Part { 1 } else { 2 };
        }
        sealed.extend(aead.encrypt((&nonce).into(), *payload).unwrap());
    }
    sealed
}

/// Every way in which a part opens, over one ciphertext; they must agree.
fn open(dem: &Dem, part: Part, salt: Salt, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut plain = sealed.to_vec();
    let whole = dem.open_part(part, salt, &mut plain).map(|()| plain.clone());
    if whole.is_err() {
        assert!(plain.is_empty(), "a refused part leaves nothing behind");
    }
    #[cfg(feature = "std")]
    {
        let mut plain = vec![];
        let streamed = dem.open_stream(part, salt, sealed, &mut plain).map(|_| plain);
        assert_eq!(whole.is_ok(), streamed.is_ok());
        assert!(whole.is_err() || whole == streamed);
    }
    let ranged = open_by_range(dem, part, salt, sealed);
    assert_eq!(whole.is_ok(), ranged.is_ok());
    assert!(whole.is_err() || whole == ranged);
    whole
}

fn open_by_range(dem: &Dem, part: Part, salt: Salt, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let place = last_record(len64(sealed))?;
    let last = sealed[usize::try_from(place.start).unwrap()..].to_vec();
    let reader = dem.reader_from_last(part, salt, len64(sealed), last)?;
    let all = 0..reader.plain_len();
    let needed = reader.sealed_range(&all)?;
    let mut plain = sealed[..usize::try_from(needed.end).unwrap()].to_vec();
    let result = reader.open_range(&all, &mut plain);
    assert!(result.is_ok() || plain.is_empty());
    result.map(|()| plain)
}

fn len64(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

/// Three whole records and one of 100 bytes, and where each begins.
fn four_records() -> (Part, Salt, Vec<u8>) {
    let part = Part::inner(3);
    (part, fresh(2).salt(), sealed(&dem(), part, 2, &data(3 * PAYLOAD_LEN + 100)))
}

#[test]
fn parts_of_every_shape_open_to_what_was_sealed() {
    for part in [Part::last(0), Part::inner(0), Part::last(7), Part::inner(u64::MAX)] {
        for len in [1, 65_519, 65_520, 65_521, 131_040, 196_560, 196_561] {
            let sealed = sealed(&dem(), part, 2, &data(len));
            assert_eq!(len64(&sealed), sealed_len(len as u64).unwrap());
            assert_eq!(open(&dem(), part, fresh(2).salt(), &sealed), Ok(data(len)));
        }
    }
}

#[test]
fn a_hedged_salt_differs_with_the_content_and_with_the_randomness() {
    let salt = |content, seed| FreshSalt::hedged(&[content; 32], &mut rng(seed)).salt();
    assert_eq!(salt(1, 1), salt(1, 1));
    assert_ne!(salt(1, 1), salt(2, 1));
    assert_ne!(salt(1, 1), salt(1, 2));
    let mut material = [1; 64];
    rng(7).fill_bytes(&mut material[..32]);
    let derived = blake3::derive_key("cess-pre v1 part salt", &material);
    assert_eq!(salt(1, 7).to_bytes(), derived[..16]);
}

#[test]
fn an_empty_file_is_one_empty_part() {
    let sealed = sealed(&dem(), Part::last(0), 2, b"");
    assert_eq!(sealed.len(), TAG_LEN);
    assert_eq!(open(&dem(), Part::last(0), fresh(2).salt(), &sealed), Ok(vec![]));
}

#[test]
fn refuses_to_seal_or_open_any_other_empty_part() {
    for part in [Part::inner(0), Part::inner(1), Part::last(1)] {
        let error = Error::EmptyPart { part: part.index };
        assert_eq!(dem().seal_part(part, fresh(2), &mut vec![]), Err(error.clone()));

        let mut authentic = [0; TAG_LEN];
        dem().cipher(part, fresh(2).salt()).seal(0, true, &mut authentic).unwrap();
        assert_eq!(open(&dem(), part, fresh(2).salt(), &authentic), Err(error));
    }
}

#[test]
fn refuses_an_authentic_empty_record_after_a_full_one() {
    let mut sealed = vec![0; RECORD_LEN + TAG_LEN];
    let cipher = dem().cipher(Part::last(0), fresh(2).salt());
    cipher.seal(0, false, &mut sealed[..RECORD_LEN]).unwrap();
    cipher.seal(1, true, &mut sealed[RECORD_LEN..]).unwrap();
    assert_eq!(
        open(&dem(), Part::last(0), fresh(2).salt(), &sealed),
        Err(Error::SealedLen { got: len64(&sealed), least: 17 })
    );
}

#[test]
fn refuses_a_part_cut_off_anywhere() {
    let (part, salt, sealed) = four_records();
    for record in 0..4 {
        for within in [0, 1, 15, 16, 17, 60, 115] {
            let cut = &sealed[..record * RECORD_LEN + within];
            let error = open(&dem(), part, salt, cut).unwrap_err();
            match within {
                0 if record > 0 => assert_eq!(error, Error::Record { index: record as u64 - 1 }),
                0..=15 => assert!(matches!(error, Error::SealedLen { .. }), "{error}"),
                16 if record == 0 => assert_eq!(error, Error::EmptyPart { part: 3 }),
                16 => assert!(matches!(error, Error::SealedLen { .. }), "{error}"),
                _ => assert_eq!(error, Error::Record { index: record as u64 }),
            }
        }
    }
    assert!(open(&dem(), part, salt, &sealed).is_ok());
}

#[test]
fn refuses_a_part_extended_by_bytes_or_by_its_own_records() {
    let (part, salt, sealed) = four_records();
    for more in [1, 16, 17, RECORD_LEN - 116, RECORD_LEN] {
        let longer = [&sealed[..], &vec![0; more]].concat();
        assert!(open(&dem(), part, salt, &longer).is_err());
    }
    for record in sealed.chunks(RECORD_LEN) {
        assert!(open(&dem(), part, salt, &[&sealed[..], record].concat()).is_err());
    }
}

#[test]
fn refuses_records_in_another_order() {
    let (part, salt, sealed) = four_records();
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let mut records: Vec<&[u8]> = sealed.chunks(RECORD_LEN).collect();
        records.swap(a, b);
        let error = open(&dem(), part, salt, &records.concat()).unwrap_err();
        assert_eq!(error, Error::Record { index: a as u64 });
    }
}

#[test]
fn refuses_a_doubled_and_a_missing_record() {
    let (part, salt, sealed) = four_records();
    let records: Vec<&[u8]> = sealed.chunks(RECORD_LEN).collect();
    for i in 0..3 {
        let mut doubled = records.clone();
        doubled.insert(i, records[i]);
        let error = open(&dem(), part, salt, &doubled.concat()).unwrap_err();
        assert_eq!(error, Error::Record { index: i as u64 + 1 });

        let mut missing = records.clone();
        missing.remove(i);
        let error = open(&dem(), part, salt, &missing.concat()).unwrap_err();
        assert_eq!(error, Error::Record { index: i as u64 });

        let mut replaced = records.clone();
        replaced[i] = records[(i + 1) % 3];
        let error = open(&dem(), part, salt, &replaced.concat()).unwrap_err();
        assert_eq!(error, Error::Record { index: i as u64 });
    }
}

#[test]
fn refuses_records_of_another_part_salt_file_or_key() {
    let (part, salt, own) = four_records();
    let plain = data(3 * PAYLOAD_LEN + 100);
    let strangers = [
        sealed(&dem(), Part::inner(4), 2, &plain),
        sealed(&dem(), part, 5, &plain),
        sealed(&Dem::new(&key(1), b"headed"), part, 2, &plain),
        sealed(&Dem::new(&key(5), HEADER), part, 2, &plain),
    ];
    for stranger in strangers {
        let error = open(&dem(), part, salt, &stranger).unwrap_err();
        assert_eq!(error, Error::Record { index: 0 });
        for i in 0..4 {
            let mut records: Vec<&[u8]> = own.chunks(RECORD_LEN).collect();
            records[i] = stranger.chunks(RECORD_LEN).nth(i).unwrap();
            let error = open(&dem(), part, salt, &records.concat()).unwrap_err();
            assert_eq!(error, Error::Record { index: i as u64 });
        }
    }
}

#[test]
fn the_end_of_a_part_never_passes_for_the_end_of_the_file() {
    for len in [1, PAYLOAD_LEN, PAYLOAD_LEN + 1] {
        let last_index = (len as u64 - 1) / 65_520;
        for (sealed_as, opened_as) in
            [(Part::inner(0), Part::last(0)), (Part::last(0), Part::inner(0))]
        {
            let sealed = sealed(&dem(), sealed_as, 2, &data(len));
            assert_eq!(
                open(&dem(), opened_as, fresh(2).salt(), &sealed),
                Err(Error::Record { index: last_index })
            );
        }
    }
}

#[test]
fn refuses_every_flipped_bit_of_a_small_part() {
    let part = Part::last(0);
    let sealed = sealed(&dem(), part, 2, b"small");
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&dem(), part, fresh(2).salt(), &flipped), Err(Error::Record { index: 0 }));
    }
}

#[test]
fn names_the_first_of_two_altered_records() {
    let (part, salt, mut sealed) = four_records();
    sealed[RECORD_LEN] ^= 1;
    sealed[2 * RECORD_LEN] ^= 1;
    assert_eq!(open(&dem(), part, salt, &sealed), Err(Error::Record { index: 1 }));
}

#[test]
fn refuses_to_bind_a_key_that_was_not_committed_to() {
    let commitment = dem().commitment();
    assert!(Dem::open(&key(1), HEADER, &commitment).is_ok());
    let refused = |key: &DataKey, header: &[u8], commitment: &KeyCommitment| {
        assert_eq!(
            Dem::open(key, header, commitment).map(|_| ()).unwrap_err(),
            Error::KeyCommitment
        );
    };
    refused(&key(5), HEADER, &commitment);
    refused(&key(1), b"headed", &commitment);
    refused(&key(1), b"", &commitment);
    for bit in 0..256 {
        let mut bytes = commitment.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        refused(&key(1), HEADER, &KeyCommitment::from_bytes(bytes));
    }
}

#[test]
fn one_ciphertext_under_two_data_keys_is_refused_by_the_commitment_alone() {
    let part = Part::last(0);
    let salt = fresh(2).salt();
    let (honest, second) = (Dem::new(&key(1), HEADER), Dem::new(&key(5), HEADER));
    let forged = two_faced::record(
        &part_key(&key(1), HEADER, part, salt),
        &part_key(&key(5), HEADER, part, salt),
    );

    let one = open(&honest, part, salt, &forged).unwrap();
    let other = open(&second, part, salt, &forged).unwrap();
    assert_ne!(one, other);

    let commitment = honest.commitment();
    assert!(Dem::open(&key(1), HEADER, &commitment).is_ok());
    assert_eq!(Dem::open(&key(5), HEADER, &commitment).map(|_| ()), Err(Error::KeyCommitment));
}

#[test]
fn debug_shows_no_secret() {
    let shown = std::format!("{:?}", dem());
    assert!(shown.starts_with("Dem { commitment: KeyCommitment([") && shown.ends_with("]), .. }"));
    let reader = dem().reader(Part::last(0), fresh(2).salt(), 17).unwrap();
    assert_eq!(std::format!("{reader:?}"), "PartReader { plain_len: 1, .. }");
}

#[test]
fn a_salt_survives_its_bytes() {
    let salt = fresh(2).salt();
    assert_eq!(Salt::from_bytes(salt.to_bytes()), salt);
    assert_ne!(salt, fresh(3).salt());
}

#[test]
fn refuses_ranges_outside_the_part() {
    let reader = dem().reader(Part::last(0), fresh(2).salt(), 116).unwrap();
    for range in [0..101, 101..101, 100..u64::MAX, u64::MAX..u64::MAX] {
        let error = Error::Range { start: range.start, end: range.end, plain_len: 100 };
        assert_eq!(reader.sealed_range(&range), Err(error.clone()));
        let mut bytes = vec![1; 116];
        assert_eq!(reader.open_range(&range, &mut bytes), Err(error));
        assert!(bytes.is_empty());
    }
    let backwards = core::ops::Range { start: 2, end: 1 };
    assert!(matches!(reader.sealed_range(&backwards), Err(Error::Range { .. })));
    assert_eq!(reader.sealed_range(&(100..100)), Ok(0..0));
}

#[test]
fn refuses_more_or_less_ciphertext_than_a_range_needs() {
    let (part, salt, sealed) = four_records();
    let reader = dem().reader(part, salt, len64(&sealed)).unwrap();
    assert_eq!(reader.sealed_range(&(70_000..70_001)), Ok(65_536..131_072));
    for got in [0, RECORD_LEN - 1, RECORD_LEN + 1] {
        let mut bytes = sealed[RECORD_LEN..RECORD_LEN + got].to_vec();
        let error = Error::RangeLen { expected: 65_536, got: got as u64 };
        assert_eq!(reader.open_range(&(70_000..70_001), &mut bytes), Err(error));
        assert!(bytes.is_empty());
    }
    let last = sealed[3 * RECORD_LEN + 1..].to_vec();
    let refused = dem().reader_from_last(part, salt, len64(&sealed), last);
    assert_eq!(refused.map(|_| ()), Err(Error::RangeLen { expected: 116, got: 115 }));
}

#[test]
fn refuses_a_range_from_the_wrong_place() {
    let (part, salt, sealed) = four_records();
    let reader = dem().reader(part, salt, len64(&sealed)).unwrap();
    let mut bytes = sealed[..RECORD_LEN].to_vec();
    assert_eq!(reader.open_range(&(70_000..70_001), &mut bytes), Err(Error::Record { index: 1 }));
}

#[test]
fn refuses_a_reader_of_lengths_that_no_part_has() {
    let salt = fresh(2).salt();
    let reader = |part, len| dem().reader(part, salt, len).map(|_| ());
    assert_eq!(reader(Part::last(0), 15), Err(Error::SealedLen { got: 15, least: 17 }));
    assert_eq!(reader(Part::last(1), 16), Err(Error::EmptyPart { part: 1 }));
    assert_eq!(reader(Part::last(0), 16), Ok(()));
    assert!(matches!(reader(Part::last(0), u64::MAX), Err(Error::TooLong { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn in_place_and_streams_equal_the_plain_reference(
        len in prop_oneof![0..40_usize, 65_500..65_540_usize, 0..300_000_usize],
        index in prop_oneof![Just(0_u64), any::<u64>()],
        file_ends: bool,
        header: Vec<u8>,
        spare in 0..100_usize,
    ) {
        let part = Part { index, end: if file_ends { End::File } else { End::Part } };
        prop_assume!(len > 0 || part == Part::last(0));
        let (dem, plain, salt) = (Dem::new(&key(1), &header), data(len), fresh(2).salt());
        let expected = reference(&key(1), &header, part, salt, &plain);

        let mut in_place = plain.clone();
        in_place.reserve(spare);
        dem.seal_part(part, fresh(2), &mut in_place).unwrap();
        prop_assert!(in_place == expected);
        #[cfg(feature = "std")]
        {
            let mut streamed = vec![];
            let written = dem.seal_stream(part, fresh(2), &plain[..], &mut streamed);
            prop_assert_eq!(written, Ok(expected.len() as u64));
            prop_assert!(streamed == expected);
        }
        prop_assert!(open(&dem, part, salt, &expected) == Ok(plain));
    }

    #[test]
    fn any_range_reads_what_the_whole_holds(
        len in 1..300_000_usize,
        a: prop::sample::Index,
        b: prop::sample::Index,
    ) {
        let (part, plain) = (Part::inner(9), data(len));
        let (a, b) = (a.index(len + 1), b.index(len + 1));
        let (start, end) = (a.min(b), a.max(b));
        let sealed = sealed(&dem(), part, 2, &plain);
        let reader = dem().reader(part, fresh(2).salt(), len64(&sealed)).unwrap();

        let range = start as u64..end as u64;
        let needed = reader.sealed_range(&range).unwrap();
        let mut bytes =
            sealed[usize::try_from(needed.start).unwrap()..usize::try_from(needed.end).unwrap()].to_vec();
        prop_assert!(bytes.len() <= (end - start) + 16 * (bytes.len() / RECORD_LEN + 1) + 2 * RECORD_LEN);
        let flipped_at = bytes.len() / 2;
        let mut altered = bytes.clone();
        reader.open_range(&range, &mut bytes).unwrap();
        prop_assert!(bytes == plain[start..end]);

        if start < end {
            altered[flipped_at] ^= 1;
            prop_assert!(reader.open_range(&range, &mut altered).is_err());
            prop_assert!(altered.is_empty());
        }
    }

    #[test]
    fn refuses_any_flipped_bit(len in 65_000..300_000_usize, at: prop::sample::Index, bit in 0..8) {
        let part = Part::last(2);
        let mut sealed = sealed(&dem(), part, 2, &data(len));
        let at = at.index(sealed.len());
        sealed[at] ^= 1_u8 << bit;
        prop_assert_eq!(
            open(&dem(), part, fresh(2).salt(), &sealed),
            Err(Error::Record { index: (at / RECORD_LEN) as u64 })
        );
    }
}
