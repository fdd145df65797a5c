use alloc::vec;

use super::*;
use crate::backend::{G1Affine, msm_short};
use crate::tag_sum::decode_tags;
use crate::{SecretKey, Sectors};

/// With the weights known before the tags, errors could be chosen that cancel.
#[test]
fn weights_are_drawn_from_key_names_and_tags() {
    let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
    let key = secret.public().key_id();
    let tagged = [vec![1; 3000], vec![2; 10]].map(|data| secret.tag(0, &data).unwrap());
    let named: Vec<_> = tagged.iter().map(|t| (t.name(), &t.tags)).collect();

    let mut hasher = blake3::Hasher::new_derive_key("cess-podr2 v1 tag check");
    hasher.update(key.as_bytes()).update(&2_u64.to_le_bytes());
    for (t, blocks) in tagged.iter().zip([2_u64, 1]) {
        hasher.update(t.name().as_bytes()).update(&blocks.to_le_bytes());
        hasher.update(t.tags.as_bytes());
    }
    let mut expected = [0; 16];
    hasher.finalize_xof().fill(&mut expected);
    assert_eq!(tag_weights(key, &named).weight(), u128::from_le_bytes(expected));
}

#[test]
fn refuses_tags_whose_errors_cancel_under_the_weights_of_the_right_tags() {
    let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
    let (public, proving) = (secret.public(), secret.proving_key());
    let data = vec![5; 3000];
    let tagged = secret.tag(0, &data).unwrap();
    let fragment = &tagged.fragment;
    assert_eq!(check_fragment(&public, &proving, fragment, &tagged.tags, &data), Ok(()));

    let mut xof = tag_weights(public.key_id(), &[(tagged.name(), &tagged.tags)]);
    let (first, second) = (xof.weight(), xof.weight());
    let shifted = |index, error: G1| {
        let tag = decode_tags(&[*tagged.tags.get(index).unwrap()], 0).unwrap();
        G1::from(&tag[0]).add(&error).to_affine().to_compressed()
    };
    // first * (second g1) - second * (first g1) = 0
    let times = |weight| msm_short(&[G1Affine::generator()], &[weight]);
    let bad = Tags::new(vec![shifted(0, times(second)), shifted(1, times(first).neg())]);
    assert_eq!(check_fragment(&public, &proving, fragment, &bad, &data), Err(Error::Tags));
}
