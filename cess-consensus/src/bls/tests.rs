use alloc::format;

use blst::{
    blst_p1, blst_p1_add_or_double, blst_p1_affine, blst_p1_affine_in_g1, blst_p1_compress,
    blst_p1_from_affine, blst_p1_uncompress,
};

use super::*;
use crate::fixture::{CHAIN, committee, id, secret, vote_of};
use crate::vote::Kind;

const HALF: &str = "0123456789";

#[test]
fn a_vote_verifies_under_its_key_alone() {
    let vote = vote_of(&committee(1), 1, 1);
    let signature = secret(1).sign(&vote);
    assert_eq!(secret(1).key().verify(&vote, &signature), Ok(()));
    let refused = Err(Error::BadSignature);
    assert_eq!(secret(2).key().verify(&vote, &signature), refused);
    for other in [
        Vote { chain: [0; 32], ..vote },
        Vote { kind: Kind::Prepare, ..vote },
        Vote { round: 2, ..vote },
        Vote { height: 2, ..vote },
        Vote { view: 1, ..vote },
        Vote { voters: [0; 32], ..vote },
        Vote { value: [0; 32], ..vote },
    ] {
        assert_eq!(secret(1).key().verify(&other, &signature), refused, "{other:?}");
    }
}

#[test]
fn possession_is_bound_to_chain_and_candidate() {
    let proof = secret(1).prove_possession(&CHAIN, &id(1));
    let key = secret(1).key();
    assert_eq!(key.verify_possession(&CHAIN, &id(1), &proof), Ok(()));
    let refused = Err(Error::BadPossession);
    assert_eq!(key.verify_possession(&CHAIN, &id(2), &proof), refused, "copied by another");
    assert_eq!(key.verify_possession(&[0; 32], &id(1), &proof), refused, "from another chain");
    assert_eq!(secret(2).key().verify_possession(&CHAIN, &id(1), &proof), refused);
}

#[test]
fn a_vote_is_no_proof_of_possession_and_the_other_way_round() {
    // The same bytes signed for the other purpose: domains keep them apart.
    let message = possession_message(&CHAIN, &id(1), &secret(1).key());
    let as_vote = VoteSignature(secret(1).0.sign(&message, VOTE_TO_G1, &[]));
    let refused = secret(1).key().verify_possession(&CHAIN, &id(1), &as_vote);
    assert_eq!(refused, Err(Error::BadPossession));
    let vote = vote_of(&committee(1), 1, 1);
    let as_proof = VoteSignature(secret(1).0.sign(&vote.to_bytes(), POSSESSION_TO_G1, &[]));
    assert_eq!(secret(1).key().verify(&vote, &as_proof), Err(Error::BadSignature));
}

/// The key R = A − V, with which whoever knows a signs for V and R together; nobody knows r.
fn rogue(attacker: &VoteSecret, victim: &VoteKey) -> VoteKey {
    let mut sum = AggregatePublicKey::from_public_key(&attacker.0.sk_to_pk());
    sum.sub_aggregate(&AggregatePublicKey::from_public_key(&victim.0));
    VoteKey(sum.to_public_key())
}

#[test]
fn a_rogue_key_would_sign_for_others_and_has_no_proof_of_possession() {
    let (victim, attacker) = (secret(1).key(), secret(2));
    let rogue = rogue(&attacker, &victim);
    let vote = vote_of(&committee(1), 1, 1);
    let alone = attacker.sign(&vote);
    let together = SumKey::new([&victim, &rogue]).unwrap();
    assert_eq!(together.verify(&vote, &alone), Ok(()), "the attack works without the proof");
    // All that the attacker can sign with is its own secret, and the victim's own proof.
    let mine = attacker.prove_possession(&CHAIN, &id(3));
    let theirs = secret(1).prove_possession(&CHAIN, &id(1));
    for proof in [mine, theirs] {
        let refused = rogue.verify_possession(&CHAIN, &id(3), &proof);
        assert_eq!(refused, Err(Error::BadPossession));
    }
}

