//! What people read on a page stands in `languages/` and nowhere else; which of it is said when, in `app/src/text`. Read are the tokens of the sources, so that the markup inside
//! `view!` is seen as it is written.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{read, root, rust_files};

/// Where a reason is given its words.
const CHOOSES: &str = "app/src/text";

/// For programmers and operators, in the words of their trade; what languages call themselves; the months of HTTP.
const EXEMPT: [&str; 3] =
    ["server/src/pages/api_docs.rs", "app/src/text/language.rs", "app/src/text/moment.rs"];

/// What of the server speaks to people who visit a page.
const SERVER: [&str; 3] = ["server/src/pages", "server/src/rest/problem.rs", "server/src/rest/as_problem.rs"];

/// Attributes that are read out or shown.
const LABELS: [&str; 10] = [
    "alt",
    "aria-description",
    "aria-label",
    "aria-roledescription",
    "aria-valuetext",
    "heading",
    "label",
    "placeholder",
    "text",
    "title",
];

/// Attributes whose values are for the browser, however they are put together.
const TECHNICAL_ATTRIBUTES: [&str; 12] = [
    "action",
    "aria-describedby",
    "autocomplete",
    "class",
    "content",
    "d",
    "href",
    "id",
    "media",
    "rel",
    "transform",
    "viewBox",
];

/// Literals that look like sentences and are none.
const TECHNICAL: [&str; 16] = [
    // Keys of a keyboard (UI Events, KeyboardEvent key Values).
    "AltGraph",
    "ArrowDown",
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "Dead",
    "Enter",
    "End",
    "Escape",
    "Home",
    // Places of a keyboard (UI Events, code): a letter follows.
    "Key",
    // Selectors.
    "[role^=menuitem], button:not([role]), input, select",
    "button, a, input, summary, [tabindex='0'], [role^=menuitem]",
    "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]",
    // Lengths of a style.
    "{}px {}px",
    // What a cookie's signature is of.
    "host link {code} {secret}",
];

/// How strictly code outside of markup is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// Neither sentences nor single words with a capital letter.
    Words,
    /// No sentences; single words are names of JavaScript.
    Sentences,
}

#[test]
fn words_for_people_stand_in_one_place() {
    let mut found = Vec::new();
    let mut read_files = 0;
    for (folder, strictness) in [("app/src", Strictness::Words), ("frontend/src", Strictness::Sentences)] {
        // What its tests say reaches nobody who visits a page.
        let is_shown = |file: &PathBuf| !file.components().any(|part| part.as_os_str() == "browser_tests");
        for file in rust_files(&root().join(folder)).into_iter().filter(is_shown) {
            read_files += 1;
            found.extend(astray(&file, strictness));
        }
    }
    for path in SERVER {
        for file in files(&root().join(path)) {
            read_files += 1;
            found.extend(astray(&file, Strictness::Sentences));
        }
    }
    assert!(found.is_empty(), "these words belong into languages/:\n{}", found.join("\n"));
    assert!(read_files > 100, "only {read_files} files were read");
}

#[test]
fn each_reason_has_words_of_its_own() {
    let texts = rust_files(&root().join(CHOOSES));
    assert!(texts.len() > 10, "only {} files of texts were found", texts.len());
    for file in texts {
        assert!(!has_wildcard_arm(tokens(&read(&file))), "{} has an arm for all the rest", file.display());
    }
}

#[test]
fn words_that_stand_elsewhere_are_found() {
    let sample = r##"
        /// A sentence of the documentation.
        #[expect(lint, reason = "a sentence of the source")]
        fn page() {
            tracing::error!("a sentence for the log");
            let said = format!("{name} joined");
            view! {
                <p class="one two" aria-label="Spoken" title=text::title()>"Shown" {"x"} " · "</p>
                <button on:click=move |event| if event.key() == "Escape" { close("Dismiss") }
                    data-state=move || if on.get() { "on" } else { "off" }>{move || view! { <b>"Inside"</b> }}</button>
                <g class=format!("window {tone}")>{format!("Hello, {name}")}</g>
            }
        }
        #[cfg(test)]
        mod tests { const SENTENCE: &str = "only a test says this"; }
    "##;
    let of = |strictness| literals_astray(tokens(sample), strictness);
    let words = ["{name} joined", "Spoken", "Shown", "Dismiss", "Inside", "Hello, {name}"];
    assert_eq!(of(Strictness::Words), words);
    assert_eq!(of(Strictness::Sentences), ["{name} joined", "Spoken", "Shown", "Inside", "Hello, {name}"]);
}

