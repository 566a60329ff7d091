//! `veranda doctor`: prints what the doctor found, the worst last.

use std::io::Write as _;
use std::process::ExitCode;

use server::config::Config;
use server::doctor::{Finding, Health, examine};

/// Fails when something is ill.
pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut findings = examine(config).await;
    findings.sort_by_key(|finding| finding.health);
    let mut out = std::io::stdout();
    for Finding { what, health, detail, advice } in &findings {
        let mark = match health {
            Health::Well => "OK  ",
            Health::Doubtful => "WARN",
            Health::Ill => "FAIL",
        };
        writeln!(out, "{mark}  {what}: {detail}")?;
        if let Some(advice) = advice {
            writeln!(out, "      → {advice}")?;
        }
    }
    let ill = findings.iter().filter(|finding| finding.health == Health::Ill).count();
    let doubtful = findings.iter().filter(|finding| finding.health == Health::Doubtful).count();
    writeln!(out, "{} checks: {ill} failed, {doubtful} warnings", findings.len())?;
    Ok(if ill == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