#[test]
fn keys_and_signatures_have_one_encoding() {
    let key = secret(1).key();
    assert_eq!(VoteKey::from_bytes(&key.to_bytes()), Ok(key));
    let signature = secret(1).sign(&vote_of(&committee(1), 1, 1));
    assert_eq!(VoteSignature::from_bytes(&signature.to_bytes()), Ok(signature));
    for (at, mask) in [(0, 0x80), (0, 0x40), (0, 0xE0), (47, 1)] {
        let mut bytes = key.to_bytes();
        bytes[at] ^= mask;
        assert_ne!(VoteKey::from_bytes(&bytes), Ok(key));
        let mut bytes = signature.to_bytes();
        bytes[at] ^= mask;
        assert_ne!(VoteSignature::from_bytes(&bytes), Ok(signature));
    }
    for bytes in [[0; 96], [0xFF; 96]] {
        assert_eq!(VoteKey::from_bytes(&bytes), Err(Error::BadVoteKey));
    }
    for bytes in [[0; 48], [0xFF; 48]] {
        assert_eq!(VoteSignature::from_bytes(&bytes), Err(Error::BadSignature));
    }
}

#[test]
fn refuses_the_identity() {
    let mut key = [0; 96];
    key[0] = 0xC0;
    assert_eq!(VoteKey::from_bytes(&key), Err(Error::BadVoteKey));
    let mut signature = [0; 48];
    signature[0] = 0xC0;
    assert_eq!(VoteSignature::from_bytes(&signature), Err(Error::BadSignature));
}

/// A point of the curve outside the subgroup, by its compressed x.
#[allow(unsafe_code)]
fn outside_the_subgroup() -> (blst_p1_affine, [u8; 48]) {
    for low in 0..=255 {
        let mut bytes = [0; 48];
        (bytes[0], bytes[47]) = (0x80, low);
        let mut point = blst_p1_affine::default();
        // SAFETY: 48 bytes are read, and what was decoded is on the curve.
        let outside = unsafe {
            blst_p1_uncompress(&mut point, bytes.as_ptr()) == BLST_ERROR::BLST_SUCCESS
                && !blst_p1_affine_in_g1(&point)
        };
        if outside {
            return (point, bytes);
        }
    }
    unreachable!("most points of the curve are outside")
}

#[test]
#[allow(unsafe_code)]
fn refuses_signatures_outside_the_subgroup() {
    let (point, bytes) = outside_the_subgroup();
    assert_eq!(VoteSignature::from_bytes(&bytes), Err(Error::BadSignature));
    // A true signature plus such a point.
    let signature = secret(1).sign(&vote_of(&committee(1), 1, 1));
    let mut sum = [0; 48];
    let (mut a, mut b) = (blst_p1::default(), blst_p1::default());
    let mut total = blst_p1::default();
    // SAFETY: valid points on the curve; 48 bytes are written.
    unsafe {
        blst_p1_from_affine(&mut a, <&blst_p1_affine>::from(&signature.0));
        blst_p1_from_affine(&mut b, &point);
        blst_p1_add_or_double(&mut total, &a, &b);
        blst_p1_compress(sum.as_mut_ptr(), &total);
    }
    assert_eq!(VoteSignature::from_bytes(&sum), Err(Error::BadSignature));
}

#[test]
fn secrets_are_in_range_and_not_shown() {
    let bad = Some(Error::BadEncoding { what: "vote secret" });
    for bytes in [[0; 32], [0xFF; 32]] {
        assert_eq!(VoteSecret::from_bytes(&bytes).err(), bad);
    }
    let secret = VoteSecret::from_seed(&[7; 32]);
    assert_eq!(format!("{secret:?}"), "VoteSecret { .. }");
    let again = VoteSecret::from_bytes(&secret.to_bytes()).unwrap();
    assert_eq!(again.key(), secret.key());
    assert_ne!(VoteSecret::from_seed(&[8; 32]).key(), secret.key());
    assert!(!format!("{:?}", secret.key()).contains(HALF));
}
