//! The code and the data that are made of the languages.

use std::fmt::Write as _;

use crate::catalogue::{CATEGORIES, Catalogue, Text};

/// What only the server says. It comes last, and pages are not given it.
const SERVER_ALONE: [&str; 4] = ["admin", "documents", "plain", "problems"];

/// Between the plural forms of one text, in the data.
const BETWEEN_FORMS: char = '\u{1f}';

/// A module a section, with a function a text. Those without anything to put in are constants, so that all are of one type: a page has
/// the code that follows a language once.
pub fn functions(english: &Catalogue) -> String {
    let mut code = String::new();
    let for_pages = names(english, false).count();
    let keys = fingerprint(english);
    _ = writeln!(
        code,
        "/// What the data has to say of itself to be of this version.\npub(crate) const KEYS: &str = \"{keys:016x}\";"
    );
    _ = writeln!(code, "/// How many texts pages have.\npub(crate) const FOR_PAGES: usize = {for_pages};");
    let mut section = "";
    for (number, (name, text)) in names(english, true).enumerate() {
        if name.0 != section {
            if !section.is_empty() {
                code.push_str("}\n");
            }
            section = name.0;
            if SERVER_ALONE.contains(&section) {
                code.push_str("#[cfg(feature = \"ssr\")]\n");
            }
            _ = writeln!(code, "pub(crate) mod {section} {{");
        }
        function(&mut code, number, name.1, text);
    }
    code.push_str("}\n");
    code
}

fn function(code: &mut String, number: usize, key: &str, text: &Text) {
    let english = match text {
        Text::One(text) => text,
        Text::Counted(forms) => forms.get("other").map_or("", String::as_str),
    };
    let placeholders = text.placeholders();
    let named: Vec<_> = placeholders.iter().copied().filter(|name| *name != "n").collect();
    let parameters: Vec<_> = named.iter().map(|name| format!("{name}: &dyn std::fmt::Display")).collect();
    let arguments: Vec<_> = named.iter().map(|name| format!("(\"{name}\", {name})")).collect();
    let (parameters, arguments) = (parameters.join(", "), arguments.join(", "));
    _ = writeln!(code, "    /// `{}`", english.replace(['\n', '`'], " "));
    _ = match text {
        Text::One(_) if placeholders.is_empty() => {
            writeln!(
                code,
                "    pub(crate) const {}: super::super::Text = || super::super::language::text({number});",
                key.to_uppercase()
            )
        }
        Text::One(_) => writeln!(
            code,
            "    pub(crate) fn {key}({parameters}) -> String {{ super::super::language::fill({number}, &[{arguments}]) }}"
        ),
        Text::Counted(_) => {
            let comma = if named.is_empty() { "" } else { ", " };
            writeln!(
                code,
                "    pub(crate) fn {key}(n: usize{comma}{parameters}) -> String {{ super::super::language::count({number}, n, &[{arguments}]) }}"
            )
        }
    };
}

/// A language for a program: `{"language", "keys", "plurals", "texts"}`.
pub fn data(catalogue: &Catalogue, english: &Catalogue) -> String {
    let texts = names(english, true).map(|(name, _)| match catalogue.text(name) {
        Some(Text::One(text)) => text.clone(),
        Some(Text::Counted(forms)) => {
            let form = |name: &str| forms.get(name).map_or("", String::as_str);
            let forms: Vec<_> = CATEGORIES.iter().map(|(name, _)| form(name)).collect();
            forms.join(&BETWEEN_FORMS.to_string())
        }
        None => String::new(),
    });
    let texts: Vec<_> = texts.collect();
    let keys = format!("{:016x}", fingerprint(english));
    serde_json::json!({
        "language": catalogue.tag, "keys": keys, "plurals": catalogue.plurals(), "texts": texts,
    })
    .to_string()
}

/// The texts in the order of their numbers.
fn names(english: &Catalogue, with_server: bool) -> impl Iterator<Item = ((&str, &str), &Text)> {
    let is_server = |name: (&str, &str)| SERVER_ALONE.contains(&name.0);
    let shared = english.texts().filter(move |(name, _)| !is_server(*name));
    shared.chain(english.texts().filter(move |(name, _)| with_server && is_server(*name)))
}

/// Tells one set of texts from another: their names, and what is put in (FNV-1a).
fn fingerprint(english: &Catalogue) -> u64 {
    let names = names(english, true).flat_map(|((section, key), text)| {
        [section, key].into_iter().chain(text.placeholders()).flat_map(str::bytes).chain([0])
    });
    names.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
