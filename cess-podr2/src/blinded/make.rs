use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::{Answer, BlindedProof, Gt, hash};
use crate::backend::{Backend, G1, G1Affine, G2Affine, Native};
use crate::domain::{BLINDING, Transcript, Xof};
use crate::field::Fr;
use crate::public::PublicKey;

/// A plain proof under one key: as secret as the data, which whoever makes it has.
pub(crate) struct Plain<'k> {
    pub(crate) key: &'k PublicKey,
    pub(crate) sigma: G1Affine,
    pub(crate) psi: G1Affine,
    pub(crate) y: Fr,
}

/// What one key's answers are hidden by. `S = s g1`, `R = rho g1`.
pub(super) struct Nonce {
    s: Zeroizing<Fr>,
    rho: Zeroizing<Fr>,
    k: Zeroizing<Fr>,
}

/// Hides plain proofs, one a key, keys rising.
pub(crate) fn blind(
    digest: &[u8; 32],
    z: &Fr,
    plain: &[Plain<'_>],
    rng: &mut impl CryptoRng,
) -> BlindedProof {
    let mut random = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *random);
    let nonces = nonces(&random, digest, plain);
    let values: Vec<Gt> =
        plain.iter().zip(&nonces).map(|(plain, nonce)| nonce.value(z, plain.key)).collect();
    let keys = plain.iter().map(|plain| plain.key.key_id());
    respond(plain, &nonces, &hash(digest, keys.zip(&values)))
}

/// From randomness and all that is answered: a generator that repeats itself gives one answer twice,
/// never two answers under one nonce, which would give away the plain proof.
pub(super) fn nonces(random: &[u8; 32], digest: &[u8; 32], plain: &[Plain<'_>]) -> Vec<Nonce> {
    let mut transcript = Transcript::new(BLINDING).bytes(random).bytes(digest);
    for plain in plain {
        transcript = transcript
            .bytes(plain.key.key_id().as_bytes())
            .bytes(&Native::encode_g1(&plain.sigma))
            .bytes(&Native::encode_g1(&plain.psi))
            .bytes(&*Zeroizing::new(plain.y.to_bytes()));
    }
    let mut xof = transcript.xof();
    plain.iter().map(|_| Nonce::draw(&mut xof)).collect()
}

impl Nonce {
    fn draw(xof: &mut Xof) -> Self {
        let mut scalar = || Zeroizing::new(Fr::from_wide(&Zeroizing::new(xof.wide())));
        Self { s: scalar(), rho: scalar(), k: scalar() }
    }

    /// `T = phi(S, k, R; 0)`, where `-(k g1 - z R) = (z rho - k) g1`.
    pub(super) fn value(&self, z: &Fr, key: &PublicKey) -> Gt {
        let left = Zeroizing::new(z.mul(&self.rho).add(&self.k.neg()));
        let right = Zeroizing::new(self.rho.neg());
        let times = |scalar: &Fr| {
            let point = Zeroizing::new(G1::generator().mul(scalar));
            Zeroizing::new(point.to_affine())
        };
        let [s, left, right] = [&*self.s, &*left, &*right].map(times);
        let pairs =
            Zeroizing::new(Pairs([(*s, G2Affine::generator()), (*left, key.x), (*right, key.y)]));
        Native::pairing(&pairs.0)
    }
}

struct Pairs([(G1Affine, G2Affine); 3]);

impl Zeroize for Pairs {
    fn zeroize(&mut self) {
        for (point, _) in &mut self.0 {
            point.zeroize();
        }
    }
}

pub(super) fn respond(plain: &[Plain<'_>], nonces: &[Nonce], c: &Fr) -> BlindedProof {
    let answer = |(plain, nonce): (&Plain<'_>, &Nonce)| {
        let point = |hidden: &Fr, point: &G1Affine| {
            let hidden = Zeroizing::new(G1::generator().mul(hidden));
            let times = Zeroizing::new(G1::from(point).mul(c));
            hidden.add(&times).to_affine()
        };
        Answer {
            sigma: point(&nonce.s, &plain.sigma),
            psi: point(&nonce.rho, &plain.psi),
            y: nonce.k.add(&Zeroizing::new(c.mul(&plain.y))),
        }
    };
    BlindedProof { c: *c, answers: plain.iter().zip(nonces).map(answer).collect() }
}
