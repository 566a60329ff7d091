//! Holds the house to its plan: which crate may name which, what the pure ones may not know, and that every file says
//! what it is.

mod circles;
mod sheets;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use walkdir::WalkDir;

/// Which of our crates each of them may name. testkit and bench may name whatever they test.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("protocol", &[]),
    ("room", &["protocol"]),
    ("ring", &["protocol"]),
    ("record", &["protocol"]),
    ("seal", &["protocol"]),
    ("stage", &["protocol"]),
    ("view", &["protocol", "stage"]),
    ("call", &["protocol", "seal", "stage", "view"]),
    ("app", &["protocol", "stage", "view"]),
    ("frontend", &["app", "call", "protocol", "record", "seal", "stage", "view"]),
    ("worker", &["protocol", "record", "seal"]),
    ("device-recorder", &["protocol", "record"]),
    ("storage", &["protocol"]),
    ("sfu", &["protocol", "srtp"]),
    ("srtp", &[]),
    ("relay", &[]),
    ("cluster", &[]),
    ("server", &["app", "room", "ring", "sfu", "relay", "record", "cluster", "storage", "protocol"]),
];

/// May name anything of ours, and nothing but tests may name them.
const FOR_TESTS: [&str; 4] = ["testkit", "bench", "sealing-bench", "veranda-fuzz"];

/// State machines and words: no runtime, no browser, no clock, no randomness, no sockets.
const PURE: [&str; 9] = ["protocol", "room", "ring", "record", "call", "cluster", "seal", "stage", "view"];

/// What a pure crate's manifest may depend on besides our crates.
const PURE_DEPENDENCIES: [&str; 18] = [
    "aes-gcm",
    "argon2",
    "base64",
    "bip39",
    "hkdf",
    "mkv-element",
    "pbkdf2",
    "rand_chacha",
    "schemars",
    "serde",
    "serde_json",
    "sframe",
    "sha2",
    "strum",
    "thiserror",
    "uuid",
    "x25519-dalek",
    "zeroize",
];

/// What a pure crate's sources may not contain, in any spelling of the path.
const IMPURE: [&str; 9] =
    ["Instant", "SystemTime", "tokio", "web_sys", "js_sys", "std::net", "std::thread", "rand::", "new_v4"];

#[test]
fn every_arrow_between_our_crates_is_allowed() {
    let crates = our_crates();
    let allowed: BTreeMap<_, _> = ALLOWED.into_iter().collect();
    for (name, folder) in &crates {
        if FOR_TESTS.contains(&name.as_str()) {
            continue;
        }
        let may = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("{name} has no place in the plan of the house"));
        for (dependency, kind) in dependencies(folder) {
            let is_ours = crates.contains_key(&dependency);
            let for_its_tests = kind == "dev-dependencies" && FOR_TESTS.contains(&dependency.as_str());
            assert!(
                !is_ours || for_its_tests || may.contains(&dependency.as_str()),
                "{name} may not name {dependency}"
            );
        }
    }
}

#[test]
fn pure_crates_depend_on_nothing_impure_and_name_nothing_impure() {
    for name in PURE {
        let folder = &our_crates()[name];
        for (dependency, kind) in dependencies(folder) {
            let pure =
                PURE.contains(&dependency.as_str()) || PURE_DEPENDENCIES.contains(&dependency.as_str());
            assert!(pure || kind == "dev-dependencies", "{name} is pure and may not depend on {dependency}");
        }
        for file in rust_files(&folder.join("src")) {
            let text = read(&file);
            for word in IMPURE {
                assert!(!text.contains(word), "{} is pure and names {word}", file.display());
            }
        }
    }
}

/// What may happen at any time is told to these; they ask nobody what time it is, and open nothing.
const WITHOUT_SOCKETS: [&str; 3] = ["relay", "sfu", "srtp"];

/// What their sources may not contain.
const DRIVING: [&str; 10] = [
    "Instant::now",
    "SystemTime",
    "tokio",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "thread::spawn",
    "std::fs",
    "rand::",
    "new_v4",
];

