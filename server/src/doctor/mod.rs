//! `veranda doctor`: looks at this machine and at the settings, and says of each thing that is not well what to do about it.

mod certificate;
mod machine;
mod network;
mod storage;
mod visit;

use crate::config::Config;

/// What was looked at, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub detail: String,
    /// What to do.
    pub advice: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Well,
    /// It may do, or could not be found out.
    Doubtful,
    /// Calls suffer from it, or there are none.
    Ill,
}

impl Finding {
    fn well(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, health: Health::Well, detail: detail.into(), advice: None }
    }

    fn doubtful(what: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, health: Health::Doubtful, detail: detail.into(), advice: Some(advice.into()) }
    }

    fn ill(what: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, health: Health::Ill, detail: detail.into(), advice: Some(advice.into()) }
    }
}

/// Looks at everything. Takes some seconds where something does not answer, and changes nothing but what a start of the server
/// changes: tables that a new version needs are made.
pub async fn examine(config: &Config) -> Vec<Finding> {
    if let Err(contradiction) = config.check() {
        let advice = "change them in Leptos.toml or in the environment; the server does not start with them";
        return vec![Finding::ill("settings", contradiction.to_string(), advice)];
    }
    let listening = network::listening(config).await;
    let mut findings = vec![listening.finding.clone()];
    findings.push(certificate::examine(config, listening.is_ours).await);
    findings.extend(network::media(config, listening.is_ours).await);
    findings.extend(network::turn_servers(config).await);
    findings.push(machine::clock());
    findings.extend(machine::limits());
    findings.extend(storage::examine(config).await);
    findings
}
