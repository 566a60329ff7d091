//! Leptos.toml says what the server does without it, and agrees with what cargo-leptos reads.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

use server::AppState;
use server::config::{Config, TlsMode};
use toml::Table;

#[test]
fn the_file_holds_the_defaults() {
    assert_eq!(Config::load(&root("Leptos.toml"), HashMap::new()).unwrap(), Config::default());
}

#[test]
fn every_setting_is_in_the_file() {
    let file: Table = std::fs::read_to_string(root("Leptos.toml")).unwrap().parse().unwrap();
    let keys = |section: &str| file[section].as_table().unwrap().len();
    let sections = [
        "server",
        "tls",
        "storage",
        "rooms",
        "media",
        "recording",
        "relay",
        "push",
        "limits",
        "metrics",
        "traces",
        "log",
    ];
    assert_eq!(sections.map(keys), [7, 5, 2, 9, 7, 7, 11, 3, 19, 2, 2, 3]);
    assert_eq!(file["tls"]["acme"].as_table().unwrap().len(), 3);
}

#[test]
fn what_both_tools_read_is_equal() {
    let file: Table = std::fs::read_to_string(root("Leptos.toml")).unwrap().parse().unwrap();
    let cargo: Table = std::fs::read_to_string(root("Cargo.toml")).unwrap().parse().unwrap();
    let leptos = &cargo["workspace"]["metadata"]["leptos"][0];
    assert_eq!(file["server"]["address"], leptos["site-addr"]);
    assert_eq!(file["server"]["site"].as_str(), Some(""));
    assert_eq!(leptos["site-root"].as_str(), Some("target/site"), "what page_files.rs reads then");
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
    let config = with_environment(&variables).unwrap();
    assert_eq!(config.server.allowed_origins, ["https://a.example", "https://b.example"]);
    assert_eq!((config.server.address.port(), config.rooms.capacity), (4000, 2));
    assert_eq!(config.relay.allow_peers.len(), 2);
    let east = &config.turn["east"];
    assert_eq!((east.urls.len(), east.weight), (2, 1));
    assert!(!format!("{config:?}").contains("north"));
}

#[test]
fn secrets_in_the_environment_stay_text() {
    for secret in ["007", "1e5", "true", "0x10", "inf", "a,b"] {
        let variables = [
            ("VERANDA__TURN__EAST__URLS", "turn:turn.example"),
            ("VERANDA__TURN__EAST__SECRET", secret),
            ("VERANDA__TURN__EAST__WEIGHT", "3"),
            ("VERANDA__STORAGE__POSTGRES", secret),
        ];
        let config = with_environment(&variables).unwrap();
        assert_eq!((&*config.turn["east"].secret, config.turn["east"].weight), (secret, 3));
        assert_eq!(config.storage.postgres, secret);
    }
}

#[test]
fn numbers_switches_and_lists_in_the_environment_are_read_as_such() {
    let variables = [
        ("VERANDA__RELAY__ENABLED", "false"),
        ("VERANDA__SERVER__PUBLIC_PORT", "443"),
        ("VERANDA__TLS__MODE", "acme"),
        ("VERANDA__TLS__NAMES", "meet.example.org, www.example.org"),
        ("VERANDA__MEDIA__ADDRESSES", ""),
        ("VERANDA__MEDIA__STUN_SERVERS", "stun:stun.example, stun:192.0.2.1:9"),
        ("VERANDA__TLS__ACME__CONTACT", "admin@example.org"),
    ];
    let config = with_environment(&variables).unwrap();
    assert!(!config.relay.enabled);
    assert_eq!((config.server.public_port, config.tls.mode), (443, TlsMode::Acme));
    assert_eq!(config.tls.names.len(), 2);
    assert_eq!(config.tls.names[1].to_string(), "www.example.org");
    assert!(config.media.addresses.is_empty());
    assert_eq!(config.media.stun_servers[1].to_string(), "stun:192.0.2.1:9");
    assert_eq!(config.tls.acme.contact, "admin@example.org");
}

