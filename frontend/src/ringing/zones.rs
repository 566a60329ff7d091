//! Time zones, as the browser knows them: what hours of the day are here, and elsewhere.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use protocol::TimeZoneName;
use wasm_bindgen::JsCast as _;

/// The zone of the clock here, where the browser says it.
pub(super) fn own() -> Option<TimeZoneName> {
    let format = Intl::DateTimeFormat::new(&Array::new(), &Object::new());
    let name = Reflect::get(&format.resolved_options(), &"timeZone".into()).ok()?;
    TimeZoneName::new(name.as_string()?).ok()
}

/// By how many minutes the clock here is behind universal time; ahead of it, a negative number.
pub(super) fn behind_utc() -> i32 {
    Date::new_0().get_timezone_offset() as i32
}

/// By how many minutes the clock of a zone is ahead of the one here, now; behind it, a negative number. None for a zone that the browser does not
/// know.
pub(super) fn ahead_of_here(zone: &TimeZoneName) -> i32 {
    if own().as_ref() == Some(zone) {
        return 0;
    }
    let now = Date::new_0();
    // What a clock shows, read as if it were one here. English of the United States is what every browser reads again; one that does not know the
    // zone throws.
    let shown = |zone: Option<&TimeZoneName>| -> Option<f64> {
        let options = Object::new();
        Reflect::set(&options, &"hourCycle".into(), &"h23".into()).ok()?;
        if let Some(zone) = zone {
            Reflect::set(&options, &"timeZone".into(), &zone.as_str().into()).ok()?;
        }
        let show: Function = Reflect::get(&now, &"toLocaleString".into()).ok()?.dyn_into().ok()?;
        let text = show.call2(&now, &"en-US".into(), &options).ok()?.as_string()?;
        Some(Date::parse(&text)).filter(|at| at.is_finite())
    };
    let ahead = shown(Some(zone)).zip(shown(None)).map(|(there, here)| (there - here) / 60_000.0);
    ahead.map_or(0, |minutes| minutes.round() as i32)
}
