//! The equations of the scheme once more, slowly, on `bls12_381`: Horner's rule and plain sums
//! instead of kernels, pairings of another implementation. Hash to the curve comes from `blst`,
//! whose `sign` with the secret key 1 returns it, and is held to the RFC's vectors elsewhere.

use bls12_381::{G1Affine, G1Projective, G2Affine, G2Projective, Gt, Scalar, pairing};
use blst::min_sig;
use cess_podr2::{Challenge, FragmentName, KeyId, Policy, Proof, ProvingKey, PublicKey, SecretKey};

use crate::world::{BLOCK, World, bytes, sectors};

pub(crate) fn xof<const N: usize>(context: &str, input: &[&[u8]]) -> [u8; N] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in input {
        hasher.update(part);
    }
    let mut out = [0; N];
    hasher.finalize_xof().fill(&mut out);
    out
}

pub(crate) fn hash_to_g1(name: &FragmentName, index: u64) -> G1Projective {
    let mut one = [0; 32];
    one[31] = 1;
    let one = min_sig::SecretKey::from_bytes(&one).unwrap();
    let mut message = name.to_bytes().to_vec();
    message.extend(index.to_le_bytes());
    let dst = b"CESS_PODR2_V1_BLS12381G1_XMD:SHA-256_SSWU_RO_";
    G1Affine::from_compressed(&one.sign(&message, dst, &[]).to_bytes()).unwrap().into()
}

/// Coefficients of a block.
pub(crate) fn sectors_of(block: &[u8]) -> Vec<Scalar> {
    let sector = |chunk: &[u8]| {
        let mut wide = [0; 32];
        wide[..chunk.len()].copy_from_slice(chunk);
        Scalar::from_bytes(&wide).unwrap()
    };
    block.chunks(31).map(sector).collect()
}

pub(crate) fn evaluate(coefficients: &[Scalar], at: Scalar) -> Scalar {
    coefficients.iter().rev().fold(Scalar::zero(), |sum, m| sum * at + m)
}

pub(crate) fn affine(point: impl Into<G1Affine>) -> [u8; 48] {
    point.into().to_compressed()
}

/// A tag key in the clear.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) x: Scalar,
    pub(crate) alpha: Scalar,
}

impl Key {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let draw = |context| Scalar::from_bytes_wide(&xof(context, &[seed]));
        Self { x: draw("cess-podr2 v1 secret x"), alpha: draw("cess-podr2 v1 secret alpha") }
    }

    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        let x = G2Affine::from(G2Affine::generator() * self.x);
        let y = G2Affine::from(G2Affine::generator() * (self.x * self.alpha));
        let mut out = x.to_compressed().to_vec();
        out.extend(y.to_compressed());
        out.extend(64_u32.to_le_bytes());
        out
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::from_bytes(&self.public_bytes()).unwrap()
    }

    pub(crate) fn proving_bytes(&self) -> Vec<u8> {
        let mut power = Scalar::one();
        let mut out = Vec::new();
        for _ in 1..64 {
            power *= self.alpha;
            out.extend(affine(G1Affine::generator() * power));
        }
        out
    }

    pub(crate) fn proving(&self) -> ProvingKey {
        ProvingKey::from_bytes(&self.proving_bytes(), &self.public()).unwrap()
    }

    pub(crate) fn tag(&self, name: &FragmentName, index: u64, block: &[u8]) -> [u8; 48] {
        let m = evaluate(&sectors_of(block), self.alpha);
        affine((hash_to_g1(name, index) + G1Affine::generator() * m) * self.x)
    }
}

pub(crate) fn key_id(public_bytes: &[u8]) -> KeyId {
    KeyId::from_bytes(xof("cess-podr2 v1 key id", &[public_bytes]))
}

pub(crate) fn name(key: &KeyId, data: &[u8], replica: u32) -> FragmentName {
    FragmentName::from_bytes(xof(
        "cess-podr2 v1 fragment name",
        &[
            key.as_bytes(),
            blake3::hash(data).as_bytes(),
            &(data.len() as u64).to_le_bytes(),
            &replica.to_le_bytes(),
        ],
    ))
}

