//! A direct call that nobody has answered yet: its links may be there already, but nothing is sent over them, and nothing of the other
//! end is shown, heard or told. Whoever is called may connect while it rings, and nobody learns of it.

use protocol::RingSide;

use crate::Output;

/// What is kept back until it is answered.
#[derive(Debug)]
pub(crate) struct Unanswered {
    side: RingSide,
    withheld: Vec<Output>,
}

impl Unanswered {
    /// At one of the two ends.
    pub(crate) fn at(side: RingSide) -> Self {
        Self { side, withheld: Vec::new() }
    }

    /// Whether one is of no use in a room with so many others. Of several devices of whoever is called the first connects, and one is
    /// enough.
    pub(crate) fn is_one_too_many(&self, others: usize) -> bool {
        match self.side {
            RingSide::Caller => false,
            RingSide::Callee => others > 1,
        }
    }

    /// What of an output is done at once. What plays waits for the answer, and what is told of others is never told.
    pub(crate) fn pass(&mut self, output: Output) -> Option<Output> {
        match output {
            Output::Show { .. } | Output::PlaySlots { .. } => {
                self.withheld.push(output);
                None
            }
            Output::Notify(_) => None,
            Output::OpenSocket
            | Output::Open(_)
            | Output::Send(_)
            | Output::CloseSocket
            | Output::RememberSession(_)
            | Output::Protect(_)
            | Output::SetOwnKey(_)
            | Output::SetKeyOf { .. }
            | Output::ForgetKeysOf(_)
            | Output::ExpectInSlots { .. }
            | Output::KeepSecret { .. }
            | Output::RememberPassedOn(_)
            | Output::StartCapture(_)
            | Output::StopCapture(_)
            | Output::RememberSwitch { .. }
            | Output::Link { .. } => Some(output),
        }
    }

    /// What has waited, in its order.
    pub(crate) fn into_withheld(self) -> Vec<Output> {
        self.withheld
    }
}
