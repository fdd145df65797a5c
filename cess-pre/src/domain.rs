//! Every context that keys are derived under, in one table.

use zeroize::{Zeroize, Zeroizing};

/// Digest of a file's header: what stands for the header in every key.
pub(crate) const HEADER: &str = "cess-pre v1 header";
/// Key of one part of a file's data.
pub(crate) const PART: &str = "cess-pre v1 part";
/// Commitment to a data key and a header.
pub(crate) const KEY_COMMITMENT: &str = "cess-pre v1 key commitment";
/// Key of one box of private metadata.
pub(crate) const META: &str = "cess-pre v1 meta";
/// Salt of one box of private metadata.
pub(crate) const META_SALT: &str = "cess-pre v1 meta salt";
/// Key that wraps one data key under an owner's symmetric key.
pub(crate) const OWNER_WRAP: &str = "cess-pre v1 owner wrap";
/// Salt of one wrapped data key.
pub(crate) const OWNER_WRAP_SALT: &str = "cess-pre v1 owner wrap salt";

/// BLAKE3's `derive_key(context, material[0] ‖ material[1] ‖ …)`. Unambiguous only if at most the
/// last item varies in length: every caller keeps to that.
pub(crate) fn derive(context: &'static str, material: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for bytes in material {
        hasher.update(bytes);
    }
    let mut digest = hasher.finalize();
    let key = Zeroizing::new(*digest.as_bytes());
    digest.zeroize();
    hasher.zeroize();
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 7] =
        [HEADER, PART, KEY_COMMITMENT, META, META_SALT, OWNER_WRAP, OWNER_WRAP_SALT];

    #[test]
    fn contexts_are_distinct_and_carry_the_version() {
        let distinct: std::collections::BTreeSet<_> = ALL.iter().collect();
        assert_eq!(distinct.len(), ALL.len());
        assert!(ALL.iter().all(|context| context.starts_with("cess-pre v1 ")));
    }

    #[test]
    fn derivation_equals_the_one_shot_function_of_blake3() {
        assert_eq!(*derive(PART, &[b"ab", b"", b"c"]), blake3::derive_key(PART, b"abc"));
    }
}
