//! Proofs that must be refused: the attacks that the design lists.

use bls12_381::{G1Projective, Scalar};

use super::proofs::{Sink, finder, one_key, three_keys};
use super::{BLOCK, SEEDS, changed, infinity, malformed, put, small};
use crate::draws::Challenge;
use crate::equations::{
    self, Key, Stored, affine, encode, evaluate, point, sectors_of, weights_of,
};
use crate::forge::cofactor_g1;
use crate::vectors::Data;

/// sigma from kept tags, the data gone in one way or another.
pub(super) fn without_the_data(sink: &mut Sink<'_>) {
    let world = one_key();
    let (keys, holding) = (world.keys(), world.holding());
    let challenge = world.challenge(None, 1);
    let bytes = challenge.encode();
    let good = world.prove(&challenge);
    let mut add = |why: &str, proof: &[u8]| {
        sink.add(why, (&keys, &holding, &bytes), proof, "proof");
    };
    let nothing = [&good[..48], &infinity(48), &[0; 32]].concat();
    add("sigma right, psi and y zero for data that isn't", &nothing);
    for block in 0..3 {
        let dropped = world.spoiled(&challenge, |stored| {
            stored[0].data[block * BLOCK..][..BLOCK].fill(0);
        });
        add(&format!("block {block} dropped and answered with zeros"), &dropped);
    }
    add("a fragment dropped", &world.spoiled(&challenge, |stored| stored[2].data.fill(0)));
    add("one bit flipped", &world.spoiled(&challenge, |stored| stored[1].data[31] ^= 1));
    let swap = |stored: &mut Vec<Stored>| {
        let (first, second) = stored[1].data.split_at_mut(BLOCK);
        first.swap_with_slice(second);
    };
    add("two blocks exchanged, their tags not", &world.spoiled(&challenge, swap));
    let swapped = world.spoiled(&challenge, |stored| {
        swap(stored);
        stored[1].tags.swap(0, 1);
    });
    add("two blocks exchanged with their tags", &swapped);
    let moved = world.spoiled(&challenge, |stored| {
        stored[1].data = stored[0].data[..2 * BLOCK].to_vec();
        stored[1].tags = stored[0].tags[..2].to_vec();
    });
    add("blocks and tags of another fragment", &moved);
    let replica = small(0).store(world.data[1].2.bytes(), 77);
    let replica = world.spoiled(&challenge, |stored| stored[1].tags = replica.tags);
    add("tags of another replica", &replica);
    let padded = world.spoiled(&challenge, |stored| stored[2].data.resize(1200, 1));
    add("padding that isn't zero", &padded);
    let other = Key::from_seed(&SEEDS[1], 64).store(world.data[1].2.bytes(), 1);
    let foreign = world.spoiled(&challenge, |stored| stored[1].tags = other.tags);
    add("tags of another key", &foreign);

    // Tags are kept, so sigma is right for the new challenge; psi and y are of old proofs.
    let old: Vec<Vec<u8>> =
        (10..13).map(|seed| world.prove(&world.challenge(None, seed))).collect();
    add("psi and y of an old proof", &[&good[..48], &old[0][48..]].concat());
    add(
        "psi of one old proof, y of another",
        &[&good[..48], &old[1][48..96], &old[2][96..]].concat(),
    );
    add("sigma of an old proof", &[&old[0][..48], &good[48..]].concat());
    add("psi of an old proof", &[&good[..48], &old[0][48..96], &good[96..]].concat());
    add("y of an old proof", &[&good[..96], &old[0][96..]].concat());

    // (y_i, psi_i) of every block kept for the z of an old challenge, 80 bytes each.
    let old = world.challenge(None, 10);
    let asked = challenge.asked(&holding).unwrap();
    let (mut psi, mut y) = (G1Projective::identity(), Scalar::zero());
    for asked in &asked {
        let stored = world.stored.iter().find(|s| s.fragment == asked.fragment).unwrap();
        let at = usize::try_from(asked.block).unwrap();
        let m = sectors_of(stored.data.chunks(BLOCK).nth(at).unwrap());
        let kept = evaluate(&m, old.z());
        let quotient = evaluate(&m, keys[0].alpha) - kept;
        let quotient = quotient * (keys[0].alpha - old.z()).invert().unwrap();
        psi += G1Projective::generator() * (quotient * asked.nu);
        y += kept * asked.nu;
    }
    add("stored (y_i, psi_i) of an old z", &[&good[..48], &affine(psi), &y.to_bytes()].concat());

    // nu in the order of the list instead of by key, name and block.
    let mut asked = asked;
    let nus: Vec<Scalar> = asked.iter().rev().map(|asked| asked.nu).collect();
    for (asked, nu) in asked.iter_mut().zip(nus) {
        asked.nu = nu;
    }
    let reordered = equations::answers(&asked, challenge.z(), &world.stored, finder(&keys));
    add("coefficients dealt in another order", &encode(&reordered, &[Scalar::one()]));
    asked.pop();
    let omitted = equations::answers(&asked, challenge.z(), &world.stored, finder(&keys));
    add("a sample omitted", &encode(&omitted, &[Scalar::one()]));

    let delta = G1Projective::generator() * Scalar::from(99);
    add("sigma altered", &changed(&good, 0, |sigma| sigma + delta));
    add("sigma negated", &changed(&good, 0, |sigma| -sigma));
    add("psi altered", &changed(&good, 48, |psi| psi + delta));
    add("psi negated", &changed(&good, 48, |psi| -psi));
    add("sigma of g1 alone", &put(&good, 0, &affine(G1Projective::generator())));
    for bit in [0, 100, 247] {
        let flipped = [good[96 + bit / 8] ^ 1 << (bit % 8)];
        add(&format!("bit {bit} of y flipped"), &put(&good, 96 + bit / 8, &flipped));
    }
}