#[test]
fn a_value_that_cannot_be_is_an_error_that_names_it() {
    let secret = ("VERANDA__TURN__EAST__SECRET", "north");
    for (name, value, part) in [
        ("VERANDA__SERVER__PUBLIC_PORT", "70000", "public_port"),
        (
            "VERANDA__TLS__NAMES",
            "meet.example.org,https://www.example.org",
            "'https://www.example.org' is not a valid server name",
        ),
        ("VERANDA__TURN__EAST__URLS", "turn:turn.example:0", "'turn:turn.example:0' is not a valid TURN URL"),
        ("VERANDA__MEDIA__STUN_SERVERS", "stun.example", "'stun.example' is not a valid STUN URL"),
    ] {
        let error =
            with_environment(&[("VERANDA__TURN__EAST__URLS", "turn:turn.example"), secret, (name, value)])
                .unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_trusted_proxy_is_the_same_however_its_address_is_written() {
    let proxies = "::ffff:10.0.0.1, 2001:DB8::1,192.168.0.0/16 ,::ffff:172.16.0.0/108";
    let server = with_environment(&[("VERANDA__SERVER__TRUSTED_PROXIES", proxies)]).unwrap().server;
    for (address, is_trusted) in [
        ("10.0.0.1", true),
        ("::ffff:10.0.0.1", true),
        ("10.0.0.2", false),
        ("2001:db8::1", true),
        ("2001:db8::2", false),
        ("192.168.77.1", true),
        ("::ffff:192.168.77.1", true),
        ("192.169.0.1", false),
        ("172.20.0.1", true),
        ("172.32.0.1", false),
    ] {
        assert_eq!(server.trusts(address.parse::<IpAddr>().unwrap()), is_trusted, "{address}");
    }
}

#[test]
fn an_error_says_in_which_place_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Leptos.toml");
    let file = file.to_str().unwrap();
    let load = |text: &str, variables: &[(&str, &str)]| {
        std::fs::write(file, text).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(file, variables.collect()).map_err(|error| error.to_string())
    };
    let capacity = ("VERANDA__ROOMS__CAPACITY", "many");
    let misspelt = ("VERANDA__SERVER__ADRESS", "127.0.0.1:1");
    let secret = ("VERANDA__TURN__EAST__SECRET", "north");
    let right = "[server]\naddress = \"127.0.0.1:1\"\n";
    let wrong = "[server]\naddress = \"127.0.0.1:1\"\n\n[rooms]\ncapacity = \"many\"\n";
    let part = "[turn.east]\nurls = [\"turn:turn.example\"]\n";
    for (text, variables, words) in [
        (wrong, &[][..], [file, "line 5", "capacity"]),
        ("[server\n", &[], [file, "line 1", "expected"]),
        ("[serer]\n", &[], [file, "line 1", "serer"]),
        (right, &[capacity], ["environment", capacity.0, "many"]),
        (right, &[misspelt, ("VERANDA__ROOMS__CAPACITY", "9")], ["environment", misspelt.0, "adress"]),
        (part, &[secret, misspelt], ["environment", misspelt.0, "adress"]),
        (part, &[], [file, "line 1", "secret"]),
    ] {
        let error = load(text, variables).unwrap_err();
        assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
    }
    assert!(load(part, &[secret]).is_ok(), "one half each");
    assert!(load(right, &[("PATH", "x"), ("VERANDA_TOOLS", "y")]).is_ok(), "others have variables too");
    std::fs::remove_file(file).unwrap();
    std::fs::create_dir(file).unwrap();
    let error = Config::load(file, HashMap::new()).unwrap_err().to_string();
    assert!(error.contains("cannot read"), "{error}");
}

#[test]
fn a_misspelt_setting_or_value_is_answered_with_the_nearest_one() {
    for (name, value, nearest) in [
        ("VERANDA__SERVER__ALOWED_ORIGINS", "https://a.example", Some("allowed_origins")),
        ("VERANDA__SERVER__ADRESS", "127.0.0.1:1", Some("address")),
        ("VERANDA__SERER__ADDRESS", "127.0.0.1:1", Some("server")),
        ("VERANDA__SERVER__FISH", "1", None),
    ] {
        let error = with_environment(&[(name, value)]).unwrap_err();
        let said = error.split_once("did you mean `").and_then(|(_, rest)| rest.split('`').next());
        assert_eq!(said, nearest, "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Leptos.toml");
    for (text, nearest) in
        [("[rooms]\ncapcity = 9\n", "capacity"), ("[tls]\nmode = \"self-singed\"\n", "self-signed")]
    {
        std::fs::write(&file, text).unwrap();
        let error = Config::load(file.to_str().unwrap(), HashMap::new()).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains(&format!("did you mean `{nearest}`?")), "{error}");
    }
}

#[test]
fn settings_are_shown_as_the_file_has_them_and_without_secrets() {
    assert_eq!(reread(&Config::default()), Config::default());
    let variables = [
        ("VERANDA__SERVER__TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1"),
        ("VERANDA__STORAGE__POSTGRES", "postgres://veranda:s:e@hush@db.example/veranda?sslmode=require"),
        ("VERANDA__TLS__MODE", "self-signed"),
        ("VERANDA__TLS__NAMES", "meet.example,*.example,::1"),
        ("VERANDA__MEDIA__STUN_SERVERS", "stun:stun.example:9"),
        ("VERANDA__TURN__EAST__URLS", "turn:turn.example"),
        ("VERANDA__TURN__EAST__SECRET", "north"),
    ];
    let mut config = with_environment(&variables).unwrap();
    let shown = config.without_secrets().unwrap();
    for secret in ["s:e", "hush", "north"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    "postgres://veranda:…@db.example/veranda".clone_into(&mut config.storage.postgres);
    "…".clone_into(&mut config.turn.get_mut("east").unwrap().secret);
    assert_eq!(reread(&config), config);
    // What somebody took for an address may be all secret.
    for url in ["north", "postgres://db.example?password=north", "postgres://v@db.example/?password=north@9"]
    {
        url.clone_into(&mut config.storage.postgres);
        let shown = config.without_secrets().unwrap();
        assert!(!shown.contains("north"), "{shown}");
    }
}

/// What is read of what is shown.
fn reread(config: &Config) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Leptos.toml");
    std::fs::write(&file, config.without_secrets().unwrap()).unwrap();
    Config::load(file.to_str().unwrap(), HashMap::new()).unwrap()
}

#[tokio::test]
async fn a_server_with_settings_that_contradict_each_other_does_not_start() {
    let data = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.storage.data = data.path().to_owned();
    config.tls.mode = TlsMode::Acme;
    let error = format!("{:#}", AppState::open(config).await.err().expect("it starts"));
    assert!(error.contains("needs [tls] names"), "{error}");
}

/// The file, and these variables.
fn with_environment(variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(&root("Leptos.toml"), variables.collect()).map_err(|error| error.to_string())
}

fn root(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file).to_string_lossy().into_owned()
}
