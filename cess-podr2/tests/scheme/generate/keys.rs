use std::sync::OnceLock;

use bls12_381::{G1Projective, G2Affine, G2Projective, Scalar};

use super::{DEFAULT, SEEDS, changed, check, infinity, malformed, put, small};
use crate::equations::{Id, Key, Public, Refusal, affine, point};
use crate::forge::{cofactor_g1, cofactor_g2};
use crate::vectors::{Hex, KeyFail, KeyPass, Keys};

#[test]
fn the_reference_makes_the_keys() {
    let pass = |seed: &Id, s: u32| {
        let key = Key::from_seed(seed, s);
        let proving = if s == DEFAULT { large_proving().clone() } else { key.proving_bytes() };
        KeyPass {
            seed: seed.into(),
            sectors: s,
            public_key: key.public_bytes().into(),
            key_id: key.id().into(),
            proving_key_hash: blake3::hash(&proving).as_bytes().into(),
            proving_key: (s < 1024).then(|| proving.into()),
        }
    };
    let mut keys = Keys {
        pass: vec![
            pass(&SEEDS[0], 64),
            pass(&SEEDS[1], 64),
            pass(&SEEDS[2], 64),
            pass(&[0; 32], 128),
            pass(&SEEDS[0], DEFAULT),
        ],
        fail: Vec::new(),
    };
    let key = small(0);
    let public = key.public_bytes();
    let mut fail = |why: String, public_key: &[u8], proving: Option<&[u8]>, refused: Refusal| {
        let verdict = Public::decode(public_key)
            .and_then(|key| proving.map_or(Ok(()), |p| key.decode_proving(p).map(|_| ())));
        assert_eq!(verdict, Err(refused), "{why}");
        let (public_key, proving_key) = (public_key.into(), proving.map(Hex::from));
        keys.fail.push(KeyFail { why, public_key, proving_key, refused: refused.into() });
    };
    for (part, at) in [("X", 0), ("Y", 96)] {
        let bytes = public[at..at + 96].try_into().unwrap();
        let shifted = G2Projective::from(G2Affine::from_compressed(bytes).unwrap()) + cofactor_g2();
        let shifted = put(&public, at, &G2Affine::from(shifted).to_compressed());
        fail(format!("{part} shifted by a point of cofactor order"), &shifted, None, "subgroup");
        let torsion = put(&public, at, &G2Affine::from(cofactor_g2()).to_compressed());
        fail(format!("{part} of cofactor order"), &torsion, None, "subgroup");
        fail(format!("{part} at infinity"), &put(&public, at, &infinity(96)), None, "identity");
        for (why, bytes) in malformed(&public, at, 96) {
            fail(format!("{part}: {why}"), &bytes, None, "point");
        }
    }
    for s in [0_u32, 32, 63, 65, 96, 131_072] {
        fail(format!("{s} sectors"), &put(&public, 192, &s.to_le_bytes()), None, "sectors");
    }
    fail("one byte short".into(), &public[..195], None, "length");
    fail("one byte more".into(), &[&public[..], &[0]].concat(), None, "length");

    let good = key.proving_bytes();
    let each = |f: &dyn Fn(usize, G1Projective) -> G1Projective| -> Vec<u8> {
        good.chunks(48).enumerate().flat_map(|(j, u)| affine(f(j, point(u)))).collect()
    };
    let (t, delta) = (Scalar::from(5), G1Projective::generator() * Scalar::from(77));
    let mut proving = |why: &str, bytes: &[u8], refused| {
        fail(format!("proving key: {why}"), &public, Some(bytes), refused);
    };
    proving("every power times t", &each(&|_, u| u * t), "proving key");
    proving("U_1 altered", &changed(&good, 0, |u| u + delta), "proving key");
    proving("U_31 altered", &changed(&good, 30 * 48, |u| u + delta), "proving key");
    proving("the last power altered", &changed(&good, 62 * 48, |u| u + delta), "proving key");
    let pair = changed(&changed(&good, 480, |u| u + delta), 960, |u| u - delta);
    proving("two powers altered by opposite points", &pair, "proving key");
    let shifted = [&good[48..], &affine(point(&good[62 * 48..]) * key.alpha)].concat();
    proving("U_1 missing and the rest moved up", &shifted, "proving key");
    proving("the last power missing", &good[..62 * 48], "length");
    proving("a power too many", &[&good[..], &good[..48]].concat(), "length");
    let swapped = [&good[48..96], &good[..48], &good[96..]].concat();
    proving("U_1 and U_2 exchanged", &swapped, "proving key");
    proving("another key's", &small(1).proving_bytes(), "proving key");
    proving("U_3 at infinity", &put(&good, 96, &infinity(48)), "identity");
    let torsion = changed(&good, 96, |u| u + cofactor_g1());
    proving("U_3 shifted by a point of cofactor order", &torsion, "subgroup");
    for (why, bytes) in malformed(&good, 96, 48) {
        proving(&format!("U_3: {why}"), &bytes, "point");
    }
    check("keys.json", &keys);
}

fn large_proving() -> &'static Vec<u8> {
    static PROVING: OnceLock<Vec<u8>> = OnceLock::new();
    PROVING.get_or_init(|| Key::from_seed(&SEEDS[0], DEFAULT).proving_bytes())
}
