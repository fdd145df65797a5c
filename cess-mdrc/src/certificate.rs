use crate::sample::take;
use crate::{Error, Kind, Method, Simhash, domain};

/// What goes on the chain: 100 bytes that name content, exactly and by likeness.
///
/// ```
/// use cess_mdrc::{Certificate, Fingerprint};
///
/// let text = "A sentence, and another one, so that there are words enough to tell it from others.";
/// let certificate = Fingerprint::of(text.as_bytes())?.certificate().clone();
/// let bytes = certificate.to_bytes();
/// assert_eq!(Certificate::from_bytes(&bytes)?, certificate);
/// # Ok::<(), cess_mdrc::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    pub(crate) method: Method,
    pub(crate) quality: u8,
    pub(crate) id: Simhash,
    pub(crate) instance: [u8; 32],
    pub(crate) sketch: [u8; 32],
}

const VERSION: u8 = 1;

impl Certificate {
    /// Bytes of an encoding.
    pub const LEN: usize = 100;
    /// Content of less quality abstains: it has too little to it for any likeness to mean much.
    pub const MIN_QUALITY: u8 = 16;

    /// The kind of the content.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.method.kind()
    }

    /// How the features were taken.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// How much there is to tell the content by, 0 to 100.
    #[must_use]
    pub fn quality(&self) -> u8 {
        self.quality
    }

    /// Whether no likeness is claimed for this content: its quality is under
    /// [`MIN_QUALITY`](Self::MIN_QUALITY).
    #[must_use]
    pub fn abstains(&self) -> bool {
        self.quality < Self::MIN_QUALITY
    }

    /// The similarity hash.
    #[must_use]
    pub fn id(&self) -> Simhash {
        self.id
    }

    /// The BLAKE3 hash of the file, as `b3sum` prints it.
    #[must_use]
    pub fn instance(&self) -> &[u8; 32] {
        &self.instance
    }

    /// The digest of the [`Sketch`](crate::Sketch) that belongs to it.
    #[must_use]
    pub fn sketch(&self) -> &[u8; 32] {
        &self.sketch
    }

    /// The hash that names this certificate.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        domain::hash(domain::CERTIFICATE, &[&self.to_bytes()])
    }

    /// A commitment to the certificate of a private file: the digest and the similarity hash of a
    /// secret say too much to be published. `salt` is 32 random bytes that stay with the owner;
    /// who gets certificate and salt computes the same again.
    #[must_use]
    pub fn commit(&self, salt: &[u8; 32]) -> [u8; 32] {
        domain::hash(domain::COMMITMENT, &[salt, &self.to_bytes()])
    }

    /// The encoding; docs/formats/mdrc.md has the layout.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let header = [VERSION, self.kind() as u8, self.method.to_byte(), self.quality];
        bytes[..4].copy_from_slice(&header);
        bytes[4..36].copy_from_slice(&self.id.to_bytes());
        bytes[36..68].copy_from_slice(&self.instance);
        bytes[68..].copy_from_slice(&self.sketch);
        bytes
    }

    /// # Errors
    /// [`Error`] for whatever `to_bytes` doesn't write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != Self::LEN {
            return Err(Error::Length { expected: Self::LEN as u64, got: bytes.len() as u64 });
        }
        let mut rest = bytes;
        let [version, kind, method, quality] = take(&mut rest)?;
        if version != VERSION {
            return Err(Error::Version { expected: VERSION, got: version });
        }
        let method = Method::from_byte(Kind::from_byte(kind)?, method)?;
        if quality > 100 {
            return Err(Error::Quality { got: quality });
        }
        let id = Simhash::from_bytes(take(&mut rest)?);
        Ok(Self { method, quality, id, instance: take(&mut rest)?, sketch: take(&mut rest)? })
    }
}
