//! Matroska and WebM, by `matroska-demuxer`.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{Cursor, Error, ErrorKind, Read, Result as IoResult, Seek, SeekFrom};

use matroska_demuxer::{
    ContentCompAlgo, ContentEncodingValue, Frame, MatroskaFile, TrackEntry, TrackType,
};

use super::fault::{VideoCodec, VideoFault};
use super::track::{MAX_FRAMES, Packet, Track};

/// Reads the first track of moving pictures.
pub(super) fn read(bytes: &[u8]) -> Result<Track<'static>, VideoFault> {
    let trouble = Cell::new(None);
    let reader = Patient::new(bytes, &trouble);
    let mut file = MatroskaFile::open(reader).map_err(|_| VideoFault::Damaged)?;
    let is_video = |track: &&TrackEntry| track.track_type() == TrackType::Video;
    let track = file.tracks().iter().find(is_video).ok_or(VideoFault::NoPictures)?;
    let codec = match track.codec_id() {
        "V_MPEG4/ISO/AVC" => VideoCodec::H264,
        "V_MPEGH/ISO/HEVC" => VideoCodec::H265,
        "V_VP8" => VideoCodec::Vp8,
        "V_VP9" => VideoCodec::Vp9,
        "V_AV1" => VideoCodec::Av1,
        _ => VideoCodec::Other,
    };
    let config = track.codec_private().unwrap_or_default().to_vec();
    let (number, prefix) = (track.track_number().get(), prefix(track)?);
    let tick_ns = file.info().timestamp_scale().get();
    let mut packets = Vec::new();
    let mut frame = Frame::default();
    while file.next_frame(&mut frame).map_err(|_| VideoFault::Damaged)? {
        if frame.track != number {
            continue;
        }
        if packets.len() as u64 == MAX_FRAMES {
            return Err(VideoFault::Frames { max: MAX_FRAMES });
        }
        let time_us = u128::from(frame.timestamp) * u128::from(tick_ns) / 1000;
        let time_us = i64::try_from(time_us).map_err(|_| VideoFault::Damaged)?;
        let data = [&prefix, &frame.data[..]].concat();
        packets.push(Packet { data: Cow::Owned(data), time_us, shown: !frame.is_invisible });
    }
    // The demuxer takes what its reader refuses for the end of the file.
    match trouble.get() {
        Some(fault) => return Err(fault),
        None if packets.is_empty() => return Err(VideoFault::Truncated),
        None => {}
    }
    Ok(Track { codec, config, quarters: 0, packets })
}

/// What the compression of a track cut off the front of each frame.
fn prefix(track: &TrackEntry) -> Result<Vec<u8>, VideoFault> {
    match track.content_encodings() {
        None | Some([]) => Ok(Vec::new()),
        Some([only]) => match only.encoding() {
            ContentEncodingValue::Compression(compression)
                if compression.algo() == ContentCompAlgo::Stripping =>
            {
                let cut = compression.settings().unwrap_or_default();
                // A few bytes by nature: they are repeated before each frame.
                if cut.len() > 64 { Err(VideoFault::Damaged) } else { Ok(cut.to_vec()) }
            }
            _ => Err(VideoFault::Codec(VideoCodec::Other)),
        },
        Some(_) => Err(VideoFault::Codec(VideoCodec::Other)),
    }
}

/// Reads as the bytes do, until more was asked for than any honest file needs: a container may
/// send its reader in circles.
struct Patient<'a> {
    bytes: Cursor<&'a [u8]>,
    patience: u64,
    trouble: &'a Cell<Option<VideoFault>>,
}

impl<'a> Patient<'a> {
    fn new(bytes: &'a [u8], trouble: &'a Cell<Option<VideoFault>>) -> Self {
        let patience = bytes.len() as u64 * 16 + (1 << 20);
        Self { bytes: Cursor::new(bytes), patience, trouble }
    }

    fn spend(&mut self, amount: u64) -> IoResult<()> {
        self.patience = self.patience.saturating_sub(amount);
        if self.patience > 0 {
            return Ok(());
        }
        self.trouble.set(Some(VideoFault::Damaged));
        Err(Error::from(ErrorKind::TimedOut))
    }
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        self.spend(1 + buffer.len() as u64)?;
        self.bytes.read(buffer)
    }
}

impl Seek for Patient<'_> {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        self.spend(1)?;
        let at = self.bytes.seek(to)?;
        if at > self.bytes.get_ref().len() as u64 {
            self.trouble.set(Some(VideoFault::Truncated));
        }
        Ok(at)
    }

    fn stream_position(&mut self) -> IoResult<u64> {
        Ok(self.bytes.position())
    }
}
