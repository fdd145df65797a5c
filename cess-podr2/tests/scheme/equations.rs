//! The scheme a second time, from docs/formats/podr2.md, docs/formats/merkle.md and the equations
//! alone: Horner's rule and plain sums on `bls12_381`, whose hash to the curve is used too. It
//! takes nothing from the crate or from `blst`, and knows the secrets, so that psi is Q(alpha) g1.

use bls12_381::hash_to_curve::{ExpandMsgXmd, HashToCurve};
use bls12_381::{G1Affine, G1Projective, G2Affine, Gt, Scalar, pairing};

pub(crate) type Id = [u8; 32];

/// Why something is refused, in the words of tests/vectors/README.md.
pub(crate) type Refusal = &'static str;

pub(crate) fn stream(context: &str, input: &[&[u8]]) -> blake3::OutputReader {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in input {
        hasher.update(part);
    }
    hasher.finalize_xof()
}

pub(crate) fn xof<const N: usize>(context: &str, input: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    stream(context, input).fill(&mut out);
    out
}

/// The next 16 bytes that aren't all zero.
pub(crate) fn weight(stream: &mut blake3::OutputReader) -> Scalar {
    let mut wide = [0; 32];
    while wide == [0; 32] {
        stream.fill(&mut wide[..16]);
    }
    Scalar::from_bytes(&wide).unwrap()
}

pub(crate) fn hash_to_g1(name: &Id, index: u64) -> G1Projective {
    let mut message = name.to_vec();
    message.extend(index.to_le_bytes());
    let dst = b"CESS_PODR2_V1_BLS12381G1_XMD:SHA-256_SSWU_RO_";
    <G1Projective as HashToCurve<ExpandMsgXmd<sha2::Sha256>>>::hash_to_curve([message], dst)
}

pub(crate) fn affine(point: impl Into<G1Affine>) -> [u8; 48] {
    point.into().to_compressed()
}

pub(crate) fn point(bytes: &[u8]) -> G1Projective {
    G1Affine::from_compressed(bytes.try_into().unwrap()).unwrap().into()
}

pub(crate) fn decode_g1(bytes: &[u8]) -> Result<G1Affine, Refusal> {
    let bytes = bytes.try_into().unwrap();
    let point = Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(bytes));
    let point = point.ok_or("point")?;
    if bool::from(point.is_torsion_free()) { Ok(point) } else { Err("subgroup") }
}

fn finite_g1(bytes: &[u8]) -> Result<G1Affine, Refusal> {
    let point = decode_g1(bytes)?;
    if bool::from(point.is_identity()) { Err("identity") } else { Ok(point) }
}

fn finite_g2(bytes: &[u8]) -> Result<G2Affine, Refusal> {
    let bytes = bytes.try_into().unwrap();
    let point = Option::<G2Affine>::from(G2Affine::from_compressed_unchecked(bytes));
    let point = point.ok_or("point")?;
    if !bool::from(point.is_torsion_free()) {
        return Err("subgroup");
    }
    if bool::from(point.is_identity()) { Err("identity") } else { Ok(point) }
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

/// A tag key in the clear.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) x: Scalar,
    pub(crate) alpha: Scalar,
    pub(crate) s: u32,
}

impl Key {
    pub(crate) fn from_seed(seed: &[u8; 32], s: u32) -> Self {
        let draw = |context| Scalar::from_bytes_wide(&xof(context, &[seed]));
        Self { x: draw("cess-podr2 v1 secret x"), alpha: draw("cess-podr2 v1 secret alpha"), s }
    }

    pub(crate) fn block_bytes(&self) -> usize {
        31 * self.s as usize
    }

    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        let x = G2Affine::from(G2Affine::generator() * self.x);
        let y = G2Affine::from(G2Affine::generator() * (self.x * self.alpha));
        let mut out = x.to_compressed().to_vec();
        out.extend(y.to_compressed());
        out.extend(self.s.to_le_bytes());
        out
    }

    pub(crate) fn id(&self) -> Id {
        key_id(&self.public_bytes())
    }

    pub(crate) fn proving_bytes(&self) -> Vec<u8> {
        let mut power = Scalar::one();
        let mut out = Vec::new();
        for _ in 1..self.s {
            power *= self.alpha;
            out.extend(affine(G1Affine::generator() * power));
        }
        out
    }

    /// x (H(name ‖ index) + M(alpha) g1)
    pub(crate) fn tag(&self, name: &Id, index: u64, block: &[u8]) -> [u8; 48] {
        let m = evaluate(&sectors_of(block), self.alpha);
        affine((hash_to_g1(name, index) + G1Affine::generator() * m) * self.x)
    }

    pub(crate) fn fragment(&self, data: &[u8], replica: u32) -> Fragment {
        let (root, len) = (*blake3::hash(data).as_bytes(), data.len() as u64);
        Fragment { key: self.id(), s: self.s, root, len, replica }
    }

    pub(crate) fn store(&self, data: Vec<u8>, replica: u32) -> Stored {
        let fragment = self.fragment(&data, replica);
        let name = fragment.name();
        let blocks = (0..).zip(data.chunks(self.block_bytes()));
        let tags = blocks.map(|(index, block)| self.tag(&name, index, block)).collect();
        Stored { fragment, data, tags }
    }
}

