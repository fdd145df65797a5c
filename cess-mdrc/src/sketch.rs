use crate::sample::{Sample, take};
use crate::simhash::Simhash;
use crate::{Error, Kind, Method, domain, views};

/// What a second look needs, kept beside the certificate and bound by it.
///
/// A text has a sample of its terms and one of its passages (runs of neighbouring words). Data
/// has one of its chunks. A picture has hashes of views: of all of it, of parts, and of it turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    method: Method,
    samples: Vec<Sample>,
    views: Option<Box<[Simhash; views::COUNT]>>,
}

const VERSION: u8 = 1;

impl Sketch {
    /// The longest encoding, in bytes.
    pub const MAX_LEN: usize = 4 + 2 * (6 + 4 * Sample::MAX);

    pub(crate) fn new(method: Method, samples: Vec<Sample>) -> Self {
        debug_assert_eq!(samples.len(), usize::from(part_count(method.kind())));
        Self { method, samples, views: None }
    }

    #[cfg(any(feature = "image", feature = "video"))]
    pub(crate) fn of_views(views: [Simhash; views::COUNT]) -> Self {
        Self { method: Method::Views, samples: Vec::new(), views: Some(Box::new(views)) }
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

    /// The hashes of a picture's views, in the order of the method; none for other kinds.
    #[must_use]
    pub fn views(&self) -> &[Simhash] {
        self.views.as_deref().map_or(&[], |views| views)
    }

    pub(crate) fn all_views(&self) -> Option<&[Simhash; views::COUNT]> {
        self.views.as_deref()
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
        let mut bytes = Vec::with_capacity(4 + len + Simhash::LEN * self.views().len());
        let count = part_count(self.kind());
        bytes.extend([VERSION, self.kind() as u8, self.method.to_byte(), count]);
        self.samples.iter().for_each(|sample| sample.write(&mut bytes));
        self.views().iter().for_each(|view| bytes.extend(view.to_bytes()));
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
        let expected = part_count(kind);
        if count != expected {
            return Err(Error::SampleCount { expected, got: count });
        }
        let (mut samples, mut views) = (Vec::new(), None);
        if kind == Kind::Image {
            let mut read = [Simhash::from_bytes([0; Simhash::LEN]); views::COUNT];
            for view in &mut read {
                *view = Simhash::from_bytes(take(&mut bytes)?);
            }
            views = Some(Box::new(read));
        } else {
            samples = (0..count).map(|_| Sample::read(&mut bytes)).collect::<Result<_, _>>()?;
        }
        if !bytes.is_empty() {
            return Err(Error::Length { expected: whole - bytes.len() as u64, got: whole });
        }
        Ok(Self { method, samples, views })
    }
}

/// Samples, or views of a picture.
#[expect(clippy::cast_possible_truncation, reason = "there are 27 views")]
const fn part_count(kind: Kind) -> u8 {
    match kind {
        Kind::Text => 2,
        Kind::Image => views::COUNT as u8,
        Kind::Data | Kind::Audio | Kind::Video => 1,
    }
}
