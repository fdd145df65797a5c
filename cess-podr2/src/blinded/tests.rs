#![cfg(feature = "native")]

use bls12_381::{G1Projective, Scalar};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::make::{nonces, respond};
use super::*;
use crate::backend::Native;
use crate::holding::Holding;
use crate::proof::{Proof, key_weights};
use crate::{Audit, Policy, Proving, ProvingKey, SecretKey, Sectors};

/// A prover with data under keys of its own.
struct World {
    publics: Vec<PublicKey>,
    provings: Vec<ProvingKey>,
    stored: Vec<(crate::Tagged, Vec<u8>)>,
    holding: Holding,
}

impl World {
    fn new(keys: u8) -> Self {
        let secrets: Vec<SecretKey> =
            (0..keys).map(|seed| SecretKey::from_seed(&[seed; 32], Sectors::MIN)).collect();
        let store = |secret: &SecretKey| {
            let data: Vec<u8> = (0..5000_u32).map(|at| (at * at).to_le_bytes()[1]).collect();
            (secret.tag(0, &data).unwrap(), data)
        };
        let stored: Vec<_> = secrets.iter().map(store).collect();
        let entries = stored.iter().map(|(tagged, _)| tagged.fragment.entry());
        Self {
            publics: secrets.iter().map(SecretKey::public).collect(),
            provings: secrets.iter().map(SecretKey::proving_key).collect(),
            holding: Holding::from_entries(entries).unwrap(),
            stored,
        }
    }

    fn challenge(&self, seed: u8) -> Challenge {
        let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
        Challenge::new(audit, &self.holding, Policy::Every, [seed; 32]).unwrap()
    }

    fn lookup(&self, id: &KeyId) -> Option<&PublicKey> {
        self.publics.iter().find(|key| key.key_id() == *id)
    }

    fn proving(&self, challenge: &Challenge) -> Proving<'_> {
        let find = |id: &KeyId| self.provings.iter().find(|key| key.key_id() == *id);
        let mut proving = Proving::new(challenge, &self.holding, find).unwrap();
        while let Some(sample) = proving.sample() {
            let (tagged, data) =
                self.stored.iter().find(|(t, _)| t.name() == sample.entry.name()).unwrap();
            let at = usize::try_from(sample.block).unwrap();
            let block = data.chunks(1984).nth(at).unwrap();
            proving.absorb(block, tagged.tags.get(sample.block).unwrap()).unwrap();
        }
        proving
    }

    fn prove(&self, challenge: &Challenge, rng: &mut ChaCha8Rng) -> BlindedProof {
        self.proving(challenge).finish_blinded(rng).unwrap()
    }

    fn verify(&self, challenge: &Challenge, proof: &BlindedProof) -> Result<(), Error> {
        verify_blinded(challenge, &self.holding, |id| self.lookup(id), proof)
    }

    fn asked(&self, challenge: &Challenge) -> Vec<Asked<'_>> {
        asked::<Native>(challenge, &self.holding, &|id| self.lookup(id), self.publics.len())
            .unwrap()
    }
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[test]
fn holds_for_its_challenge_and_no_other() {
    for keys in [1, 3] {
        let world = World::new(keys);
        let challenge = world.challenge(5);
        let proof = world.prove(&challenge, &mut rng(1));
        let encoded = proof.to_bytes();
        assert_eq!(encoded.len(), 32 + 128 * usize::from(keys));
        assert_eq!(BlindedProof::from_bytes(&encoded), Ok(proof.clone()));
        assert_eq!(world.verify(&challenge, &proof), Ok(()));
        assert_eq!(world.verify(&world.challenge(6), &proof), Err(Error::Proof));
    }
}

/// The twelve coefficients, as `bls12_381` shows them: in tower order.
pub(crate) fn coefficients(value: &bls12_381::Gt) -> [u8; GT_BYTES] {
    let shown = format!("{value:?}");
    let digits: Vec<&str> = shown.split("0x").skip(1).map(|rest| &rest[..96]).collect();
    assert_eq!(digits.len(), 12);
    let bytes = digits.concat();
    core::array::from_fn(|at| u8::from_str_radix(&bytes[2 * at..2 * at + 2], 16).unwrap())
}

/// phi from the equation, by `bls12_381`.
fn value(asked: &Asked<'_>, answer: &Answer, c: &Fr, z: &Fr) -> Gt {
    let key = asked.key.to_bytes();
    let g2 =
        |bytes: &[u8]| bls12_381::G2Affine::from_compressed(bytes.try_into().unwrap()).unwrap();
    let pair = |p: G1Projective, q| bls12_381::pairing(&p.into(), &q);
    let (sigma, psi) = (point(&answer.sigma), point(&answer.psi));
    let hashes = point(&Native::to_affine(&asked.hashes)) * scalar(c);
    let left = hashes + G1Projective::generator() * scalar(&answer.y) - psi * scalar(z);
    let x = pair(left, g2(&key[..96])) + pair(psi, g2(&key[96..192]));
    coefficients(&(pair(sigma, bls12_381::G2Affine::generator()) - x))
}

