//! What a page may run. Its words and what it says of rooms are the server's affair; a script is ours to the letter, or data that runs nothing,
//! and the policy that it comes with lets nothing else run.

use app::plain::{Cdn, start_script};

use super::HashList;
use crate::config_check::is_base;
use crate::security_headers::{WITHOUT_SCRIPT, with_nonce};

/// What stands before the paths of the files that a page loads; `None` when it is no page of ours. It is that of the one `html` element, with which
/// the page begins: of what comes later the browser would take it as well.
pub(super) fn root(html: &str) -> Option<&str> {
    let (tag, rest) = html.strip_prefix("<!DOCTYPE html><html")?.split_once('>')?;
    let [("lang", _), ("dir", _), ("data-root", root)] = attributes(tag)?[..] else { return None };
    (!rest.to_ascii_lowercase().contains("<html")).then_some(root)
}

/// The attributes of a tag, which is written as ours are: each with a value in double quotes. `None` for any other, also for one that was cut at a
/// `>` in a value.
fn attributes(tag: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = tag.trim_end_matches('/').trim_end();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix(' ')?.split_once("=\"")?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        let (value, after) = after.split_once('"')?;
        found.push((name, value));
        rest = is_name.then_some(after)?;
    }
    Some(found)
}

/// What a link may be that is no sheet.
const LINKS: [&str; 5] = ["icon", "apple-touch-icon", "manifest", "modulepreload", "preload"];

/// Whether a page of this build runs what the build has, and nothing else.
pub(super) fn check(html: &str, policy: &str, list: &HashList) -> Result<(), String> {
    let nonce =
        policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map(|(nonce, _)| nonce);
    // What stands there stands in the policy that is expected, too: it may say nothing more.
    let is_nonce =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-=".contains(&byte));
    if nonce.is_some_and(|nonce| !is_nonce(nonce)) {
        return Err(format!("its security policy has a nonce that is none: {policy:?}"));
    }
    // Modules may come from elsewhere: the browser compares them with what the page says, and that is compared here.
    let cdn = base_of_cdn(html).filter(|base| is_base(base)).and_then(|base| list.cdn(base));
    let base = cdn.as_ref().map(Cdn::base);
    let expected = match nonce {
        Some(nonce) => with_nonce(nonce, base).and_then(|policy| Some(policy.to_str().ok()?.to_owned())),
        None => Some(WITHOUT_SCRIPT.to_owned()),
    };
    if expected.as_deref() != Some(policy) {
        return Err(format!("its security policy is another one: {policy:?}"));
    }
    for (tag, body) in elements(html, "script") {
        if !is_ours(tag, body, nonce, cdn.as_ref(), list) {
            return Err(format!(
                "it has a script that is not of this build: {:?}",
                shortened(&format!("<script{tag}>{body}"))
            ));
        }
    }
    let sheet = format!("href=\"{}/pkg/veranda.css\"", list.root());
    for (tag, _) in elements(html, "link") {
        let rel = attributes(tag).and_then(|all| all.into_iter().find(|(name, _)| *name == "rel"));
        let is_known = rel.is_some_and(|(_, rel)| LINKS.contains(&rel));
        if !is_known && tag.trim_end_matches('/') != format!(" rel=\"stylesheet\" {sheet}") {
            let tag = shortened(tag);
            return Err(format!("it has a sheet that is not of this build: {tag:?}"));
        }
    }
    // Leads to another page by itself.
    let leads_away =
        |tag: &str| attributes(tag).is_none_or(|all| all.iter().any(|(name, _)| *name == "http-equiv"));
    match elements(html, "meta").find(|(tag, _)| leads_away(tag)) {
        Some((tag, _)) => Err(format!("it is told something by {:?}", shortened(tag))),
        None => Ok(()),
    }
}

/// Where a page says that modules come from: the first text that its script hands over.
fn base_of_cdn(html: &str) -> Option<&str> {
    html.split_once("\n})(\"")?.1.split_once('"').map(|(base, _)| base)
}

/// Each element of a name: what is in its tag, and what follows up to its end.
fn elements<'a>(html: &'a str, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let (begin, end) = (format!("<{name}"), format!("</{name}"));
    let lower = html.to_ascii_lowercase();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + lower.get(at..)?.find(&begin)? + begin.len();
        let close = start + lower[start..].find('>').unwrap_or(lower.len() - start);
        let last = close + lower[close..].find(&end).unwrap_or(lower.len() - close);
        at = start;
        Some((&html[start..close], html.get(close + 1..last).unwrap_or_default()))
    })
}

fn is_ours(tag: &str, body: &str, nonce: Option<&str>, cdn: Option<&Cdn>, list: &HashList) -> bool {
    let Some(nonce) = nonce else { return false };
    if tag == format!(" type=\"module\" nonce=\"{nonce}\"") {
        return body == start_script(&list.root(), cdn);
    }
    if tag == format!(" id=\"language\" type=\"application/json\" nonce=\"{nonce}\"") {
        return list.has_language(&body.replace("\\u003c", "<"));
    }
    tag == format!(" nonce=\"{nonce}\"") && is_data(body)
}

/// Variables that Leptos hands data to the client in.
const OF_LEPTOS: [&str; 5] = [
    "__RESOLVED_RESOURCES",
    "__SERIALIZED_ERRORS",
    "__PENDING_RESOURCES",
    "__RESOURCE_RESOLVERS",
    "__INCOMPLETE_CHUNKS",
];

/// Whether a script does nothing but set those to texts and to lists of numbers.
fn is_data(script: &str) -> bool {
    let mut rest = script.trim();
    while !rest.is_empty() {
        let Some(next) = after_statement(rest) else { return false };
        rest = next.trim_start();
    }
    true
}