#[test]
fn markup_in_a_string_is_read_between_its_tags() {
    for (literal, is_astray) in [
        ("<p class=\"one two\">{text}</p>", false),
        ("<p class=\"one two\">Not found</p>", true),
        ("text/calendar; charset=utf-8", false),
        ("{} {time}", false),
        ("window {tone}", true),
        ("two words", true),
    ] {
        assert_eq!(is_sentence(literal), is_astray, "{literal}");
    }
}

#[test]
fn an_arm_for_all_the_rest_is_found() {
    assert!(has_wildcard_arm(tokens("fn f() { match code { Code::One => 1, _ => 2 } }")));
    assert!(!has_wildcard_arm(tokens("fn f() { match pair { (One, _) => 1, (Two, _) => 2 } }")));
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() { rust_files(path) } else { vec![path.to_path_buf()] }
}

fn astray(file: &Path, strictness: Strictness) -> Vec<String> {
    let name = file.strip_prefix(root()).unwrap_or(file).to_string_lossy().into_owned();
    if EXEMPT.contains(&name.as_str()) {
        return Vec::new();
    }
    let literals = literals_astray(tokens(&read(file)), strictness);
    literals.into_iter().map(|literal| format!("{name}: {literal:?}")).collect()
}

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// The literals that say something to people, in the order in which they stand.
fn literals_astray(stream: TokenStream, strictness: Strictness) -> Vec<String> {
    let mut reader = Reader { strictness, found: Vec::new() };
    reader.code(&trees(stream));
    reader.found
}