pub(crate) fn key_id(public_bytes: &[u8]) -> Id {
    xof("cess-podr2 v1 key id", &[public_bytes])
}

#[derive(Clone)]
pub(crate) struct Public {
    pub(crate) x: G2Affine,
    pub(crate) y: G2Affine,
    pub(crate) s: u32,
    pub(crate) id: Id,
}

impl Public {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() != 196 {
            return Err("length");
        }
        let s = u32::from_le_bytes(bytes[192..].try_into().unwrap());
        if !s.is_power_of_two() || !(64..=65536).contains(&s) {
            return Err("sectors");
        }
        let (x, y) = (finite_g2(&bytes[..96])?, finite_g2(&bytes[96..192])?);
        Ok(Self { x, y, s, id: key_id(bytes) })
    }

    /// U_0 to U_{s-1}, with e(U_{j+1}, X) = e(U_j, Y) for each j.
    pub(crate) fn decode_proving(&self, bytes: &[u8]) -> Result<Vec<G1Affine>, Refusal> {
        if bytes.len() != 48 * (self.s as usize - 1) {
            return Err("length");
        }
        let mut powers = vec![G1Affine::generator()];
        for power in bytes.chunks(48) {
            powers.push(finite_g1(power)?);
        }
        let fits = |pair: &[G1Affine]| pairing(&pair[1], &self.x) == pairing(&pair[0], &self.y);
        if powers.windows(2).all(fits) { Ok(powers) } else { Err("proving key") }
    }

    /// e(sigma_i, g2) = e(H_i + sum_j m_{i,j} U_j, X) for each block.
    pub(crate) fn check_tags(
        &self,
        powers: &[G1Affine],
        fragment: &Fragment,
        data: &[u8],
        tags: &[u8],
    ) -> Result<(), Refusal> {
        if tags.is_empty() || !tags.len().is_multiple_of(48) {
            return Err("length");
        }
        if tags.len() as u64 != 48 * fragment.blocks() {
            return Err("tag count");
        }
        let tags = tags.chunks(48).map(finite_g1).collect::<Result<Vec<_>, _>>()?;
        if data.len() as u64 != fragment.len {
            return Err("fragment length");
        }
        if *blake3::hash(data).as_bytes() != fragment.root {
            return Err("root");
        }
        let name = fragment.name();
        for ((index, tag), block) in (0..).zip(tags).zip(data.chunks(31 * self.s as usize)) {
            let m = sectors_of(block);
            let sum: G1Projective = powers.iter().zip(m).map(|(power, m)| power * m).sum();
            let right = G1Affine::from(hash_to_g1(&name, index) + sum);
            if pairing(&tag, &G2Affine::generator()) != pairing(&right, &self.x) {
                return Err("tags");
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fragment {
    pub(crate) key: Id,
    pub(crate) s: u32,
    pub(crate) root: Id,
    pub(crate) len: u64,
    pub(crate) replica: u32,
}

impl Fragment {
    pub(crate) fn name(&self) -> Id {
        let (len, replica) = (self.len.to_le_bytes(), self.replica.to_le_bytes());
        xof("cess-podr2 v1 fragment name", &[&self.key, &self.root, &len, &replica])
    }

    pub(crate) fn blocks(&self) -> u64 {
        self.len.div_ceil(31 * u64::from(self.s))
    }
}

#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) fragment: Fragment,
    pub(crate) data: Vec<u8>,
    pub(crate) tags: Vec<[u8; 48]>,
}

/// One key's share of a proof.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) key: Id,
    pub(crate) sigma: G1Projective,
    pub(crate) psi: [u8; 48],
    pub(crate) y: Scalar,
}

/// What a sample asks for and its coefficient nu.
pub(crate) struct Asked {
    pub(crate) fragment: Fragment,
    pub(crate) block: u64,
    pub(crate) nu: Scalar,
}

/// The distinct keys, rising.
pub(crate) fn keys_of(asked: &[Asked]) -> Vec<Id> {
    let mut keys: Vec<Id> = asked.iter().map(|asked| asked.fragment.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// One answer a key, from the secret: M = sum nu M_i, y = M(z), psi = (M(alpha) - y) / (alpha - z) g1.
pub(crate) fn answers(
    asked: &[Asked],
    z: Scalar,
    stored: &[Stored],
    key: impl Fn(&Id) -> Key,
) -> Vec<Answer> {
    let answer = |id: &Id| {
        let key = key(id);
        let mut combined = vec![Scalar::zero(); key.s as usize];
        let mut sigma = G1Projective::identity();
        for asked in asked.iter().filter(|asked| asked.fragment.key == *id) {
            let stored = stored.iter().find(|stored| stored.fragment == asked.fragment).unwrap();
            let at = usize::try_from(asked.block).unwrap();
            let block = stored.data.chunks(key.block_bytes()).nth(at).unwrap_or_default();
            for (sum, m) in combined.iter_mut().zip(sectors_of(block)) {
                *sum += m * asked.nu;
            }
            sigma += point(&stored.tags[at]) * asked.nu;
        }
        let y = evaluate(&combined, z);
        let quotient = (evaluate(&combined, key.alpha) - y) * (key.alpha - z).invert().unwrap();
        Answer { key: *id, sigma, psi: affine(G1Affine::generator() * quotient), y }
    };
    keys_of(asked).iter().map(answer).collect()
}

/// w_kappa, from the digest of the challenge and (KeyId, psi, y) of every key; 1 for one key.
pub(crate) fn key_weights(digest: &Id, answers: &[(Id, [u8; 48], Scalar)]) -> Vec<Scalar> {
    if answers.len() == 1 {
        return vec![Scalar::one()];
    }
    let mut input = digest.to_vec();
    for (key, psi, y) in answers {
        input.extend(key);
        input.extend(psi);
        input.extend(y.to_bytes());
    }
    let mut stream = stream("cess-podr2 v1 key weights", &[&input]);
    answers.iter().map(|_| weight(&mut stream)).collect()
}

pub(crate) fn weights_of(digest: &Id, answers: &[Answer]) -> Vec<Scalar> {
    let parts: Vec<_> = answers.iter().map(|a| (a.key, a.psi, a.y)).collect();
    key_weights(digest, &parts)
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

/// A decoded proof: sigma, and psi and y of each key.
type Parts = (G1Affine, Vec<(G1Affine, Scalar)>);

pub(crate) fn decode_proof(bytes: &[u8]) -> Result<Parts, Refusal> {
    if bytes.len() < 128 || !(bytes.len() - 48).is_multiple_of(80) {
        return Err("length");
    }
    let sigma = finite_g1(&bytes[..48])?;
    let answer = |bytes: &[u8]| {
        let psi = decode_g1(&bytes[..48])?;
        let y: [u8; 32] = bytes[48..].try_into().unwrap();
        Ok((psi, Option::<Scalar>::from(Scalar::from_bytes(&y)).ok_or("scalar")?))
    };
    Ok((sigma, bytes[48..].chunks(80).map(answer).collect::<Result<_, Refusal>>()?))
}

/// e(sigma, g2) = prod_kappa e(w (sum nu H + y g1 - z psi), X) e(w psi, Y), by 1 + 2 K pairings.
pub(crate) fn judge(
    digest: &Id,
    asked: &[Asked],
    z: Scalar,
    publics: &[Public],
    (sigma, answers): &Parts,
) -> Result<(), Refusal> {
    let keys = keys_of(asked);
    if keys.len() != answers.len() {
        return Err("key count");
    }
    let parts: Vec<_> =
        keys.iter().zip(answers).map(|(id, (psi, y))| (*id, affine(*psi), *y)).collect();
    let mut right = Gt::identity();
    for ((id, (psi, y)), weight) in keys.iter().zip(answers).zip(key_weights(digest, &parts)) {
        let public = publics.iter().find(|public| public.id == *id).ok_or("unknown key")?;
        let mut left = G1Affine::generator() * *y - psi * z;
        for asked in asked.iter().filter(|asked| asked.fragment.key == *id) {
            if asked.fragment.s != public.s {
                return Err("wrong sectors");
            }
            left += hash_to_g1(&asked.fragment.name(), asked.block) * asked.nu;
        }
        right += pairing(&G1Affine::from(left * weight), &public.x);
        right += pairing(&G1Affine::from(psi * weight), &public.y);
    }
    if pairing(sigma, &G2Affine::generator()) == right { Ok(()) } else { Err("proof") }
}
