//! Every context that is hashed under, in one table; docs/formats/pre.md says what goes in.

use zeroize::{Zeroize, Zeroizing};

use crate::backend::{G1Affine, Scalar};

/// Digest of a file's header: what stands for the header in every key.
pub(crate) const HEADER: &str = "cess-pre v1 header";
/// Key of one part of a file's data.
pub(crate) const PART: &str = "cess-pre v1 part";
/// Hedged salt of one part.
pub(crate) const PART_SALT: &str = "cess-pre v1 part salt";
/// Commitment to a data key and a header.
pub(crate) const KEY_COMMITMENT: &str = "cess-pre v1 key commitment";
/// Key of one box of private metadata.
pub(crate) const META: &str = "cess-pre v1 meta";
/// Salt of one box of private metadata.
pub(crate) const META_SALT: &str = "cess-pre v1 meta salt";

/// Seed → decryption master a.
pub(crate) const DECRYPTION: &str = "cess-pre v1 decryption key";
/// Seed → signing key s.
pub(crate) const SIGNING: &str = "cess-pre v1 signing key";
/// Proof of possession of a, bound to S1.
pub(crate) const POSSESSION_A: &str = "cess-pre v1 possession of decryption key";
/// Proof of possession of s, bound to A1.
pub(crate) const POSSESSION_S: &str = "cess-pre v1 possession of signing key";
/// Key that wraps one data key in a capsule.
pub(crate) const KEM: &str = "cess-pre v1 kem";
/// Scalar rho of a capsule.
pub(crate) const RHO: &str = "cess-pre v1 rho";
/// Proof of a capsule's rho.
pub(crate) const CAPSULE_PROOF: &str = "cess-pre v1 capsule proof";
/// Digest of a capsule and what it is bound to.
pub(crate) const CAPSULE_HASH: &str = "cess-pre v1 capsule hash";
/// Scalar eps of a grant.
pub(crate) const EPS: &str = "cess-pre v1 eps";
/// A coefficient of a grant's polynomial.
pub(crate) const COEFFICIENT: &str = "cess-pre v1 coefficient";
/// Blinding tau of a grant.
pub(crate) const TAU: &str = "cess-pre v1 tau";
/// Id of a grant.
pub(crate) const GRANT_ID: &str = "cess-pre v1 grant id";
/// Owner's signature on a grant.
pub(crate) const GRANT_SIGNATURE: &str = "cess-pre v1 grant signature";
/// Ephemeral scalar of a sealed share.
pub(crate) const SHARE_EPHEMERAL: &str = "cess-pre v1 share ephemeral";
/// Key of a sealed share.
pub(crate) const SHARE: &str = "cess-pre v1 share";
/// Proxy's signature on its share's receipt.
pub(crate) const RECEIPT: &str = "cess-pre v1 receipt";
/// Delegatee's signature on a request.
pub(crate) const REQUEST: &str = "cess-pre v1 request";
/// Proof of an answer.
pub(crate) const ANSWER_PROOF: &str = "cess-pre v1 answer proof";
/// Proxy's signature on an answer.
pub(crate) const ANSWER_SIGNATURE: &str = "cess-pre v1 answer signature";
/// Nonce of a proof or a signature.
pub(crate) const NONCE: &str = "cess-pre v1 nonce";
/// Digest of the context that a nonce is drawn for.
pub(crate) const PURPOSE: &str = "cess-pre v1 purpose";

/// Domain separation tag of the hash to G2.
pub(crate) const HASH_TO_G2: &[u8] = b"CESS_PRE_V1_BLS12381G2_XMD:SHA-256_SSWU_RO_";

/// BLAKE3's `derive_key(context, material[0] ‖ material[1] ‖ …)`. Unambiguous only if at most the
/// last item varies in length: every caller keeps to that.
pub(crate) fn derive(context: &'static str, material: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Transcript::new(context).all(material).digest())
}

/// Hash input under one context, wiped when done. At most one part varies in length.
pub(crate) struct Transcript(blake3::Hasher);

impl Transcript {
    pub(crate) fn new(context: &'static str) -> Self {
        Self(blake3::Hasher::new_derive_key(context))
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    pub(crate) fn all(mut self, parts: &[&[u8]]) -> Self {
        for part in parts {
            self.0.update(part);
        }
        self
    }

    pub(crate) fn point(self, point: &G1Affine) -> Self {
        self.bytes(&point.to_compressed())
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = self.0.finalize();
        let digest = *hash.as_bytes();
        hash.zeroize();
        digest
    }

    /// 64 bytes of output, reduced.
    pub(crate) fn scalar(&self) -> Scalar {
        *self.wide(|_| true)
    }

    /// As [`scalar`](Self::scalar), zero redrawn.
    pub(crate) fn secret_scalar(&self) -> Zeroizing<Scalar> {
        self.wide(|scalar| !scalar.is_zero())
    }

    fn wide(&self, accept: impl Fn(&Scalar) -> bool) -> Zeroizing<Scalar> {
        let mut output = self.0.finalize_xof();
        let mut bytes = Zeroizing::new([0; 64]);
        loop {
            output.fill(&mut bytes[..]);
            let scalar = Zeroizing::new(Scalar::from_wide(&bytes));
            if accept(&scalar) {
                output.zeroize();
                return scalar;
            }
        }
    }
}

impl Drop for Transcript {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 27] = [
        HEADER,
        PART,
        PART_SALT,
        KEY_COMMITMENT,
        META,
        META_SALT,
        DECRYPTION,
        SIGNING,
        POSSESSION_A,
        POSSESSION_S,
        KEM,
        RHO,
        CAPSULE_PROOF,
        CAPSULE_HASH,
        EPS,
        COEFFICIENT,
        TAU,
        GRANT_ID,
        GRANT_SIGNATURE,
        SHARE_EPHEMERAL,
        SHARE,
        RECEIPT,
        REQUEST,
        ANSWER_PROOF,
        ANSWER_SIGNATURE,
        NONCE,
        PURPOSE,
    ];

    #[test]
    fn contexts_are_distinct_and_carry_the_version() {
        let distinct: std::collections::BTreeSet<_> = ALL.iter().collect();
        assert_eq!(distinct.len(), ALL.len());
        assert!(ALL.iter().all(|context| context.starts_with("cess-pre v1 ")));
    }

    #[test]
    fn the_tag_of_the_hash_to_the_curve_is_no_standard_ciphersuites() {
        let tag = core::str::from_utf8(HASH_TO_G2).unwrap();
        assert!(tag.starts_with("CESS_PRE_V1_") && !tag.contains("BLS_"));
    }

    #[test]
    fn derivation_equals_the_one_shot_function_of_blake3() {
        assert_eq!(*derive(PART, &[b"ab", b"", b"c"]), blake3::derive_key(PART, b"abc"));
    }
}
