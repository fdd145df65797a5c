use super::*;
use proptest::prelude::*;

const SALT: [u8; 32] = [7; 32];
const ROOT: [u8; 32] = [9; 32];

fn stream(key: &MaskKey, segment: u64, root: &[u8; 32], len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    key.apply(segment, root, 0, &mut out).unwrap();
    out
}

fn owner() -> ReplicaKey {
    ReplicaKey::from_bytes(&[1; 32])
}

#[test]
fn keystream_is_plain_chacha20_from_block_zero() {
    let key = owner().mask_key(&SALT, 1);
    let inner = {
        let mut hasher = blake3::Hasher::new_derive_key("cess-podr2 v1 replica");
        hasher.update(&[1; 32]).update(&SALT).update(&1_u32.to_le_bytes());
        let mask_key = *hasher.finalize().as_bytes();
        let mut hasher = blake3::Hasher::new_derive_key("cess-podr2 v1 mask");
        hasher.update(&mask_key).update(&5_u64.to_le_bytes()).update(&ROOT);
        *hasher.finalize().as_bytes()
    };
    let mut expected = [0; 200];
    ChaCha20::new(&inner.into(), &[0; 12].into()).apply_keystream(&mut expected);
    assert_eq!(stream(&key, 5, &ROOT, 200), expected);
}

#[test]
fn every_input_changes_the_mask() {
    let key = owner().mask_key(&SALT, 1);
    let base = stream(&key, 0, &ROOT, 64);
    assert_ne!(base, stream(&key, 1, &ROOT, 64));
    assert_ne!(base, stream(&key, 0, &SALT, 64));
    assert_ne!(base, stream(&owner().mask_key(&SALT, 2), 0, &ROOT, 64));
    assert_ne!(base, stream(&owner().mask_key(&ROOT, 1), 0, &ROOT, 64));
    assert_ne!(base, stream(&ReplicaKey::from_bytes(&[2; 32]).mask_key(&SALT, 1), 0, &ROOT, 64));
    assert_ne!(base, stream(&MaskKey::public(&SALT), 0, &ROOT, 64));
}

#[test]
fn bytes_before_the_start_stay() {
    let key = owner().mask_key(&SALT, 1);
    let whole = stream(&key, 0, &ROOT, 300);
    for from in [0, 1, 63, 64, 65, 299, 300, 301] {
        let mut buffer = vec![0; 300];
        key.apply(0, &ROOT, from, &mut buffer).unwrap();
        let kept = from.min(300);
        assert!(buffer[..kept].iter().all(|byte| *byte == 0));
        assert_eq!(buffer[kept..], whole[kept..]);
    }
}

#[test]
fn refuses_segments_past_the_keystream() {
    let max = (1 << 38) - 64;
    assert_eq!(checked_end(max), Ok(()));
    assert_eq!(checked_end(max + 1), Err(Error::MaskLength { max, end: max + 1 }));
}

#[test]
fn the_cipher_reaches_the_end_of_the_keystream() {
    let mut cipher = ChaCha20::new(&[1; 32].into(), &[0; 12].into());
    cipher.try_seek(MaskKey::MAX_SEGMENT_BYTES - 64).unwrap();
    let mut last = [0; 64];
    cipher.try_apply_keystream(&mut last).unwrap();
    assert_ne!(last, [0; 64]);
    assert!(cipher.try_apply_keystream(&mut [0]).is_err());
}

#[test]
fn debug_shows_no_secret() {
    let owner = owner();
    assert_eq!(format!("{owner:?}"), "ReplicaKey { .. }");
    assert_eq!(format!("{:?}", owner.mask_key(&SALT, 0)), "MaskKey { .. }");
}

#[test]
fn generated_keys_come_back_from_their_bytes() {
    use rand_core::SeedableRng;
    let mut rng = rand_chacha::ChaCha20Rng::from_seed([3; 32]);
    let (one, two) = (ReplicaKey::generate(&mut rng), ReplicaKey::generate(&mut rng));
    assert!(!bool::from(one.ct_eq(&two)));
    assert!(bool::from(one.ct_eq(&ReplicaKey::from_bytes(&one.to_bytes()))));
}

proptest! {
    #[test]
    fn masking_twice_is_nothing(mut data in proptest::collection::vec(any::<u8>(), 0..500), from in 0_usize..500, segment in any::<u64>()) {
        let before = data.clone();
        let key = MaskKey::public(&SALT);
        key.apply(segment, &ROOT, from, &mut data).unwrap();
        prop_assert!(from >= before.len() || data != before || before.len() - from < 4);
        key.apply(segment, &ROOT, from, &mut data).unwrap();
        prop_assert_eq!(data, before);
    }
}
