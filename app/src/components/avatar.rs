//! A circle with the first letters of a name, shown where a camera is off.

use leptos::prelude::*;
use protocol::first_character;

/// The name's initials on one of six calm colours, always the same for the same name. They are drawn and not written: the name stands
/// beside them, and who copies it does not want them.
#[component]
pub(crate) fn Avatar(#[prop(into)] name: Signal<String>) -> impl IntoView {
    view! {
        <span class="avatar" aria-hidden="true" data-hue=move || name.with(|name| hue(name)) data-initials=move || name.with(|name| initials(name))></span>
    }
}

fn initials(name: &str) -> String {
    let first_letters =
        |word: &str| Some(first_character(word).to_uppercase()).filter(|letters| !letters.is_empty());
    let mut words = name.split_whitespace();
    let first = words.next().and_then(first_letters);
    let last = words.next_back().and_then(first_letters);
    match (first, last) {
        (Some(first), Some(last)) => first + &last,
        (Some(only), None) => only,
        (None, _) => "·".to_owned(),
    }
}

/// One of six, always the same for the same name.
pub(crate) fn hue(name: &str) -> u32 {
    name.chars().fold(7_u32, |sum, c| sum.wrapping_mul(31).wrapping_add(u32::from(c))) % 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_and_the_last_words() {
        assert_eq!(initials("Ada"), "A");
        assert_eq!(initials("ada king lovelace"), "AL");
        assert_eq!(initials("山田 太郎"), "山太");
        assert_eq!(initials(""), "·");
    }

    #[test]
    fn initials_are_whole_characters_as_people_count_them() {
        assert_eq!(initials("👩\u{200d}🚀 🇩🇪"), "👩\u{200d}🚀🇩🇪");
        assert_eq!(initials("e\u{301}lan"), "E\u{301}");
    }
}
