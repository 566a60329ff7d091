//! What of a text cannot be seen: which of it is taken out of names, which of it scripts and emoji are written with, and
//! where a character as people count them ends. By ranges, not by the tables of Unicode: a page has no room for those.

/// The text without what is invisible and of no use; every white space is one space, and there is none at the ends.
pub(crate) fn cleaned(text: &str) -> String {
    let has_right_to_left = text.chars().any(is_right_to_left);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if is_blank(c) {
            if !kept.is_empty() && !kept.ends_with(' ') {
                kept.push(' ');
            }
        } else if c == FLAG {
            kept.push(c);
            let tags = tags(rest.as_str());
            kept.push_str(tags);
            rest = rest.as_str().get(tags.len()..).unwrap_or_default().chars();
        } else if is_of_use(c, kept.chars().next_back(), has_right_to_left) {
            kept.push(c);
        }
    }
    // At the end nothing is left to join, to part or to turn.
    let end = kept.trim_end_matches(|c| c == ' ' || matches!(c, '\u{200b}'..='\u{200f}')).len();
    kept.truncate(end);
    kept
}

/// Whether a reader sees something where this character stands.
pub(crate) fn is_visible(c: char) -> bool {
    // What `Debug` escapes is what cannot be seen, or only with what stands before it; three that can be seen it escapes too.
    !is_blank(c) && !is_filler(c) && (matches!(c, '\'' | '"' | '\\') || !is_escaped(c))
}

/// The first character as people count them: with its accents, its tone of skin, the rest of its flag or family.
pub fn first_character(text: &str) -> &str {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else { return "" };
    let mut before = first;
    let mut flags = usize::from(is_half_a_flag(first));
    for (at, c) in chars {
        let goes_on = is_extension(c)
            || before == ZERO_WIDTH_JOINER && !c.is_whitespace()
            || is_virama(before) && is_indic(c)
            || flags == 1 && is_half_a_flag(c);
        if !goes_on {
            return text.get(..at).unwrap_or(text);
        }
        flags += usize::from(is_half_a_flag(c));
        before = c;
    }
    text
}

const ZERO_WIDTH_JOINER: char = '\u{200d}';
const FLAG: char = '\u{1f3f4}';
const LAST_TAG: char = '\u{e007f}';

/// The tags at the beginning that make another flag of a black one (UTS 51, emoji tag sequence).
fn tags(text: &str) -> &str {
    match text.find(|c| !matches!(c, '\u{e0020}'..='\u{e007e}')) {
        Some(end) if end > 0 && text[end..].starts_with(LAST_TAG) => &text[..end + LAST_TAG.len_utf8()],
        Some(_) | None => "",
    }
}

fn is_of_use(c: char, before: Option<char>, has_right_to_left: bool) -> bool {
    let after = |fits: fn(char) -> bool| before.is_some_and(fits);
    match c {
        // Parts words where a script writes none of the spaces.
        '\u{200b}' => after(
            |before| matches!(before, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{1aaf}'),
        ),
        // Parts letters that would be joined.
        '\u{200c}' => after(is_joining),
        ZERO_WIDTH_JOINER => after(|before| is_joining(before) || is_pictured(before)),
        '\u{200e}' | '\u{200f}' => {
            has_right_to_left && before.is_some_and(|before| !matches!(before, '\u{200e}' | '\u{200f}'))
        }
        // Choose a form of the character before.
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
            after(|before| !before.is_ascii_alphabetic() && before != ' ' && !is_selector(before))
        }
        '\u{180b}'..='\u{180d}' | '\u{180f}' => after(|before| matches!(before, '\u{1820}'..='\u{18aa}')),
        _ => !is_filler(c) && !is_hidden(c),
    }
}

/// White space, and letters that look like it.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Letters without a form.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
}

/// Characters that turn, part or mark text unseen (Unicode, Default_Ignorable_Code_Point, and annotations).
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{61b}' | '\u{61d}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Scripts whose letters change with their neighbours.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{61b}' | '\u{61d}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17b3}' | '\u{17b6}'..='\u{180a}' | '\u{1820}'..='\u{18af}')
        || is_indic(c)
}

fn is_indic(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{dff}')
}

/// The sign that joins a consonant with the next.
fn is_virama(c: char) -> bool {
    is_indic(c) && u32::from(c) % 0x80 == 0x4d
}

fn is_pictured(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}' | LAST_TAG)
}

fn is_half_a_flag(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Belongs to the character before it.
fn is_extension(c: char) -> bool {
    let is_indic_sign = is_indic(c) && matches!(u32::from(c) % 0x80, 0x03 | 0x3e..=0x4c);
    let is_jamo = matches!(c, '\u{1160}'..='\u{11ff}');
    let is_tone_of_skin = matches!(c, '\u{1f3fb}'..='\u{1f3ff}');
    let is_sign = matches!(
        c,
        '\u{e33}' | '\u{eb3}' | '\u{1031}' | '\u{1038}' | '\u{103b}' | '\u{103c}' | '\u{17b6}' | '\u{17be}'
            ..='\u{17c8}'
    );
    is_indic_sign
        || is_jamo
        || is_tone_of_skin
        || is_sign
        || !c.is_whitespace() && !is_blank(c) && is_escaped(c) && !is_plain_escape(c)
}

/// What the standard library's `Debug` does not print as it is: unseen, or a mark on what stands before.
fn is_escaped(c: char) -> bool {
    c.escape_debug().len() > 1
}

fn is_plain_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\'' | '"' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_what_people_count_as_one() {
        for (text, first) in [
            ("", ""),
            ("Ada", "A"),
            ("e\u{301}lan", "e\u{301}"),
            ("👩\u{200d}👩\u{200d}👧\u{200d}👦 family", "👩\u{200d}👩\u{200d}👧\u{200d}👦"),
            ("🇩🇪🇫🇷", "🇩🇪"),
            ("👍🏽 yes", "👍🏽"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}x",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            ),
            ("1\u{fe0f}\u{20e3}x", "1\u{fe0f}\u{20e3}"),
            ("किरण", "कि"),
            ("क्षमा", "क्ष"),
            ("山田", "山"),
            ("\u{1112}\u{1161}\u{11ab}\u{1100}", "\u{1112}\u{1161}\u{11ab}"),
            ("'Ada", "'"),
            ("A'da", "A"),
            ("A\"", "A"),
        ] {
            assert_eq!(first_character(text), first, "{}", text.escape_unicode());
        }
    }
}
