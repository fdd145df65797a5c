//! The equations once more, on arkworks and the plain crates alone, written as docs/formats/pre.md
//! has them and as plainly as it goes. Nothing here is constant-time.

use ark_bls12_381::{Bls12_381, Fq2, Fr, G1Affine, G2Affine, G2Projective, g2};
use ark_ec::hashing::HashToCurve;
use ark_ec::hashing::curve_maps::wb::WBMap;
use ark_ec::hashing::map_to_curve_hasher::MapToCurveBasedHasher;
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::field_hashers::DefaultFieldHasher;
use ark_ff::{BigInteger, Field, PrimeField, Zero};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use sha2::Sha256;

pub(crate) const DST: &[u8] = b"CESS_PRE_V1_BLS12381G2_XMD:SHA-256_SSWU_RO_";

pub(crate) fn hash(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    blake3::derive_key(context, &parts.concat())
}

/// 64 bytes of output, little-endian, modulo r.
pub(crate) fn scalar(context: &str, parts: &[&[u8]]) -> Fr {
    let mut wide = [0; 64];
    let mut hasher = blake3::Hasher::new_derive_key(context);
    hasher.update(&parts.concat()).finalize_xof().fill(&mut wide);
    Fr::from_le_bytes_mod_order(&wide)
}

pub(crate) fn enc<P: CanonicalSerialize>(point: &P) -> Vec<u8> {
    let mut out = Vec::new();
    point.serialize_compressed(&mut out).unwrap();
    out
}

pub(crate) fn g1(bytes: &[u8]) -> G1Affine {
    G1Affine::deserialize_compressed(bytes).unwrap()
}

pub(crate) fn g2(bytes: &[u8]) -> G2Affine {
    G2Affine::deserialize_compressed(bytes).unwrap()
}

pub(crate) fn fr(bytes: &[u8]) -> Fr {
    let value = Fr::from_le_bytes_mod_order(bytes);
    assert_eq!(fr_bytes(&value), bytes, "canonical");
    value
}

pub(crate) fn fr_bytes(value: &Fr) -> Vec<u8> {
    value.into_bigint().to_bytes_le()
}

pub(crate) fn generator() -> G1Affine {
    G1Affine::generator()
}

pub(crate) fn times(point: &G1Affine, by: &Fr) -> G1Affine {
    (*point * by).into_affine()
}

pub(crate) fn hash_to_g2(message: &[u8], dst: &[u8]) -> G2Affine {
    type Hasher =
        MapToCurveBasedHasher<G2Projective, DefaultFieldHasher<Sha256, 128>, WBMap<g2::Config>>;
    Hasher::new(dst).unwrap().hash(message).unwrap()
}

pub(crate) fn q(w: &[u8; 73]) -> G2Affine {
    hash_to_g2(w, DST)
}

/// The pairing's twelve coordinates, 48 bytes each, big-endian.
pub(crate) fn pairing(p: &G1Affine, q: &G2Affine) -> Vec<u8> {
    let z = Bls12_381::pairing(p, q).0;
    let pair = |x: &Fq2| [&x.c0, &x.c1].map(|c| c.into_bigint().to_bytes_be()).concat();
    [&z.c0.c0, &z.c1.c0, &z.c0.c1, &z.c1.c1, &z.c0.c2, &z.c1.c2].map(pair).concat()
}

pub(crate) struct Keys {
    pub(crate) a: Fr,
    pub(crate) s: Fr,
    pub(crate) a1: G1Affine,
    pub(crate) s1: G1Affine,
}

impl Keys {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let a = scalar("cess-pre v1 decryption key", &[seed]);
        let s = scalar("cess-pre v1 signing key", &[seed]);
        Self { a, s, a1: times(&generator(), &a), s1: times(&generator(), &s) }
    }

    /// With proofs of its own drawing: they aren't the seed's, and are as good.
    pub(crate) fn public_key(&self, nonce: &[u8]) -> Vec<u8> {
        let (a1, s1) = (enc(&self.a1), enc(&self.s1));
        let proof_a = prove("cess-pre v1 possession of decryption key", &self.a, &[&s1], nonce);
        let proof_s = prove("cess-pre v1 possession of signing key", &self.s, &[&a1], nonce);
        [a1, s1, proof_a, proof_s].concat()
    }
}

