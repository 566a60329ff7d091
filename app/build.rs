//! Makes of `languages/` what the page and the server are built with: a function for each text, and each language as data.

#[path = "build/catalogue.rs"]
mod catalogue;
#[path = "build/generate.rs"]
mod generate;

use std::path::Path;
use std::process::ExitCode;

use catalogue::{Catalogue, LANGUAGES};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Vec<String>> {
    // Asked when it runs: where it was compiled may be another copy of the sources.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let folder = Path::new(&here).join("../languages");
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let all = LANGUAGES.map(|tag| {
        let file = folder.join(format!("{tag}.toml"));
        let text =
            std::fs::read_to_string(&file).map_err(|error| format!("languages/{tag}.toml: {error}"))?;
        Catalogue::parse(tag, &text)
    });
    let all = all.into_iter().collect::<Result<Vec<_>, _>>().map_err(|problem| vec![problem])?;
    let Some((english, others)) = all.split_first() else { return Ok(()) };
    let problems: Vec<_> = all.iter().flat_map(|one| one.problems(english)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| vec!["no OUT_DIR".to_owned()])?;
    let write = |name: String, content: String| {
        std::fs::write(Path::new(&out).join(&name), content).map_err(|error| vec![format!("{name}: {error}")])
    };
    write("words.rs".to_owned(), generate::functions(english))?;
    for one in std::iter::once(english).chain(others) {
        write(format!("{}.json", one.tag), generate::data(one, english))?;
    }
    Ok(())
}
