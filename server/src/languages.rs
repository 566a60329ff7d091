//! In which language somebody is answered: the one they have chosen, or the first that their browser asks for and pages speak.

use app::language::{self, Language};
use axum::extract::{Form, Query, Request};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::browser::{KEPT_FOR, Transport};
use crate::http_client::HttpClient;
use crate::{cookies, origin};

tokio::task_local! {
    static SPOKEN: Language;
    static ADDRESS: Uri;
}

/// The cookie that says which language was chosen. It is nothing secret: the page itself writes it too.
const COOKIE: &str = "language";

/// Languages that a browser asks for beyond these are not looked at.
const MOST_ASKED_FOR: usize = 32;

/// The language of the request that is being answered.
pub(crate) fn spoken() -> Language {
    SPOKEN.try_with(|language| *language).unwrap_or_default()
}

/// Does something in a language, also in a task of its own.
pub(crate) fn speaking<F: Future>(language: Language, task: F) -> impl Future<Output = F::Output> {
    SPOKEN.scope(language, task)
}

/// In a response's extensions: some of it is English, whatever was asked for.
#[derive(Clone)]
pub(crate) struct PartlyEnglish;

/// In a response's extensions: another node has answered, and has said in which language.
#[derive(Clone)]
pub(crate) struct InItsLanguage;

/// Answers a request in its language, and says which one that is.
pub(crate) async fn answer(request: Request, next: Next) -> Response {
    let language = of_request(request.headers());
    let mut response = SPOKEN.scope(language, next.run(request)).await;
    let is_of_one = language == Language::English || response.extensions().get::<PartlyEnglish>().is_none();
    let is_said = response.extensions().get::<InItsLanguage>().is_some();
    let headers = response.headers_mut();
    vary(headers);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_spoken =
        ["text/html", "text/calendar", "application/problem+json"].iter().any(|one| kind.starts_with(one));
    if is_spoken && is_of_one && !is_said {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    }
    response
}

/// Says that the answer is another one for whoever asks for another language; each thing once, also where another node has said it before.
fn vary(headers: &mut HeaderMap) {
    let mut names: Vec<String> = Vec::new();
    let said = headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok());
    for name in ["accept-language", "cookie"].into_iter().chain(said.flat_map(|value| value.split(','))) {
        let name = name.trim().to_ascii_lowercase();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::VARY, value);
    }
}

fn of_request(headers: &HeaderMap) -> Language {
    let chosen = cookies::named(headers, COOKIE).find_map(Language::from_tag);
    let asked_for = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    chosen.or_else(|| first_spoken(asked_for?)).unwrap_or_default()
}

/// The best of a list of ranges with weights (RFC 9110 §12.5.4) that pages speak; of one language, whichever its region.
fn first_spoken(asked_for: &str) -> Option<Language> {
    let ranges = asked_for.split(',').take(MOST_ASKED_FOR).filter_map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        // In thousandths, as finely as weights are written: these have an order.
        let weight = (weight.clamp(0.0, 1.0) * 1_000.0) as u32;
        let primary = tag.trim().split('-').next()?;
        (weight > 0).then_some((weight, Language::from_tag(primary)?))
    });
    // Of two that are wanted as much, the first.
    let best = ranges.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, language)| language)
}

/// What a page that becomes interactive is given of its language. No tag can end in it.
pub(crate) fn page_texts(language: Language) -> String {
    language::data(language).replace('<', "\\u003c")
}

/// What the form of pages without script sends.
#[derive(Deserialize)]
pub(crate) struct Choice {
    language: String,
}

/// What the page that is being answered was asked for with.
pub(crate) fn query_of_page() -> Vec<(String, String)> {
    let read = |address: &Uri| Query::try_from_uri(address).map(|Query(pairs)| pairs).unwrap_or_default();
    ADDRESS.try_with(read).unwrap_or_default()
}

/// `GET` of any page with `?language=de`: remembers a choice, and leads to the same address without it. That is how pages without script
/// choose, because what follows the `#`, a room's key, stays as long as the address stays. Links of other sites choose nothing.
pub(crate) async fn choose_by_query(caller: HttpClient, request: Request, next: Next) -> Response {
    let address = request.uri().clone();
    let chosen = if request.method() == Method::GET { in_query(&address) } else { None };
    let Some((language, path)) = chosen else { return ADDRESS.scope(address, next.run(request)).await };
    let mut response = Redirect::to(&path).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(language) = language.filter(|_| is_by_own_page(request.headers())) {
        remember(&mut response, language, &caller);
    }
    response
}

