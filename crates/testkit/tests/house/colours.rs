//! No sheet but the tokens names a colour: what is light, dark and of high contrast is decided in one place.

use std::fs;

use walkdir::WalkDir;

use crate::root;

/// How a colour is written (CSS Color 4), names of colours aside, of which the sheets use none but these.
const WRITTEN: [&str; 9] = ["#", "rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "light-dark("];

#[test]
fn no_sheet_names_a_colour() {
    let mut found = Vec::new();
    for entry in WalkDir::new(root().join("style")).into_iter().filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "css") || path.ends_with("tokens.css") {
            continue;
        }
        let sheet = fs::read_to_string(path).unwrap();
        for (number, line) in sheet.lines().enumerate() {
            let Some((_, value)) = line.split_once(": ").filter(|_| line.trim_end().ends_with([';', '}']))
            else {
                continue;
            };
            if WRITTEN.iter().any(|colour| value.contains(colour)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "a colour belongs into style/tokens.css:\n{}", found.join("\n"));
}
