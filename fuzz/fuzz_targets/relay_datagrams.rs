//! Whatever comes to the relay, from strangers, from clients with credentials and from their peers, and however long it takes:
//! strangers get little, nobody gets more than their share, no peer is reached that is forbidden or not permitted, and two honest
//! clients go on reaching theirs.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| veranda_fuzz::turn::play(data));
