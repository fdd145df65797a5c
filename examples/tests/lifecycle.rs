//! The story as its user meets it: what it prints, what it leaves, how it fails.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

/// Cargo puts examples beside the folder of this test, and builds them with the package's tests.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let here = std::env::current_exe().unwrap();
        let target = here.parent().and_then(Path::parent).unwrap();
        let name = format!("lifecycle{}", std::env::consts::EXE_SUFFIX);
        let program = target.join("examples").join(name);
        assert!(
            program.exists(),
            "build it first: cargo build -p cess-examples --example lifecycle"
        );
        program
    })
}

fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    Command::new(program()).args(args).output().unwrap()
}

/// Runs it to its good end; what it printed.
fn works<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> String {
    let output = run(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out
}

/// Runs it to its bad end: one line, exit code 1.
fn fails<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> String {
    let output = run(args);
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    let line = err.strip_suffix('\n').unwrap();
    assert!(line.starts_with("error: ") && !line.contains('\n'), "{err}");
    assert!(!err.contains("panicked"), "{err}");
    line.to_owned()
}

/// A folder with a file of `len` bytes that no two places of have the same.
fn file(len: usize) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(b"file").finalize_xof().fill(&mut bytes);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn args<const N: usize>(path: &Path, more: [&str; N]) -> Vec<String> {
    let path = path.to_str().unwrap();
    [path].into_iter().chain(more).map(String::from).collect()
}

#[test]
fn it_works_in_every_profile_public_and_private() {
    let (_folder, path) = file(100_000);
    let root = blake3::hash(&fs::read(&path).unwrap()).to_string();
    for profile in ["white-paper", "cess", "lean", "lrc"] {
        for visibility in [None, Some("--public")] {
            let nodes = if profile == "cess" { "17" } else { "20" };
            let options = ["--profile", profile, "--nodes", nodes].into_iter().chain(visibility);
            let out = works(args(&path, []).iter().map(String::as_str).chain(options));
            assert!(out.contains(&format!("BLAKE3 of what came back  {root}")), "{out}");
            assert!(out.contains(if visibility.is_some() { "public" } else { "private" }), "{out}");
        }
    }
}

#[test]
fn windows_find_the_damage_too() {
    let (_folder, path) = file(100_000);
    let out = works(args(&path, ["--policy", "windows"]));
    assert!(out.contains("3. Audit: one window") && out.contains("windows, an hour each"), "{out}");
    let root = blake3::hash(&fs::read(&path).unwrap()).to_string();
    assert!(out.contains(&format!("BLAKE3 of what came back  {root}")), "{out}");
}

#[test]
fn what_one_process_keeps_another_one_reads_and_damage_is_told() {
    let (folder, path) = file(70_000);
    let dir = folder.path().join("kept");
    let kept = dir.to_str().unwrap();
    works(args(&path, ["--dir", kept]));
    let resume = ["--dir", kept, "--resume"];
    let out = works(args(&path, resume));
    assert!(out.contains("Read 68.4 KiB back"), "{out}");
    assert!(fs::read(dir.join("read-back")).unwrap() == fs::read(&path).unwrap());

    let again = fails(args(&path, ["--dir", kept]));
    assert!(again.contains("holds a stored file already"), "{again}");

    // Each is put back after it was spoilt.
    let spoilt = |name: &str, how: &dyn Fn(&Path)| {
        let (target, saved) = (dir.join(name), folder.path().join("saved"));
        fs::copy(&target, &saved).unwrap();
        how(&target);
        let line = fails(resume);
        fs::remove_file(&target).ok();
        fs::copy(&saved, &target).unwrap();
        line
    };
    let remove: &dyn Fn(&Path) = &|path| fs::remove_file(path).unwrap();
    let cut: &dyn Fn(&Path) = &|path| {
        let bytes = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    };
    let alter: &dyn Fn(&Path) = &|path| {
        let mut bytes = fs::read(path).unwrap();
        for byte in &mut bytes {
            *byte ^= 0x55;
        }
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    };
    for name in ["owner.key", "tagger.key", "node-07.key", "stored", "chain.redb"] {
        let line = spoilt(name, remove);
        assert!(line.contains(name) || line.contains("no chain there"), "{line}");
        let line = spoilt(name, cut);
        assert!(line.contains(name) || line.contains("damaged"), "{line}");
    }
    let line = spoilt("owner.key", alter);
    assert!(line.contains("keys do not open this file"), "{line}");
    let line = spoilt("chain.redb", alter);
    assert!(line.contains("damaged"), "{line}");
    let line = spoilt("stored", alter);
    assert!(line.contains("not a record"), "{line}");
    works(resume);

    // All nodes that hold the file lose it.
    let mut holders = Vec::new();
    for number in 1..=20 {
        let fragments = dir.join(format!("node-{number:02}/fragments"));
        let data = |entry: fs::DirEntry| entry.path().extension() == Some(OsStr::new("data"));
        if fs::read_dir(&fragments).is_ok_and(|mut found| found.any(|e| data(e.unwrap()))) {
            holders.push(fragments);
        }
    }
    for fragments in &holders {
        fs::remove_dir_all(fragments).unwrap();
    }
    let line = fails(resume);
    assert!(line.contains("segment 0 replica 0: 0 intact shards, 4 are needed"), "{line}");
}

/// Runs it until it says `line`, and kills it there.
fn killed_at<const N: usize>(args: [&str; N], line: &str) {
    let mut child = Command::new(program()).args(args).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let said = out.lines().map_while(Result::ok).find(|said| said.starts_with(line));
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it ended by itself");
    assert!(said.is_some(), "it never said {line}");
}

#[test]
fn a_killed_run_leaves_what_the_next_one_goes_on_with() {
    let (folder, path) = file(70_000);
    let dir = folder.path().join("kept");
    let (path, kept) = (path.to_str().unwrap(), dir.to_str().unwrap());
    // As a kill among the keys leaves it.
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("owner.key"), [7; 32]).unwrap();
    fs::write(dir.join("node-03.key.new"), [1; 5]).unwrap();
    let resume = ["--dir", kept, "--resume"];
    let line = fails(resume);
    assert!(line.contains("stored: not there, no file is stored yet"), "{line}");

    killed_at([path, "--dir", kept], "2. Put");
    assert_eq!(fs::read(dir.join("owner.key")).unwrap(), [7; 32], "the key is used");
    let line = fails([path, "--dir", kept, "--nodes", "21"]);
    assert!(line.contains("a network of another number of nodes"), "{line}");
    if !dir.join("stored").exists() {
        fails(resume);
        killed_at([path, "--dir", kept], "3. Audit");
    }
    works(resume);
    assert!(fs::read(dir.join("read-back")).unwrap() == fs::read(path).unwrap());
    assert!(!dir.join("node-03.key.new").exists());
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_alone_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = file(10);
    let dir = folder.path().join("kept");
    let mut command = Command::new("sh");
    command.args(["-c", r#"umask 000; exec "$@""#, "sh"]).arg(program());
    assert!(command.arg(&path).arg("--dir").arg(&dir).output().unwrap().status.success());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.join("chain.redb")) & 0o006, 0o006, "the umask held");
    let entries = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let keys: Vec<PathBuf> =
        entries.filter(|path| path.extension() == Some(OsStr::new("key"))).collect();
    assert_eq!(keys.len(), 22, "the owner's, the tagger's, and one for each node");
    assert!(keys.iter().all(|key| mode(key) == 0o600));

    // The chain can be opened once.
    let tick = |_| cess_client::Tick { time: u64::MAX, randomness: [0; 32] };
    let open = cess_client::LocalChain::resume(dir.join("chain.redb"), tick).unwrap();
    let resume = ["--dir", dir.to_str().unwrap(), "--resume"];
    let line = fails(resume);
    assert!(line.contains("in use by another process (end the other process"), "{line}");
    drop(open);
    works(resume);

    // A full disk where the file is to go.
    fs::remove_file(dir.join("read-back")).unwrap();
    if cfg!(target_os = "linux") {
        std::os::unix::fs::symlink("/dev/full", dir.join("read-back")).unwrap();
        let line = fails(resume);
        assert!(line.contains("read-back: no storage space"), "{line}");
    }
}