fn trees(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

struct Reader {
    strictness: Strictness,
    found: Vec<String>,
}

impl Reader {
    /// Code outside of markup: attributes, tests and what goes to the log are passed over.
    fn code(&mut self, trees: &[TokenTree]) {
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            if is_punct(trees.get(at), '#') {
                at = after_attribute(trees, at);
                continue;
            }
            match tree {
                TokenTree::Group(group) => match macro_before(trees, at).as_deref() {
                    Some("view") => self.markup(&trees_of(group)),
                    Some("error" | "warn" | "info" | "debug" | "trace") => {}
                    Some(_) | None => self.code(&trees_of(group)),
                },
                TokenTree::Literal(_) => self.keep(tree, |literal, strictness| {
                    is_sentence(literal) || strictness == Strictness::Words && is_word(literal)
                }),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
            at += 1;
        }
    }

    /// Markup: whatever is shown or read out, and code in between.
    fn markup(&mut self, trees: &[TokenTree]) {
        let mut attribute = None;
        for (at, tree) in trees.iter().enumerate() {
            if is_punct(Some(tree), '>') && !is_punct(trees.get(at.wrapping_sub(1)), '=') {
                attribute = None;
            }
            if is_punct(Some(tree), '=') {
                attribute = attribute_before(trees, at).or(attribute);
            }
            let name = attribute.as_deref();
            let is_technical = name.is_some_and(|name| TECHNICAL_ATTRIBUTES.contains(&name));
            match tree {
                TokenTree::Group(group) => match macro_before(trees, at).as_deref() {
                    Some("view") => self.markup(&trees_of(group)),
                    Some(_) | None if is_technical => {}
                    Some(_) | None => self.code(&trees_of(group)),
                },
                TokenTree::Literal(_) if name.is_none_or(|name| LABELS.contains(&name)) => {
                    self.keep(tree, |literal, _| has_letter(literal));
                }
                TokenTree::Literal(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    fn keep(&mut self, tree: &TokenTree, is_astray: impl Fn(&str, Strictness) -> bool) {
        let Ok(literal) = syn::parse_str::<syn::LitStr>(&tree.to_string()) else { return };
        let literal = literal.value();
        if is_astray(&literal, self.strictness) && !TECHNICAL.contains(&literal.as_str()) {
            self.found.push(literal);
        }
    }
}

fn trees_of(group: &Group) -> Vec<TokenTree> {
    trees(group.stream())
}

fn is_punct(tree: Option<&TokenTree>, expected: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
}

/// Where to go on after an attribute; a test goes with its own.
fn after_attribute(trees: &[TokenTree], at: usize) -> usize {
    let is_inner = is_punct(trees.get(at + 1), '!');
    let group = at + 1 + usize::from(is_inner);
    let is_test = trees.get(group).is_some_and(|tree| tree.to_string().replace(' ', "") == "[cfg(test)]");
    let after = group + 1;
    if !is_test {
        return after;
    }
    let is_body = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    trees[after..].iter().position(is_body).map_or(trees.len(), |body| after + body + 1)
}

/// The name of the macro whose arguments this group is.
fn macro_before(trees: &[TokenTree], at: usize) -> Option<String> {
    let name = at.checked_sub(2)?;
    match trees.get(name) {
        Some(TokenTree::Ident(ident)) if is_punct(trees.get(at - 1), '!') => Some(ident.to_string()),
        Some(_) | None => None,
    }
}

/// The name of the attribute whose value follows this sign: `aria-label`, `on:click`. A comparison has none.
fn attribute_before(trees: &[TokenTree], at: usize) -> Option<String> {
    let mut name = String::new();
    for tree in trees.get(..at)?.iter().rev() {
        let ends_with_ident = name.chars().next().is_some_and(|first| !matches!(first, '-' | ':'));
        match tree {
            TokenTree::Ident(ident) if !ends_with_ident => name = format!("{ident}{name}"),
            TokenTree::Punct(punct) if matches!(punct.as_char(), '-' | ':') && ends_with_ident => {
                name = format!("{}{name}", punct.as_char());
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) | TokenTree::Group(_) => break,
        }
    }
    Some(name).filter(|name| !name.is_empty())
}

fn has_letter(literal: &str) -> bool {
    literal.chars().any(char::is_alphabetic)
}

/// A single word as it stands on a button.
fn is_word(literal: &str) -> bool {
    let mut chars = literal.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.next().is_some_and(char::is_lowercase)
}

/// Two words, or a word and a value, with a space between them; or a word between two tags.
fn is_sentence(literal: &str) -> bool {
    let without_values = between(literal, '{', '}', "\u{1}");
    if without_values.starts_with('<') {
        return has_letter(&between(&without_values, '<', '>', " "));
    }
    let words: Vec<_> = without_values.split(' ').collect();
    let is_word_end = |end: Option<char>| end.is_some_and(char::is_alphabetic);
    let is_value_end = |end: Option<char>| end == Some('\u{1}');
    words.windows(2).any(|pair| {
        let (before, after) = (pair[0].trim_end_matches([',', '.']).chars().last(), pair[1].chars().next());
        is_word_end(before) && (is_word_end(after) || is_value_end(after))
            || is_value_end(before) && is_word_end(after)
    })
}

/// The text with something else in place of each pair of brackets and what is in it.
fn between(text: &str, open: char, close: char, instead: &str) -> String {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        outside += before;
        outside += instead;
        rest = after.split_once(close).map_or("", |(_, rest)| rest);
    }
    outside + rest
}

/// Whether a `match` somewhere has an arm that names nothing.
fn has_wildcard_arm(stream: TokenStream) -> bool {
    let trees = trees(stream);
    let is_here = (0..trees.len()).any(|at| {
        let is_wildcard = matches!(&trees[at], TokenTree::Ident(ident) if ident == "_");
        is_wildcard && is_punct(trees.get(at + 1), '=') && is_punct(trees.get(at + 2), '>')
    });
    let is_inside = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => has_wildcard_arm(group.stream()),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    };
    is_here || trees.iter().any(is_inside)
}
