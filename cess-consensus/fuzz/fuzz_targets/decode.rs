//! Bytes, and good encodings with edits, as each type that comes from outside: what decodes has one
//! encoding, and certificates and evidence that decode are judged without a panic. An edit never makes
//! a certificate that verifies, other than the one it was made from.
#![no_main]
#![allow(dead_code, reason = "shared with the tests")]

#[path = "../../tests/support/world.rs"]
mod world;

use std::cell::OnceCell;

use cess_consensus::{
    Boundary, Certificate, Evidence, Input, Kind, State, Vote, VoteKey, VoteSignature, Voters,
    verify_batch,
};
use libfuzzer_sys::fuzz_target;

use world::{CHAIN, World, certify, id, params, registration, sign};

struct Good {
    committee: Voters,
    certificate: Certificate,
    encodings: Vec<Vec<u8>>,
}

fn good() -> Good {
    let mut world = World::new(12, params());
    world.rounds(2);
    world.reveal_all(|_| true);
    world.end_round().unwrap();
    let checkpoint = world.checkpoint(|_| true);
    let committee = world.state().committee().clone();
    let vote = |value: u8| Vote {
        chain: CHAIN,
        kind: Kind::Commit,
        round: committee.round(),
        height: 25,
        view: 1,
        voters: committee.digest(),
        value: [value; 32],
    };
    let (a, b) = (vote(1), vote(2));
    let certificate = certify(&committee, a, |_| true);
    let votes = Evidence::Votes { who: id(3), first: (a, sign(3, &a)), second: (b, sign(3, &b)) };
    let both =
        Evidence::Certificates { first: certificate.clone(), second: certify(&committee, b, |_| true) };
    let encodings = vec![
        certificate.to_bytes(),
        votes.to_bytes(),
        both.to_bytes(),
        Input::Checkpoint(checkpoint).to_bytes(),
        Input::Register(registration(30, 1000)).to_bytes(),
        Input::Evidence(votes).to_bytes(),
        world.state().boundary().to_bytes().to_vec(),
        borsh::to_vec(&committee).unwrap(),
        world.state().to_bytes(),
    ];
    Good { committee, certificate, encodings }
}

fn check(bytes: &[u8], good: &Good) {
    if let Ok(certificate) = Certificate::from_bytes(bytes) {
        assert_eq!(certificate.to_bytes(), bytes, "two encodings of a certificate");
        let verdict = certificate.verify(&good.committee);
        assert_eq!(verdict.is_ok(), certificate == good.certificate, "a forged certificate");
        let batch = [(&good.certificate, &good.committee), (&certificate, &good.committee)];
        assert_eq!(verify_batch(&batch).map_err(|(_, error)| error), verdict);
        let _ = certificate.culprits(&good.certificate, &good.committee);
    }
    if let Ok(evidence) = Evidence::from_bytes(bytes) {
        assert_eq!(evidence.to_bytes(), bytes, "two encodings of evidence");
        let _ = evidence.offence();
    }
    if let Ok(boundary) = Boundary::from_bytes(bytes) {
        assert_eq!(boundary.to_bytes(), bytes, "two encodings of a boundary");
    }
    if let Ok(input) = Input::from_bytes(bytes) {
        assert_eq!(input.to_bytes(), bytes, "two encodings of an input");
    }
    if let Ok(voters) = borsh::from_slice::<Voters>(bytes) {
        assert_eq!(borsh::to_vec(&voters).unwrap(), bytes, "two encodings of a set");
        assert!(voters.quorum() <= voters.total() && voters.quorum() > voters.faults());
    }
    if let Some(head) = bytes.first_chunk::<117>() {
        if let Ok(vote) = Vote::from_bytes(head) {
            assert_eq!(vote.to_bytes(), *head, "two encodings of a vote");
        }
    }
    if let Some(head) = bytes.first_chunk::<96>() {
        if let Ok(key) = VoteKey::from_bytes(head) {
            assert_eq!(key.to_bytes(), *head, "two encodings of a key");
        }
    }
    if let Some(head) = bytes.first_chunk::<48>() {
        if let Ok(signature) = VoteSignature::from_bytes(head) {
            assert_eq!(signature.to_bytes(), *head, "two encodings of a signature");
        }
    }
}

/// Some hundred keys to decode: not with every input.
fn check_state(bytes: &[u8]) {
    if let Ok(state) = State::from_bytes(bytes) {
        assert_eq!(state.to_bytes(), bytes, "two encodings of a state");
        let _ = state.check_invariants();
    }
}

thread_local! {
    static GOOD: OnceCell<Good> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    GOOD.with(|cell| {
        let good = cell.get_or_init(good);
        check(data, good);
        let Some((&head, edits)) = data.split_first() else { return };
        let mut bytes = good.encodings[usize::from(head) % good.encodings.len()].clone();
        if head & 0x80 > 0 {
            bytes.truncate(bytes.len() - edits.len().min(bytes.len()));
        }
        for edit in edits.chunks_exact(3).take(8) {
            if bytes.is_empty() {
                break;
            }
            let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len();
            bytes[at] ^= edit[2];
        }
        match usize::from(head) % good.encodings.len() {
            8 if head & 0x40 == 0 => {}
            8 => check_state(&bytes),
            _ => check(&bytes, good),
        }
    });
});
