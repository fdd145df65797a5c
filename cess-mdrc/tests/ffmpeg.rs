//! Videos that only the machine's `ffmpeg` can decode.
#![cfg(feature = "ffmpeg-cli")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cess_mdrc::video::{Limits, VideoFault, VideoFormat, fingerprint, fingerprint_by_ffmpeg};
use cess_mdrc::{Error, Level, Relation, Verdict};

const PATIENCE: Duration = Duration::from_secs(120);

fn fault<T>(result: Result<T, Error>) -> VideoFault {
    match result {
        Err(Error::Video { format: VideoFormat::Other, fault }) => fault,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was taken"),
    }
}

/// Writes a moving pattern by `ffmpeg`; whether it has the codec.
fn written(file: &Path, codec: &[&str]) -> bool {
    let pattern = "testsrc2=size=176x144:rate=12:duration=5,boxblur=4";
    let status = Command::new("ffmpeg")
        .args(["-v", "quiet", "-nostdin", "-f", "lavfi", "-i", pattern])
        .args(codec)
        .args(["-pix_fmt", "yuv420p"])
        .arg(file)
        .status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn a_clip_in_another_codec_is_found_and_what_goes_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (avi, mp4) = (folder.path().join("-clip.avi"), folder.path().join("clip.mp4"));
    let h264 = ["-c:v", "libx264", "-preset", "ultrafast"];
    if !written(&avi, &["-c:v", "mpeg4", "-q:v", "5"]) || !written(&mp4, &h264) {
        println!("SKIPPED ffmpeg: no ffmpeg with mpeg4 and libx264 on this machine");
        return;
    }
    let run = |file: &Path, limits: &Limits, patience| {
        fingerprint_by_ffmpeg(Path::new("ffmpeg"), file, limits, patience)
    };
    let limits = Limits::default();
    let theirs = run(&avi, &limits, PATIENCE).unwrap();
    let bytes = std::fs::read(&avi).unwrap();
    assert_eq!(theirs.certificate().instance(), blake3::hash(&bytes).as_bytes());
    let ours = fingerprint(&std::fs::read(&mp4).unwrap()).unwrap();
    let found = ours.compare(&theirs).unwrap();
    let verdict = found.verdict(Level::Registry);
    assert!(matches!(verdict, Verdict::Related(Relation::Edited | Relation::Reformatted)));

    let tight = |limits: &Limits| fault(run(&avi, limits, PATIENCE));
    let pixels = Limits { pixels: 176 * 144 - 1, ..limits };
    assert!(matches!(tight(&pixels), VideoFault::NoPictures | VideoFault::ToolFailed));
    assert_eq!(tight(&Limits { seconds: 3, ..limits }), VideoFault::Seconds { max: 3 });
    assert_eq!(tight(&Limits { work: 100_000, ..limits }), VideoFault::Work { max: 100_000 });
    let nothing = folder.path().join("nothing.avi");
    std::fs::write(&nothing, b"no video").unwrap();
    assert!(matches!(
        fault(run(&nothing, &limits, PATIENCE)),
        VideoFault::NoPictures | VideoFault::ToolFailed
    ));
    assert!(matches!(run(&folder.path().join("gone"), &limits, PATIENCE), Err(Error::Read { .. })));
    // A list that names another file, which may be anybody's.
    let list = folder.path().join("list.ffconcat");
    std::fs::write(&list, "ffconcat version 1.0\nfile clip.mp4\n").unwrap();
    assert!(matches!(
        fault(run(&list, &limits, PATIENCE)),
        VideoFault::NoPictures | VideoFault::ToolFailed
    ));
    let missing = fingerprint_by_ffmpeg(Path::new("no-such-ffmpeg"), &avi, &limits, PATIENCE);
    assert_eq!(fault(missing), VideoFault::NoTool);
}

/// A program that never ends and never says anything.
#[cfg(unix)]
#[test]
fn a_program_that_hangs_is_killed() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("hangs");
    std::fs::write(&program, "#!/bin/sh\nexec tail -f /dev/null\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let brief = Duration::from_millis(50);
    let killed = fingerprint_by_ffmpeg(&program, &program, &Limits::default(), brief);
    assert_eq!(fault(killed), VideoFault::NoPictures);
}
