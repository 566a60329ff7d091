//! The same things said to our server and to a Socket.IO server (Engine.IO protocol 4, Socket.IO protocol 5).

use serde_json::{Value, json};

/// Which server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Veranda,
    SocketIo,
}

/// What a text that came means to the load generator.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The server answered the join: the own id, and the token to come back with.
    Joined { id: String, session: Option<String> },
    /// A signal from a peer.
    Signal,
    /// Something written to the room, with its text.
    Chat(String),
    /// The server asks whether the client is there; this is the answer.
    Ping(&'static str),
    /// The namespace is open; only Socket.IO says so.
    Connected,
    /// The answer to a sign of life.
    Pong,
    /// Anything else.
    Other,
}

/// A candidate as browsers write them.
const CANDIDATE: &str = "candidate:2745384901 1 udp 2122260223 192.168.178.34 54761 typ host generation 0 ufrag 5Rkz network-id 1";

impl Dialect {
    /// The path of the socket.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Veranda => "/api/v1/ws",
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        }
    }

    /// Enters a room.
    pub(crate) fn join(self, room: &str, name: &str, session: Option<&str>) -> String {
        match self {
            Self::Veranda => {
                let mut join = json!({ "type": "join", "version": 1, "room": room, "name": name });
                if let Some(session) = session {
                    join["session"] = json!(session);
                }
                join.to_string()
            }
            Self::SocketIo => format!("420{}", json!(["join", room, name])),
        }
    }

    /// An ICE candidate for somebody, as our page sends it, and as a Socket.IO page does.
    pub(crate) fn candidate(self, to: &str, number: u64, acknowledged: u64) -> String {
        let signal = json!({
            "kind": "candidate",
            "candidate": { "candidate": CANDIDATE, "sdp_mid": "0", "sdp_m_line_index": 0, "username_fragment": "5Rkz" },
        });
        match self {
            Self::Veranda => json!({
                "id": number + 2,
                "ack": acknowledged,
                "type": "signal",
                "to": { "participant": to },
                "number": number,
                "signal": signal,
            })
            .to_string(),
            Self::SocketIo => format!("42{}", json!(["signal", to, { "number": number, "signal": signal }])),
        }
    }

    /// What our page sends every twenty seconds, which also says how far it has read; Socket.IO's server asks by itself.
    pub(crate) fn sign_of_life(self, acknowledged: u64) -> Option<String> {
        match self {
            Self::Veranda => Some(json!({ "type": "ping", "ack": acknowledged }).to_string()),
            Self::SocketIo => None,
        }
    }

    /// A message to the whole room.
    pub(crate) fn chat(self, number: u64, text: &str) -> String {
        match self {
            Self::Veranda => {
                let id = format!("00000000-0000-4000-8000-{number:012x}");
                let envelope = json!({ "version": 1, "body": text });
                json!({ "type": "chat", "id": number + 2, "chat": id, "to": "everyone", "envelope": envelope })
                    .to_string()
            }
            Self::SocketIo => format!("42{}", json!(["chat", text])),
        }
    }

    /// What a text that came means, and the number to acknowledge.
    pub(crate) fn hear(self, text: &str) -> anyhow::Result<(Heard, Option<u64>)> {
        match self {
            Self::Veranda => hear_veranda(text),
            Self::SocketIo => Ok((hear_socket_io(text)?, None)),
        }
    }
}

/// Signals, of which there are most, are not read as a whole, so that the load generator is not what is measured.
fn hear_veranda(text: &str) -> anyhow::Result<(Heard, Option<u64>)> {
    let number = text.strip_prefix("{\"seq\":").and_then(|rest| rest.split([',', '}']).next()?.parse().ok());
    let heard = if text.contains("\"type\":\"signal\"") {
        Heard::Signal
    } else if text.contains("\"type\":\"chat\",") {
        let message: Value = serde_json::from_str(text)?;
        Heard::Chat(message["entry"]["envelope"]["body"].as_str().unwrap_or_default().to_owned())
    } else if text.contains("\"type\":\"pong\"") {
        Heard::Pong
    } else if text.contains("\"type\":\"joined\"") {
        let joined: Value = serde_json::from_str(text)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Heard::Joined {
            id: text(&joined["you"]["id"]).unwrap_or_default(),
            session: text(&joined["session"]),
        }
    } else {
        anyhow::ensure!(!text.contains("\"type\":\"error\""), "refused: {text}");
        Heard::Other
    };
    Ok((heard, number))
}

fn hear_socket_io(text: &str) -> anyhow::Result<Heard> {
    Ok(if text == "2" {
        Heard::Ping("3")
    } else if text.starts_with('0') {
        Heard::Other
    } else if text.starts_with("40") {
        Heard::Connected
    } else if let Some(answer) = text.strip_prefix("430") {
        let answer: Value = serde_json::from_str(answer)?;
        Heard::Joined { id: answer[0].as_str().unwrap_or_default().to_owned(), session: None }
    } else if text.starts_with("42[\"signal\"") {
        Heard::Signal
    } else if let Some(event) = text.strip_prefix("42").filter(|event| event.starts_with("[\"chat\"")) {
        let event: Value = serde_json::from_str(event)?;
        Heard::Chat(event[2].as_str().unwrap_or_default().to_owned())
    } else {
        Heard::Other
    })
}