/// The coefficients nu in order, and z.
pub(crate) fn randomness(challenge: &Challenge, count: usize) -> (Vec<Scalar>, Scalar) {
    let digest: [u8; 32] = xof("cess-podr2 v1 challenge", &[&challenge.to_bytes()]);
    assert_eq!(digest, challenge.digest());
    let mut hasher = blake3::Hasher::new_derive_key("cess-podr2 v1 nu");
    hasher.update(&digest);
    let mut bytes = vec![0; 16 * count];
    hasher.finalize_xof().fill(&mut bytes);
    let nu = bytes.chunks(16).map(|chunk| {
        let mut wide = [0; 32];
        wide[..16].copy_from_slice(chunk);
        Scalar::from_bytes(&wide).unwrap()
    });
    (nu.collect(), Scalar::from_bytes_wide(&xof("cess-podr2 v1 z", &[&digest])))
}

pub(crate) struct Answer {
    pub(crate) key: KeyId,
    pub(crate) sigma: G1Projective,
    pub(crate) psi: [u8; 48],
    pub(crate) y: Scalar,
    /// `sum nu H`, for the verifier.
    hashes: G1Projective,
}

/// One answer a key, from the secret: psi = Q(alpha) g1 with Q by long division.
pub(crate) fn answers(
    world: &World,
    challenge: &Challenge,
    key: impl Fn(&KeyId) -> Key,
) -> (Vec<Answer>, Scalar) {
    let samples: Vec<_> = challenge.samples(&world.holding).unwrap().collect();
    let (nu, z) = randomness(challenge, samples.len());
    let mut ids: Vec<KeyId> = samples.iter().map(|sample| sample.entry.key_id()).collect();
    ids.dedup();
    let answer = |id: &KeyId| {
        let mut combined = vec![Scalar::zero(); 64];
        let mut sigma = G1Projective::identity();
        let mut hashes = G1Projective::identity();
        for (sample, nu) in samples.iter().zip(&nu).filter(|(s, _)| s.entry.key_id() == *id) {
            let stored = &world.store[&sample.entry.name()];
            let at = usize::try_from(sample.block).unwrap();
            let block = sectors_of(stored.data.chunks(BLOCK).nth(at).unwrap());
            for (sum, m) in combined.iter_mut().zip(block) {
                *sum += m * nu;
            }
            let tag = stored.tagged.tags.get(sample.block).unwrap();
            sigma += G1Affine::from_compressed(tag).unwrap() * nu;
            hashes += hash_to_g1(&sample.entry.name(), sample.block) * nu;
        }
        let y = evaluate(&combined, z);
        let alpha = key(id).alpha;
        let quotient = (evaluate(&combined, alpha) - y) * (alpha - z).invert().unwrap();
        let psi = affine(G1Affine::generator() * quotient);
        Answer { key: *id, sigma, psi, y, hashes }
    };
    (ids.iter().map(answer).collect(), z)
}

pub(crate) fn weights(challenge: &Challenge, answers: &[Answer]) -> Vec<Scalar> {
    if answers.len() == 1 {
        return vec![Scalar::one()];
    }
    let mut hasher = blake3::Hasher::new_derive_key("cess-podr2 v1 key weights");
    hasher.update(&challenge.digest());
    for answer in answers {
        hasher.update(answer.key.as_bytes()).update(&answer.psi).update(&answer.y.to_bytes());
    }
    let mut xof = hasher.finalize_xof();
    let mut draw = || {
        let mut wide = [0; 32];
        xof.fill(&mut wide[..16]);
        Scalar::from_bytes(&wide).unwrap()
    };
    answers.iter().map(|_| draw()).collect()
}

pub(crate) fn encode(answers: &[Answer], weights: &[Scalar]) -> Vec<u8> {
    let sigma: G1Projective = answers.iter().zip(weights).map(|(a, w)| a.sigma * w).sum();
    let mut out = affine(sigma).to_vec();
    for answer in answers {
        out.extend(answer.psi);
        out.extend(answer.y.to_bytes());
    }
    out
}

