//! Blinded proofs and spans of windows, a second time, from docs/formats/podr2.md.

use bls12_381::{G1Affine, G1Projective, G2Affine, Gt, Scalar, pairing};

use crate::draws::Challenge;
use crate::equations::{
    Answer, Asked, Fragment, Id, Public, Refusal, affine, decode_g1, hash_to_g1, keys_of, point,
    xof,
};

/// The twelve coefficients in tower order, big-endian: as `bls12_381` shows them.
pub(crate) fn coefficients(value: &Gt) -> Vec<u8> {
    let shown = format!("{value:?}");
    let digits: String = shown.split("0x").skip(1).map(|rest| &rest[..96]).collect();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let out: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    assert_eq!(out.len(), 576);
    out
}

/// sigma, psi and y, or what hides them.
#[derive(Clone, Copy)]
pub(crate) struct Triple {
    pub(crate) sigma: G1Projective,
    pub(crate) psi: G1Projective,
    pub(crate) y: Scalar,
}

impl Triple {
    pub(crate) fn of(answer: &Answer) -> Self {
        Self { sigma: answer.sigma, psi: point(&answer.psi), y: answer.y }
    }

    /// `self + c other`
    pub(crate) fn plus(&self, c: Scalar, other: &Self) -> Self {
        let (sigma, psi) = (self.sigma + other.sigma * c, self.psi + other.psi * c);
        Self { sigma, psi, y: self.y + other.y * c }
    }

    /// `phi(sigma, y, psi; A)`
    pub(crate) fn phi(&self, a: G1Projective, z: Scalar, public: &Public) -> Gt {
        let left = a + G1Affine::generator() * self.y - self.psi * z;
        let pair = |p: G1Projective, q: &G2Affine| pairing(&p.into(), q);
        pair(self.sigma, &G2Affine::generator())
            + pair(-left, &public.x)
            + pair(-self.psi, &public.y)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        [&affine(self.sigma)[..], &affine(self.psi), &self.y.to_bytes()].concat()
    }
}

/// c, from T of each key.
pub(crate) fn draw(digest: &Id, values: &[(Id, Gt)]) -> Scalar {
    let mut input = digest.to_vec();
    for (key, value) in values {
        input.extend(key);
        input.extend(coefficients(value));
    }
    Scalar::from_bytes_wide(&xof("cess-podr2 v1 blinded", &[&input]))
}

/// S, R and k of each key.
pub(crate) fn nonces(digest: &Id, answers: &[Answer], random: &Id) -> Vec<Triple> {
    let mut input = [&random[..], digest].concat();
    for answer in answers {
        input.extend(answer.key);
        input.extend(Triple::of(answer).encode());
    }
    let mut stream = crate::equations::stream("cess-podr2 v1 blinding", &[&input]);
    let mut scalar = || {
        let mut wide = [0; 64];
        stream.fill(&mut wide);
        Scalar::from_bytes_wide(&wide)
    };
    let mut nonce = || {
        let (s, rho, k) = (scalar(), scalar(), scalar());
        let g1 = G1Affine::generator();
        Triple { sigma: g1 * s, psi: g1 * rho, y: k }
    };
    answers.iter().map(|_| nonce()).collect()
}

fn find<'a>(publics: &'a [Public], id: &Id) -> Result<&'a Public, Refusal> {
    publics.iter().find(|public| public.id == *id).ok_or("unknown key")
}

/// `sum nu H` of one key.
pub(crate) fn hashes(asked: &[Asked], key: &Id) -> G1Projective {
    let asked = asked.iter().filter(|asked| asked.fragment.key == *key);
    asked.map(|asked| hash_to_g1(&asked.fragment.name(), asked.block) * asked.nu).sum()
}

pub(crate) fn blind(
    challenge: &Challenge,
    publics: &[Public],
    answers: &[Answer],
    random: &Id,
) -> Vec<u8> {
    let digest = challenge.digest();
    let nonces = nonces(&digest, answers, random);
    let value = |(answer, nonce): (&Answer, &Triple)| {
        let public = find(publics, &answer.key).unwrap();
        (answer.key, nonce.phi(G1Projective::identity(), challenge.z(), public))
    };
    let values: Vec<_> = answers.iter().zip(&nonces).map(value).collect();
    let c = draw(&digest, &values);
    let mut out = c.to_bytes().to_vec();
    for (answer, nonce) in answers.iter().zip(nonces) {
        out.extend(nonce.plus(c, &Triple::of(answer)).encode());
    }
    out
}

fn scalar(bytes: &[u8]) -> Result<Scalar, Refusal> {
    let bytes: [u8; 32] = bytes.try_into().unwrap();
    Option::<Scalar>::from(Scalar::from_bytes(&bytes)).ok_or("scalar")
}

