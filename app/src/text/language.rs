//! Languages: which there are, which one is spoken now, and how a text of it is put together. The server knows all of them, the
//! page one at a time, as data; when that is another one, whatever shows a text shows it anew.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::words;

/// A language that pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English, in which every text is written first.
    #[default]
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// German.
    #[serde(rename = "de")]
    German,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Portuguese, of Brazil.
    #[serde(rename = "pt")]
    Portuguese,
    /// Arabic, written from right to left.
    #[serde(rename = "ar")]
    Arabic,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
    /// Chinese, in simplified characters.
    #[serde(rename = "zh")]
    Chinese,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::English,
        Self::French,
        Self::German,
        Self::Spanish,
        Self::Portuguese,
        Self::Arabic,
        Self::Japanese,
        Self::Chinese,
    ];

    /// Its tag (BCP 47), as in `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
            Self::Arabic => "ar",
            Self::Japanese => "ja",
            Self::Chinese => "zh",
        }
    }

    /// The language with this tag, in whichever case it is written.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// What it calls itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
            Self::Portuguese => "Português",
            Self::Arabic => "العربية",
            Self::Japanese => "日本語",
            Self::Chinese => "简体中文",
        }
    }

    /// In which direction it is written, as in `<html dir>`.
    pub const fn direction(self) -> &'static str {
        if self.runs_left() { "rtl" } else { "ltr" }
    }

    const fn runs_left(self) -> bool {
        match self {
            Self::Arabic => true,
            Self::English
            | Self::French
            | Self::German
            | Self::Spanish
            | Self::Portuguese
            | Self::Japanese
            | Self::Chinese => false,
        }
    }
}

/// The texts of one language.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    language: Language,
    /// Of which version they are: [`words::KEYS`].
    keys: String,
    /// The plural category of every number up to 200, a digit each.
    plurals: String,
    texts: Vec<String>,
}

/// Between the forms of a text that counts.
const BETWEEN_FORMS: char = '\u{1f}';

/// First strong isolate, and its end (Unicode Standard Annex 9): what stands between them leaves the order of the rest alone.
const ISOLATE: [char; 2] = ['\u{2068}', '\u{2069}'];

/// The argument that is a link. It is never isolated: whoever makes a link of the text that is copied would take the end of the isolate for
/// a part of the room's key. The texts have nothing behind it.
const LINK: &str = "link";

impl Catalogue {
    /// Reads what the server has sent. `None` when it is no such thing, or of another version than this page.
    pub fn parse(json: &str) -> Option<Self> {
        let catalogue: Self = serde_json::from_str(json).ok()?;
        let is_whole = catalogue.keys == words::KEYS && catalogue.texts.len() >= words::FOR_PAGES;
        is_whole.then_some(catalogue)
    }

    /// The language they are in.
    pub const fn language(&self) -> Language {
        self.language
    }

    fn text(&self, number: usize) -> &str {
        self.texts.get(number).map_or("", String::as_str)
    }

