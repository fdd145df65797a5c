//! Videos that the decoders here refuse, by an `ffmpeg` of the machine.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::decode::Limits;
use super::fault::{VideoFault, VideoFormat};
use super::select::Selector;
use super::{features, finish};
use crate::image::Picture;
use crate::image::reduce::Grid;
use crate::{Error, Fingerprint};

/// Frames of a second that are asked for, each at its time.
const RATE: u32 = 16;
/// The longest line of a header.
const LINE: u64 = 256;

/// What is opened: containers. A list of other files, as of HTTP Live Streaming or `concat`, would
/// lead the program to whatever it names.
const CONTAINERS: &str = "3gp,asf,av1,avi,dv,flv,h264,hevc,ivf,m4v,matroska,mov,mp4,mpeg,mpegts,\
    mpegvideo,mxf,nut,obu,ogg,rm,swf,vob,webm,wtv";

/// Takes the fingerprint of a video in a file by running `program`, an `ffmpeg`, whatever codecs it
/// has. It decodes what comes from anybody: run it where it can do no harm.
///
/// The program is started without a shell, opens containers alone and none that another file names, and is killed after `patience`,
/// or when it sends more than the limits allow. A watch on the time is a thread of its own. The
/// fingerprint is alike, not equal, to that of [`fingerprint`](super::fingerprint): sixteen frames a
/// second are taken, and the sound isn't.
///
/// # Errors
/// [`Error::Read`] when the file can't be read, [`Error::Video`] of [`VideoFormat::Other`]:
/// [`VideoFault::NoTool`], [`VideoFault::ToolFailed`], [`VideoFault::NoPictures`], or a limit.
pub fn fingerprint_by_ffmpeg(
    program: &Path,
    file: &Path,
    limits: &Limits,
    patience: Duration,
) -> Result<Fingerprint, Error> {
    let read = |error: std::io::Error| Error::Read { kind: error.kind() };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file).map_err(read)?).map_err(read)?;
    let mut selector = Selector::new();
    frames(program, file, limits, patience, &mut selector)
        .map_err(|fault| Error::Video { format: VideoFormat::Other, fault })?;
    let parts = features::of(&selector.finish());
    Ok(finish(parts, *hasher.finalize().as_bytes()))
}

