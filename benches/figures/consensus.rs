//! Tickets beside another suite of the same RFC, the draw, and certificates beside bare signatures.

use std::hint::black_box;

use blst::min_sig;
use cess_consensus::vrf::{Ecvrf, EcvrfSecret, Vrf, VrfSecret};
use cess_consensus::{
    CandidateId, Certificate, Entry, Kind, Policy, Role, Tally, Vote, VoteSecret, Voter, Voters,
    select, verify_batch,
};

use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const POOL: u64 = 1000;
const BATCH: usize = 1000;
const MEMBERS: u64 = 11;

/// The tag of the rival's signatures; any does.
const DST: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    vrf(emit);
    draw(emit);
    certificates(emit);
}

fn millis(name: &str, seconds: f64) -> Figure {
    Figure::new(name.to_owned(), Unit::Milliseconds.value(seconds, 0), Unit::Milliseconds)
}

fn against(name: &str, [ours, rival]: [f64; 2], rival_name: &'static str) -> Figure {
    millis(name, ours).against(rival_name, Unit::Milliseconds.value(rival, 0))
}

fn vrf(emit: &mut dyn FnMut(Figure)) {
    let input = [9; 100];
    let ours = EcvrfSecret::from_bytes(&[7; 32]);
    let key = ours.key();
    let mut scalar = [7; 32];
    scalar[31] = 0;
    let theirs = vrf_r255::SecretKey::from_bytes(scalar).expect("below the order");
    let their_key = vrf_r255::PublicKey::from(theirs);
    let (proof, their_proof) = (ours.prove(&input), theirs.prove(&input).to_bytes());
    let seconds = interleave([&mut || _ = black_box(ours.prove(black_box(&input))), &mut || {
        black_box(theirs.prove(black_box(&input)).to_bytes());
    }]);
    emit(against("vrf_prove/input=100", seconds, "vrf-r255"));
    let (encoded, their_encoded) = (key, their_key.to_bytes());
    let seconds = interleave([
        &mut || _ = black_box(Ecvrf::verify(&encoded, black_box(&input), &proof)).expect("true"),
        &mut || {
            // From the same bytes: key and proof are decoded in both.
            let key = vrf_r255::PublicKey::from_bytes(their_encoded).expect("a key");
            let proof = vrf_r255::Proof::from_bytes(their_proof).expect("a proof");
            assert!(bool::from(key.verify(black_box(&input), &proof).is_some()));
        },
    ]);
    emit(against("vrf_verify/input=100", seconds, "vrf-r255"));
}

fn id(at: u64) -> CandidateId {
    CandidateId(blake3::derive_key("cess-benches consensus id", &at.to_le_bytes()))
}

fn draw(emit: &mut dyn FnMut(Figure)) {
    let entry = |at| {
        let (ticket, stake) = (id(at + POOL).0, 1 + u128::from(at));
        Entry { id: id(at), ticket, stake, credit: 700 }
    };
    let entries: Vec<Entry> = (0..POOL).map(entry).collect();
    for (name, policy) in [("uniform", Policy::Uniform), ("weighted", Policy::Weighted)] {
        let [seconds] =
            interleave([&mut || drop(black_box(select(policy, 11, black_box(&entries))))]);
        emit(millis(&format!("select/policy={name}/pool={POOL}"), seconds));
    }
}

fn certificates(emit: &mut dyn FnMut(Figure)) {
    let mut keyed: Vec<(CandidateId, VoteSecret)> =
        (0..MEMBERS).map(|at| (id(at), VoteSecret::from_seed(&id(at).0))).collect();
    keyed.sort_by_key(|(id, _)| *id);
    let voters = keyed.iter().map(|(id, secret)| Voter { id: *id, key: secret.key(), weight: 1 });
    let set = Voters::new(Role::Committee, 1, voters.collect()).expect("a set");
    let certify = |height: u64| -> Certificate {
        let kind = Kind::Commit;
        let (chain, voters, value) = ([1; 32], set.digest(), [2; 32]);
        let vote = Vote { chain, kind, round: 1, height, view: 0, voters, value };
        let mut tally = Tally::new(&set, vote).expect("of this set");
        for (index, (_, secret)) in keyed.iter().enumerate().take(8) {
            tally.add(index, &vote, secret.sign(&vote)).expect("once");
        }
        tally.certify(&mut Vec::new()).expect("a quorum signed")
    };
    let all: Vec<Certificate> = (0..BATCH as u64).map(certify).collect();
    let batch: Vec<(&Certificate, &Voters)> = all.iter().map(|c| (c, &set)).collect();

    // The rival checks one signature of one key over as many bytes.
    let secret = min_sig::SecretKey::key_gen(&[7; 32], &[]).expect("long enough");
    let (public, message) = (secret.sk_to_pk(), all[0].vote.to_bytes());
    let signature = secret.sign(&message, DST, &[]);
    let one = &all[0];
    let seconds =
        interleave([&mut || black_box(one).verify(&set).expect("a true certificate"), &mut || {
            let verdict = signature.verify(false, black_box(&message), DST, &[], &public, false);
            assert_eq!(verdict, blst::BLST_ERROR::BLST_SUCCESS);
        }]);
    emit(against("certificate_verify/members=11", seconds, "one-blst-signature"));
    let seconds = interleave([
        &mut || verify_batch(black_box(&batch)).expect("true certificates"),
        &mut || {
            for certificate in &all {
                black_box(certificate).verify(&set).expect("a true certificate");
            }
        },
    ]);
    emit(against("certificate_batch/members=11/count=1000", seconds, "one-by-one"));
    emit(Figure::new(
        "certificate/members=11".to_owned(),
        one.to_bytes().len() as f64,
        Unit::Bytes,
    ));
}
