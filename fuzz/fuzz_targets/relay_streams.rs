//! Wherever a stream on the media port is cut (TURN over TCP, RFC 8656 §12.5, and ICE over TCP, RFC 4571), the same messages are
//! read from it, they are what stands in it, and what is held has a bound.

#![no_main]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use veranda_fuzz::pieces::Pieces;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().unwrap();
}

/// The longest message with its padding and one that waits for the shard; and the buffer for them may be twice as long.
const MOST: usize = 4 * (4 + 65_536);

/// How much is fed at once: a small input has to become longer than what may be held.
const FED: usize = 400 * 1024;

#[derive(Debug, PartialEq, Eq)]
struct Read {
    messages: Vec<Vec<u8>>,
    /// Whether the messages of ICE, or of TURN; `None` when the stream was closed or is neither.
    is_ice: Option<bool>,
}

// Four bytes for the cuts, one for how it is fed, then the stream.
fuzz_target!(|data: &[u8]| {
    let Some((cuts, [how, stream @ ..])) = data.split_first_chunk::<4>() else { return };
    let repeated = match how {
        0..16 if !stream.is_empty() => stream.iter().copied().cycle().take(FED).collect(),
        _ => stream.to_vec(),
    };
    let whole = read(&repeated, &[]);
    assert_eq!(read(&repeated, cuts), whole);
    check(&whole, &repeated);
});

fn read(stream: &[u8], cuts: &[u8]) -> Read {
    let held = Rc::new(Cell::new(0));
    let messages = RefCell::new(Vec::new());
    let is_turn = is_turn(stream);
    let pieces = Pieces::cut(stream, cuts).holding(&held, MOST);
    let read = server::fuzzing::read_stream(pieces, |message| {
        let framed = match message.first() {
            Some(first) if is_turn && *first > 3 => message.len().next_multiple_of(4),
            Some(_) | None => message.len() + if is_turn { 0 } else { 2 },
        };
        held.set(held.get() - framed);
        messages.borrow_mut().push(message);
    });
    let is_ice = RUNTIME.with(|runtime| runtime.block_on(read)).ok().flatten();
    Read { messages: messages.into_inner(), is_ice }
}

/// Whether its first message is one of TURN, by the magic cookie (RFC 8489 §5).
fn is_turn(stream: &[u8]) -> bool {
    stream.get(4..8) == Some(&[0x21, 0x12, 0xa4, 0x42])
}

/// The messages stand in the stream one after another, and each is as long as is said before it or in it.
fn check(read: &Read, stream: &[u8]) {
    let is_turn = is_turn(stream);
    let mut rest = stream;
    for message in &read.messages {
        assert!(is_turn || read.is_ice != Some(false));
        let said =
            usize::from(u16::from_be_bytes(if is_turn { [rest[2], rest[3]] } else { [rest[0], rest[1]] }));
        let (before, length, after) = match (is_turn, rest[0]) {
            (false, _) => (2, said, 0),
            (true, 0..=3) => (0, 20 + said, 0),
            (true, _) => (0, 4 + said, said.next_multiple_of(4) - said),
        };
        assert_eq!(&rest[before..before + length], message);
        rest = &rest[before + length + after..];
    }
    if read.is_ice == Some(true) {
        let is_whole =
            rest.len() >= 2 && rest.len() >= 2 + usize::from(u16::from_be_bytes([rest[0], rest[1]]));
        assert!(!is_whole, "a message was not read");
    }
}
