use std::fmt;

/// The containers of moving pictures that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VideoFormat {
    /// ISO base media (ISO/IEC 14496-12), whole or in fragments.
    Mp4,
    /// QuickTime, which MP4 comes from.
    QuickTime,
    /// Matroska.
    Matroska,
    /// WebM, a subset of Matroska.
    WebM,
    /// Any other one: for `ffmpeg` alone.
    Other,
}

impl VideoFormat {
    /// By the magic number, and the brand or the document type behind it.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let start = &bytes[..bytes.len().min(64)];
        if start.get(4..8) == Some(b"ftyp") {
            let old = start.get(8..12) == Some(b"qt  ");
            if old { Self::QuickTime } else { Self::Mp4 }
        } else if start.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
            let web = start.windows(4).any(|part| part == b"webm");
            if web { Self::WebM } else { Self::Matroska }
        } else {
            Self::Other
        }
    }
}

impl fmt::Display for VideoFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mp4 => "MP4",
            Self::QuickTime => "QuickTime",
            Self::Matroska => "Matroska",
            Self::WebM => "WebM",
            Self::Other => "other",
        })
    }
}

/// How moving pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VideoCodec {
    /// H.264, AVC: decoded, without interlaced pictures and more than 8 bits.
    H264,
    /// H.265, HEVC: not decoded.
    H265,
    /// VP8: not decoded.
    Vp8,
    /// VP9: decoded.
    Vp9,
    /// AV1: not decoded.
    Av1,
    /// Another one: not decoded.
    Other,
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::Av1 => "AV1",
            Self::Other => "an unknown codec",
        })
    }
}

/// Why moving pictures can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VideoFault {
    /// The container isn't what its format asks for, or says what can't be.
    #[error("the file is damaged")]
    Damaged,
    /// The file ends before its last frame does.
    #[error("the file is cut off")]
    Truncated,
    /// No track has moving pictures.
    #[error("the file has no moving pictures")]
    NoPictures,
    /// A codec without a decoder here.
    #[error("no decoder for {0}")]
    Codec(VideoCodec),
    /// The coded pictures aren't what their codec asks for.
    #[error("the stream of {0} is damaged")]
    Stream(VideoCodec),
    /// A part of the codec that the decoder doesn't know.
    #[error("a kind of {0} that the decoder doesn't know")]
    Tool(VideoCodec),
    /// Frames of more pixels than the limit.
    #[error("frames of more than {max} pixels")]
    Pixels {
        /// The limit.
        max: u64,
    },
    /// More seconds than the limit.
    #[error("longer than {max} seconds")]
    Seconds {
        /// The limit.
        max: u32,
    },
    /// More pixels in all frames together than the limit.
    #[error("more than {max} pixels to decode")]
    Work {
        /// The limit.
        max: u64,
    },
    /// More frames than are read.
    #[error("more than {max} frames")]
    Frames {
        /// The limit.
        max: u64,
    },
    /// A demuxer or decoder panicked, which is a fault of it.
    #[error("the decoder panicked")]
    Panicked,
    /// No `ffmpeg` could be started.
    #[error("ffmpeg can't be started")]
    NoTool,
    /// `ffmpeg` failed, or took longer than it may.
    #[error("ffmpeg failed")]
    ToolFailed,
}