/// The language that a query names, if there is such a one, and the address without it.
fn in_query(address: &Uri) -> Option<(Option<Language>, String)> {
    let choice = |pair: &str| {
        pair.strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('=')).map(Language::from_tag)
    };
    let query = address.query()?;
    let language = query.split('&').find_map(choice)?;
    let rest: Vec<_> = query.split('&').filter(|pair| choice(pair).is_none()).collect();
    let path = Some(address.path()).filter(|path| leads_nowhere_else(path))?;
    Some((language, if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }))
}

/// Whether a page of this server's own asks, or somebody who has typed the address (Fetch Metadata, `Sec-Fetch-Site`). Older browsers do not
/// say; a language is nothing that another site could gain by.
fn is_by_own_page(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|said| said == "same-origin" || said == "none")
}

/// `POST /language`: remembers a choice, and leads back to where it was made. One of a language that does not exist changes nothing.
/// Pages of earlier versions send it.
pub(crate) async fn choose(caller: HttpClient, headers: HeaderMap, Form(choice): Form<Choice>) -> Response {
    let mut response = Redirect::to(&path_of_referrer(&headers)).into_response();
    if let Some(language) =
        Language::from_tag(&choice.language).filter(|_| origin::is_own(&headers, &caller.site))
    {
        remember(&mut response, language, &caller);
    }
    response
}

fn remember(response: &mut Response, language: Language, caller: &HttpClient) {
    let secure = if caller.site.transport == Transport::Tls { "; Secure" } else { "" };
    let (tag, age) = (language.tag(), KEPT_FOR.as_secs());
    let cookie = format!("{COOKIE}={tag}; Path=/; Max-Age={age}; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// The path of the page that a form was on. Of another site's page nothing is taken but its path, which leads nowhere else.
fn path_of_referrer(headers: &HeaderMap) -> String {
    let referrer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let path = referrer.and_then(|text| Some(text.parse::<Uri>().ok()?.path_and_query()?.to_string()));
    path.filter(|path| leads_nowhere_else(path)).unwrap_or_else(|| "/".to_owned())
}

/// Whether an address is of this site. Two slashes would begin with the name of a host.
fn leads_nowhere_else(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_choice_counts_before_what_the_browser_asks_for() {
        for (cookie, accept, expected) in [
            ("", "", Language::English),
            ("", "de", Language::German),
            ("", "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Language::French),
            ("", "nl, de;q=0.3, zh-Hant-TW;q=0.7", Language::Chinese),
            ("", "pt-PT,pt;q=0.9,en-US;q=0.8", Language::Portuguese),
            ("", "xx, *", Language::English),
            ("", "de;q=0, fr;q=0.1", Language::French),
            ("", "de;q=nan, ar;q=x, ja", Language::Japanese),
            ("", "de, en", Language::German),
            ("language=ar", "de", Language::Arabic),
            ("a=b; language=ja", "de", Language::Japanese),
            ("language=xx", "de", Language::German),
            ("language=../../etc; language=es", "de", Language::Spanish),
        ] {
            let headers = headers(&[(header::COOKIE, cookie), (header::ACCEPT_LANGUAGE, accept)]);
            assert_eq!(of_request(&headers), expected, "{cookie} {accept}");
        }
        let long = format!("{}de", "x,".repeat(10_000));
        assert_eq!(of_request(&headers(&[(header::ACCEPT_LANGUAGE, &long)])), Language::English);
    }

    #[test]
    fn a_form_leads_back_to_its_own_page_and_to_no_other_site() {
        for (referrer, path) in [
            ("https://meet.example/rooms?problem=name", "/rooms?problem=name"),
            ("https://elsewhere.example/", "/"),
            ("https://meet.example//elsewhere.example/", "/"),
            ("https://meet.example/\\elsewhere.example", "/"),
            ("nonsense", "/"),
        ] {
            assert_eq!(path_of_referrer(&headers(&[(header::REFERER, referrer)])), path, "{referrer}");
        }
    }

    #[test]
    fn what_a_page_is_given_ends_no_tag_and_is_json() {
        for language in Language::ALL {
            let text = page_texts(language);
            assert!(!text.contains('<'), "{text}");
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(json["language"], language.tag());
        }
    }
}