#[test]
fn what_forwards_relays_and_seals_knows_neither_clock_nor_sockets() {
    for name in WITHOUT_SOCKETS {
        for file in rust_files(&our_crates()[name].join("src")) {
            let text = read(&file);
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in DRIVING {
                assert!(!code.contains(word), "{} is driven and names {word}", file.display());
            }
        }
    }
}

/// What owns the state of a room, of rings, of a call, and of a node of a cluster; others ask it.
const MACHINES: [(&str, &[&str]); 5] = [
    (
        "room",
        &[
            "Room",
            "Rules",
            "Seats",
            "Former",
            "Outbox",
            "Rates",
            "AdmissionMachine",
            "ChatMachine",
            "ModerationMachine",
            "TopologyMachine",
        ],
    ),
    ("ring", &["Calls", "Deadlines", "Line", "Lines", "Ring", "Ringing", "Rings", "Seat", "Talking"]),
    (
        "cluster",
        &["ClusterNode", "Drain", "Links", "OwnedRooms", "RedisView", "Searches", "SteadyClock", "TakeQueue"],
    ),
    (
        "record",
        &[
            "Depacketiser",
            "JitterBuffer",
            "Reader",
            "Recorder",
            "Repairer",
            "Scanner",
            "SenderClock",
            "StreamClock",
            "Track",
            "Writer",
        ],
    ),
    (
        "call",
        &[
            "Call",
            "Calling",
            "Chat",
            "Devices",
            "Encryption",
            "Ice",
            "InCall",
            "Incoming",
            "Kept",
            "Link",
            "Links",
            "LinkSlots",
            "MediaPaths",
            "Negotiation",
            "Notices",
            "Page",
            "People",
            "Person",
            "Publications",
            "RingDevice",
            "SignallingConnection",
            "SlotPlan",
            "Slots",
            "Trust",
            "Uplink",
            "Voice",
        ],
    ),
];

#[test]
fn machines_have_private_fields() {
    for (name, machines) in MACHINES {
        let files = rust_files(&our_crates()[name].join("src"));
        let mut found = Vec::new();
        for item in files.iter().flat_map(|file| syn::parse_file(&read(file)).unwrap().items) {
            let syn::Item::Struct(one) = item else { continue };
            let machine = one.ident.to_string();
            if !machines.contains(&machine.as_str()) {
                continue;
            }
            for field in &one.fields {
                // Its own parts may; nobody else.
                let is_own =
                    matches!(&field.vis, syn::Visibility::Restricted(to) if to.path.is_ident("super"));
                let is_private = matches!(field.vis, syn::Visibility::Inherited);
                assert!(is_own || is_private, "{machine} of {name} has a field that others may write to");
            }
            found.push(machine);
        }
        found.sort_unstable();
        let mut all: Vec<_> = machines.iter().map(|machine| (*machine).to_owned()).collect();
        all.sort_unstable();
        assert_eq!(found, all);
    }
}

#[test]
fn the_map_of_the_house_names_files_that_there_are() {
    let text = read(&root().join("ARCHITECTURE.md"));
    // Without the blocks of the map, which have folders and no paths.
    let prose: String = text.split("```").step_by(2).collect();
    let named = prose.split('`').skip(1).step_by(2).filter(|name| name.contains('/') && name.contains('.'));
    let mut missing: Vec<_> =
        named.flat_map(alternatives).filter(|name| !root().join(name).exists()).collect();
    missing.sort_unstable();
    missing.dedup();
    assert_eq!(missing, Vec::<String>::new());
}

/// `a/{b,c}.rs` is two names.
fn alternatives(name: &str) -> Vec<String> {
    let braces = name.split_once('{').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('}')?;
        Some(inside.split(',').map(|one| format!("{before}{one}{after}")).collect())
    });
    braces.unwrap_or_else(|| vec![name.to_owned()])
}

