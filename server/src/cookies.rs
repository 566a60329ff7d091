//! The cookies of a request (RFC 6265 §5.4).

use axum::http::{HeaderMap, header};

/// Each value under a name, in the order in which the browser has sent them: a cookie of a parent domain may have the same name.
pub(crate) fn named<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(one, _)| *one == name).map(|(_, value)| value)
}
