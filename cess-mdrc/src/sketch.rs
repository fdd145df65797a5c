use crate::sample::{Sample, take};
use crate::{Error, Kind, Method, domain};

/// What a second look needs: samples of the features, kept beside the certificate and bound by it.
///
/// A text has a sample of its terms and one of its passages (runs of neighbouring words). Data
/// has one of its chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    method: Method,
    samples: Vec<Sample>,
}

const VERSION: u8 = 1;

impl Sketch {
    /// The longest encoding, in bytes.
    pub const MAX_LEN: usize = 4 + 2 * (6 + 4 * Sample::MAX);

    pub(crate) fn new(method: Method, samples: Vec<Sample>) -> Self {
        debug_assert_eq!(samples.len(), usize::from(sample_count(method.kind())));
        Self { method, samples }
    }

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

    /// The samples, in the order of the kind.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The hash that a certificate names the sketch by.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        domain::hash(domain::SKETCH, &[&self.to_bytes()])
    }

    /// The encoding; docs/formats/mdrc.md has the layout.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let len = self.samples.iter().map(Sample::encoded_len).sum::<usize>();
        let mut bytes = Vec::with_capacity(4 + len);
        let count = sample_count(self.kind());
        bytes.extend([VERSION, self.kind() as u8, self.method.to_byte(), count]);
        self.samples.iter().for_each(|sample| sample.write(&mut bytes));
        bytes
    }

    /// # Errors
    /// [`Error`] for whatever `to_bytes` doesn't write.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, Error> {
        let whole = bytes.len() as u64;
        let [version, kind, method, count] = take(&mut bytes)?;
        if version != VERSION {
            return Err(Error::Version { expected: VERSION, got: version });
        }
        let kind = Kind::from_byte(kind)?;
        let method = Method::from_byte(kind, method)?;
        let expected = sample_count(kind);
        if count != expected {
            return Err(Error::SampleCount { expected, got: count });
        }
        let samples = (0..count).map(|_| Sample::read(&mut bytes)).collect::<Result<_, _>>()?;
        if !bytes.is_empty() {
            return Err(Error::Length { expected: whole - bytes.len() as u64, got: whole });
        }
        Ok(Self { method, samples })
    }
}

const fn sample_count(kind: Kind) -> u8 {
    match kind {
        Kind::Text => 2,
        Kind::Data | Kind::Image | Kind::Audio | Kind::Video => 1,
    }
}
