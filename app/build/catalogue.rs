//! A file of `languages/`, and what is wrong with it beside the English one.

use std::collections::{BTreeMap, BTreeSet};

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};

/// The languages there are, as BCP 47 tags; what the others are held to comes first.
pub const LANGUAGES: [&str; 8] = ["en", "fr", "de", "es", "pt", "ar", "ja", "zh"];

/// Numbers of which the page counts no larger ones: from a million on, some languages have a form of their own.
const COUNTED: usize = 1_000_000;

/// The plural categories of all languages (CLDR, Language Plural Rules), in the order of the data.
pub const CATEGORIES: [(&str, PluralCategory); 6] = [
    ("zero", PluralCategory::Zero),
    ("one", PluralCategory::One),
    ("two", PluralCategory::Two),
    ("few", PluralCategory::Few),
    ("many", PluralCategory::Many),
    ("other", PluralCategory::Other),
];

/// The texts of one language.
pub struct Catalogue {
    /// Its tag.
    pub tag: String,
    /// By section, by key.
    pub sections: BTreeMap<String, BTreeMap<String, Text>>,
}

/// One text.
pub enum Text {
    /// The same whatever is put in.
    One(String),
    /// With a form for each plural category, by its name.
    Counted(BTreeMap<String, String>),
}

impl Catalogue {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A sentence, when it is not TOML, or something in it is neither a text nor a table of plural forms.
    pub fn parse(tag: &str, file: &str) -> Result<Self, String> {
        let table: toml::Table = file.parse().map_err(|error| format!("languages/{tag}.toml: {error}"))?;
        let mut sections = BTreeMap::new();
        for (section, value) in table {
            let toml::Value::Table(entries) = value else {
                return Err(format!("languages/{tag}.toml: {section} is not in a section"));
            };
            let texts = entries.into_iter().map(|(key, value)| match Text::of(value) {
                Some(text) => Ok((key, text)),
                None => Err(format!("languages/{tag}.toml: {section}.{key} is not a text")),
            });
            let texts = texts.collect::<Result<_, _>>()?;
            sections.insert(section, texts);
        }
        Ok(Self { tag: tag.to_owned(), sections })
    }

    /// What differs from English that must not.
    pub fn problems(&self, english: &Self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut say =
            |name: &str, what: String| problems.push(format!("languages/{}.toml: {name} {what}", self.tag));
        for (name, text) in english.texts() {
            match self.text(name) {
                None => say(&full(name), "is missing".to_owned()),
                Some(own) => {
                    own.problems(text, &self.tag).into_iter().for_each(|what| say(&full(name), what))
                }
            }
        }
        for (name, _) in self.texts() {
            if english.text(name).is_none() {
                say(&full(name), "is not in en.toml".to_owned());
            }
        }
        problems
    }

    /// All of them by section and key, in order.
    pub fn texts(&self) -> impl Iterator<Item = ((&str, &str), &Text)> {
        self.sections.iter().flat_map(|(section, texts)| {
            texts.iter().map(move |(key, text)| ((section.as_str(), key.as_str()), text))
        })
    }

    /// One of them.
    pub fn text(&self, (section, key): (&str, &str)) -> Option<&Text> {
        self.sections.get(section)?.get(key)
    }

    /// The plural category of each number up to 200, as its index in [`CATEGORIES`]. In all of [`LANGUAGES`] a larger number has the
    /// category of its last two digits with a hundred before them.
    pub fn plurals(&self) -> String {
        let rules = rules(&self.tag);
        (0..200_usize).map(|number| category(&rules, number).to_string()).collect()
    }
}

impl Text {
    fn of(value: toml::Value) -> Option<Self> {
        match value {
            toml::Value::String(text) => Some(Self::One(text)),
            toml::Value::Table(forms) => {
                let forms =
                    forms.into_iter().map(|(category, form)| Some((category, form.as_str()?.to_owned())));
                Some(Self::Counted(forms.collect::<Option<_>>()?))
            }
            _ => None,
        }
    }

    /// What is put in.
    pub fn placeholders(&self) -> BTreeSet<&str> {
        match self {
            Self::One(text) => placeholders(text),
            Self::Counted(forms) => forms.get("other").map(|form| placeholders(form)).unwrap_or_default(),
        }
    }

    fn problems(&self, english: &Self, tag: &str) -> Vec<String> {
        let wanted = english.placeholders();
        match (self, english) {
            (Self::One(text), Self::One(_)) => differing(&placeholders(text), &wanted).into_iter().collect(),
            (Self::Counted(forms), Self::Counted(_)) => {
                let needed = needed(tag);
                let missing = needed.iter().filter(|name| !forms.contains_key(**name));
                let missing = missing.map(|name| format!("has no form {name}"));
                let unneeded = forms.keys().filter(|name| !needed.contains(name.as_str()));
                let unneeded = unneeded.map(|name| format!("has a form {name}, which this language has not"));
                let differs = forms.iter().filter_map(|(name, form)| {
                    let mut found = placeholders(form);
                    // "One person" needs no digit. Where "one" is the form of zero too, it does.
                    if is_of_one_number(tag, name) {
                        found.insert("n");
                    }
                    Some(format!("({name}) {}", differing(&found, &wanted)?))
                });
                missing.chain(unneeded).chain(differs).collect()
            }
            (Self::One(_), Self::Counted(_)) => vec!["has to have plural forms".to_owned()],
            (Self::Counted(_), Self::One(_)) => vec!["has plural forms where English has none".to_owned()],
        }
    }
}

fn full((section, key): (&str, &str)) -> String {
    format!("{section}.{key}")
}

fn differing(found: &BTreeSet<&str>, wanted: &BTreeSet<&str>) -> Option<String> {
    (found != wanted).then(|| format!("has the placeholders {found:?} instead of {wanted:?}"))
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The forms that a text has which counts.
fn needed(tag: &str) -> BTreeSet<&'static str> {
    let rules = rules(tag);
    numbers().map(|number| CATEGORIES[category(&rules, number)].0).collect()
}

/// Whether a category is that of a single number.
fn is_of_one_number(tag: &str, name: &str) -> bool {
    let rules = rules(tag);
    numbers().filter(|number| CATEGORIES[category(&rules, *number)].0 == name).count() == 1
}

/// Every category that occurs below a million occurs in the first two hundred numbers, or at round ones; and twice, if it occurs twice.
fn numbers() -> impl Iterator<Item = usize> {
    (0..200).chain([1_000, 10_000, 100_000, COUNTED - 1])
}

/// The index of a number's category.
pub fn category(rules: &PluralRules, number: usize) -> usize {
    let category = rules.category_for(number);
    CATEGORIES.iter().position(|(_, one)| *one == category).unwrap_or(CATEGORIES.len() - 1)
}

/// How a language counts.
///
/// # Panics
///
/// When the tag is of no language.
#[expect(clippy::expect_used, reason = "the tags are written above")]
pub fn rules(tag: &str) -> PluralRules {
    let locale: Locale = tag.parse().expect("a language tag");
    PluralRules::try_new_cardinal(locale.into()).expect("a language with plural rules")
}
