//! Finds ISA-L (Debian: `libisal-dev`), a rival written in C. Without it the figures say SKIPPED.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(isal)");
    println!("cargo::rerun-if-changed=build.rs");
    let told = Command::new("pkg-config").args(["--variable=libdir", "libisal"]).output();
    let told = told.ok().filter(|output| output.status.success());
    let told = told.and_then(|output| String::from_utf8(output.stdout).ok());
    let usual = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(|arch| format!("/usr/lib/{arch}"));
    let folders = told.iter().map(|folder| folder.trim().to_owned()).chain(usual);
    for folder in folders.chain(["/usr/lib64".to_owned(), "/usr/lib".to_owned()]) {
        let library = Path::new(&folder).join("libisal.so");
        println!("cargo::rerun-if-changed={}", library.display());
        if !folder.is_empty() && library.exists() {
            println!("cargo::rustc-cfg=isal");
            println!("cargo::rustc-link-search=native={folder}");
            println!("cargo::rustc-link-lib=dylib=isal");
            return;
        }
    }
}
