use crate::bands::Bands;
use crate::sample::{Sample, take};
use crate::sequence::Sequence;
use crate::simhash::Simhash;
use crate::{Error, Kind, Method, domain, views};

/// What a second look needs, kept beside the certificate and bound by it.
///
/// A text has a sample of its terms and one of its passages (runs of neighbouring words). Data
/// has one of its chunks. A picture has hashes of views: of all of it, of parts, and of it turned.
/// A recording has items, four for each second. A video has hashes of views of some of its frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    method: Method,
    content: Content,
}

/// What a sketch holds, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Samples(Vec<Sample>),
    Views(Box<[Simhash; views::COUNT]>),
    Bands(Bands),
    Frames(Sequence),
}

const VERSION: u8 = 1;
const HEADER: usize = 4;

impl Sketch {
    /// The longest encoding of any kind, in bytes; [`max_len`](Self::max_len) has that of one.
    pub const MAX_LEN: usize = Self::max_len(Kind::Video);

    /// The longest encoding of a kind, in bytes.
    #[must_use]
    pub const fn max_len(kind: Kind) -> usize {
        let content = match kind {
            Kind::Data => Sample::MAX_LEN,
            Kind::Text => 2 * Sample::MAX_LEN,
            Kind::Image => views::COUNT * Simhash::LEN,
            Kind::Audio => Bands::MAX_LEN,
            Kind::Video => Sequence::MAX_LEN,
        };
        HEADER + content
    }

    pub(crate) fn new(method: Method, samples: Vec<Sample>) -> Self {
        debug_assert_eq!(samples.len(), usize::from(part_count(method.kind())));
        Self { method, content: Content::Samples(samples) }
    }

    #[cfg(any(feature = "image", feature = "video"))]
    pub(crate) fn of_views(views: [Simhash; views::COUNT]) -> Self {
        Self { method: Method::Views, content: Content::Views(Box::new(views)) }
    }

    #[cfg(feature = "video")]
    pub(crate) fn of_frames(frames: Sequence) -> Self {
        Self { method: Method::Frames, content: Content::Frames(frames) }
    }

    #[cfg(feature = "audio")]
    pub(crate) fn of_bands(bands: Bands) -> Self {
        Self { method: Method::Bands, content: Content::Bands(bands) }
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

    /// The samples, in the order of the kind; none of pictures and recordings.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        if let Content::Samples(samples) = &self.content { samples } else { &[] }
    }

    /// The hashes of a picture's views, in the order of the method; none for other kinds.
    #[must_use]
    pub fn views(&self) -> &[Simhash] {
        if let Content::Views(views) = &self.content { &views[..] } else { &[] }
    }

    /// The items of a recording that are kept, in its order; none for other kinds.
    #[must_use]
    pub fn items(&self) -> &[u64] {
        if let Content::Bands(bands) = &self.content { bands.items() } else { &[] }
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    /// The hash that a certificate names the sketch by.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        domain::hash(domain::SKETCH, &[&self.to_bytes()])
    }

    /// The encoding; docs/formats/mdrc.md has the layout.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = part_count(self.kind());
        let mut bytes = vec![VERSION, self.kind() as u8, self.method.to_byte(), count];
        match &self.content {
            Content::Samples(samples) => {
                bytes.reserve(samples.iter().map(Sample::encoded_len).sum());
                samples.iter().for_each(|sample| sample.write(&mut bytes));
            }
            Content::Views(views) => bytes.extend(views.iter().flat_map(|view| view.to_bytes())),
            Content::Bands(bands) => bands.write(&mut bytes),
            Content::Frames(frames) => frames.write(&mut bytes),
        }
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
        let content = match method {
            Method::Chunks | Method::Words => {
                let samples = (0..count).map(|_| Sample::read(&mut bytes));
                Content::Samples(samples.collect::<Result<_, _>>()?)
            }
            Method::Views => {
                let mut views = [Simhash::from_bytes([0; Simhash::LEN]); views::COUNT];
                for view in &mut views {
                    *view = Simhash::from_bytes(take(&mut bytes)?);
                }
                Content::Views(Box::new(views))
            }
            Method::Bands => Content::Bands(Bands::read(&mut bytes)?),
            Method::Frames => Content::Frames(Sequence::read(&mut bytes)?),
        };
        if !bytes.is_empty() {
            return Err(Error::Length { expected: whole - bytes.len() as u64, got: whole });
        }
        Ok(Self { method, content })
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