    fn fill(&self, text: &str, arguments: &[(&str, &dyn Display)]) -> String {
        let mut filled = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            filled.push_str(before);
            if let Some((_, argument)) = arguments.iter().find(|(one, _)| *one == name) {
                let argument = argument.to_string();
                let is_isolated = name != LINK && self.needs_isolation(&argument);
                filled.extend(is_isolated.then_some(ISOLATE[0]));
                filled.push_str(&argument);
                filled.extend(is_isolated.then_some(ISOLATE[1]));
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// Whether something is to be kept from turning around what stands beside it, or from being turned around itself: a name that runs the
    /// other way, and a sign like `<` without a letter, which a text that runs to the left would show as `>`.
    fn needs_isolation(&self, argument: &str) -> bool {
        let is_mirrored = |sign| {
            matches!(sign, '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '«' | '»' | '‹' | '›' | '≤' | '≥')
        };
        let mut letters = argument.chars().filter(|sign| sign.is_alphabetic()).peekable();
        if letters.peek().is_none() {
            return self.language.runs_left() && argument.contains(is_mirrored);
        }
        letters.any(|letter| is_of_right_to_left(letter) != self.language.runs_left())
    }

    fn form(&self, number: usize, n: usize) -> &str {
        let index = if n < 200 { n } else { 100 + n % 100 };
        let category =
            self.plurals.as_bytes().get(index).map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')));
        self.text(number).split(BETWEEN_FORMS).nth(category).unwrap_or_default()
    }
}

/// Whether a letter is of a script that runs to the left: the blocks of right-to-left scripts (Unicode, `DerivedBidiClass`).
const fn is_of_right_to_left(sign: char) -> bool {
    matches!(sign, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// A text, whatever the language.
pub(super) fn text(number: usize) -> &'static str {
    current::catalogue().text(number)
}

/// A text with something put in.
pub(super) fn fill(number: usize, arguments: &[(&str, &dyn Display)]) -> String {
    let catalogue = current::catalogue();
    catalogue.fill(catalogue.text(number), arguments)
}

/// A text that counts. `n` is put in as `n`.
pub(super) fn count(number: usize, n: usize, arguments: &[(&str, &dyn Display)]) -> String {
    let catalogue = current::catalogue();
    let arguments: Vec<_> = arguments.iter().copied().chain([("n", &n as &dyn Display)]).collect();
    catalogue.fill(catalogue.form(number, n), &arguments)
}

#[cfg(not(feature = "ssr"))]
pub use current::speak;
#[cfg(feature = "ssr")]
pub use current::{data, in_language};

/// The tag of the language that is spoken, for what does not follow it.
#[cfg(not(feature = "ssr"))]
pub fn spoken_tag() -> &'static str {
    leptos::prelude::untrack(spoken).tag()
}

/// The language that is spoken, so that whoever shows it is told when it is another one.
pub(crate) fn spoken() -> Language {
    current::catalogue().language
}

/// In the browser: one at a time.
#[cfg(not(feature = "ssr"))]
mod current {
    use std::sync::{Mutex, OnceLock, PoisonError};

    use leptos::prelude::{ArcRwSignal, Get, GetUntracked, Set};

    use super::Catalogue;

    static SPOKEN: OnceLock<ArcRwSignal<&'static Catalogue>> = OnceLock::new();

    /// Those that were spoken, which stay: one of each language.
    static KNOWN: Mutex<Vec<&'static Catalogue>> = Mutex::new(Vec::new());

    /// Speaks another language from now on. Of one that was spoken before, the texts that the page has already.
    pub fn speak(catalogue: Catalogue) {
        let catalogue = remembered(catalogue);
        match SPOKEN.get() {
            Some(spoken) => spoken.set(catalogue),
            None => _ = SPOKEN.set(ArcRwSignal::new(catalogue)),
        }
    }

    fn remembered(catalogue: Catalogue) -> &'static Catalogue {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = known.iter().find(|one| one.language == catalogue.language) {
            return same;
        }
        let catalogue: &'static Catalogue = Box::leak(Box::new(catalogue));
        known.push(catalogue);
        catalogue
    }

    /// Before anything is spoken there are no texts.
    pub(super) fn catalogue() -> &'static Catalogue {
        static NONE: Catalogue = Catalogue {
            language: super::Language::English,
            keys: String::new(),
            plurals: String::new(),
            texts: Vec::new(),
        };
        SPOKEN.get().map_or(&NONE, |spoken| spoken.try_get().unwrap_or_else(|| spoken.get_untracked()))
    }
}

/// On the server: that of the request which is answered.
#[cfg(feature = "ssr")]
mod current {
    use std::cell::Cell;
    use std::sync::LazyLock;

    use leptos::prelude::use_context;

    use super::{Catalogue, Language, words};

    thread_local! {
        static WITHOUT_PAGE: Cell<Option<Language>> = const { Cell::new(None) };
    }

    static ALL: LazyLock<Vec<Catalogue>> = LazyLock::new(|| {
        Language::ALL
            .into_iter()
            .filter_map(|language| serde_json::from_str(whole_data(language)).ok())
            .collect()
    });

    /// Says something in a language that is no page: a problem document, an entry of a calendar. Pages are given theirs as context.
    pub fn in_language<T>(language: Language, say: impl FnOnce() -> T) -> T {
        let before = WITHOUT_PAGE.replace(Some(language));
        let said = say();
        WITHOUT_PAGE.set(before);
        said
    }

