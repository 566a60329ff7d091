//! What a page may run. Its words and what it says of rooms are the server's affair; a script is ours to the letter, or data that runs nothing,
//! and the policy that it comes with lets nothing else run.

use app::plain::{Cdn, start_script};

use super::HashList;
use crate::security_headers::{WITHOUT_SCRIPT, with_nonce};

/// What stands before the paths of the files that a page loads; `None` when it is no page of ours.
pub(super) fn root(html: &str) -> Option<&str> {
    html.split_once("data-root=\"")?.1.split_once('"').map(|(root, _)| root)
}

/// Whether a page of this build runs what the build has, and nothing else.
pub(super) fn check(html: &str, policy: &str, list: &HashList) -> Result<(), String> {
    let nonce =
        policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map(|(nonce, _)| nonce);
    // Modules may come from elsewhere: the browser compares them with what the page says, and that is compared here.
    let cdn = base_of_cdn(html).and_then(|base| list.cdn(base));
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
                "it has a script that is not of this build: <script{tag}>{}",
                shortened(body)
            ));
        }
    }
    let sheet = format!("href=\"{}/pkg/veranda.css\"", list.root());
    for (tag, _) in elements(html, "link").filter(|(tag, _)| tag.to_ascii_lowercase().contains("stylesheet"))
    {
        if tag.trim_end_matches('/') != format!(" rel=\"stylesheet\" {sheet}") {
            return Err(format!("it has a sheet that is not of this build: <link{tag}>"));
        }
    }
    // Leads to another page by itself.
    match elements(html, "meta").find(|(tag, _)| tag.to_ascii_lowercase().contains("http-equiv")) {
        Some((tag, _)) => Err(format!("it is told something by <meta{tag}>")),
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
        ] {
            assert!(checked(&wrong).is_err(), "{wrong}");
        }
        assert_eq!(check("<html>", WITHOUT_SCRIPT, &list()), Ok(()));
        for policy in ["", "script-src *", &format!("{WITHOUT_SCRIPT}; script-src *")] {
            assert!(check("<html>", policy, &list()).is_err(), "{policy}");
        }
        assert!(check("<script nonce=\"abc\"></script>", WITHOUT_SCRIPT, &list()).is_err());
    }
}