/// Transcripts from a challenge and public keys alone: no data, no tags, no secrets. In the model
/// where the oracle answers as it is told, the verifier takes them.
#[test]
fn a_simulator_without_data_makes_what_the_verifier_takes() {
    for keys in [1, 3] {
        let world = World::new(keys);
        let challenge = world.challenge(5);
        let (asked, z) = (world.asked(&challenge), challenge.z());
        let mut xof = blake3::Hasher::new().update(b"simulator").finalize_xof();
        let mut draw = || {
            let mut wide = [0; 64];
            xof.fill(&mut wide);
            Fr::from_wide(&wide)
        };
        for _ in 0..5 {
            let mut point = || Native::to_affine(&Native::msm(&[G1Affine::generator()], &[draw()]));
            let points: Vec<_> = asked.iter().map(|_| (point(), point())).collect();
            let answers = points.into_iter().map(|(sigma, psi)| Answer { sigma, psi, y: draw() });
            let simulated = BlindedProof { answers: answers.collect(), c: draw() };

            // The oracle learns what to say to these values, and says it to the verifier's.
            let pairs = asked.iter().zip(&simulated.answers);
            let told: Vec<Gt> =
                pairs.map(|(asked, answer)| value(asked, answer, &simulated.c, &z)).collect();
            let oracle = |_: &[Asked<'_>], values: &[Gt]| {
                if values == told { simulated.c } else { Fr::ZERO }
            };
            let lookup = |id: &KeyId| world.lookup(id);
            let received = BlindedProof::from_bytes(&simulated.to_bytes()).unwrap();
            let told = verify_by::<Native>(&challenge, &world.holding, &lookup, &received, oracle);
            assert_eq!(told, Ok(()));
            // The real hash can't be told, so this is no forgery.
            assert_eq!(world.verify(&challenge, &simulated), Err(Error::Proof));
        }
    }
}

fn scalar(value: &Fr) -> Scalar {
    Scalar::from_bytes(&value.to_bytes()).unwrap()
}

fn point(value: &G1Affine) -> G1Projective {
    bls12_381::G1Affine::from_compressed(&value.to_compressed()).unwrap().into()
}

/// Special soundness: what answers two challenges on one T has a plain proof.
#[test]
fn two_transcripts_on_one_commitment_give_the_plain_proof() {
    for keys in [1, 2] {
        let world = World::new(keys);
        let challenge = world.challenge(5);
        let plain = world.proving(&challenge).finish().unwrap();
        let mut proving = world.proving(&challenge);
        let parts = proving.plain().unwrap();
        let nonces = nonces(&[9; 32], &challenge.digest(), &parts);
        let committed: Vec<Gt> = parts
            .iter()
            .zip(&nonces)
            .map(|(part, nonce)| nonce.value(&challenge.z(), part.key))
            .collect();
        let [one, two] = [3, 77].map(|c| respond(&parts, &nonces, &Fr::from_u128(c)));
        let asked = world.asked(&challenge);
        for proof in [&one, &two] {
            assert_eq!(proof.values::<Native>(&asked, &challenge.z()), committed);
        }

        let inverse = (scalar(&one.c) - scalar(&two.c)).invert().unwrap();
        let mut extracted = Vec::new();
        for (a, b) in one.answers.iter().zip(&two.answers) {
            let sigma = (point(&a.sigma) - point(&b.sigma)) * inverse;
            let psi = (point(&a.psi) - point(&b.psi)) * inverse;
            let y = (scalar(&a.y) - scalar(&b.y)) * inverse;
            extracted.push((sigma, bls12_381::G1Affine::from(psi).to_compressed(), y.to_bytes()));
        }
        let answers: Vec<crate::proof::Answer> = extracted
            .iter()
            .map(|(_, psi, y)| crate::proof::Answer {
                psi: G1Affine::from_compressed(psi).unwrap(),
                y: Fr::from_bytes(y).unwrap(),
            })
            .collect();
        let ids = asked.iter().map(|asked| asked.key.key_id());
        let weights = key_weights::<Native>(&challenge.digest(), ids.zip(&answers));
        let sigma: G1Projective = extracted
            .iter()
            .zip(weights)
            .map(|((sigma, ..), weight)| sigma * scalar(&Fr::from_u128(weight)))
            .sum();
        let mut bytes = bls12_381::G1Affine::from(sigma).to_compressed().to_vec();
        for (_, psi, y) in &extracted {
            bytes.extend(psi);
            bytes.extend(y);
        }
        assert_eq!(Proof::from_bytes(&bytes), Ok(plain));
    }
}

/// One generator state, two statements: no nonce is used for both, and the same again is the same.
#[test]
fn a_generator_that_repeats_itself_gives_nothing_away() {
    let world = World::new(1);
    let (first, second) = (world.challenge(5), world.challenge(6));
    let proofs = [&first, &second, &first].map(|challenge| world.prove(challenge, &mut rng(1)));
    assert_eq!(proofs[0], proofs[2]);
    let parts = |challenge| {
        let mut proving = world.proving(challenge);
        let plain = proving.plain().unwrap();
        nonces(&[1; 32], &challenge.digest(), &plain)[0].value(&Fr::one(), &world.publics[0])
    };
    assert_ne!(parts(&first), parts(&second));
}

