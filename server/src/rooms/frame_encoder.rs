//! Messages as text, with what only their reader gets.

use std::io::Write as _;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use protocol::{MessageId, Sequence, ServerMessage};

/// More than most messages have.
const USUAL_BYTES: usize = 512;

/// Puts each message that several get into words once.
#[derive(Default)]
pub(super) struct FrameEncoder {
    last: Option<(Arc<ServerMessage>, Vec<u8>)>,
}

impl FrameEncoder {
    /// The frame of a message, or `None` when it cannot be written, which is no message's case.
    pub(super) fn text(
        &mut self,
        seq: Option<Sequence>,
        received: Option<MessageId>,
        message: &Arc<ServerMessage>,
    ) -> Option<Utf8Bytes> {
        let mut text = Vec::with_capacity(USUAL_BYTES);
        text.push(b'{');
        if let Some(Sequence(seq)) = seq {
            write!(text, "\"seq\":{seq},").ok()?;
        }
        if let Some(MessageId(received)) = received {
            write!(text, "\"received\":{received},").ok()?;
        }
        let begin = text.len() - 1;
        if matches!(**message, ServerMessage::Signal { .. }) {
            // The brace of the message itself takes the place of what stands before it.
            let before = text[begin];
            text.truncate(begin);
            serde_json::to_writer(&mut text, &**message).ok()?;
            text[begin] = before;
        } else {
            text.extend_from_slice(&self.body(message)?[1..]);
        }
        Utf8Bytes::try_from(text).ok()
    }

    fn body(&mut self, message: &Arc<ServerMessage>) -> Option<&[u8]> {
        if !self.last.as_ref().is_some_and(|(last, _)| Arc::ptr_eq(last, message)) {
            self.last = Some((Arc::clone(message), serde_json::to_vec(&**message).ok()?));
        }
        self.last.as_ref().map(|(_, body)| &**body)
    }
}

#[cfg(test)]
mod tests {
    use protocol::{PeerRef, ServerFrame, Signal, SignalNumber};

    use super::*;

    #[test]
    fn numbers_stand_in_the_object() {
        let from = PeerRef::Sfu(protocol::NodeId::NIL);
        let signal = ServerMessage::Signal {
            from,
            link: protocol::LinkId(0),
            number: SignalNumber(1),
            expects: None,
            signal: Signal::EndOfCandidates,
        };
        for message in [ServerMessage::Pong, signal] {
            let message = Arc::new(message);
            for (seq, received) in [
                (None, None),
                (Some(Sequence(7)), None),
                (None, Some(MessageId(3))),
                (Some(Sequence(1)), Some(MessageId(2))),
            ] {
                let text = FrameEncoder::default().text(seq, received, &message).unwrap();
                let frame = ServerFrame::parse(&text).unwrap();
                assert_eq!(frame, ServerFrame { seq, received, message: (*message).clone() }, "{text}");
            }
        }
    }
}