/// Schnorr: `c = H(P ‖ k*g1 ‖ message)`, `z = k + c*x`.
pub(crate) fn prove(context: &str, x: &Fr, message: &[&[u8]], nonce: &[u8]) -> Vec<u8> {
    let k = scalar("a nonce of the reference", &[context.as_bytes(), nonce]);
    let p = enc(&times(&generator(), x));
    let c = scalar(context, &[&p, &enc(&times(&generator(), &k)), &message.concat()]);
    [fr_bytes(&c), fr_bytes(&(k + c * x))].concat()
}

pub(crate) fn proves(context: &str, p: &G1Affine, message: &[&[u8]], proof: &[u8]) -> bool {
    let (c, z) = (fr(&proof[..32]), fr(&proof[32..]));
    let r = (generator() * z - *p * c).into_affine();
    c == scalar(context, &[&enc(p), &enc(&r), &message.concat()])
}

fn aead(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

/// What a capsule is bound to.
pub(crate) struct Place<'a> {
    pub(crate) a1: G1Affine,
    pub(crate) w: &'a [u8; 73],
    pub(crate) label: &'a [u8; 32],
}

impl Place<'_> {
    fn bound(&self, c: &G1Affine) -> Vec<u8> {
        [enc(c), enc(&self.a1), self.w.to_vec(), self.label.to_vec()].concat()
    }

    pub(crate) fn encapsulate(&self, key: &[u8; 32], rho: &Fr) -> Vec<u8> {
        let c = times(&generator(), rho);
        let z = pairing(&times(&self.a1, rho), &q(self.w));
        let k = hash("cess-pre v1 kem", &[&z, &self.bound(&c)]);
        let payload = Payload { msg: key, aad: &self.bound(&c) };
        let wrap = aead(&k).encrypt((&[0; 12]).into(), payload).unwrap();
        let message: [&[u8]; 4] = [&enc(&self.a1), self.w, self.label, &wrap];
        let proof = prove("cess-pre v1 capsule proof", rho, &message, key);
        [enc(&c), wrap, proof].concat()
    }

    pub(crate) fn verifies(&self, capsule: &[u8]) -> bool {
        let message: [&[u8]; 4] = [&enc(&self.a1), self.w, self.label, &capsule[48..96]];
        let c = g1(&capsule[..48]);
        proves("cess-pre v1 capsule proof", &c, &message, &capsule[96..160])
    }

    pub(crate) fn hash(&self, capsule: &[u8]) -> [u8; 32] {
        hash("cess-pre v1 capsule hash", &[capsule, &enc(&self.a1), self.w, self.label])
    }

    /// The data key, given Z.
    pub(crate) fn unwrap(&self, capsule: &[u8], z: &[u8]) -> Option<Vec<u8>> {
        let bound = self.bound(&g1(&capsule[..48]));
        let k = hash("cess-pre v1 kem", &[z, &bound]);
        let payload = Payload { msg: &capsule[48..96], aad: &bound };
        aead(&k).decrypt((&[0; 12]).into(), payload).ok()
    }

    pub(crate) fn open(&self, capsule: &[u8], a: &Fr) -> Option<Vec<u8>> {
        // As the design has it, by a*Q_w: the crate computes e(a*C, Q_w) instead.
        let key = (q(self.w) * a).into_affine();
        self.unwrap(capsule, &pairing(&g1(&capsule[..48]), &key))
    }
}

pub(crate) fn tau(agreed: &G1Affine, e: &G1Affine, a1: &G1Affine, b1: &G1Affine, w: &[u8]) -> Fr {
    scalar("cess-pre v1 tau", &[&enc(agreed), &enc(e), &enc(a1), &enc(b1), w])
}

/// A grant taken apart.
pub(crate) struct Grant {
    pub(crate) w: [u8; 73],
    pub(crate) not_after: u64,
    pub(crate) a1: G1Affine,
    pub(crate) b1: G1Affine,
    pub(crate) e: G1Affine,
    pub(crate) x: G2Affine,
    pub(crate) proxies: Vec<G1Affine>,
    pub(crate) phi: Vec<G1Affine>,
}