/// Runs it with a small disk of its own at `dir`; none where this user may not mount one.
#[cfg(target_os = "linux")]
fn on_a_small_disk(dir: &Path, size: &str, args: &[&str]) -> Option<Output> {
    const SCRIPT: &str = r#"mount -t tmpfs -o size="$1" none "$2" || exit 77; shift 2; exec "$@""#;
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", size]);
    let output = command.arg(dir).arg(program()).args(args).output().ok()?;
    let may = !String::from_utf8_lossy(&output.stderr).contains("unshare:");
    (may && output.status.code() != Some(77)).then_some(output)
}

#[cfg(target_os = "linux")]
#[test]
fn full_disks_are_named() {
    let (folder, path) = file(100);
    let dir = folder.path().join("disk");
    fs::create_dir(&dir).unwrap();
    let args = [path.to_str().unwrap(), "--dir", dir.to_str().unwrap()];
    // Chain and keys of the network fit, the nodes' proving keys don't; then not even the chain.
    for (size, what) in [("3m", "nodes failed, at most 5 may be left out"), ("64k", "")] {
        let Some(output) = on_a_small_disk(&dir, size, &args) else {
            // The same errors are tested on doubles in cess-client/tests/user_errors.rs.
            assert!(fs::read_dir(&dir).unwrap().next().is_none());
            return;
        };
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
        let space = ["no space left", "No space left"].iter().any(|words| err.contains(words));
        assert!(err.contains(what) && space, "{err}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_unreadable_file_and_an_output_that_nobody_takes_are_one_line() {
    // A regular file by its kind, of which nobody, root neither, reads the first byte.
    let line = fails(["/proc/self/mem"]);
    assert!(line.contains("/proc/self/mem: Input/output error"), "{line}");
    assert!(line.ends_with("after 0 bytes"), "{line}");

    let (_folder, path) = file(10);
    let out = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    for (out, why) in [(Stdio::from(out), "No space left"), (Stdio::from(closed), "Broken pipe")] {
        let output = Command::new(program()).arg(&path).stdout(out).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(err.starts_with(&format!("error: standard output: {why}")), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}

#[test]
fn what_an_earlier_run_chose_is_not_chosen_again() {
    for option in
        [&["--nodes", "20"][..], &["--public"], &["--profile", "cess"], &["--policy", "every"]]
    {
        let output = run(["--dir", "dir", "--resume"].iter().chain(option));
        assert_eq!(output.status.code(), Some(2));
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains("cannot be used with") && err.contains(option[0]), "{err}");
    }
}

#[test]
fn each_failure_is_one_line_and_exit_code_1() {
    let (folder, path) = file(100);
    let missing = folder.path().join("missing");
    let line = fails(args(&missing, []));
    assert!(line.contains(missing.to_str().unwrap()), "{line}");
    let line = fails(args(folder.path(), []));
    assert!(line.contains(folder.path().to_str().unwrap()), "{line}");
    let dir = folder.path().join("dir");
    let dir = dir.to_str().unwrap();
    for nodes in ["0", "5", "11"] {
        let line = fails(args(&path, ["--nodes", nodes, "--dir", dir]));
        let numbers = format!("{nodes} nodes can take a segment, 12 are needed");
        assert!(line.contains(&numbers), "{line}");
    }
    let line = fails(args(folder.path(), ["--dir", dir]));
    assert!(line.contains("not a file"), "{line}");
    // None of it made a network there: DIR is as good as new.
    assert_eq!(fs::read_dir(dir).unwrap().count(), 0);
    let line = fails(args(&path, ["--nodes", "12"]));
    let numbers = ": 0 nodes can take a segment, 1 are needed (choose a profile";
    assert!(line.starts_with("error: repair order ") && line.contains(numbers), "{line}");
    // A DIR that is a file, and one below a file.
    let line = fails(args(&path, ["--dir", path.to_str().unwrap()]));
    assert!(line.contains(path.to_str().unwrap()), "{line}");
    let below = path.join("dir");
    let line = fails(args(&path, ["--dir", below.to_str().unwrap()]));
    assert!(line.contains(below.to_str().unwrap()), "{line}");
    // Nothing was ever kept there.
    let empty = folder.path().join("empty");
    let line = fails(["--dir", empty.to_str().unwrap(), "--resume"]);
    assert!(line.contains(empty.to_str().unwrap()), "{line}");
    assert!(!empty.exists(), "reading makes no folder");
}

#[cfg(unix)]
#[test]
fn a_folder_or_a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = file(100);
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    allow(&closed, 0o000).unwrap();
    // Root may read and write everything.
    if fs::write(closed.join("probe"), b"").is_err() {
        let below = closed.join("dir");
        let line = fails(args(&path, ["--dir", below.to_str().unwrap()]));
        assert!(line.contains(below.to_str().unwrap()), "{line}");
        allow(&path, 0o000).unwrap();
        let line = fails(args(&path, []));
        assert!(line.contains(path.to_str().unwrap()), "{line}");
    }
    allow(&closed, 0o700).unwrap();
}
