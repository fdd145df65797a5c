use std::io::Read;

use sha2::{Digest as _, Sha256};

use crate::Error;

/// Exact digests of one content: for systems that name it by either.
///
/// ```
/// use cess_mdrc::Digests;
///
/// let digests = Digests::of(b"abc");
/// assert_eq!(digests.sha256[..4], [0xba, 0x78, 0x16, 0xbf]);
/// let fingerprint = cess_mdrc::Fingerprint::of(b"abc")?;
/// assert_eq!(digests.blake3, *fingerprint.certificate().instance());
/// # Ok::<(), cess_mdrc::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digests {
    /// BLAKE3, what a certificate carries as [`instance`](crate::Certificate::instance).
    pub blake3: [u8; 32],
    /// SHA-256 (FIPS 180-4).
    pub sha256: [u8; 32],
}

impl Digests {
    /// Of bytes in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { blake3: *blake3::hash(bytes).as_bytes(), sha256: Sha256::digest(bytes).into() }
    }

    /// Of all that a reader has, in one pass and constant memory.
    ///
    /// # Errors
    /// [`Error::Read`] when the reader fails.
    pub fn read(reader: impl Read) -> Result<Self, Error> {
        let (mut blake3, mut sha256) = (blake3::Hasher::new(), Sha256::new());
        crate::data::each_piece(reader, |piece| {
            blake3.update(piece);
            sha256.update(piece);
        })?;
        Ok(Self { blake3: *blake3.finalize().as_bytes(), sha256: sha256.finalize().into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: [u8; 32]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn equals_the_vectors_of_the_standards() {
        // FIPS 180-4's examples, and the vectors of BLAKE3 for no input.
        let sha256 = |bytes: &[u8]| hex(Digests::of(bytes).sha256);
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            sha256(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
        assert_eq!(
            hex(Digests::of(b"").blake3),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }

    #[test]
    fn a_reader_gives_what_memory_gives() {
        let bytes: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
        assert_eq!(Digests::read(&bytes[..]), Ok(Digests::of(&bytes)));
        assert_ne!(Digests::of(&bytes[1..]), Digests::of(&bytes));
    }
}
