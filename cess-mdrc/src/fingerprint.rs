#[cfg(any(feature = "audio", feature = "image", feature = "text", feature = "video"))]
use crate::Format;
use crate::{Certificate, Error, Sketch, data, sniff};

/// A certificate together with the sketch that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    certificate: Certificate,
    sketch: Sketch,
}

impl Fingerprint {
    /// Sniffs the content and takes its fingerprint: of a text when it is one (feature `text`), of
    /// a picture, a video or a recording in a format that is decoded (features `image`, `video`,
    /// `audio`), otherwise of its bytes.
    ///
    /// # Errors
    /// [`Error::TooLong`] for a text of more than 16 MiB; [`Error::PictureTooLarge`] for a picture
    /// of more than 64 million pixels, [`Error::Picture`] for one that can't be decoded;
    /// `Error::Video` for a video, `Error::Audio` and `Error::AudioTooLong` for a recording that is
    /// damaged or over the limits.
    pub fn of(bytes: &[u8]) -> Result<Self, Error> {
        match sniff(bytes) {
            #[cfg(feature = "text")]
            format @ (Format::Plain | Format::Html | Format::Markdown) => {
                match crate::text::fingerprint(bytes, format) {
                    // Past what was sniffed it isn't text after all.
                    Err(Error::InvalidText { .. }) => Ok(data::fingerprint(bytes)),
                    result => result,
                }
            }
            #[cfg(feature = "image")]
            Format::Image => match crate::image::fingerprint(bytes) {
                Err(Error::PictureFormat { .. }) => Ok(data::fingerprint(bytes)),
                result => result,
            },
            #[cfg(feature = "video")]
            Format::Video => match crate::video::fingerprint(bytes) {
                // What nobody here can decode is data still; what is damaged is told.
                Err(Error::Video { fault: crate::video::VideoFault::Codec(_), .. }) => {
                    Ok(data::fingerprint(bytes))
                }
                result => result,
            },
            #[cfg(feature = "audio")]
            Format::Audio => match crate::audio::fingerprint(bytes) {
                Err(Error::AudioFormat { .. }) => Ok(data::fingerprint(bytes)),
                result => result,
            },
            _ => Ok(data::fingerprint(bytes)),
        }
    }

    /// Binds the parts that were stored apart.
    ///
    /// # Errors
    /// [`Error::SketchMismatch`] unless the certificate names this sketch.
    pub fn new(certificate: Certificate, sketch: Sketch) -> Result<Self, Error> {
        let bound = certificate.sketch == sketch.digest() && certificate.method == sketch.method();
        if bound { Ok(Self { certificate, sketch }) } else { Err(Error::SketchMismatch) }
    }

    pub(crate) fn seal(
        sketch: Sketch,
        quality: u8,
        id: crate::Simhash,
        instance: [u8; 32],
    ) -> Self {
        let method = sketch.method();
        let certificate = Certificate { method, quality, id, instance, sketch: sketch.digest() };
        Self { certificate, sketch }
    }

    /// What goes on the chain.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What is kept beside it.
    #[must_use]
    pub fn sketch(&self) -> &Sketch {
        &self.sketch
    }
}
