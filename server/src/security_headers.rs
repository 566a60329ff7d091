//! What browsers are told not to let a page do (Content Security Policy Level 3, Permissions Policy).

use axum::http::{HeaderName, HeaderValue, header};

/// For every answer that says nothing else: nothing but our own sheet, pictures and forms; no script at all. That something could be
/// fetched here is for tools that look at a page from inside, as Lighthouse does for robots.txt.
pub(crate) const WITHOUT_SCRIPT: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/// For a page with script: ours, and the inline ones that carry this page's nonce. From `cdn`, which has the build's modules too, data may be
/// fetched, and no script.
pub(crate) fn with_nonce(nonce: &str, cdn: Option<&str>) -> Option<HeaderValue> {
    let elsewhere = cdn.map_or_else(String::new, |base| format!(" {base}/"));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; connect-src 'self'{elsewhere}; \
         worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    );
    HeaderValue::from_str(&policy).ok()
}

/// For the script of a worker, which has a policy of its own: our code, and nothing else from anywhere.
pub(crate) const OF_WORKER: &str =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

/// Devices are for our own pages; what no call needs is for nobody.
pub(crate) const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), \
     autoplay=(self), fullscreen=(self), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()";

/// Not among the names of the `http` crate.
pub(crate) const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

pub(crate) const CONTENT_SECURITY_POLICY: HeaderName = header::CONTENT_SECURITY_POLICY;