fn frames(
    program: &Path,
    file: &Path,
    limits: &Limits,
    patience: Duration,
    selector: &mut Selector,
) -> Result<(), VideoFault> {
    // Whatever the name is: no option, and no protocol.
    let mut input = OsString::from("file:");
    input.push(file);
    let mut child = Command::new(program)
        .args(["-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe"])
        .args(["-format_whitelist", CONTAINERS])
        .args(["-max_pixels", &limits.pixels.min(i32::MAX as u64).to_string(), "-i"])
        .arg(&input)
        .args(["-map", "0:v:0", "-an", "-sn", "-dn", "-vf"])
        .arg(format!("fps={RATE},scale='min(iw,960)':-2,format=gray"))
        .args(["-f", "yuv4mpegpipe", "-strict", "-1", "pipe:1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| VideoFault::NoTool)?;
    let output = child.stdout.take();
    let watched = Watched { child: Mutex::new((child, false)), done: Condvar::new() };
    std::thread::scope(|scope| {
        scope.spawn(|| watched.watch(patience));
        let taken = match output {
            Some(output) => take(&mut BufReader::new(output), limits, selector),
            None => Err(VideoFault::ToolFailed),
        };
        let ended = watched.end(taken.is_err());
        taken.and(if ended { Ok(()) } else { Err(VideoFault::ToolFailed) })
    })
}

/// A process, and whether nobody waits for it any more.
struct Watched {
    child: Mutex<(Child, bool)>,
    done: Condvar,
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, (Child, bool)> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills the process when it isn't done in time.
    fn watch(&self, patience: Duration) {
        let waiting = self.done.wait_timeout_while(self.lock(), patience, |(_, done)| !*done);
        let (mut guard, timeout) = waiting.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            let _ = guard.0.kill();
        }
    }

    /// Whether it ended well. Its output is at the end, or nobody reads on and it is killed.
    fn end(&self, kill: bool) -> bool {
        if kill {
            let _ = self.lock().0.kill();
        }
        // It may still live for a moment; the watch goes on for that long.
        let ended = loop {
            match self.lock().0.try_wait() {
                Ok(Some(status)) => break status.success(),
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                Err(_) => break false,
            }
        };
        self.lock().1 = true;
        self.done.notify_all();
        ended
    }
}

/// Reads frames in the format that `yuv4mpeg(5)` describes.
fn take(
    output: &mut impl BufRead,
    limits: &Limits,
    selector: &mut Selector,
) -> Result<(), VideoFault> {
    let Some(header) = line(output)? else { return Err(VideoFault::NoPictures) };
    let side = |letter: char| {
        let mut parts = header.split(' ').skip(1);
        parts.find_map(|part| part.strip_prefix(letter)?.parse::<u32>().ok())
    };
    let (Some(width), Some(height)) = (side('W'), side('H')) else {
        return Err(VideoFault::ToolFailed);
    };
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.pixels {
        return Err(VideoFault::Pixels { max: limits.pixels });
    }
    let (mut number, mut work) = (0u32, 0u64);
    while let Some(frame) = line(output)? {
        if !frame.starts_with("FRAME") {
            return Err(VideoFault::ToolFailed);
        }
        work = work.saturating_add(pixels);
        if work > limits.work {
            return Err(VideoFault::Work { max: limits.work });
        }
        let time_ms = u32::try_from(u64::from(number) * 1000 / u64::from(RATE)).unwrap_or(u32::MAX);
        if time_ms / 1000 > limits.seconds {
            return Err(VideoFault::Seconds { max: limits.seconds });
        }
        let mut samples = Vec::new();
        output.take(pixels).read_to_end(&mut samples).map_err(|_| VideoFault::ToolFailed)?;
        let picture = Picture::from_samples(width, height, 1, samples);
        selector.take(time_ms, Grid::of(&picture.map_err(|_| VideoFault::ToolFailed)?));
        number += 1;
    }
    if number == 0 { Err(VideoFault::NoPictures) } else { Ok(()) }
}

/// A line without its end; none at the end of the output.
fn line(output: &mut impl BufRead) -> Result<Option<String>, VideoFault> {
    let mut bytes = Vec::new();
    output.take(LINE).read_until(b'\n', &mut bytes).map_err(|_| VideoFault::ToolFailed)?;
    match bytes.pop() {
        None => Ok(None),
        Some(b'\n') => String::from_utf8(bytes).map(Some).map_err(|_| VideoFault::ToolFailed),
        Some(_) => Err(VideoFault::ToolFailed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(output: &[u8], limits: &Limits) -> Result<(), VideoFault> {
        take(&mut &output[..], limits, &mut Selector::new())
    }

    #[test]
    fn reads_what_it_asked_for_and_refuses_the_rest() {
        let limits = Limits { pixels: 64, seconds: 1, work: 1000 };
        let head = b"YUV4MPEG2 W8 H8 F8:1 Ip A1:1 Cmono\n".to_vec();
        let frame = [&b"FRAME\n"[..], &[7; 64]].concat();
        let all = |count: usize| [&head[..], &frame.repeat(count)].concat();
        assert_eq!(taken(&all(1), &limits), Ok(()));
        assert_eq!(taken(&all(15), &limits), Ok(()));
        assert_eq!(taken(&all(16), &limits), Err(VideoFault::Work { max: 1000 }));
        let long = Limits { work: u64::MAX, ..limits };
        assert_eq!(taken(&all(32), &long), Ok(()));
        assert_eq!(taken(&all(33), &long), Err(VideoFault::Seconds { max: 1 }));
        assert_eq!(taken(&all(0), &limits), Err(VideoFault::NoPictures));
        assert_eq!(taken(b"", &limits), Err(VideoFault::NoPictures));
        let cut = all(2);
        assert_eq!(taken(&cut[..cut.len() - 1], &limits), Err(VideoFault::ToolFailed));
        let large = b"YUV4MPEG2 W9 H8 F8:1\n";
        assert_eq!(taken(large, &limits), Err(VideoFault::Pixels { max: 64 }));
        assert_eq!(taken(&[b'x'; 1000], &limits), Err(VideoFault::ToolFailed));
    }
}
