//! A text as a QR code (ISO/IEC 18004), drawn in the browser, because what is in it is nobody else's business.

use leptos::prelude::*;
use qrcodegen::{QrCode as Code, QrCodeEcc};

use crate::text::Text;

/// Light around the code, in modules, as the standard asks for.
const QUIET_ZONE: i32 = 4;

/// The code, or nothing when the text is too long for one.
#[component]
pub(crate) fn QrCode(
    text: String,
    /// What it is, for somebody who does not see it.
    label: Text,
) -> impl IntoView {
    Code::encode_text(&text, QrCodeEcc::Medium).ok().map(|code| {
        let size = code.size() + 2 * QUIET_ZONE;
        view! {
            <svg class="qr-code" role="img" aria-label=label viewBox=format!("0 0 {size} {size}") shape-rendering="crispEdges">
                <rect width="100%" height="100%" fill="#fff"/>
                <path d=path(&code) fill="#000"/>
            </svg>
        }
    })
}

/// One square a dark module.
fn path(code: &Code) -> String {
    use std::fmt::Write as _;

    let mut path = String::new();
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                _ = write!(path, "M{},{}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
        }
    }
    path
}
