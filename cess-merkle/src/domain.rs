use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt};

/// A role that a hash plays: BLAKE3 in key derivation mode, under the role's context.
///
/// The key is what `blake3::hazmat::hash_derive_key_context` makes of the context string; it is
/// written out here because that function isn't `const`, and a test compares them.
#[derive(Debug)]
pub(crate) struct Domain {
    #[cfg(test)]
    context: &'static str,
    key: ContextKey,
}

macro_rules! domains {
    ($($name:ident = $context:literal, $key:expr;)*) => {
        $(pub(crate) static $name: Domain = Domain {
            #[cfg(test)]
            context: $context,
            key: $key,
        };)*
        #[cfg(test)]
        static ALL: &[&Domain] = &[$(&$name),*];
    };
}

domains! {
    TREE_LEAF = "cess-merkle v1 tree leaf", hex(b"454f602a40f9227dafa185b1739a3ecd390b79e61d0feaba920f40f50bd74d54");
    TREE_NODE = "cess-merkle v1 tree node", hex(b"c6399ff7736d5810f668f25d2e9f05dfe26cf7e6d51e1ac5a18c78285da836a8");
    TREE_ROOT = "cess-merkle v1 tree root", hex(b"104f52af1467477e353e1c862da37040686f28b41407d97686acc5dcb14d5df0");
    SUM_LEAF = "cess-merkle v1 sum leaf", hex(b"b99857b08db80ba9df978945c4a8939caa64c7652cd547b8aa451c06ebaea338");
    SUM_NODE = "cess-merkle v2 sum node", hex(b"40a2b73153bc2d613844f5ac9dfe60d3ffe36c2940e68df8c7aba26311a9726b");
    SUM_ROOT = "cess-merkle v1 sum root", hex(b"20dcface5b44e1daf30b207688c86a2161fa5a1e1df92ac599baccb678a9fdf9");
}

impl Domain {
    /// The hash of the parts joined. Each role has parts of fixed lengths, but for a leaf of a
    /// [`Tree`](crate::Tree), which is one part.
    pub(crate) fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = Hasher::new_from_context_key(&self.key);
        for part in parts {
            hasher.update(part);
        }
        *hasher.finalize().as_bytes()
    }
}

const fn hex(digits: &[u8; 64]) -> ContextKey {
    let mut key = [0; 32];
    let mut i = 0;
    while i < 64 {
        let digit = match digits[i] {
            byte @ b'0'..=b'9' => byte - b'0',
            byte => byte - b'a' + 10,
        };
        key[i / 2] = key[i / 2] << 4 | digit;
        i += 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_their_contexts() {
        for domain in ALL {
            assert_eq!(domain.hash(&[b"ab", b"c"]), blake3::derive_key(domain.context, b"abc"));
        }
    }

    #[test]
    fn no_two_roles_share_a_hash() {
        let mut hashes: alloc::vec::Vec<_> = ALL.iter().map(|domain| domain.hash(&[])).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 6);
    }
}
