//! What `veranda serve --lan` writes on the terminal: the address for other devices, and the same as a QR code.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules around a code that stay light (ISO/IEC 18004 §7.3.7).
const QUIET: i32 = 4;

/// Black on white, whatever the terminal's own colours are; and those again.
const COLOURS: [&str; 2] = ["\u{1b}[30;107m", "\u{1b}[0m"];

/// `fingerprint` is that of the authority's certificate, in the file `authority`.
pub(crate) fn write(address: &str, authority: &Path, fingerprint: &str) -> io::Result<()> {
    let mut out = io::stdout();
    let has_colours = out.is_terminal();
    writeln!(out, "\nOn this network, open {address} or scan:\n\n{}", drawn(address, has_colours))?;
    writeln!(
        out,
        "Browsers ask once whether to trust the certificate. Devices that trust {} are not asked,",
        authority.display()
    )?;
    writeln!(
        out,
        "at another address neither; it is at {address}/authority.crt, too. Compare before you trust what came from there (SHA-256):"
    )?;
    writeln!(out, "{fingerprint}\n")
}

/// Two rows of modules a line. Without colours the code is light on dark, as most terminals are.
fn drawn(text: &str, has_colours: bool) -> String {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return String::new() };
    let range = -QUIET..code.size() + QUIET;
    let mut lines = String::new();
    for y in range.clone().step_by(2) {
        // Outside of the code everything is light.
        let line: String = range
            .clone()
            .map(|x| half_blocks(code.get_module(x, y), code.get_module(x, y + 1), has_colours))
            .collect();
        let [begin, end] = if has_colours { COLOURS } else { ["", ""] };
        lines.push_str(&format!("{begin}{line}{end}\n"));
    }
    lines
}

/// What is drawn is dark with colours, and light without.
fn half_blocks(is_upper_dark: bool, is_lower_dark: bool, has_colours: bool) -> char {
    match (is_upper_dark == has_colours, is_lower_dark == has_colours) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_draw_a_code_are_each_others_opposite_and_its_edge_is_light() {
        let (dark, light) =
            (drawn("https://192.168.1.5:3000", true), drawn("https://192.168.1.5:3000", false));
        let opposite = |letter| match letter {
            '█' => ' ',
            '▀' => '▄',
            '▄' => '▀',
            ' ' => '█',
            other => other,
        };
        let bare = dark.replace(COLOURS[0], "").replace(COLOURS[1], "");
        assert_eq!(bare.chars().map(opposite).collect::<String>(), light);
        assert!(light.starts_with(&"█".repeat(33)), "{light}");
        assert_eq!(light.lines().next().unwrap().chars().count(), 25 + 8);
    }
}
