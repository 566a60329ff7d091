//! What is said of a file of `languages/` that lacks something: `app/build.rs` ends the build with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../build/catalogue.rs"]
mod catalogue;

use catalogue::{Catalogue, LANGUAGES, Text, category, rules};

const ENGLISH: &str = r#"
[room]
name = "Room"
joined = "{name} joined {room}"
people = { one = "{n} person", other = "{n} people" }
"#;

fn problems(tag: &str, text: &str) -> Vec<String> {
    let english = Catalogue::parse("en", ENGLISH).unwrap();
    Catalogue::parse(tag, text).unwrap().problems(&english)
}

fn read(tag: &str) -> Catalogue {
    let file = format!("{}/../languages/{tag}.toml", env!("CARGO_MANIFEST_DIR"));
    Catalogue::parse(tag, &std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Of a text: its section and its key.
type Name = (&'static str, &'static str);

/// What buttons and links show, and what they are called for those who do not see beside what they stand.
const NAMED: [(Name, Name); 9] = [
    (("call", "leave"), ("call", "leave_unencrypted")),
    (("people", "admit"), ("people", "admit_person")),
    (("people", "deny"), ("people", "deny_person")),
    (("host", "links"), ("plain", "links_of")),
    (("plain", "revoke"), ("plain", "revoke_credential")),
    (("plain", "delete_permanently"), ("plain", "delete_room_permanently")),
    (("key", "mark_as_verified"), ("key", "mark_person_as_verified")),
    (("key", "share_key"), ("key", "share_key_with")),
    (("common", "product"), ("common", "logo_leads_home")),
];

/// Somebody who speaks to their computer says what they read (WCAG 2.2, 2.5.3).
#[test]
fn what_somebody_reads_on_a_button_begins_its_name_in_every_language() {
    for tag in LANGUAGES {
        let language = read(tag);
        let text = |name| match language.text(name) {
            Some(Text::One(text)) => text.as_str(),
            _ => panic!("{tag}: {name:?} is no text"),
        };
        for (label, name) in NAMED {
            assert!(text(name).starts_with(text(label)), "{tag}: {} / {}", text(label), text(name));
        }
        assert!(text(("people", "action_on")).starts_with("{action}"), "{tag}");
    }
}

#[test]
fn every_language_has_every_text_with_the_same_things_put_in() {
    let english = read("en");
    assert!(english.texts().count() > 400);
    for tag in LANGUAGES {
        assert_eq!(read(tag).problems(&english), Vec::<String>::new());
    }
}

#[test]
fn what_is_missing_unknown_or_different_is_said() {
    assert_eq!(problems("en", ENGLISH), Vec::<String>::new());
    let people = r#"people = { one = "ein Mensch", other = "{n} Menschen" }"#;
    let german = |rest: &str| problems("de", &format!("[room]\n{rest}\n{people}"));
    assert_eq!(german("name = \"Raum\"\njoined = \"{room}: {name}\""), Vec::<String>::new());
    for (text, said) in [
        ("joined = \"{room}: {name}\"", "room.name is missing"),
        ("name = \"Raum\"\njoined = \"{name}\"", "room.joined has the placeholders"),
        ("name = \"{name}\"\njoined = \"{room}: {name}\"", "room.name has the placeholders"),
        ("name = \"Raum\"\njoined = \"{room}: {nme}\"", "room.joined has the placeholders"),
        ("name = \"Raum\"\njoined = \"{room}: {name}\"\nleft = \"weg\"", "room.left is not in en.toml"),
        (
            "name = { one = \"Raum\", other = \"Räume\" }\njoined = \"{room}: {name}\"",
            "room.name has plural forms",
        ),
    ] {
        let found = german(text);
        assert!(found.len() == 1 && found[0].contains(said), "{text}: {found:?}");
    }
}

#[test]
fn a_text_that_counts_has_the_forms_of_its_language_and_no_others() {
    let with = |tag, people: &str| {
        problems(tag, &format!("[room]\nname = \"x\"\njoined = \"{{name}} {{room}}\"\npeople = {people}"))
    };
    for (tag, people, said) in [
        ("ja", r#"{ other = "{n}人" }"#, None),
        ("ja", r#"{ one = "1人", other = "{n}人" }"#, Some("has a form one")),
        ("de", r#"{ other = "{n} Menschen" }"#, Some("has no form one")),
        ("de", r#"{ one = "ein Mensch", other = "Menschen" }"#, Some("(other) has the placeholders")),
        ("fr", r#"{ one = "{n} personne", other = "{n} personnes" }"#, None),
        ("fr", r#"{ one = "une personne", other = "{n} personnes" }"#, Some("(one) has the placeholders")),
        ("pt", r#"{ one = "uma pessoa", other = "{n} pessoas" }"#, Some("(one) has the placeholders")),
        ("es", r#"{ one = "una persona", other = "{n} personas" }"#, None),
        ("ar", r#"{ one = "1", other = "{n}" }"#, Some("has no form few")),
        ("de", r#""{n} Menschen""#, Some("has to have plural forms")),
    ] {
        let found = with(tag, people);
        match said {
            None => assert_eq!(found, Vec::<String>::new(), "{tag} {people}"),
            Some(said) => assert!(found.iter().any(|one| one.contains(said)), "{tag} {people}: {found:?}"),
        }
    }
}

#[test]
fn what_is_no_text_is_refused() {
    for file in [
        "name = \"in no section\"",
        "[room]\nname = 5",
        "[room]\nname = \"",
        "[room.deep]\nname = { one = 1 }",
    ] {
        assert!(Catalogue::parse("de", file).is_err(), "{file}");
    }
}

#[test]
fn the_table_of_plurals_says_what_the_rules_say_of_every_number_below_a_million() {
    for tag in LANGUAGES {
        let rules = rules(tag);
        let table = Catalogue::parse(tag, "").unwrap().plurals().into_bytes();
        for number in (0..30_000).chain((30_000..1_000_000).step_by(37)) {
            let index = if number < 200 { number } else { 100 + number % 100 };
            assert_eq!(usize::from(table[index] - b'0'), category(&rules, number), "{tag} {number}");
        }
    }
}
