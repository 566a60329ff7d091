//! Whatever an event log says, what was appended to it by the server after it is read, and nothing depends on how it comes in pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::ParticipantId;
use record::{EventReader, LoggedEvent, RecordedEvent};

fuzz_target!(|data: &[u8]| {
    let honest =
        LoggedEvent { at_ms: 42, event: RecordedEvent::Speaker { participant: Some(ParticipantId::NIL) } };
    let log = [data, b"\n", &honest.to_line().unwrap()].concat();
    let whole = read(&log, log.len());
    assert_eq!(whole, read(&log, 1 + log.len() / 5));
    assert_eq!(whole.last(), Some(&honest));
    for event in &whole {
        if let Some(line) = event.to_line() {
            assert_eq!(read(&line, line.len()), [event.clone()]);
        }
    }
});

fn read(log: &[u8], piece: usize) -> Vec<LoggedEvent> {
    let (mut reader, mut events) = (EventReader::new(), Vec::new());
    for piece in log.chunks(piece) {
        reader.push(piece);
        while let Some(line) = reader.poll() {
            events.extend(line);
        }
    }
    events
}