    pub(super) fn catalogue() -> &'static Catalogue {
        let language = WITHOUT_PAGE.get().or_else(use_context::<Language>).unwrap_or_default();
        &ALL[index(language)]
    }

    static FOR_PAGES: LazyLock<Vec<String>> =
        LazyLock::new(|| Language::ALL.into_iter().map(without_server).collect());

    /// What a page is given of a language, as JSON.
    pub fn data(language: Language) -> &'static str {
        &FOR_PAGES[index(language)]
    }

    fn index(language: Language) -> usize {
        Language::ALL.iter().position(|one| *one == language).unwrap_or_default()
    }

    fn without_server(language: Language) -> String {
        let mut whole: serde_json::Value = serde_json::from_str(whole_data(language)).unwrap_or_default();
        if let Some(texts) = whole.get_mut("texts").and_then(serde_json::Value::as_array_mut) {
            texts.truncate(words::FOR_PAGES);
        }
        whole.to_string()
    }

    const fn whole_data(language: Language) -> &'static str {
        match language {
            Language::English => include_str!(concat!(env!("OUT_DIR"), "/en.json")),
            Language::French => include_str!(concat!(env!("OUT_DIR"), "/fr.json")),
            Language::German => include_str!(concat!(env!("OUT_DIR"), "/de.json")),
            Language::Spanish => include_str!(concat!(env!("OUT_DIR"), "/es.json")),
            Language::Portuguese => include_str!(concat!(env!("OUT_DIR"), "/pt.json")),
            Language::Arabic => include_str!(concat!(env!("OUT_DIR"), "/ar.json")),
            Language::Japanese => include_str!(concat!(env!("OUT_DIR"), "/ja.json")),
            Language::Chinese => include_str!(concat!(env!("OUT_DIR"), "/zh.json")),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;

    fn catalogue(language: Language) -> Catalogue {
        serde_json::from_str(data(language)).unwrap()
    }

    #[test]
    fn every_language_is_there_and_is_whole() {
        for language in Language::ALL {
            let catalogue = Catalogue::parse(data(language)).unwrap();
            assert_eq!(catalogue.language(), language);
            assert_eq!(Language::from_tag(&language.tag().to_uppercase()), Some(language));
            assert_eq!(in_language(language, spoken), language);
        }
    }

    #[test]
    fn another_versions_texts_are_none() {
        let other = data(Language::German).replace(words::KEYS, "0000000000000000");
        assert!(Catalogue::parse(&other).is_none());
        assert!(Catalogue::parse("<html>").is_none());
        assert!(Catalogue::parse(&data(Language::German)[..500]).is_none());
    }

    #[test]
    fn a_name_that_runs_the_other_way_is_isolated_and_no_other() {
        let english = catalogue(Language::English);
        let arabic = catalogue(Language::Arabic);
        let said = |catalogue: &Catalogue, name: &str| catalogue.fill("({name})", &[("name", &name)]);
        assert_eq!(said(&english, "Ada"), "(Ada)");
        assert_eq!(said(&english, "ليلى"), "(\u{2068}ليلى\u{2069})");
        assert_eq!(said(&arabic, "ليلى"), "(ليلى)");
        assert_eq!(said(&arabic, "Ada"), "(\u{2068}Ada\u{2069})");
        assert_eq!(said(&arabic, "12"), "(12)");
        // Of no direction, but another sign where the text runs to the left.
        assert_eq!(said(&arabic, "<"), "(\u{2068}<\u{2069})");
        assert_eq!(said(&english, "<"), "(<)");
    }

    #[test]
    fn a_link_ends_where_its_key_ends() {
        let link = "https://meet.example/r/kfm-pqxz-wtr#key=c2VjcmV0";
        for language in Language::ALL {
            let said = in_language(language, || {
                let named = super::super::invite::invitation(Some("Tea"), link);
                [named, super::super::invite::invitation(None, link), crate::calendar_description(link)]
            });
            for text in said {
                let (before, behind) = text.split_once(link).unwrap();
                assert!(behind.is_empty(), "{language:?}: {behind:?}");
                assert!(before.ends_with([' ', '\n', '：']), "{language:?}: {before:?}");
            }
        }
    }

    #[test]
    fn what_is_put_in_is_not_read_again() {
        let english = catalogue(Language::English);
        assert_eq!(english.fill("{name} {", &[("name", &"{name}")]), "{name} {");
    }

    #[test]
    fn numbers_take_the_form_that_their_language_has_for_them() {
        let said = |language, n| in_language(language, || words::name::too_long(n));
        assert_eq!(said(Language::English, 1), "Use up to 1 character.");
        assert_eq!(said(Language::English, 0), "Use up to 0 characters.");
        let arabic: std::collections::BTreeSet<_> =
            [3, 11, 100].map(|n| said(Language::Arabic, n).replace(char::is_numeric, "")).into();
        assert_eq!(arabic.len(), 3, "{arabic:?}");
        let same = |one, other| {
            said(Language::Arabic, one).replace(&one.to_string(), "")
                == said(Language::Arabic, other).replace(&other.to_string(), "")
        };
        assert!(same(103, 3) && same(1_011, 11) && same(100, 502));
    }
}