/// What holds the messages to the task of a room, and what they may not hold: the room may be on another node.
const ACROSS_NODES: [&str; 2] = ["server/src/rooms/event.rs", "server/src/rooms/envelope.rs"];
const ONLY_HERE: [&str; 9] =
    ["oneshot", "mpsc", "watch::", "Sender", "Receiver", "Queue", "Notify", "Arc<", "Mutex<"];

#[test]
fn what_a_room_is_told_could_cross_a_wire() {
    for file in ACROSS_NODES {
        let text = read(&root().join(file));
        for word in ONLY_HERE {
            assert!(!text.contains(word), "{file} is to cross a wire and names {word}");
        }
    }
}

#[test]
fn every_rust_file_says_what_it_is() {
    for file in our_crates().values().flat_map(|folder| rust_files(folder)) {
        let text = read(&file);
        assert!(text.starts_with("//!"), "{} does not open with //!", file.display());
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for file in our_crates().values().flat_map(|folder| rust_files(&folder.join("src"))) {
        let text = read(&file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(code.lines().count() <= 600, "{} has more than 600 lines", file.display());
    }
}

#[test]
fn the_app_is_not_a_soup_of_features() {
    let files = rust_files(&root().join("app/src"));
    let text: String = files.iter().map(|file| read(file)).collect();
    let cfgs = text.matches("cfg(feature").count() + text.matches("cfg(not(feature").count();
    assert!(cfgs * 1000 <= 3 * text.lines().count(), "{cfgs} feature cfgs in {} lines", text.lines().count());
}

#[test]
fn every_sheet_is_bundled_and_every_bundled_sheet_exists() {
    let style = root().join("style");
    let main = read(&style.join("main.css"));
    let sheets =
        WalkDir::new(&style).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    for sheet in sheets.filter(|sheet| sheet.path().extension().is_some_and(|extension| extension == "css")) {
        let name = sheet.path().strip_prefix(&style).unwrap().to_string_lossy().into_owned();
        assert!(
            name == "main.css" || main.contains(&format!("@import \"{name}\"")),
            "{name} is not in main.css"
        );
    }
    for import in main.lines().filter_map(|line| line.strip_prefix("@import \"")) {
        let name = import.split('"').next().unwrap_or_default();
        assert!(style.join(name).exists(), "main.css imports {name}, which does not exist");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The name and the folder of each crate of the workspace.
fn our_crates() -> BTreeMap<String, PathBuf> {
    let manifests = WalkDir::new(root())
        .max_depth(3)
        .into_iter()
        .filter_entry(|entry| !matches!(entry.file_name().to_str(), Some("target" | "node_modules" | ".git")))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "Cargo.toml");
    let crates = manifests.filter_map(|manifest| {
        let name = table(manifest.path()).get("package")?.get("name")?.as_str()?.to_owned();
        Some((name, manifest.path().parent()?.to_path_buf()))
    });
    let crates: BTreeMap<_, _> = crates.collect();
    assert!(crates.len() >= ALLOWED.len() + FOR_TESTS.len(), "only {:?} were found", crates.keys());
    crates
}

/// What a manifest depends on, in any of its sections.
fn dependencies(folder: &Path) -> Vec<(String, &'static str)> {
    let manifest = table(&folder.join("Cargo.toml"));
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables: Vec<_> =
        std::iter::once(manifest.clone()).chain(targets.filter_map(|t| t.as_table().cloned())).collect();
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .into_iter()
        .flat_map(|kind| {
            let sections = tables.iter().filter_map(move |table| table.get(kind)?.as_table());
            sections.flat_map(Table::keys).map(move |name| (name.clone(), kind)).collect::<Vec<_>>()
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let files =
        WalkDir::new(folder).into_iter().filter_map(Result::ok).map(|entry| entry.path().to_path_buf());
    let files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    assert!(!files.is_empty(), "no Rust file in {}", folder.display());
    files
}

fn table(path: &Path) -> Table {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
