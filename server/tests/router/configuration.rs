//! Leptos.toml says what the server does without it, and agrees with what cargo-leptos reads.

use std::collections::HashMap;
use std::path::Path;

use server::config::Config;
use toml::Table;

#[test]
fn the_file_holds_the_defaults() {
    assert_eq!(Config::load(&root("Leptos.toml"), HashMap::new()).unwrap(), Config::default());
}

#[test]
fn every_setting_is_in_the_file() {
    let file: Table = std::fs::read_to_string(root("Leptos.toml")).unwrap().parse().unwrap();
    let keys = |section: &str| file[section].as_table().unwrap().len();
    let sections = ["server", "tls", "storage", "rooms", "media", "relay", "limits", "log"];
    assert_eq!(sections.map(keys), [5, 4, 2, 4, 6, 11, 11, 1]);
}

#[test]
fn what_both_tools_read_is_equal() {
    let file: Table = std::fs::read_to_string(root("Leptos.toml")).unwrap().parse().unwrap();
    let cargo: Table = std::fs::read_to_string(root("Cargo.toml")).unwrap().parse().unwrap();
    let leptos = &cargo["workspace"]["metadata"]["leptos"][0];
    assert_eq!(file["server"]["address"], leptos["site-addr"]);
    assert_eq!(file["server"]["site"], leptos["site-root"]);
    assert_eq!(leptos["output-name"].as_str(), Some("veranda"));
}

#[test]
fn no_file_at_all_is_the_defaults_too() {
    assert_eq!(Config::load("/nonexistent/Leptos.toml", HashMap::new()).unwrap(), Config::default());
}

#[test]
fn a_misspelt_setting_is_an_error_that_names_it() {
    let file = std::env::temp_dir().join(format!("veranda-test-{}.toml", std::process::id()));
    std::fs::write(&file, "[server]\nadress = \"127.0.0.1:1\"\n").unwrap();
    let error = Config::load(file.to_str().unwrap(), HashMap::new()).unwrap_err().to_string();
    std::fs::remove_file(&file).unwrap();
    assert!(error.contains("adress"), "{error}");
}

#[test]
fn the_environment_overrides_the_file() {
    let variables = [
        ("VERANDA__SERVER__ADDRESS", "127.0.0.1:4000"),
        ("VERANDA__ROOMS__CAPACITY", "2"),
        ("VERANDA__SERVER__ALLOWED_ORIGINS", "https://a.example,https://b.example"),
        ("VERANDA__RELAY__ALLOW_PEERS", "192.168.0.0/16,fd00::/8"),
        ("VERANDA__TURN__EAST__URLS", "turn:turn.example,turns:turn.example:443?transport=tcp"),
        ("VERANDA__TURN__EAST__SECRET", "north"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(&root("Leptos.toml"), HashMap::from(variables)).unwrap();
    assert_eq!(config.server.allowed_origins, ["https://a.example", "https://b.example"]);
    assert_eq!((config.server.address.port(), config.rooms.capacity), (4000, 2));
    assert_eq!(config.relay.allow_peers.len(), 2);
    let east = &config.turn["east"];
    assert_eq!((east.urls.len(), east.weight), (2, 1));
    assert!(!format!("{config:?}").contains("north"));
}

fn root(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file).to_string_lossy().into_owned()
}