fn after_statement(script: &str) -> Option<&str> {
    let rest = OF_LEPTOS.iter().find_map(|name| script.strip_prefix(name))?;
    let (rest, is_element) = match rest.strip_prefix('[') {
        Some(rest) => {
            (rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).strip_prefix(']')?, true)
        }
        None => (rest, false),
    };
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let rest = match value.strip_prefix('[') {
        Some(list) if !is_element => list
            .trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ',')
            .strip_prefix(']')?,
        Some(_) => return None,
        None => {
            let mut texts = serde_json::Deserializer::from_str(value).into_iter::<String>();
            texts.next()?.ok()?;
            &value[texts.byte_offset()..]
        }
    };
    rest.strip_prefix(';')
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY_NONCE: &str = "abc";

    fn list() -> HashList {
        HashList::own(&crate::config::Config::default())
    }

    fn checked(scripts: &str) -> Result<(), String> {
        let policy = with_nonce(POLICY_NONCE, None).unwrap();
        check(&format!("<html><head>{scripts}</head>"), policy.to_str().unwrap(), &list())
    }

    #[test]
    fn what_starts_the_page_and_what_runs_nothing_is_ours() {
        let start = start_script(&list().root(), None);
        let texts = crate::languages::page_texts(app::language::Language::German);
        for script in [
            format!("<script type=\"module\" nonce=\"abc\">{start}</script>"),
            format!("<script id=\"language\" type=\"application/json\" nonce=\"abc\">{texts}</script>"),
            "<script nonce=\"abc\">__RESOLVED_RESOURCES=[];__PENDING_RESOURCES=[0,];__RESOLVED_RESOURCES[0] = \"{\\\"a\\\":1}\";</script>".to_owned(),
            format!("<link rel=\"stylesheet\" href=\"{}/pkg/veranda.css\">", list().root()),
        ] {
            assert_eq!(checked(&script), Ok(()), "{script}");
        }
    }

    #[test]
    fn anything_else_that_runs_is_named() {
        let start = start_script(&list().root(), None);
        for wrong in [
            format!("<script type=\"module\" nonce=\"abc\">{start};alert(1)</script>"),
            format!("<script type=\"module\" nonce=\"abc\" src=\"/evil.js\">{start}</script>"),
            "<script src=\"/evil.js\"></script>".to_owned(),
            "<SCRIPT nonce=\"abc\">alert(1)</SCRIPT>".to_owned(),
            "<script nonce=\"abc\">__RESOLVED_RESOURCES=[alert(1)];</script>".to_owned(),
            "<script nonce=\"abc\">__RESOLVED_RESOURCES[0] = \"\"+alert(1);</script>".to_owned(),
            "<script nonce=\"abc\">__RESOLVED_RESOURCES[0] = \"a\";alert(1);</script>".to_owned(),
            "<script nonce=\"abc\">__RESOLVED_RESOURCES[alert(1)] = \"a\";</script>".to_owned(),
            "<script id=\"language\" type=\"application/json\" nonce=\"abc\">{\"other\":\"words\"}</script>"
                .to_owned(),
            "<script".to_owned(),
            "<link rel=stylesheet href=/evil.css>".to_owned(),
            "<meta http-equiv=\"refresh\" content=\"0;url=https://evil.example\">".to_owned(),
            "<meta name=\">\" http-equiv=\"refresh\" content=\"0;url=https://evil.example\">".to_owned(),
            "<META HTTP-EQUIV=refresh>".to_owned(),
            "<link title=\">\" rel=\"stylesheet\" href=\"/evil.css\">".to_owned(),
            "<link rel=\"&#115;tylesheet\" href=\"/evil.css\">".to_owned(),
        ] {
            assert!(checked(&wrong).is_err(), "{wrong}");
        }
        assert_eq!(check("<html>", WITHOUT_SCRIPT, &list()), Ok(()));
        for policy in ["", "script-src *", &format!("{WITHOUT_SCRIPT}; script-src *")] {
            assert!(check("<html>", policy, &list()).is_err(), "{policy}");
        }
        assert!(check("<script nonce=\"abc\"></script>", WITHOUT_SCRIPT, &list()).is_err());
    }

    #[test]
    fn what_a_page_says_of_itself_changes_nothing_of_what_is_expected() {
        let enemy = "a; frame-src *; b";
        let policy = with_nonce(enemy, None).unwrap();
        assert!(check("<html>", policy.to_str().unwrap(), &list()).is_err());
        let base = "https://x; script-src-attr 'unsafe-inline'; y";
        let policy = with_nonce(POLICY_NONCE, Some(base)).unwrap();
        let html = format!("<html><script type=\"module\" nonce=\"abc\">\n}})(\"{base}\")</script>");
        assert!(check(&html, policy.to_str().unwrap(), &list()).is_err());
    }

    #[test]
    fn the_root_of_a_page_is_that_of_the_element_with_which_it_begins() {
        let page = "<!DOCTYPE html><html lang=\"en\" dir=\"ltr\" data-root=\"/builds/a\"><head>";
        assert_eq!(root(page), Some("/builds/a"));
        for other in [
            "<!-- data-root=\"/builds/a\" --><html data-root='/builds/evil'>".to_owned(),
            format!("{page}<HTML data-root=\"/builds/evil\">"),
            page.replace("data-root", "DATA-ROOT"),
            page.replace(" dir", " onload=\"evil()\" dir"),
            page.replace("<!DOCTYPE html>", ""),
        ] {
            assert_eq!(root(&other), None, "{other}");
        }
    }
}
