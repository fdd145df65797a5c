//! The roles that a hash plays: BLAKE3 in key derivation mode, under the role's context.

/// The encoding of a sketch.
pub(crate) const SKETCH: &str = "cess-mdrc v1 sketch";
/// A certificate, by which the registry and others name it.
pub(crate) const CERTIFICATE: &str = "cess-mdrc v1 certificate";
/// A certificate that somebody registered.
pub(crate) const REGISTRATION: &str = "cess-mdrc v1 registration";
/// A certificate that is to stay private, with a salt.
pub(crate) const COMMITMENT: &str = "cess-mdrc v1 commitment";

/// The hash of the parts joined. Each role has parts of fixed lengths, or one part.
pub(crate) fn hash(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}
