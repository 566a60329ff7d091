//! A test of the connection as components see it: one signal, written by the engine's side alone.

use std::sync::Arc;

use leptos::prelude::*;
use view::TestResults;

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
    pub view: RwSignal<TestResults>,
    send: Arc<dyn Fn(ConnectionTestCommand) + Send + Sync>,
}

impl ConnectionTestHandle {
    /// A handle whose commands go to `send`.
    pub fn new(
        view: RwSignal<TestResults>,
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
