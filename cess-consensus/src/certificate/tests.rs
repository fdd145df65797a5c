use alloc::vec;

use super::*;
use crate::bls::VoteSecret;
use crate::fixture::{certify, committee, id, indices, secret, sign, vote_of, voters};
use crate::vote::Kind;
use crate::voters::{Role, Voter};

#[test]
fn eight_of_eleven_certify_and_seven_do_not() {
    let set = committee(4);
    let vote = vote_of(&set, 1, 1);
    assert_eq!(certify(&set, vote, &indices(8)).verify(&set), Ok(()));
    assert_eq!(certify(&set, vote, &[0, 2, 3, 5, 6, 8, 9, 10]).verify(&set), Ok(()));
    let seven = certify(&set, vote, &indices(7)).verify(&set);
    assert_eq!(seven, Err(Error::NoQuorum { needed: 8, got: 7 }));
}

#[test]
fn stakes_and_not_heads_make_a_pool_s_quorum() {
    let pool = voters(Role::Pool, 4, 5, |at| if at == 0 { 700 } else { 75 });
    let vote = Vote { kind: Kind::Checkpoint, ..vote_of(&pool, 1, 1) };
    assert_eq!(certify(&pool, vote, &[0]).verify(&pool), Ok(()));
    let many = certify(&pool, vote, &[1, 2, 3, 4]).verify(&pool);
    assert_eq!(many, Err(Error::NoQuorum { needed: 667, got: 300 }));
}

#[test]
fn a_bit_that_is_not_covered_by_the_signature_is_refused() {
    let set = committee(4);
    let vote = vote_of(&set, 1, 1);
    let mut padded = certify(&set, vote, &indices(8));
    padded.signers.set(9).unwrap();
    assert_eq!(padded.verify(&set), Err(Error::BadSignature));
    let mut claimed = certify(&set, vote, &indices(7));
    claimed.signers.set(7).unwrap();
    assert_eq!(claimed.verify(&set), Err(Error::BadSignature));
    // One signature counted twice has no place in the bitmap, and the sum doesn't verify.
    let mut doubled = certify(&set, vote, &indices(8));
    let again = [doubled.signature, secret(0).sign(&vote)];
    doubled.signature = bls::sum_signatures(&again).unwrap();
    assert_eq!(doubled.verify(&set), Err(Error::BadSignature));
}

#[test]
fn a_certificate_is_good_for_one_chain_round_and_set() {
    let set = committee(4);
    let good = certify(&set, vote_of(&set, 1, 1), &indices(8));
    // The same members in the next round.
    assert_eq!(good.verify(&committee(5)), Err(Error::WrongVoters));
    let replayed = |change: &dyn Fn(&mut Vote)| {
        let mut certificate = good.clone();
        change(&mut certificate.vote);
        certificate.verify(&set)
    };
    assert_eq!(replayed(&|vote| vote.chain = [9; 32]), Err(Error::BadSignature));
    assert_eq!(replayed(&|vote| vote.height += 1), Err(Error::BadSignature));
    assert_eq!(replayed(&|vote| vote.kind = Kind::Prepare), Err(Error::BadSignature));
    let wrong = replayed(&|vote| vote.round = 5);
    assert_eq!(wrong, Err(Error::WrongRound { expected: 4, got: 5 }));
    let five = committee(5);
    let moved = Vote { round: 5, voters: five.digest(), ..good.vote };
    let moved = Certificate { vote: moved, ..good };
    assert_eq!(moved.verify(&five), Err(Error::BadSignature));
}

#[test]
fn a_bitmap_of_another_size_is_refused() {
    let set = committee(4);
    let good = certify(&set, vote_of(&set, 1, 1), &indices(8));
    for voters in [10, 12, 16] {
        let mut signers = Bitmap::new(voters).unwrap();
        (0..8).for_each(|at| signers.set(at).unwrap());
        let other = Certificate { signers, ..good.clone() };
        assert_eq!(other.verify(&set), Err(Error::WrongLength { expected: 11, got: voters }));
    }
}

