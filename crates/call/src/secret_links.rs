//! Links that carry the room's secret: made here, of the page's own address. What a server says is taken into them only where it
//! cannot lead anybody elsewhere.

use protocol::RoomCode;

/// The longest key of a host that a link takes, in bytes.
const LONGEST_KEY: usize = 256;

/// What the room's address is followed by when a key is in it.
const KEY: &str = "?key=";

/// The link with a host's key that a server has made: `origin` and `fragment` are the page's own, `path` is the server's.
/// `None` when the path does not lead to this room of this site, and to nothing else.
#[must_use]
pub fn of_host(origin: &str, code: RoomCode, path: &str, fragment: &str) -> Option<String> {
    let key = path.strip_prefix(&format!("/r/{code}"))?.strip_prefix(KEY)?;
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_one = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(is_key);
    is_one.then(|| format!("{origin}{path}{fragment}"))
}

/// An address without the signs at its end that nobody sees and no key has: marks of direction, which stand around links in texts that run
/// to the left, and spaces without width. They come as they are or percent-encoded, as browsers write them.
#[must_use]
pub fn without_invisible_end(address: &str) -> &str {
    let mut rest = address;
    loop {
        let shorter = rest.strip_suffix(is_invisible).or_else(|| {
            // All of them are three bytes long in UTF-8.
            let (before, last) = rest.split_at_checked(rest.len().checked_sub(ENCODED)?)?;
            is_invisible(decoded(last)?).then_some(before)
        });
        match shorter {
            Some(shorter) => rest = shorter,
            None => return rest,
        }
    }
}

/// How long a sign of three bytes is when it is percent-encoded.
const ENCODED: usize = "%E2%81%A9".len();

fn decoded(encoded: &str) -> Option<char> {
    let byte = |digits: &str| u8::from_str_radix(digits, 16).ok();
    let mut parts = encoded.strip_prefix('%')?.split('%');
    let bytes = [byte(parts.next()?)?, byte(parts.next()?)?, byte(parts.next()?)?];
    std::str::from_utf8(&bytes).ok()?.chars().next()
}

fn is_invisible(sign: char) -> bool {
    matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A calendar's entry (RFC 5545) as a server has made it, with the whole link in place of what it says about where to go, and what
/// `describe` says of the link. Of the rest only what the room is called, and when it is.
#[must_use]
pub fn in_calendar(
    file: &str,
    origin: &str,
    code: RoomCode,
    fragment: &str,
    describe: impl FnOnce(&str) -> String,
) -> String {
    // Long lines are folded, in the middle of anything (RFC 5545 §3.1).
    let unfolded = file.replace("\r\n ", "").replace("\r\n\t", "");
    let link = format!("{origin}/r/{code}{fragment}");
    let description = escaped(&describe(&link));
    let mut entry = String::new();
    for line in unfolded.lines().filter(|line| is_kept(line)) {
        if line == "END:VEVENT" {
            entry.push_str(&format!("DESCRIPTION:{description}\r\nURL:{link}\r\n"));
        }
        entry.push_str(line);
        entry.push_str("\r\n");
    }
    entry
}

/// As a value that is text (RFC 5545 §3.3.11).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\r', "").replace('\n', "\\n")
}

/// Whether a line names no place to go. The ends of properties' names are those of RFC 5545 §3.1.
fn is_kept(line: &str) -> bool {
    const KEPT: [&str; 9] =
        ["BEGIN", "END", "VERSION", "PRODID", "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"];
    let name = line.split([':', ';']).next().unwrap_or_default();
    KEPT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://meet.example";
    const SECRET: &str = "#key=secret";

    #[test]
    fn the_secret_goes_into_a_hosts_link_of_this_room_on_this_site_and_no_other() {
        let code = RoomCode::from_random(1);
        let link = |path: &str| of_host(SITE, code, path, SECRET);
        let good = format!("/r/{code}?key=k_abc-DEF_123");
        assert_eq!(link(&good), Some(format!("{SITE}{good}{SECRET}")));
        let other = RoomCode::from_random(2);
        for bad in [
            format!(".evil.example{good}"),
            format!("@evil.example{good}"),
            format!("//evil.example{good}"),
            format!("/r/{other}?key=k_abc"),
            format!("/r/{code}?key="),
            format!("/r/{code}?key=k_abc#"),
            format!("/r/{code}?key=k&next=https:evil.example"),
            format!("/r/{code}/../../elsewhere?key=k_abc"),
            format!("/r/{code}"),
            String::new(),
        ] {
            assert_eq!(link(&bad), None, "{bad}");
        }
    }

    #[test]
    fn what_nobody_sees_is_no_part_of_a_key() {
        let key = "#key=c2VjcmV0";
        for end in [
            "",
            "\u{2069}",
            "%E2%81%A9",
            "%e2%81%a9%E2%80%8E",
            "\u{200f}%E2%80%8F\u{2068}",
            "\u{200b}",
            "%EF%BB%BF",
        ] {
            assert_eq!(without_invisible_end(&format!("{key}{end}")), key, "{end}");
        }
        for other in ["", "%A9", "#key=é", "#key=%E2%82%AC", "#key=a%20", "é%E2%81%A", "#key=%+2%+1%+9"] {
            assert_eq!(without_invisible_end(other), other);
        }
    }

    #[test]
    fn a_calendars_entry_leads_to_this_site_whatever_the_server_wrote() {
        let code = RoomCode::from_random(1);
        let file = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:{code}@veranda\r\nDTSTART:20261121T150000Z\r\n\
             SUMMARY:Choir\\, the long name of which is fol\r\n ded\r\nURL:https://evil.example/r/{code}\r\n\
             DESCRIPTION:Join: https://evil.example/?to={SITE}/r/{code}\r\nATTACH:https://evil.example/r/{code}\r\n\
             url:https://evil.example/r/{code}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let entry = in_calendar(&file, SITE, code, SECRET, |link| format!("Ici, là ; puis\n{link}"));
        assert!(!entry.contains("evil"), "{entry}");
        assert!(entry.contains("SUMMARY:Choir\\, the long name of which is folded\r\n"));
        assert!(entry.contains(&format!("\r\nURL:{SITE}/r/{code}{SECRET}\r\nEND:VEVENT\r\n")));
        assert_eq!(entry.matches(SECRET).count(), 2);
        let described = format!("\r\nDESCRIPTION:Ici\\, là \\; puis\\n{SITE}/r/{code}{SECRET}\r\n");
        assert!(entry.contains(&described), "{entry}");
    }
}
