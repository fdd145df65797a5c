use std::fmt;

use crate::Error;

/// What content is, as far as fingerprints go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Bytes without a more exact kind.
    Data = 0,
    /// Human language.
    Text = 1,
    /// A still picture.
    Image = 2,
    /// Sound.
    Audio = 3,
    /// Moving pictures.
    Video = 4,
}

impl Kind {
    /// # Errors
    /// [`Error::UnknownKind`] for a byte without a meaning.
    pub fn from_byte(byte: u8) -> Result<Self, Error> {
        [Self::Data, Self::Text, Self::Image, Self::Audio, Self::Video]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
            .ok_or(Error::UnknownKind { got: byte })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
        })
    }
}

/// How features were taken from the content: only fingerprints of one method have a distance.
///
/// A change to a method that moves any ID is a new method, with a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Content-defined chunks of any bytes.
    Chunks,
    /// Words by Unicode's rules, n-grams where a script has no spaces.
    Words,
    /// Views of a picture, each hashed by the signs of its lowest frequencies.
    Views,
    /// Changes of a recording's energy in bands of its spectrum, in time.
    Bands,
    /// Views of a video's frames, in time.
    Frames,
}

impl Method {
    /// The kind of content that the method is for.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Chunks => Kind::Data,
            Self::Words => Kind::Text,
            Self::Views => Kind::Image,
            Self::Bands => Kind::Audio,
            Self::Frames => Kind::Video,
        }
    }

    /// The number within the kind.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Chunks | Self::Words | Self::Views | Self::Bands | Self::Frames => 1,
        }
    }

    /// # Errors
    /// [`Error::UnknownMethod`] for a number that the kind doesn't have.
    pub fn from_byte(kind: Kind, byte: u8) -> Result<Self, Error> {
        [Self::Chunks, Self::Words, Self::Views, Self::Bands, Self::Frames]
            .into_iter()
            .find(|method| method.kind() == kind && method.to_byte() == byte)
            .ok_or(Error::UnknownMethod { kind, got: byte })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chunks => "chunks",
            Self::Words => "words",
            Self::Views => "views",
            Self::Bands => "bands",
            Self::Frames => "frames",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_one_meaning_or_none() {
        for byte in 0..=255 {
            match Kind::from_byte(byte) {
                Ok(kind) => assert_eq!(kind as u8, byte),
                Err(error) => assert_eq!(error, Error::UnknownKind { got: byte }),
            }
            for kind in [Kind::Data, Kind::Text, Kind::Image, Kind::Audio, Kind::Video] {
                match Method::from_byte(kind, byte) {
                    Ok(method) => assert_eq!((method.kind(), method.to_byte()), (kind, byte)),
                    Err(error) => assert_eq!(error, Error::UnknownMethod { kind, got: byte }),
                }
            }
        }
    }
}