#[test]
fn encodings_are_strict() {
    let set = committee(4);
    let good = certify(&set, vote_of(&set, 1, 1), &indices(8));
    let bytes = good.to_bytes();
    assert_eq!(bytes.len(), Vote::LEN + 48 + 8 + 2);
    assert_eq!(Certificate::from_bytes(&bytes), Ok(good));
    let refused = Err(Error::BadEncoding { what: "certificate" });
    for len in 0..bytes.len() {
        assert_eq!(Certificate::from_bytes(&bytes[..len]), refused, "{len}");
    }
    assert_eq!(Certificate::from_bytes(&[&bytes[..], &[0]].concat()), refused);
    let end = bytes.len();
    let altered = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        Certificate::from_bytes(&bytes)
    };
    assert_eq!(altered(end - 1, 0b1000), refused, "a bit beyond the last voter");
    assert_eq!(altered(end - 10, 8), refused, "fewer voters than bytes");
    assert_eq!(altered(end - 10, 17), refused, "more voters than bytes");
    assert_eq!(altered(end - 8, 2), refused, "more voters than a set can have");
    assert_eq!(altered(Vote::LEN, 0), refused, "no point");
    assert_eq!(altered(end - 3, 0xFF), refused, "a length that isn't there");
}

#[test]
fn the_bits_are_those_that_were_set() {
    let mut bitmap = Bitmap::new(11).unwrap();
    assert!(bitmap.is_empty());
    for index in [0, 7, 8, 10] {
        bitmap.set(index).unwrap();
        bitmap.set(index).unwrap();
    }
    assert_eq!(bitmap.ones().collect::<Vec<_>>(), [0, 7, 8, 10]);
    assert!(!bitmap.get(11) && !bitmap.get(usize::MAX) && !bitmap.is_empty());
    assert_eq!(bitmap.set(11), Err(Error::NoSuchVoter { index: 11, count: 11 }));
    assert_eq!(Bitmap::new(MAX_VOTERS + 1), Err(Error::BadEncoding { what: "bitmap" }));
}

#[test]
fn a_thousand_certificates_verify_in_a_batch_and_a_bad_one_is_named() {
    let sets: Vec<Voters> = (0..4).map(committee).collect();
    let mut certificates: Vec<Certificate> = (0..1000)
        .map(|at| {
            let set = &sets[at % 4];
            let signers: Vec<usize> = (0..8).map(|n| (n + at) % 11).collect();
            certify(set, vote_of(set, at as u64, 1), &signers)
        })
        .collect();
    let check = |certificates: &[Certificate]| {
        let batch: Vec<(&Certificate, &Voters)> =
            certificates.iter().enumerate().map(|(at, c)| (c, &sets[at % 4])).collect();
        verify_batch(&batch)
    };
    assert_eq!(check(&certificates), Ok(()));
    // Two errors that cancel in a plain sum.
    let (first, second) = (certificates[700].signature, certificates[701].signature);
    let [a, b] = [700, 701].map(|at: usize| certificates[at].clone());
    certificates[700].signature = second;
    certificates[701].signature = first;
    assert_eq!(check(&certificates), Err((700, Error::BadSignature)));
    certificates[700] = a;
    certificates[701] = b;
    certificates[999].vote.height += 1;
    assert_eq!(check(&certificates), Err((999, Error::BadSignature)));
    certificates[5].vote.round += 1;
    assert!(matches!(check(&certificates), Err((5, Error::WrongRound { .. }))));
    assert_eq!(check(&[]), Ok(()));
}

#[test]
fn a_tally_certifies_without_checking_each_vote() {
    let set = committee(4);
    let vote = vote_of(&set, 1, 1);
    let mut tally = Tally::new(&set, vote).unwrap();
    let mut bad = Vec::new();
    for index in [3, 1, 4, 10, 5, 9, 2] {
        tally.add(index, &vote, secret(index).sign(&vote)).unwrap();
    }
    assert_eq!(tally.certify(&mut bad), Err(Error::NoQuorum { needed: 8, got: 7 }));
    tally.add(0, &vote, secret(0).sign(&vote)).unwrap();
    let certificate = tally.certify(&mut bad).unwrap();
    assert_eq!(certificate, certify(&set, vote, &[0, 1, 2, 3, 4, 5, 9, 10]));
    assert_eq!(bad, vec![0; 0]);
}

