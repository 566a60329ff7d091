//! The one place that reads the browser's clock.

use std::time::Duration;

/// Time since the page was opened: what the call calls `now`. Not affected by changes of the computer's clock.
pub(crate) fn now() -> Duration {
    let millis =
        crate::web::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Duration::from_secs_f64(millis.max(0.0) / 1000.0)
}
