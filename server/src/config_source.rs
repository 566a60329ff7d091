//! Where settings come from: defaults, then `Leptos.toml`, then the environment (`VERANDA__SECTION__KEY`); and which of them is to
//! blame for what cannot be used.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use config::{Environment, File, FileFormat};

use crate::config::Config;

/// Settings that cannot be used. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// Something in the file; with the place, where there is one.
    #[error("in {0}: {1}")]
    File(String, String),
    /// A variable of the environment.
    #[error("in the environment, {0}: {1}")]
    Variable(String, String),
    /// Settings that are each right.
    #[error("{0} and the environment together: {1}")]
    Together(String, String),
}

impl ConfigError {
    /// Names what an unknown setting or value was most likely meant to be.
    fn with_nearest_name(mut self) -> Self {
        let text = match &mut self {
            Self::Unreadable(..) => return self,
            Self::File(_, text) | Self::Variable(_, text) | Self::Together(_, text) => text,
        };
        if let Some(name) = nearest_name(text) {
            text.push_str(&format!(" (did you mean `{name}`?)"));
        }
        self
    }
}

/// Of what the text says was expected, what is written most like what was found.
fn nearest_name(text: &str) -> Option<String> {
    let (_, said) = text.split_once("unknown field `").or_else(|| text.split_once("unknown variant `"))?;
    let (found, expected) = said.split_once('`')?;
    let known = expected.split('`').skip(1).step_by(2);
    let distance = |name: &str| strsim::osa_distance(&found.to_lowercase(), name);
    let nearest = known.min_by_key(|name| distance(name))?;
    // What is farther away is another word.
    (distance(nearest) <= nearest.len().div_ceil(3)).then(|| nearest.to_owned())
}

type Variables = HashMap<String, String>;

impl Config {
    /// Reads the file, when there is one, and `variables`, which are the environment's or a test's.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or it or a variable holds an unknown setting or a value of another type. The error says in
    /// which of them.
    pub fn load(file: &str, variables: Variables) -> Result<Self, ConfigError> {
        let text = read(file)?;
        let variables: Variables =
            variables.into_iter().filter(|(name, _)| name.to_uppercase().starts_with(PREFIX)).collect();
        parse(&text, &variables).map_err(|error| blame(file, &text, &variables, &error).with_nearest_name())
    }
}

/// What the names of our variables begin with.
const PREFIX: &str = "VERANDA__";

fn read(file: &str) -> Result<String, ConfigError> {
    if !Path::new(file).exists() {
        return Ok(String::new());
    }
    std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable(file.to_owned(), error))
}

fn parse(text: &str, variables: &Variables) -> Result<Config, config::ConfigError> {
    let (lists, others): (HashMap<_, _>, HashMap<_, _>) =
        variables.clone().into_iter().partition(|(name, _)| setting_of_list(name).is_some());
    // Values stay text until it is known what they have to be: a secret may look like a number.
    let others =
        Environment::with_prefix("VERANDA").prefix_separator("__").separator("__").source(Some(others));
    let mut settings =
        config::Config::builder().add_source(File::from_str(text, FileFormat::Toml)).add_source(others);
    for (name, text) in lists {
        let entries: Vec<_> = text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        if let Some(setting) = setting_of_list(&name) {
            settings = settings.set_override(setting, entries)?;
        }
    }
    settings.build()?.try_deserialize()
}

/// Which of the two is wrong. Variables are asked together where one says nothing without the other.
fn blame(file: &str, text: &str, variables: &Variables, error: &config::ConfigError) -> ConfigError {
    // With the file alone, the reader of TOML tells line and column.
    let of_file = toml::from_str::<Config>(text).err();
    let mut groups = BTreeMap::<String, Vec<&String>>::new();
    for name in variables.keys() {
        groups.entry(group(name)).or_default().push(name);
    }
    for names in groups.values() {
        let without = |names: &[&String]| {
            let others = variables.iter().filter(|(name, _)| !names.contains(name));
            others.map(|(name, value)| (name.clone(), value.clone())).collect::<Variables>()
        };
        let alone = |names: &[&String]| {
            let own = names.iter().filter_map(|name| Some(((*name).clone(), variables.get(*name)?.clone())));
            own.collect::<Variables>()
        };
        let is_culprit = parse(text, &without(names)).is_ok();
        let failure = parse(text, &alone(names)).err();
        if let Some(failure) = failure.filter(|_| is_culprit || of_file.is_none()) {
            let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            // What is wrong with all of them together is what is wrong with the only culprit.
            let text = if is_culprit { error.to_string() } else { failure.to_string() };
            return ConfigError::Variable(names.join(", "), text);
        }
    }
    match of_file {
        Some(error) => ConfigError::File(file.to_owned(), error.to_string().trim_end().to_owned()),
        None => ConfigError::Together(file.to_owned(), error.to_string()),
    }
}

/// A TURN server has two settings at the least.
fn group(variable: &str) -> String {
    let name = variable.to_uppercase();
    match name.strip_prefix("VERANDA__TURN__").and_then(|rest| rest.split_once("__")) {
        Some((server, _)) => format!("VERANDA__TURN__{server}"),
        None => name,
    }
}

/// Settings that are lists, whose entries the environment separates with commas.
const LISTS: [&str; 9] = [
    "cluster.redis",
    "cluster.roles",
    "server.allowed_origins",
    "server.trusted_proxies",
    "tls.names",
    "media.addresses",
    "media.stun_servers",
    "relay.allow_peers",
    "relay.deny_peers",
];

/// The setting that a variable such as `VERANDA__TLS__NAMES` or `VERANDA__TURN__EAST__URLS` is, when it is one that holds a list.
fn setting_of_list(variable: &str) -> Option<String> {
    let setting = variable.to_lowercase().strip_prefix("veranda__")?.replace("__", ".");
    let is_turn = setting.starts_with("turn.") && setting.ends_with(".urls");
    (is_turn || LISTS.contains(&&*setting)).then_some(setting)
}
