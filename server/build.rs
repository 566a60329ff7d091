//! Puts a page into the program, where the feature `embedded` asks for it: lists the files of a site's folder, each with its content, for
//! `src/embedded.rs`.

#![expect(clippy::expect_used, reason = "a build that cannot go on fails")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// What the paths of files end in that no client is sent: the server compresses with Brotli alone. `src/page_files.rs` repeats them.
const NEVER_SENT: [&str; 3] = [".gz", ".d.ts", ".d.ts.br"];

/// What every page has.
const NEEDED: [&str; 4] =
    ["pkg/veranda.wasm", "pkg/__wasm_split_manifest.json", "worker/worker_bg.wasm", "sw.js"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_EMBEDDED").is_none() {
        return;
    }
    println!("cargo:rerun-if-env-changed=VERANDA_SITE");
    // What `make page` has built; `make image` names its own.
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    let site = std::env::var_os("VERANDA_SITE").map_or_else(usual, PathBuf::from);
    let missing = NEEDED.into_iter().find(|file| !site.join(file).is_file());
    assert!(
        missing.is_none(),
        "{} has no page, {missing:?} is missing: make page builds one, make image both",
        site.display()
    );
    println!("cargo:rerun-if-changed={}", site.display());
    println!("cargo:rustc-env=VERANDA_SITE={}", site.display());
    let list = list(&site.canonicalize().expect("the folder was just seen"));
    let out = std::env::var_os("OUT_DIR").expect("cargo says where");
    std::fs::write(Path::new(&out).join("inside.rs"), list).expect("cargo's own folder can be written");
}

/// A list of paths and contents, as Rust has it. In the order of the paths: the same page makes the same program.
fn list(site: &Path) -> String {
    let files = WalkDir::new(site)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("the folder can be read"));
    let mut list = "&[".to_owned();
    for file in files.filter(|entry| entry.file_type().is_file()) {
        let path =
            file.path().strip_prefix(site).expect("it is below").to_str().expect("names of files are text");
        if !NEVER_SENT.iter().any(|end| path.ends_with(end)) {
            writeln!(list, "({path:?}, include_bytes!({:?})),", file.path()).expect("memory can be written");
        }
    }
    list + "]"
}
