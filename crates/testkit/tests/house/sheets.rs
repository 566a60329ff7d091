//! What no sheet says: a colour, which belongs to the tokens, so that light, dark and high contrast are decided in one place; and a side,
//! left or right, which would be the wrong one where lines run from right to left.

use walkdir::WalkDir;

use crate::{read, root};

/// How a colour is written (CSS Color 4), names of colours aside, of which the sheets use none but `transparent` and `currentcolor`.
const COLOURS: [&str; 9] = ["#", "rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "light-dark("];

/// What names a side (CSS Logical Properties 1 has another word for each).
const SIDES: [&str; 10] = [
    "left",
    "right",
    "margin-left",
    "margin-right",
    "padding-left",
    "padding-right",
    "border-left",
    "border-right",
    "float",
    "clear",
];

/// Each declaration of the sheets but the tokens, with where it stands.
fn declarations() -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for entry in WalkDir::new(root().join("style")).into_iter().filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "css") || path.ends_with("tokens.css") {
            continue;
        }
        let sheet = read(path);
        for (number, line) in sheet.lines().enumerate() {
            let is_declaration = line.trim_end().ends_with([';', '}']);
            if let Some((property, value)) = line.split_once(": ").filter(|_| is_declaration) {
                let place = format!("{}:{}", path.display(), number + 1);
                let property = property.rsplit(['{', ' ']).next().unwrap_or_default();
                all.push((place, property.to_owned(), value.to_owned()));
            }
        }
    }
    assert!(all.len() > 500, "only {} declarations were found", all.len());
    all
}

#[test]
fn no_sheet_names_a_colour() {
    let names_one = |value: &str| COLOURS.iter().any(|colour| value.contains(colour));
    let found: Vec<_> = declarations()
        .into_iter()
        .filter(|(_, _, value)| names_one(value))
        .map(|(place, ..)| place)
        .collect();
    assert!(found.is_empty(), "a colour belongs into style/tokens.css: {found:#?}");
}

#[test]
fn no_sheet_names_a_side() {
    let names_one = |property: &str, value: &str| {
        let value = value.trim_end_matches([';', '}', ' ']);
        SIDES.contains(&property) || (property == "text-align" && ["left", "right"].contains(&value))
    };
    let found: Vec<_> = declarations()
        .into_iter()
        .filter(|(_, property, value)| names_one(property, value))
        .map(|(place, ..)| place)
        .collect();
    assert!(found.is_empty(), "start and end, not left and right: {found:#?}");
}
