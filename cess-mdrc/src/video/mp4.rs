//! MP4 and QuickTime, by `re_mp4`.

use std::borrow::Cow;
use std::io::Cursor;

use re_mp4::{Mp4, StsdBoxContent, TrackKind};

use super::fault::{VideoCodec, VideoFault};
use super::track::{MAX_FRAMES, Packet, Track, micros};

/// Reads the first track of moving pictures.
pub(super) fn read(bytes: &[u8]) -> Result<Track<'_>, VideoFault> {
    let end = check(bytes)?;
    let file = Mp4::read(Cursor::new(&bytes[..end]), end as u64).map_err(|error| match error {
        re_mp4::Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            VideoFault::Truncated
        }
        _ => VideoFault::Damaged,
    })?;
    let is_video = |track: &&re_mp4::Track| track.kind == Some(TrackKind::Video);
    let Some(track) = file.tracks().values().find(is_video) else {
        return Err(unknown(&file));
    };
    let trak = track.trak(&file);
    let codec = codec(&trak.mdia.minf.stbl.stsd.contents);
    let config = track.raw_codec_config(&file).unwrap_or_default();
    let begin = begin(trak, &track.samples);
    let packet = |sample: &re_mp4::Sample| {
        let range = usize::try_from(sample.offset).ok().and_then(|start| {
            let len = usize::try_from(sample.size).ok()?;
            bytes.get(start..start.checked_add(len)?)
        });
        let data = range.ok_or(VideoFault::Truncated)?;
        let units = sample.composition_timestamp.checked_sub(begin).ok_or(VideoFault::Damaged)?;
        let time_us = micros(units, track.timescale)?;
        Ok(Packet { data: Cow::Borrowed(data), time_us, shown: time_us >= 0 })
    };
    let packets = track.samples.iter().map(packet).collect::<Result<_, VideoFault>>()?;
    Ok(Track { codec, config, quarters: quarters(&trak.tkhd), packets })
}

fn codec(content: &StsdBoxContent) -> VideoCodec {
    match content {
        StsdBoxContent::Avc1(_) => VideoCodec::H264,
        StsdBoxContent::Hvc1(_) | StsdBoxContent::Hev1(_) => VideoCodec::H265,
        StsdBoxContent::Vp08(_) => VideoCodec::Vp8,
        StsdBoxContent::Vp09(_) => VideoCodec::Vp9,
        StsdBoxContent::Av01(_) => VideoCodec::Av1,
        _ => VideoCodec::Other,
    }
}

/// A track that says it has pictures, in a codec that the demuxer doesn't know.
fn unknown(file: &Mp4) -> VideoFault {
    let pictures = |trak: &re_mp4::TrakBox| trak.mdia.hdlr.handler_type.value == *b"vide";
    if file.moov.traks.iter().any(pictures) {
        VideoFault::Codec(VideoCodec::Other)
    } else {
        VideoFault::NoPictures
    }
}

/// Where the edit list begins, on the clock of the samples, whose earliest one `re_mp4` puts at zero.
fn begin(trak: &re_mp4::TrakBox, samples: &[re_mp4::Sample]) -> i64 {
    let edits = trak.edts.as_ref().and_then(|edits| edits.elst.as_ref());
    // An empty edit, which delays the track, has a media time of -1.
    let media = edits.and_then(|edits| {
        let times = edits.entries.iter().map(|edit| edit.media_time);
        times.filter(|time| *time < u64::from(u32::MAX)).find_map(|time| i64::try_from(time).ok())
    });
    let offsets = trak.mdia.minf.stbl.ctts.as_ref().and_then(|offsets| offsets.entries.first());
    let (Some(media), Some(first)) = (media, samples.first()) else { return 0 };
    let offset = offsets.map_or(0, |offset| i64::from(offset.sample_offset));
    let earliest = offset.saturating_sub(first.composition_timestamp);
    media.saturating_sub(earliest).max(0)
}

/// The turn that the matrix asks for, if it is one by quarters.
fn quarters(header: &re_mp4::TkhdBox) -> u8 {
    let matrix = &header.matrix;
    match [matrix.a, matrix.b, matrix.c, matrix.d].map(i32::signum) {
        [0, 1, -1, 0] => 1,
        [-1, 0, 0, -1] => 2,
        [0, -1, 1, 0] => 3,
        _ => 0,
    }
}

/// Boxes that hold the tables of samples, or what holds them.
const HOLDERS: [&[u8; 4]; 7] = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"];

/// Checks the boxes before a parser takes memory for what they announce: a table may stand for
/// any number of samples in a few bytes. Gives where the last whole box ends.
fn check(bytes: &[u8]) -> Result<usize, VideoFault> {
    let mut samples = 0;
    let end = walk(bytes, 0, &mut samples)?;
    Ok(end)
}

fn walk(bytes: &[u8], depth: u8, samples: &mut u64) -> Result<usize, VideoFault> {
    let mut at = 0;
    while let Some(header) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let [a, b, c, d, name @ ..] = *header;
        let (mut len, mut skip) = (u64::from(u32::from_be_bytes([a, b, c, d])), 8);
        if len == 1 {
            let wide = bytes[at + 8..].first_chunk().ok_or(VideoFault::Truncated)?;
            (len, skip) = (u64::from_be_bytes(*wide), 16);
        }
        if len == 0 && depth == 0 {
            // To the end of the file.
            len = (bytes.len() - at) as u64;
            if name != *b"mdat" {
                return Err(VideoFault::Damaged);
            }
        }
        let end = usize::try_from(len).ok().and_then(|len| at.checked_add(len));
        let Some(end) = end.filter(|end| *end <= bytes.len()) else {
            return Err(if depth == 0 { VideoFault::Truncated } else { VideoFault::Damaged });
        };
        if len < skip as u64 {
            return Err(VideoFault::Damaged);
        }
        let content = &bytes[at + skip..end];
        if HOLDERS.iter().any(|holder| **holder == name) {
            // Each holder lies in another one: deeper is no file that anybody wrote.
            if depth == 5 || walk(content, depth + 1, samples)? != content.len() {
                return Err(VideoFault::Damaged);
            }
        } else if let Some(place) = count_at(&name) {
            let count = content.get(place..).and_then(|rest| rest.first_chunk());
            *samples += count.map_or(0, |count| u64::from(u32::from_be_bytes(*count)));
            if *samples > MAX_FRAMES * 8 || *samples > bytes.len() as u64 * 4 + (1 << 16) {
                return Err(VideoFault::Frames { max: MAX_FRAMES });
            }
        }
        at = end;
    }
    Ok(at)
}

/// Where in a table of samples their number is.
fn count_at(name: &[u8; 4]) -> Option<usize> {
    match name {
        b"stsz" => Some(8),
        b"trun" => Some(4),
        _ => None,
    }
}