/// The two kinds have one length now and then: 3 keys' plain proof, 2 keys' blinded one.
#[test]
fn neither_kind_decodes_as_the_other() {
    assert_eq!(Proof::encoded_len(3), BlindedProof::encoded_len(2));
    let (three, two) = (World::new(3), World::new(2));
    let mut rng = rng(2);
    for seed in 0..40 {
        let plain = three.proving(&three.challenge(seed)).finish().unwrap().to_bytes();
        assert!(BlindedProof::from_bytes(&plain).is_err());
        let blinded = two.prove(&two.challenge(seed), &mut rng).to_bytes();
        assert!(Proof::from_bytes(&blinded).is_err());
    }
    for keys in [1, 2, 4, 5] {
        let world = World::new(keys);
        let plain = world.proving(&world.challenge(1)).finish().unwrap().to_bytes();
        let length = BlindedProof::from_bytes(&plain);
        assert!(matches!(length, Err(Error::Length { what: What::BlindedProof, .. })));
    }
}

/// Bits of the parts that are uniform, or as good as: the low 248 of a scalar, the low 376 of an
/// x-coordinate and the sign of y.
fn uniform_bits(bytes: &[u8]) -> Vec<bool> {
    let bits = |bytes: &[u8]| -> Vec<bool> {
        bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect()
    };
    let mut out = bits(&bytes[..31]);
    for answer in bytes[32..].chunks(128) {
        for point in [&answer[..48], &answer[48..96]] {
            out.push(point[0] & 0x20 != 0);
            out.extend(bits(&point[1..]));
        }
        out.extend(bits(&answer[96..127]));
    }
    out
}

/// How many standard deviations a count is off a fair coin's.
fn sigmas(heads: usize, of: usize) -> f64 {
    let (heads, of) =
        (f64::from(u32::try_from(heads).unwrap()), f64::from(u32::try_from(of).unwrap()));
    (heads - of / 2.0) / (of / 4.0).sqrt()
}

/// Proofs of the same data for the same challenge, from one seed. Each bound is on a known number of
/// fair coins; all together are exceeded by chance with less than 10^-3.
#[test]
fn fresh_proofs_of_the_same_look_unrelated() {
    const PROOFS: usize = 300;
    let world = World::new(1);
    let challenge = world.challenge(5);
    let mut rng = rng(3);
    let encoded: Vec<Vec<u8>> =
        (0..PROOFS).map(|_| world.prove(&challenge, &mut rng).to_bytes()).collect();
    let all: Vec<Vec<bool>> = encoded.iter().map(|bytes| uniform_bits(bytes)).collect();
    let width = all[0].len();
    assert_eq!(width, 2 * 248 + 2 * 377);

    // No part ever comes twice.
    for part in [0..32, 32..80, 80..128, 128..160] {
        let mut parts: Vec<&[u8]> = encoded.iter().map(|bytes| &bytes[part.clone()]).collect();
        parts.sort_unstable();
        parts.dedup();
        assert_eq!(parts.len(), PROOFS);
    }
    // Each bit by itself: 1250 coins of 300 throws, 5.5 sigma.
    for at in 0..width {
        let ones = all.iter().filter(|bits| bits[at]).count();
        assert!(sigmas(ones, PROOFS).abs() < 5.5, "bit {at}: {ones}");
    }
    // All bits together: 4 sigma.
    let ones = all.iter().flatten().filter(|bit| **bit).count();
    assert!(sigmas(ones, PROOFS * width).abs() < 4.0, "{ones}");
    // Every pair of proofs: 44,850 coins of 1250 throws, 6 sigma.
    let mut differing = 0;
    for (at, one) in all.iter().enumerate() {
        for two in &all[..at] {
            let differ = one.iter().zip(two).filter(|(a, b)| a != b).count();
            assert!(sigmas(differ, width).abs() < 6.0, "{differ} of {width}");
            differing += differ;
        }
    }
    // And all pairs, which are independent two by two: 4 sigma.
    assert!(sigmas(differing, PROOFS * (PROOFS - 1) / 2 * width).abs() < 4.0, "{differing}");
    // Neighbouring bits, and bits 377 apart, where sigma's lie over psi's: 5 sigma.
    for lag in [1, 8, 48, 248, 377, 625] {
        let pairs = all.iter().flat_map(|bits| bits.iter().zip(&bits[lag..]));
        let equal = pairs.filter(|(a, b)| a == b).count();
        assert!(sigmas(equal, PROOFS * (width - lag)).abs() < 5.0, "lag {lag}: {equal}");
    }
    // Beside the plain proof's sigma, psi and y: 5 sigma.
    let plain = world.proving(&challenge).finish().unwrap().to_bytes();
    let plain = uniform_bits(&[&[0; 32], &plain[..]].concat());
    let differ = all.iter().flat_map(|bits| bits[248..].iter().zip(&plain[248..]));
    let differ = differ.filter(|(a, b)| a != b).count();
    assert!(sigmas(differ, PROOFS * (width - 248)).abs() < 5.0, "{differ}");
}
