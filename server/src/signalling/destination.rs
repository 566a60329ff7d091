//! What a connection is attached to, as the connection sees it: something that reads texts, takes messages and has some to say. What
//! a connection does is the same for all of them.
//!
//! The functions return futures instead of being async, so that an implementation can pass on the future of somebody else: each async
//! function around another keeps its arguments twice, for as long as the connection waits in it.

use super::end::End;
use crate::connection_queue::Outgoing;

/// Where a connection leads.
pub(super) trait Destination {
    /// A message as this destination reads it.
    type Message: Send;

    /// Reads one text.
    ///
    /// # Errors
    ///
    /// When it is no message that a client may send at any time; that ends the connection.
    fn read(&self, text: &str) -> Result<Self::Message, End>;

    /// Whether it takes messages now. Where it does not, [`Self::next`] returns once it does.
    fn is_ready(&self) -> bool;

    /// Takes messages, in their order; there is at least one.
    fn take(&mut self, messages: Vec<Self::Message>) -> impl Future<Output = Result<(), End>> + Send;

    /// What is to be written next; nothing when it only takes messages again. `None` when too much has piled up for the client, and
    /// was dropped.
    fn next(&mut self) -> impl Future<Output = Option<Vec<Outgoing>>> + Send;

    /// Is told that the connection ends, unless it ended that itself.
    fn part(&mut self, end: &End) -> impl Future<Output = ()> + Send;
}
