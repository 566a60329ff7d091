//! Whatever somebody in a call reports of what came to them: the unit reads it, and remembers no more than it sent.

#![no_main]

use std::sync::LazyLock;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

fuzz_target!(|data: &[u8]| sfu::read_rtcp(*BEGAN, data));