/// A good proof beside what it wasn't made for.
pub(super) fn other_statements(sink: &mut Sink<'_>) {
    let world = one_key();
    let (keys, holding) = (world.keys(), world.holding());
    let challenge = world.challenge(None, 1);
    let good = world.prove(&challenge);
    for (why, other) in [
        ("another seed", Challenge { seed: [2; 32], ..challenge }),
        ("another round", Challenge { round: 10, ..challenge }),
        ("another height", Challenge { height: 1001, ..challenge }),
        ("another prover", Challenge { prover: [3; 32], ..challenge }),
        ("another chain", Challenge { chain_id: [9; 32], ..challenge }),
        (
            "chain and prover exchanged",
            Challenge { chain_id: [2; 32], prover: [1; 32], ..challenge },
        ),
        ("round and height exchanged", Challenge { round: 1000, height: 9, ..challenge }),
        (
            "another policy that asks for the same",
            Challenge { window: Some((1, 9999)), ..challenge },
        ),
        ("a window", Challenge { window: Some((2, 2)), ..challenge }),
    ] {
        sink.add(why, (&keys, &holding, &other.encode()), &good, "proof");
    }
    let bytes = challenge.encode();
    let mut lists = |why: &str, list: &[equations::Fragment], refused| {
        sink.add(why, (&keys, list, &bytes), &good, refused);
    };
    lists("a name omitted", &holding[1..], "wrong holding");
    lists("a name repeated", &[&holding[..], &holding[..1]].concat(), "duplicate");
    lists("a name repeated in another's place", &[holding[0], holding[0], holding[2]], "duplicate");
    lists("no names", &[], "wrong holding");
    let exchanged = equations::Fragment { root: [9; 32], ..holding[0] };
    lists("a name exchanged", &[exchanged, holding[1], holding[2]], "wrong holding");
    let replica = equations::Fragment { replica: 77, ..holding[0] };
    lists("a name of another replica", &[replica, holding[1], holding[2]], "wrong holding");
    let longer = equations::Fragment { len: holding[0].len + 1, ..holding[0] };
    lists("a name of another length", &[longer, holding[1], holding[2]], "wrong holding");
    for (why, at) in [("blocks miscounted", 116), ("fragments miscounted", 124)] {
        let miscounted = put(&bytes, at, &[bytes[at] - 1]);
        sink.add(why, (&keys, &holding, &miscounted), &good, "wrong holding");
    }

    // The challenge is for the other list itself.
    for (why, list) in [
        ("a challenge for a part of the holding", holding[1..].to_vec()),
        ("a challenge for another content", vec![exchanged, holding[1], holding[2]]),
        ("a challenge for another replica", vec![replica, holding[1], holding[2]]),
    ] {
        let other = Challenge::new(&list, None, challenge.seed);
        sink.add(why, (&keys, &list, &other.encode()), &good, "proof");
    }
    let other = small(1);
    let moved: Vec<_> =
        holding.iter().map(|f| equations::Fragment { key: other.id(), ..*f }).collect();
    let moved_to = Challenge::new(&moved, None, challenge.seed).encode();
    sink.add("another key", (&[other], &moved, &moved_to), &good, "proof");
    sink.add("a key that isn't known", (&[other], &holding, &bytes), &good, "unknown key");
    // 64 sectors' worth of blocks counted by 512: the first alone would do.
    let counted: Vec<_> = holding.iter().map(|f| equations::Fragment { s: 512, ..*f }).collect();
    let miscounted = Challenge::new(&counted, None, challenge.seed).encode();
    sink.add(
        "blocks counted by another number of sectors",
        (&keys, &counted, &miscounted),
        &good,
        "wrong sectors",
    );
    let empty = put(&bytes, 116, &[0; 16]);
    sink.add("an empty holding", (&keys, &[], &empty), &good, "empty holding");
}