pub(crate) fn decode(bytes: &[u8]) -> Result<(Scalar, Vec<Triple>), Refusal> {
    if bytes.len() < 160 || !(bytes.len() - 32).is_multiple_of(128) {
        return Err("length");
    }
    let c = scalar(&bytes[..32])?;
    let triple = |bytes: &[u8]| {
        let (sigma, psi) = (decode_g1(&bytes[..48])?.into(), decode_g1(&bytes[48..96])?.into());
        Ok(Triple { sigma, psi, y: scalar(&bytes[96..])? })
    };
    Ok((c, bytes[32..].chunks(128).map(triple).collect::<Result<_, Refusal>>()?))
}

pub(crate) fn verify(
    challenge: &Challenge,
    holding: &[Fragment],
    publics: &[Public],
    proof: &[u8],
) -> Result<(), Refusal> {
    let (c, triples) = decode(proof)?;
    let asked = challenge.asked(holding)?;
    let keys = keys_of(&asked);
    if keys.len() != triples.len() {
        return Err("key count");
    }
    let mut values = Vec::new();
    for (key, triple) in keys.iter().zip(&triples) {
        let public = find(publics, key)?;
        if asked.iter().any(|a| a.fragment.key == *key && a.fragment.s != public.s) {
            return Err("wrong sectors");
        }
        values.push((*key, triple.phi(hashes(&asked, key) * c, challenge.z(), public)));
    }
    if draw(&challenge.digest(), &values) == c { Ok(()) } else { Err("proof") }
}

/// A window as it closed: the hash of the answer, if one came in time.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) challenge: Challenge,
    pub(crate) deadline: u64,
    pub(crate) answer: Option<Id>,
}

impl Window {
    fn outcome(&self) -> Vec<u8> {
        self.answer.map_or(vec![0], |hash| [&[1], &hash[..]].concat())
    }

    pub(crate) fn extend(&self, link: &Id) -> Id {
        let challenge = self.challenge.encode();
        let parts: [&[u8]; 5] = [
            link,
            &self.challenge.digest(),
            &challenge[132..141],
            &self.deadline.to_le_bytes(),
            &self.outcome(),
        ];
        xof("cess-podr2 v1 post link", &parts)
    }
}

pub(crate) fn answer_hash(proof: &[u8]) -> Id {
    xof("cess-podr2 v1 post proof", &[proof])
}

pub(crate) fn start(chain_id: &Id, prover: &Id, start: u64) -> Id {
    xof("cess-podr2 v1 post start", &[chain_id, prover, &start.to_le_bytes()])
}

pub(crate) fn encode_span(from: &Id, windows: &[Window]) -> Vec<u8> {
    let mut out = from.to_vec();
    out.extend(u32::try_from(windows.len()).unwrap().to_le_bytes());
    for window in windows {
        out.extend(window.challenge.encode());
        out.extend(window.deadline.to_le_bytes());
        out.extend(window.outcome());
    }
    out
}

/// The windows, and the link after the last.
pub(crate) fn decode_span(bytes: &[u8]) -> Result<(Vec<Window>, Id), Refusal> {
    let mut rest = bytes;
    let mut take = |len: usize| -> Result<&[u8], Refusal> {
        let (head, tail) = rest.split_at_checked(len).ok_or("length")?;
        rest = tail;
        Ok(head)
    };
    let mut link: Id = take(32)?.try_into().unwrap();
    let count = u32::from_le_bytes(take(4)?.try_into().unwrap());
    let mut windows: Vec<Window> = Vec::new();
    for _ in 0..count {
        let challenge = Challenge::decode(take(173)?)?;
        let deadline = u64::from_le_bytes(take(8)?.try_into().unwrap());
        let answer = match take(1)? {
            [0] => None,
            [1] => Some(take(32)?.try_into().unwrap()),
            _ => return Err("outcome"),
        };
        if let Some(Window { challenge: old, deadline: before, .. }) = windows.last() {
            if (old.chain_id, old.prover) != (challenge.chain_id, challenge.prover) {
                return Err("other prover");
            }
            let rises = old.round < challenge.round && old.height < challenge.height;
            if !rises || deadline <= *before {
                return Err("order");
            }
            if windows.iter().any(|window| window.challenge.seed == challenge.seed) {
                return Err("seed");
            }
        }
        let window = Window { challenge, deadline, answer };
        link = window.extend(&link);
        windows.push(window);
    }
    if take(0).is_ok() && !rest.is_empty() {
        return Err("length");
    }
    Ok((windows, link))
}

/// What is known of a window from the proof at hand.
pub(crate) fn verdict(
    window: &Window,
    holding: &[Fragment],
    publics: &[Public],
    proof: Option<&[u8]>,
) -> String {
    match (window.answer, proof) {
        (None, None) => "missed".into(),
        (None, Some(_)) => "late".into(),
        (Some(_), None) => "withheld".into(),
        (Some(hash), Some(proof)) if hash != answer_hash(proof) => "refused: other proof".into(),
        (Some(_), Some(proof)) => match window.challenge.verify(holding, publics, proof) {
            Ok(()) => "proven".into(),
            Err(reason) => format!("refused: {reason}"),
        },
    }
}