#[test]
fn a_tally_finds_those_who_sent_bad_votes() {
    let set = committee(4);
    let vote = vote_of(&set, 1, 1);
    let mut tally = Tally::new(&set, vote).unwrap();
    for index in 0..8 {
        let signature = match index {
            // Two bad votes whose sum is right.
            2 => secret(3).sign(&vote),
            3 => secret(2).sign(&vote),
            5 => secret(5).sign(&Vote { height: 9, ..vote }),
            _ => secret(index).sign(&vote),
        };
        tally.add(index, &vote, signature).unwrap();
    }
    let mut bad = Vec::new();
    assert_eq!(tally.certify(&mut bad), Err(Error::NoQuorum { needed: 8, got: 5 }));
    assert_eq!(bad, [2, 3, 5]);
    for index in [2, 8, 9] {
        tally.add(index, &vote, secret(index).sign(&vote)).unwrap();
    }
    assert_eq!(tally.certify(&mut bad).unwrap().verify(&set), Ok(()));
}

#[test]
fn a_tally_refuses_strange_and_repeated_votes() {
    let set = committee(4);
    let vote = vote_of(&set, 1, 1);
    let signature = secret(1).sign(&vote);
    let mut tally = Tally::new(&set, vote).unwrap();
    tally.add(1, &vote, signature).unwrap();
    assert_eq!(tally.add(1, &vote, signature), Err(Error::DuplicateVote { index: 1 }));
    let beyond = tally.add(11, &vote, signature);
    assert_eq!(beyond, Err(Error::NoSuchVoter { index: 11, count: 11 }));
    let other = Vote { height: 2, ..vote };
    assert_eq!(tally.add(2, &other, signature), Err(Error::WrongValue));
    assert_eq!(tally.weight(), 1);
    assert_eq!(Tally::new(&committee(5), vote).err(), Some(Error::WrongVoters));
    let wrong = Vote { round: 9, ..vote };
    assert_eq!(Tally::new(&set, wrong).err(), Some(Error::WrongRound { expected: 4, got: 9 }));
}

#[test]
fn two_conflicting_certificates_name_at_least_five_culprits() {
    let set = committee(4);
    let (left, right) = (vote_of(&set, 1, 1), vote_of(&set, 1, 2));
    let first = certify(&set, left, &indices(8));
    let second = certify(&set, right, &[3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(first.culprits(&second, &set), Ok(vec![3, 4, 5, 6, 7]));
    assert_eq!(first.culprits(&first, &set), Err(Error::NoConflict));
    let forged = Certificate { signature: first.signature, ..second };
    assert_eq!(first.culprits(&forged, &set), Err(Error::BadSignature));
}

#[test]
fn keys_that_cancel_each_other_certify_nothing_alone() {
    // Two colluders with keys x and −x: their votes add up to nothing.
    let mut order = [0; 32];
    // r − x for x = 1: r of BLS12-381, big-endian, less one.
    order.copy_from_slice(&[
        0x73, 0xED, 0xA7, 0x53, 0x29, 0x9D, 0x7D, 0x48, 0x33, 0x39, 0xD8, 0x08, 0x09, 0xA1, 0xD8,
        0x05, 0x53, 0xBD, 0xA4, 0x02, 0xFF, 0xFE, 0x5B, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00,
        0x00, 0x00,
    ]);
    let minus = VoteSecret::from_bytes(&order).unwrap();
    order = [0; 32];
    order[31] = 1;
    let plus = VoteSecret::from_bytes(&order).unwrap();
    let members = [&plus, &minus]
        .iter()
        .enumerate()
        .map(|(at, secret)| Voter { id: id(at), key: secret.key(), weight: 1 })
        .collect();
    let set = Voters::new(Role::Committee, 4, members).unwrap();
    let vote = vote_of(&set, 1, 1);
    let mut tally = Tally::new(&set, vote).unwrap();
    tally.add(0, &vote, plus.sign(&vote)).unwrap();
    tally.add(1, &vote, minus.sign(&vote)).unwrap();
    let mut bad = Vec::new();
    assert_eq!(tally.certify(&mut bad), Err(Error::BadSignature));
    let mut signers = Bitmap::new(2).unwrap();
    (0..2).for_each(|at| signers.set(at).unwrap());
    let any = Certificate { vote, signature: sign(&vote, &[3]), signers };
    assert_eq!(any.verify(&set), Err(Error::BadSignature));
    assert_eq!(verify_batch(&[(&any, &set)]), Err((0, Error::BadSignature)));
}
