//! What a figure or a name may be that a browser gives. What lies outside is no figure: it counts as missing.

/// The largest whole number that JavaScript counts to without a gap (2⁵³ − 1); no honest counter comes near.
const MOST: f64 = 9_007_199_254_740_991.0;

/// The last moment that a JavaScript date can name, in milliseconds since 1970.
const LAST_MOMENT: f64 = 8.64e15;

/// No round trip and no jitter of a call that anybody still follows is longer, in seconds.
const LONGEST_DELAY: f64 = 3600.0;

/// No video codec knows a longer edge (AV1: 16 bits and one), in pixels.
const LONGEST_EDGE: f64 = 65_536.0;

/// No camera and no screen gives more frames a second.
const MOST_FRAMES: f64 = 1000.0;

/// The longest name of a codec, a layer or a mode that is shown, in bytes.
const LONGEST_NAME: usize = 32;

/// A counter, from 0.
pub(super) fn counter(value: Option<f64>) -> Option<f64> {
    within(value, 0.0, MOST)
}

/// A count that may fall and be negative, as that of lost packets, from which late ones are taken off again (RFC 3550 §6.4.1).
pub(super) fn balance(value: Option<f64>) -> Option<f64> {
    within(value, -MOST, MOST)
}

/// A moment, in milliseconds since 1970.
pub(super) fn moment(value: Option<f64>) -> Option<f64> {
    within(value, 0.0, LAST_MOMENT)
}

/// A delay, in seconds.
pub(super) fn delay(value: Option<f64>) -> Option<f64> {
    within(value, 0.0, LONGEST_DELAY)
}

/// A share of a whole, from 0 to 1.
pub(super) fn share(value: Option<f64>) -> Option<f64> {
    within(value, 0.0, 1.0)
}

/// Frames a second.
pub(super) fn frame_rate(value: Option<f64>) -> Option<f64> {
    within(value, 0.0, MOST_FRAMES)
}

/// Width and height in pixels. A frame without an area is none.
pub(super) fn size(width: Option<f64>, height: Option<f64>) -> Option<(u32, u32)> {
    let edge = |value| within(value, 1.0, LONGEST_EDGE).map(|edge| edge as u32);
    Some((edge(width)?, edge(height)?))
}

/// A name of a codec, a layer or a mode. It has neither dots nor colons, so that it cannot be an address.
pub(super) fn name(text: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '+');
    let is_name = !text.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(is_plain);
    is_name.then(|| text.to_owned())
}

/// A number between two others, these included. What is not a number (NaN) is between none.
fn within(value: Option<f64>, least: f64, most: f64) -> Option<f64> {
    value.filter(|value| (least..=most).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_or_absurd_is_no_figure() {
        for absurd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300] {
            let value = Some(absurd);
            for figure in [counter, moment, delay, share, frame_rate] {
                assert_eq!(figure(value), None, "{absurd}");
            }
            assert_eq!(size(value, Some(480.0)), None, "{absurd}");
        }
        assert_eq!(balance(Some(-1.0)), Some(-1.0));
        assert_eq!(size(Some(0.0), Some(0.0)), None);
        assert_eq!(size(Some(640.0), Some(480.0)), Some((640, 480)));
    }

    #[test]
    fn no_name_is_an_address() {
        assert_eq!(name("VP8").as_deref(), Some("VP8"));
        for address in ["192.0.2.1", "2001:db8::1", "a.example", "", &"x".repeat(33)] {
            assert_eq!(name(address), None, "{address}");
        }
    }
}