/// The verifier's equation by pairings of the other implementation.
fn holds(
    proof: &[u8],
    answers: &[Answer],
    weights: &[Scalar],
    z: Scalar,
    publics: &[Vec<u8>],
) -> bool {
    let point =
        |at: usize| G1Affine::from_compressed(proof[at..at + 48].try_into().unwrap()).unwrap();
    let g2 = |bytes: &[u8]| G2Affine::from_compressed(bytes.try_into().unwrap()).unwrap();
    let mut right = Gt::identity();
    for (at, ((answer, weight), public)) in answers.iter().zip(weights).zip(publics).enumerate() {
        let psi = point(48 + 80 * at);
        let y: [u8; 32] = proof[96 + 80 * at..128 + 80 * at].try_into().unwrap();
        let y = Scalar::from_bytes(&y).unwrap();
        let left = answer.hashes + G1Affine::generator() * y - psi * z;
        right += pairing(&G1Affine::from(left * weight), &g2(&public[..96]));
        right += pairing(&G1Affine::from(psi * weight), &g2(&public[96..192]));
    }
    pairing(&point(0), &G2Affine::generator()) == right
}

fn seeds() -> [[u8; 32]; 3] {
    [[7; 32], [8; 32], [9; 32]]
}

fn known_key(id: &KeyId) -> Key {
    let keys = seeds().map(|seed| Key::from_seed(&seed));
    *keys.iter().find(|key| key_id(&key.public_bytes()) == *id).unwrap()
}

#[test]
fn keys_agree_with_the_reference() {
    for seed in seeds() {
        let secret = SecretKey::from_seed(&seed, sectors());
        let key = Key::from_seed(&seed);
        assert_eq!(secret.public().to_bytes().to_vec(), key.public_bytes());
        assert_eq!(secret.public().key_id(), key_id(&key.public_bytes()));
        assert_eq!(secret.proving_key().to_bytes(), key.proving_bytes());
        assert_eq!(secret.proving_key().hash(), *blake3::hash(&key.proving_bytes()).as_bytes());
    }
}

#[test]
fn tags_agree_with_the_reference() {
    let key = Key::from_seed(&[7; 32]);
    let secret = SecretKey::from_seed(&[7; 32], sectors());
    for (len, replica) in [(1, 0), (31, 1), (BLOCK, 2), (3 * BLOCK + 100, u32::MAX)] {
        let data = bytes(len, 5);
        let tagged = secret.tag(replica, &data).unwrap();
        let name = name(&key_id(&key.public_bytes()), &data, replica);
        assert_eq!(tagged.name(), name);
        assert_eq!(tagged.tags.len(), len.div_ceil(BLOCK) as u64);
        for (index, block) in (0..).zip(data.chunks(BLOCK)) {
            assert_eq!(*tagged.tags.get(index).unwrap(), key.tag(&name, index, block));
        }
    }
}

#[test]
fn proofs_and_verdicts_agree_with_the_reference() {
    let policy = Policy::Window { windows: 2.try_into().unwrap(), samples: 9.try_into().unwrap() };
    let mut world = World::new(&[1, 5000, 4 * BLOCK]);
    for seed in [8, 9] {
        for policy in [Policy::Every, policy] {
            let challenge = world.challenge(policy);
            let proof = world.prove(&challenge).to_bytes();
            let (answers, z) = answers(&world, &challenge, known_key);
            let weights = weights(&challenge, &answers);
            assert_eq!(proof, encode(&answers, &weights));

            let publics: Vec<Vec<u8>> =
                answers.iter().map(|a| world.publics[&a.key].to_bytes().to_vec()).collect();
            assert!(holds(&proof, &answers, &weights, z, &publics));
            // y of the first key plus one: refused by both.
            let mut wrong = proof.clone();
            wrong[96] ^= 1;
            assert!(!holds(&wrong, &answers, &weights, z, &publics));
            let wrong = Proof::from_bytes(&wrong).unwrap();
            assert!(world.verify(&challenge, &wrong).is_err());
        }
        world.extend(seed, &[3000, BLOCK]);
    }
}

#[test]
fn identity_of_g2_in_the_reference_is_no_generator() {
    // Guards the reference: a degenerate pairing would hold for anything.
    assert_ne!(G2Projective::identity(), G2Projective::generator());
    assert_ne!(pairing(&G1Affine::generator(), &G2Affine::generator()), Gt::identity());
}