impl Grant {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        assert_eq!(bytes[0], 1);
        let (t, n) = (usize::from(bytes[82]), usize::from(bytes[83]));
        assert_eq!(bytes.len(), 388 + 48 * (t + n));
        let point = |at: usize| g1(&bytes[at..at + 48]);
        let points = |at: usize, count| (0..count).map(|i| point(at + 48 * i)).collect();
        Self {
            w: bytes[1..74].try_into().unwrap(),
            not_after: u64::from_le_bytes(bytes[74..82].try_into().unwrap()),
            a1: point(84),
            b1: point(132),
            e: point(180),
            x: g2(&bytes[228..324]),
            proxies: points(324, n),
            phi: points(324 + 48 * n, t),
        }
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let counts =
            [u8::try_from(self.phi.len()).unwrap(), u8::try_from(self.proxies.len()).unwrap()];
        let points = [&self.a1, &self.b1, &self.e].map(enc).concat();
        let lists: Vec<u8> = self.proxies.iter().chain(&self.phi).flat_map(enc).collect();
        let not_after = self.not_after.to_le_bytes();
        [&[1], &self.w[..], &not_after, &counts, &points, &enc(&self.x), &lists].concat()
    }

    pub(crate) fn id(&self) -> [u8; 32] {
        hash("cess-pre v1 grant id", &[&self.body()])
    }

    pub(crate) fn sign(&self, s: &Fr) -> Vec<u8> {
        let id = self.id();
        [self.body(), prove("cess-pre v1 grant signature", s, &[&id], &id)].concat()
    }

    /// A grant and its sealed shares, all drawn from `nonce`.
    pub(crate) fn deal(
        owner: &Keys,
        delegatee: &Keys,
        w: [u8; 73],
        not_after: u64,
        t: usize,
        proxies: &[&Keys],
        nonce: &[u8],
    ) -> (Self, Vec<Vec<u8>>) {
        let eps = scalar("eps of the reference", &[nonce]);
        let e = times(&generator(), &eps);
        let tau = tau(&times(&delegatee.a1, &eps), &e, &owner.a1, &delegatee.a1, &w);
        let f: Vec<Fr> =
            (0u8..).take(t).map(|j| scalar("f of the reference", &[nonce, &[j]])).collect();
        let x = q(&w) * owner.a + G2Affine::generator() * (f[0] + tau);
        let grant = Self {
            w,
            not_after,
            a1: owner.a1,
            b1: delegatee.a1,
            e,
            x: x.into_affine(),
            proxies: proxies.iter().map(|proxy| proxy.s1).collect(),
            phi: f.iter().map(|c| times(&generator(), c)).collect(),
        };
        let shares = (1u8..)
            .zip(proxies)
            .map(|(i, proxy)| grant.seal_share(i, proxy, &evaluate(&f, i), nonce))
            .collect();
        (grant, shares)
    }

    pub(crate) fn seal_share(&self, i: u8, proxy: &Keys, share: &Fr, nonce: &[u8]) -> Vec<u8> {
        let r = scalar("ephemeral of the reference", &[nonce, &[i]]);
        let ephemeral = times(&generator(), &r);
        let key = self.share_key(i, &times(&proxy.a1, &r), &ephemeral, &proxy.a1);
        let sealed = aead(&key).encrypt((&[0; 12]).into(), &fr_bytes(share)[..]).unwrap();
        [vec![i], enc(&ephemeral), sealed].concat()
    }

    fn share_key(&self, i: u8, agreed: &G1Affine, ephemeral: &G1Affine, a1: &G1Affine) -> [u8; 32] {
        let parts: [&[u8]; 5] = [&enc(agreed), &enc(ephemeral), &enc(a1), &self.id(), &[i]];
        hash("cess-pre v1 share", &parts)
    }

    /// What proxy i finds in its sealed share.
    pub(crate) fn open_share(&self, sealed: &[u8], proxy: &Keys) -> Fr {
        let ephemeral = g1(&sealed[1..49]);
        let agreed = times(&ephemeral, &proxy.a);
        let key = self.share_key(sealed[0], &agreed, &ephemeral, &proxy.a1);
        fr(&aead(&key).decrypt((&[0; 12]).into(), &sealed[49..]).unwrap())
    }

    pub(crate) fn share_point(&self, i: u8) -> G1Affine {
        let mut power = Fr::from(1);
        let mut sum = G1Affine::zero().into_group();
        for phi in &self.phi {
            sum += *phi * power;
            power *= Fr::from(i);
        }
        sum.into_affine()
    }

    pub(crate) fn tau(&self, delegatee: &Keys) -> Fr {
        tau(&times(&self.e, &delegatee.a), &self.e, &self.a1, &self.b1, &self.w)
    }

    /// `e(g1, X) = e(A1, Q_w) * e(Phi_0 + tau*g1, g2)`.
    pub(crate) fn is_sound(&self, delegatee: &Keys) -> bool {
        let blinding = (self.phi[0] + generator() * self.tau(delegatee)).into_affine();
        Bls12_381::pairing(generator(), self.x)
            == Bls12_381::pairing(self.a1, q(&self.w))
                + Bls12_381::pairing(blinding, G2Affine::generator())
    }

    pub(crate) fn request(&self, capsule_hash: &[u8; 32], nonce: &[u8; 32], s: &Fr) -> Vec<u8> {
        let message: [&[u8]; 3] = [&self.id(), capsule_hash, nonce];
        let signature = prove("cess-pre v1 request", s, &message, nonce);
        [self.id(), *capsule_hash, *nonce].concat().into_iter().chain(signature).collect()
    }

    /// The answer of proxy i, whose signing key is `s`; `v` is what it says that f(i)*C is.
    pub(crate) fn answer(
        &self,
        i: u8,
        share: &Fr,
        c: &G1Affine,
        v: &G1Affine,
        request: &[u8],
        s: &Fr,
    ) -> Vec<u8> {
        let k = scalar("k of the reference", &[request, &[i]]);
        let points = [times(&generator(), share), *c, *v, times(&generator(), &k), times(c, &k)];
        let challenge = self.challenge(i, request, &points);
        let core = [enc(v), fr_bytes(&challenge), fr_bytes(&(k + challenge * share))].concat();
        let message = [&self.id()[..], &[i], &request[32..96], &core];
        let signature = prove("cess-pre v1 answer signature", s, &message, request);
        [vec![i], core, signature].concat()
    }

    fn challenge(&self, i: u8, request: &[u8], points: &[G1Affine; 5]) -> Fr {
        let points: Vec<u8> = points.iter().flat_map(enc).collect();
        let asked: [&[u8]; 4] = [&self.id(), &[i], &request[32..96], &points];
        scalar("cess-pre v1 answer proof", &asked)
    }

    pub(crate) fn answer_is_signed(&self, answer: &[u8], request: &[u8]) -> bool {
        let proxy = &self.proxies[usize::from(answer[0]) - 1];
        let message = [&self.id()[..], &answer[..1], &request[32..96], &answer[1..113]];
        proves("cess-pre v1 answer signature", proxy, &message, &answer[113..])
    }

    pub(crate) fn answer_is_true(&self, answer: &[u8], c: &G1Affine, request: &[u8]) -> bool {
        let (i, v) = (answer[0], g1(&answer[1..49]));
        let (challenge, z) = (fr(&answer[49..81]), fr(&answer[81..113]));
        let point = self.share_point(i);
        let r = (generator() * z - point * challenge).into_affine();
        let r_base = (*c * z - v * challenge).into_affine();
        challenge == self.challenge(i, request, &[point, *c, v, r, r_base])
    }

    /// Z as the delegatee gets it from the answers.
    pub(crate) fn shared(&self, tau: &Fr, c: &G1Affine, answers: &[&[u8]]) -> Vec<u8> {
        let values: Vec<(u8, G1Affine)> =
            answers.iter().map(|answer| (answer[0], g1(&answer[1..49]))).collect();
        let mut sum = *c * tau;
        for (i, v) in &values {
            sum += *v * lambda(*i, values.iter().map(|(j, _)| *j));
        }
        let z = Bls12_381::pairing(c, self.x)
            - Bls12_381::pairing(sum.into_affine(), G2Affine::generator());
        let pair = |x: &Fq2| [&x.c0, &x.c1].map(|c| c.into_bigint().to_bytes_be()).concat();
        let z = z.0;
        [&z.c0.c0, &z.c1.c0, &z.c0.c1, &z.c1.c1, &z.c0.c2, &z.c1.c2].map(pair).concat()
    }
}

pub(crate) fn evaluate(f: &[Fr], i: u8) -> Fr {
    f.iter().rev().fold(Fr::zero(), |value, c| value * Fr::from(i) + c)
}

/// `lambda_i = prod_{j != i} j / (j - i)`.
pub(crate) fn lambda(i: u8, all: impl Iterator<Item = u8>) -> Fr {
    all.filter(|j| *j != i).fold(Fr::from(1), |product, j| {
        product * Fr::from(j) * (Fr::from(j) - Fr::from(i)).inverse().unwrap()
    })
}