/// y + r in 32 bytes, which fits since both are below 2^255.
pub(super) fn plus_order(y: &[u8]) -> Vec<u8> {
    let mut carry = 1;
    let mut out = Vec::new();
    for (byte, r) in y.iter().zip((-Scalar::one()).to_bytes()) {
        let sum = u16::from(*byte) + u16::from(r) + carry;
        out.push(sum.to_le_bytes()[0]);
        carry = sum >> 8;
    }
    out
}

pub(super) fn malformed_proofs(sink: &mut Sink<'_>) {
    let world = one_key();
    let (keys, holding) = (world.keys(), world.holding());
    let challenge = world.challenge(None, 1);
    let (bytes, good) = (challenge.encode(), world.prove(&challenge));
    let mut add = |why: &str, proof: &[u8], refused| {
        sink.add(why, (&keys, &holding, &bytes), proof, refused);
    };
    add("y + r", &put(&good, 96, &plus_order(&good[96..])), "scalar");
    let order = plus_order(&[0; 32]);
    add("y = r", &put(&good, 96, &order), "scalar");
    add("y of ones", &put(&good, 96, &[0xff; 32]), "scalar");
    add("sigma at infinity", &put(&good, 0, &infinity(48)), "identity");
    for (part, at) in [("sigma", 0), ("psi", 48)] {
        let shifted = changed(&good, at, |p| p + cofactor_g1());
        add(&format!("{part} shifted by a point of cofactor order"), &shifted, "subgroup");
        let torsion = put(&good, at, &affine(cofactor_g1()));
        add(&format!("{part} of cofactor order"), &torsion, "subgroup");
        for (why, wrong) in malformed(&good, at, 48) {
            add(&format!("{part}: {why}"), &wrong, "point");
        }
    }
    add("nothing", &[], "length");
    add("no answer", &good[..48], "length");
    add("one byte short", &good[..127], "length");
    add("one byte more", &[&good[..], &[0]].concat(), "length");
    add("an answer too many", &[&good[..], &good[48..]].concat(), "key count");
}

pub(super) fn several_keys(sink: &mut Sink<'_>) {
    let world = three_keys();
    let (keys, holding) = (world.keys(), world.holding());
    let challenge = world.challenge(None, 1);
    let (bytes, good) = (challenge.encode(), world.prove(&challenge));
    let answers = world.answers(&challenge);
    let fair = weights_of(&challenge.digest(), &answers);
    assert_eq!(encode(&answers, &fair), good);
    let mut add = |why: &str, proof: &[u8], refused| {
        sink.add(why, (&keys, &holding, &bytes), proof, refused);
    };
    add("an answer too few", &good[..208], "key count");
    let exchanged = [&good[..48], &good[128..208], &good[48..128], &good[208..]].concat();
    add("the answers of two keys exchanged", &exchanged, "proof");
    let unweighted = encode(&answers, &[Scalar::one(); 3]);
    add("three keys joined without weights", &unweighted, "proof");
    for key in 0..3 {
        let at = 128 + 80 * key - 32;
        let wrong = put(&good, at, &[good[at] ^ 1]);
        add(&format!("y of key {key} altered"), &wrong, "proof");
    }
    add("y + r of the last key", &put(&good, 256, &plus_order(&good[256..])), "scalar");

    // delta on psi and y of the honest key cancels against -delta / c on that of (cX, cY), were
    // the weights equal or known before the answers.
    for (why, c) in [("(-X, -Y)", -Scalar::one()), ("(cX, cY)", Scalar::from(3))] {
        let honest = small(0);
        let rogue = Key { x: honest.x * c, ..honest };
        let keys = [honest, rogue];
        let stored = [(honest, 1), (rogue, 2)]
            .map(|(key, of)| key.store(Data::Stream { of, len: 3000 }.bytes(), 0));
        let holding = stored.each_ref().map(|stored| stored.fragment);
        let challenge = Challenge::new(&holding, None, [1; 32]);
        let bytes = challenge.encode();
        let fair = challenge.answers(&stored, finder(&keys));
        let known = weights_of(&challenge.digest(), &fair);
        let delta = Scalar::from(12345);
        for (how, assumed) in [("equal", vec![Scalar::one(); 2]), ("known", known)] {
            let mut wrong = fair.clone();
            for (answer, weight) in wrong.iter_mut().zip(&assumed) {
                let share =
                    if answer.key == honest.id() { delta } else { -(delta * c.invert().unwrap()) }
                        * weight.invert().unwrap();
                answer.y += share;
                let psi = point(&answer.psi) + G1Projective::generator() * share;
                answer.psi = affine(psi);
            }
            let why = format!("a rogue key {why} cancels an error under {how} weights");
            let proof = encode(&wrong, &assumed);
            sink.add(&why, (&keys, &holding, &bytes), &proof, "proof");
            let drawn = weights_of(&challenge.digest(), &wrong);
            let why = format!("{why}, joined by those drawn");
            sink.add(&why, (&keys, &holding, &bytes), &encode(&wrong, &drawn), "proof");
        }
    }
}
