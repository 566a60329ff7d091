//! `veranda verify ADDRESS`: says whether a server serves what it should, or names what differs.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use server::config::Config;
use server::verify::{HashList, verify};

use crate::command::Verifying;

/// Something differs. What could not be looked at at all is an error, and [`NOT_CHECKED`].
const DIFFERS: u8 = 1;

/// Nothing is known: the server cannot be reached, or the list cannot be read.
const NOT_CHECKED: u8 = 2;

pub(crate) async fn run(config: &Config, asked: &Verifying) -> anyhow::Result<ExitCode> {
    match report(config, asked).await {
        Ok(code) => Ok(code),
        Err(error) => {
            writeln!(std::io::stderr(), "not checked: {error:#}")?;
            Ok(ExitCode::from(NOT_CHECKED))
        }
    }
}

async fn report(config: &Config, asked: &Verifying) -> anyhow::Result<ExitCode> {
    let list = match &asked.hashes {
        None => {
            config.check_site()?;
            HashList::own(config)
        }
        Some(file) => {
            let cannot = || format!("cannot use {}", file.display());
            HashList::parse(&std::fs::read_to_string(file).with_context(cannot)?).with_context(cannot)?
        }
    };
    let found = verify(&asked.address, &list, asked.root.as_deref()).await?;
    let mut out = std::io::stdout();
    for difference in &found.differences {
        writeln!(out, "DIFFERENT  {}: {}", difference.path, difference.why)?;
    }
    let (files, pages, build) = (found.files, found.pages, list.build());
    if found.differences.is_empty() {
        writeln!(
            out,
            "OK  {} serves build {build}: {files} files and {pages} pages are as they should be",
            asked.address
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "NOT OK  {} does not serve build {build} as it is", asked.address)?;
    Ok(ExitCode::from(DIFFERS))
}
