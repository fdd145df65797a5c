use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::DataKey;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn dem(seed: u64, header: &[u8]) -> Dem {
    Dem::new(&DataKey::generate(&mut rng(seed)), header)
}

/// An authentic box with any plaintext at all.
fn forge(dem: &Dem, plain: &[u8]) -> Vec<u8> {
    let salt = [5; SALT_LEN];
    let mut sealed = plain.to_vec();
    let tag = dem
        .meta_cipher(&salt)
        .encrypt_inout_detached(&Nonce::default(), &[], sealed[..].as_mut().into())
        .unwrap();
    [&salt[..], &sealed, &tag].concat()
}

#[test]
fn metadata_survives_and_its_box_tells_the_length_only_to_256_bytes() {
    let dem = dem(1, b"header");
    let cases = [
        (0, 304),
        (1, 304),
        (254, 304),
        (255, 560),
        (510, 560),
        (511, 816),
        (META_MAX, META_BOX_MAX),
    ];
    for (len, box_len) in cases {
        let meta = vec![0xa5; len];
        let sealed = dem.seal_meta(&meta, &mut rng(2)).unwrap();
        assert_eq!(sealed.len(), box_len);
        assert_eq!(*dem.open_meta(&sealed).unwrap(), meta);
    }
}

#[test]
fn refuses_metadata_that_does_not_fit() {
    for got in [META_MAX + 1, 65_535, 65_536, 70_000] {
        let refused = dem(1, b"header").seal_meta(&vec![0; got], &mut rng(2));
        assert_eq!(refused, Err(Error::MetaTooLong { max: META_MAX, got }));
    }
}

#[test]
fn refuses_another_key_another_header_and_every_flipped_bit() {
    let sealed = dem(1, b"header").seal_meta(b"name", &mut rng(2)).unwrap();
    assert!(dem(1, b"header").open_meta(&sealed).is_ok());
    assert_eq!(dem(9, b"header").open_meta(&sealed), Err(Error::Meta));
    assert_eq!(dem(1, b"headed").open_meta(&sealed), Err(Error::Meta));
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(dem(1, b"header").open_meta(&flipped), Err(Error::Meta));
    }
}

#[test]
fn refuses_a_box_cut_off_or_extended() {
    let dem = dem(1, b"header");
    let sealed = dem.seal_meta(b"name", &mut rng(2)).unwrap();
    for len in 0..sealed.len() {
        assert_eq!(dem.open_meta(&sealed[..len]), Err(Error::Meta));
    }
    for more in [1, 256, META_BOX_MAX] {
        let extended = [&sealed[..], &vec![0; more]].concat();
        assert_eq!(dem.open_meta(&extended), Err(Error::Meta));
    }
}

#[test]
fn refuses_any_but_the_one_padding() {
    let dem = dem(1, b"header");
    let mut plain = vec![0; PAD];
    plain[0] = 4;
    assert_eq!(*dem.open_meta(&forge(&dem, &plain)).unwrap(), [0; 4]);

    let refuse = |plain: &[u8]| assert_eq!(dem.open_meta(&forge(&dem, plain)), Err(Error::Meta));
    refuse(&[]);
    refuse(&[0]);
    refuse(&plain[..PAD - 1]);
    refuse(&[plain.clone(), vec![0; PAD]].concat());
    plain[PAD - 1] = 1;
    refuse(&plain);
    plain[PAD - 1] = 0;
    plain[0] = 255;
    refuse(&plain);
}

#[test]
fn refuses_an_authentic_box_of_one_byte_too_many() {
    let dem = dem(1, b"header");
    let boxed = |len: usize| {
        let mut plain = vec![0; (LEN_LEN + len).next_multiple_of(PAD)];
        plain[..LEN_LEN].copy_from_slice(&u16::try_from(len).unwrap().to_le_bytes());
        forge(&dem, &plain)
    };
    assert_eq!(*dem.open_meta(&boxed(META_MAX)).unwrap(), [0; META_MAX]);
    assert_eq!(dem.open_meta(&boxed(META_MAX + 1)), Err(Error::Meta));
}

#[test]
fn a_repeating_rng_never_repeats_a_keystream() {
    let dem = dem(1, b"header");
    let salt = |meta: &[u8]| dem.seal_meta(meta, &mut rng(2)).unwrap()[..SALT_LEN].to_vec();
    assert_eq!(salt(b"name"), salt(b"name"));
    assert_ne!(salt(b"name"), salt(b"eman"));
}

proptest! {
    #[test]
    fn equals_the_plain_reference(seed: u64, meta in prop::collection::vec(any::<u8>(), 0..600)) {
        let key = DataKey::generate(&mut rng(seed));
        let sealed = Dem::new(&key, b"header").seal_meta(&meta, &mut rng(!seed)).unwrap();

        let header_hash = blake3::derive_key("cess-pre v1 header", b"header");
        let material = [&key.to_bytes()[..], &header_hash, &sealed[..32]].concat();
        let box_key = blake3::derive_key("cess-pre v1 meta", &material);
        let mut plain = u16::try_from(meta.len()).unwrap().to_le_bytes().to_vec();
        plain.extend_from_slice(&meta);
        while plain.len() % 256 != 0 {
            plain.push(0);
        }
        let aead = ChaCha20Poly1305::new((&box_key).into());
        let expected = chacha20poly1305::aead::Aead::encrypt(&aead, (&[0; 12]).into(), &plain[..]);
        prop_assert_eq!(&sealed[32..], &expected.unwrap()[..]);
    }
}
