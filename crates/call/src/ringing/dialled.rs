//! Whom a text leads to that somebody has typed or pasted: a call ID, or a link with one.

use protocol::CallId;
use seal::KeyDigest;

/// Whom to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialled {
    /// Their ID.
    pub callee: CallId,
    /// The key that they have, if the text is a link that says so.
    pub expected: Option<KeyDigest>,
}

/// What stands before the ID in a link.
const PATH: &str = "/call/";

/// What stands before the fingerprint of a key in a link.
const FINGERPRINT: &str = "id=";

impl Dialled {
    /// Reads a text. `None` when it leads to nobody: also a link with a fingerprint that is none, because whoever has passed it on meant
    /// it to be compared.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some((_, target)) = text.split_once(PATH) else {
            return Some(Self { callee: CallId::parse(text).ok()?, expected: None });
        };
        let (path, fragment) =
            target.split_once('#').map_or((target, None), |(path, rest)| (path, Some(rest)));
        let id = path.split(['?', '/']).next().unwrap_or_default();
        let expected = match fragment {
            Some(fragment) => Some(KeyDigest::parse(fragment.strip_prefix(FINGERPRINT)?.trim())?),
            None => None,
        };
        Some(Self { callee: CallId::parse(id).ok()?, expected })
    }

    /// The link that leads to an identity, below the origin of a server.
    pub fn link(origin: &str, call_id: CallId, key: &KeyDigest) -> String {
        format!("{origin}{PATH}{call_id}#{FINGERPRINT}{}", key.to_text())
    }
}

#[cfg(test)]
mod tests {
    use seal::KeyPair;

    use super::*;

    fn id() -> CallId {
        CallId::parse("482-119-305").unwrap()
    }

    #[test]
    fn an_id_leads_to_somebody_by_itself_and_in_a_link() {
        for text in [
            "482119305",
            " 482 119 305 ",
            "https://calls.example/call/482-119-305",
            "/call/482119305/",
            "calls.example/call/482-119-305?x=1",
        ] {
            assert_eq!(Dialled::parse(text), Some(Dialled { callee: id(), expected: None }), "{text}");
        }
    }

    #[test]
    fn a_link_says_which_key_its_owner_has() {
        let key = KeyDigest::of(KeyPair::new([7; 32]).public());
        let link = Dialled::link("https://calls.example", id(), &key);
        assert_eq!(Dialled::parse(&link), Some(Dialled { callee: id(), expected: Some(key) }));
    }

    #[test]
    fn what_leads_to_nobody_is_refused_and_so_is_a_fingerprint_that_is_none() {
        for text in [
            "",
            "Bob",
            "482-119-30",
            "https://calls.example/r/kfm-pqxz-wtr",
            "https://calls.example/call/bob",
            "/call/482-119-305#id=",
            "/call/482-119-305#id=abc",
            "/call/482-119-305#key=abc",
        ] {
            assert_eq!(Dialled::parse(text), None, "{text}");
        }
    }
}
