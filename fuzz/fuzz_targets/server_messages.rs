//! Whatever a server says, a line a frame, a client neither fails nor believes that it is somebody else, or two.

#![no_main]

use std::collections::HashSet;
use std::time::Duration;

use call::{Call, Command, Input};
use libfuzzer_sys::fuzz_target;
use protocol::{DisplayName, RoomCode, ServerFrame};

fuzz_target!(|data: &[u8]| {
    let mut call = Call::new(RoomCode::from_random(1), None, 7, call::Identity::of_seed(7));
    let mut now = Duration::ZERO;
    call.handle_input(
        now,
        Input::Command(Command::Join { name: DisplayName::parse("Me").unwrap(), password: None }),
    );
    call.handle_input(now, Input::SocketOpened);
    for line in data.split(|byte| *byte == b'\n') {
        now += Duration::from_millis(500);
        call.handle_timeout(now);
        let input = match line {
            b"closed" => Input::SocketClosed,
            b"opened" => Input::SocketOpened,
            line => {
                let Ok(text) = std::str::from_utf8(line) else { continue };
                let Ok(frame) = ServerFrame::parse(text) else { continue };
                Input::Server(Box::new(frame))
            }
        };
        call.handle_input(now, input);
        while call.poll_output().is_some() {}
        let snapshot = call.snapshot();
        let mut seen = HashSet::new();
        for other in &snapshot.participants {
            assert!(seen.insert(other.participant.id), "somebody is there twice");
            assert!(snapshot.you.as_ref().is_none_or(|you| you.id != other.participant.id), "that is me");
        }
        _ = call.poll_timeout();
    }
});
