use chacha20poly1305::aead::{Aead, Payload};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn wrapped() -> (OwnerKey, DataKey, WrappedKey) {
    let (owner, key) = (OwnerKey::generate(&mut rng(1)), DataKey::generate(&mut rng(2)));
    let wrapped = WrappedKey::seal(&owner, &key, b"file", &mut rng(3)).unwrap();
    (owner, key, wrapped)
}

#[test]
fn the_owner_takes_out_the_key_that_went_in() {
    let (owner, key, wrapped) = wrapped();
    let read = WrappedKey::from_bytes(wrapped.to_bytes());
    assert_eq!(read.open(&owner, b"file").unwrap(), key);
}

#[test]
fn refuses_another_owner() {
    let (_, _, wrapped) = wrapped();
    let other = OwnerKey::generate(&mut rng(9));
    assert_eq!(wrapped.open(&other, b"file"), Err(Error::Unwrap));
}

#[test]
fn refuses_another_context() {
    let (owner, _, wrapped) = wrapped();
    for context in [&b""[..], b"fil", b"filf", b"file\0"] {
        assert_eq!(wrapped.open(&owner, context), Err(Error::Unwrap));
    }
}

#[test]
fn refuses_every_flipped_bit() {
    let (owner, _, wrapped) = wrapped();
    for bit in 0..WrappedKey::LEN * 8 {
        let mut bytes = wrapped.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(WrappedKey::from_bytes(bytes).open(&owner, b"file"), Err(Error::Unwrap));
    }
}

#[test]
fn a_repeating_rng_never_repeats_a_keystream() {
    let (owner, key, wrapped) = wrapped();
    let salt = |wrapped: &WrappedKey| wrapped.to_bytes()[..SALT_LEN].to_vec();
    let seal =
        |key: &DataKey, context| WrappedKey::seal(&owner, key, context, &mut rng(3)).unwrap();
    let other_key = DataKey::generate(&mut rng(4));

    assert_eq!(seal(&key, b"file"), wrapped);
    assert_ne!(salt(&seal(&other_key, b"file")), salt(&wrapped));
    assert_ne!(salt(&seal(&key, b"other")), salt(&wrapped));
}

#[test]
fn two_wraps_of_one_key_share_no_bytes_that_tell_so() {
    let (owner, key, wrapped) = wrapped();
    let again = WrappedKey::seal(&owner, &key, b"file", &mut rng(4)).unwrap();
    for (a, b) in wrapped.to_bytes().chunks(16).zip(again.to_bytes().chunks(16)) {
        assert_ne!(a, b);
    }
}

proptest! {
    #[test]
    fn equals_the_plain_reference(seed: u64, context: std::vec::Vec<u8>) {
        let (owner, key) = (OwnerKey::generate(&mut rng(seed)), DataKey::generate(&mut rng(!seed)));
        let bytes = WrappedKey::seal(&owner, &key, &context, &mut rng(seed)).unwrap().to_bytes();

        let mut material = owner.to_bytes().to_vec();
        material.extend_from_slice(&bytes[..32]);
        let wrap_key = blake3::derive_key("cess-pre v1 owner wrap", &material);
        let aead = ChaCha20Poly1305::new((&wrap_key).into());
        let payload = Payload { msg: &key.to_bytes()[..], aad: &context };
        prop_assert_eq!(&bytes[32..], &aead.encrypt((&[0; 12]).into(), payload).unwrap()[..]);
    }
}
