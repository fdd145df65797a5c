//! The story as its user meets it: what it prints, what it leaves, how it fails.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
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
    for profile in ["white-paper", "cess", "lean"] {
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
    assert!(again.contains("holds a network already"), "{again}");

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
    assert!(line.contains("segment 0: 0 intact shards, 4 are needed"), "{line}");
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
    assert!(line.contains("repair"), "{line}");
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
