use std::fmt;

use crate::Error;

/// The formats that sound is decoded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AudioFormat {
    /// RIFF WAVE: PCM of 8 to 32 bits, floats, A-law, µ-law.
    Wav,
    /// AIFF and AIFF-C, PCM.
    Aiff,
    /// MPEG-1, -2 and -2.5 layer III.
    Mp3,
    /// Free Lossless Audio Codec.
    Flac,
    /// Ogg: Vorbis, Opus and FLAC; the first stream of a chain.
    Ogg,
    /// AAC with ADTS headers, low complexity.
    Aac,
    /// MP4, M4A and MOV: AAC low complexity, MP3, FLAC, Opus and PCM.
    Mp4,
    /// Matroska and WebM: AAC low complexity, MP3, FLAC, Vorbis, Opus and PCM.
    Matroska,
}

impl AudioFormat {
    /// By the magic number, which [`sniff`](crate::sniff) knows more of than can be decoded.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Error> {
        let mime = infer::get(bytes).map_or("application/octet-stream", |found| found.mime_type());
        match mime {
            "audio/x-wav" => Ok(Self::Wav),
            "audio/x-aiff" => Ok(Self::Aiff),
            "audio/mpeg" => Ok(Self::Mp3),
            "audio/x-flac" => Ok(Self::Flac),
            "audio/ogg" | "audio/opus" | "video/ogg" => Ok(Self::Ogg),
            "audio/aac" => Ok(Self::Aac),
            "audio/m4a" | "video/mp4" | "video/x-m4v" | "video/quicktime" => Ok(Self::Mp4),
            "video/x-matroska" | "video/webm" => Ok(Self::Matroska),
            _ => Err(Error::AudioFormat { mime }),
        }
    }
}

impl fmt::Display for AudioFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wav => "WAV",
            Self::Aiff => "AIFF",
            Self::Mp3 => "MP3",
            Self::Flac => "FLAC",
            Self::Ogg => "Ogg",
            Self::Aac => "AAC",
            Self::Mp4 => "MP4",
            Self::Matroska => "Matroska",
        })
    }
}

/// Why sound can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AudioFault {
    /// The file isn't what its format asks for.
    #[error("the file is damaged")]
    Damaged,
    /// The file ends long before the length that it tells.
    #[error("the file is cut off")]
    Truncated,
    /// There is no sound in the file.
    #[error("there is no sound in it")]
    Silent,
    /// A codec, or a kind of it, that there is no decoder for.
    #[error("a codec that there is no decoder for")]
    Unsupported,
    /// A sample rate under 1 kHz or over 768 kHz, or one that changes midway.
    #[error("a sample rate that is not decoded")]
    Rate,
    /// More than 32 channels, or none.
    #[error("a number of channels that is not decoded")]
    Channels,
    /// The decoder panicked, which is a fault of the decoder.
    #[error("the decoder panicked")]
    Panicked,
}
