//! A test of the connection as components see it: one signal, written by the engine's side alone.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{RelayOwner, RelayTransport};

/// What was found out so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTestView {
    /// Whether everything was tried.
    pub done: bool,
    /// When that was, as the browser writes it.
    pub taken: String,
    /// Whether the server answers requests.
    pub server: HopView,
    /// Whether messages go both ways.
    pub websocket: HopView,
    /// What the network makes of this browser's UDP address.
    pub mapping: MappingView,
    /// Each way to a relay, the best first.
    pub relays: Vec<RelayHopView>,
}

/// How far one hop is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HopView {
    /// Being tried.
    #[default]
    Waiting,
    /// It took so many milliseconds.
    Works(u32),
    /// Whoever is there answers, but no pictures come through.
    Mute,
    /// Nobody answers.
    Fails,
}

/// A way to a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayHopView {
    /// How.
    pub transport: RelayTransport,
    /// Whose.
    pub owner: RelayOwner,
    /// From this port.
    pub port: u16,
    /// To this one.
    pub last_port: u16,
    /// How far.
    pub hop: HopView,
}

/// What a network makes of a browser's UDP port towards different ones of another machine (RFC 4787 §4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MappingView {
    /// Not known.
    #[default]
    Unknown,
    /// The same towards everybody, which is what direct calls need.
    Same,
    /// Another towards each, which keeps two such browsers from finding each other.
    Different,
}

/// What a component asks of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionTestCommand {
    /// Try everything, from the beginning.
    Start,
    /// Put a text on the clipboard.
    Copy(String),
}

/// A way to the engine. Holds no JavaScript object.
#[derive(Clone)]
pub struct ConnectionTestHandle {
    /// What was found out.
    pub view: RwSignal<ConnectionTestView>,
    send: Arc<dyn Fn(ConnectionTestCommand) + Send + Sync>,
}

impl ConnectionTestHandle {
    /// A handle whose commands go to `send`.
    pub fn new(
        view: RwSignal<ConnectionTestView>,
        send: impl Fn(ConnectionTestCommand) + Send + Sync + 'static,
    ) -> Self {
        Self { view, send: Arc::new(send) }
    }

    /// Asks something of the engine.
    pub fn send(&self, command: ConnectionTestCommand) {
        (self.send)(command);
    }
}

/// Gives the handle to every component below.
pub fn provide_connection_test(handle: ConnectionTestHandle) {
    provide_context(handle);
}

/// The handle, or an inert one.
pub fn use_connection_test() -> ConnectionTestHandle {
    use_context().unwrap_or_else(|| ConnectionTestHandle::new(RwSignal::default(), |_| {}))
}
