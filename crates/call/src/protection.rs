//! Whether what leaves the page is sealed. A room that is said to be without end-to-end encryption makes a page of an end-to-end
//! encrypted call fall silent until its person has decided; no message makes it send plaintext.
//!
//! ```text
//!             the room is said to be `transport`                    the person continues
//!   Sealed ─────────────────────────────────────▶ Withheld ─────────────────────────────▶ Plaintext
//!    ▲  │                                            │                                     ▲   │
//!    │  └── the person has turned it off themselves, or has come without a key to a room ───┘   │
//!    │      that was shown as `transport` before they pressed *Join*                           │
//!    └────────────────── the room is said to be `end_to_end`, or the call ends ────────────────┘
//! ```
//!
//! A direct call is sealed whatever its room is said to be.
//!
//! A page that sends plaintext without having been asked, and comes by the room's secret, is Withheld until its person has decided. What was
//! shown counts for a join by their own press, and as it was at that press. That a host has turned it off counts for [`ANSWERED_WITHIN`]
//! on the same connection.

use std::time::Duration;

use protocol::{RoomEncryption, RoomSettingsPatch};
use seal::Protection;
use view::Encryption;

/// How long after a host has turned it off the room's answer is theirs. What is said so late that they do not expect it is asked.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// The machine. It has no timer: it waits for a person as long as they take.
#[derive(Debug, Default)]
pub(crate) struct ProtectionMachine {
    now: Protection,
    /// What the page shows of this room to its person, who has not joined.
    lobby: RoomEncryption,
    /// What the person was shown last of this room.
    shown: RoomEncryption,
    /// The person has turned end-to-end encryption off for everybody, and the room has not answered: until when an answer counts.
    turned_off_here: Option<Duration>,
    /// Plaintext leaves because the person was asked.
    was_asked: bool,
    /// The call is sealed in any case.
    is_direct: bool,
}

impl ProtectionMachine {
    /// The call is a direct one: it is sealed in any case.
    pub(crate) fn of_direct_call(&mut self) {
        self.is_direct = true;
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.is_direct
    }

    pub(crate) fn now(&self) -> Protection {
        self.now
    }

    /// Whether media and chat leave the page.
    pub(crate) fn sends(&self) -> bool {
        self.now != Protection::Withheld
    }

    /// What the person sees of it.
    pub(crate) fn shown(&self) -> Encryption {
        match self.now {
            Protection::Sealed => Encryption::EndToEnd,
            Protection::Withheld => Encryption::Undecided,
            Protection::Plaintext => Encryption::Transport,
        }
    }

    /// What the room is taken for: it is without end-to-end encryption where this page is.
    pub(crate) fn rule(&self) -> RoomEncryption {
        match self.now {
            Protection::Sealed | Protection::Withheld => RoomEncryption::EndToEnd,
            Protection::Plaintext => RoomEncryption::Transport,
        }
    }

    /// The page shows this to somebody who has not joined.
    pub(crate) fn note_lobby(&mut self, rule: RoomEncryption) {
        self.lobby = rule;
    }

    /// The person has pressed *Join*, and saw what the page showed.
    pub(crate) fn join_by_press(&mut self) {
        self.shown = self.lobby;
    }

    /// The page joins by itself: its person was shown nothing.
    pub(crate) fn join_by_itself(&mut self) {
        self.shown = RoomEncryption::EndToEnd;
    }

    /// The person changes rules of the room as its host.
    pub(crate) fn note_decision(&mut self, now: Duration, patch: &RoomSettingsPatch) {
        if let Some(rule) = patch.encryption {
            self.turned_off_here = (rule == RoomEncryption::Transport).then(|| now + ANSWERED_WITHIN);
        }
    }

    /// What the person decided was refused, or the connection over which they said it is gone.
    pub(crate) fn forget_decision(&mut self) {
        self.turned_off_here = None;
    }

    /// The page has come by the room's secret: it has a key from now on.
    pub(crate) fn hear_secret(&mut self) -> Option<Protection> {
        if self.now != Protection::Plaintext || self.was_asked {
            return None;
        }
        self.shown = RoomEncryption::EndToEnd;
        self.go_to(Protection::Withheld)
    }

    /// The server says which rule the room has. What is to be done from now on, when that is another thing.
    pub(crate) fn hear_rule(
        &mut self,
        now: Duration,
        rule: RoomEncryption,
        has_key: bool,
    ) -> Option<Protection> {
        let turned_off_here = self.turned_off_here.take().is_some_and(|until| now < until);
        let next = match (rule, self.now) {
            (RoomEncryption::EndToEnd, _) => {
                self.shown = rule;
                Protection::Sealed
            }
            (RoomEncryption::Transport, Protection::Sealed) if self.is_direct => Protection::Sealed,
            (RoomEncryption::Transport, Protection::Sealed) => {
                let has_come_for_it = !has_key && self.shown == RoomEncryption::Transport;
                if turned_off_here || has_come_for_it { Protection::Plaintext } else { Protection::Withheld }
            }
            (RoomEncryption::Transport, as_it_is) => as_it_is,
        };
        self.go_to(next)
    }

    /// The person continues without end-to-end encryption.
    pub(crate) fn accept(&mut self) -> Option<Protection> {
        if self.now != Protection::Withheld {
            return None;
        }
        self.shown = RoomEncryption::Transport;
        let next = self.go_to(Protection::Plaintext);
        self.was_asked = true;
        next
    }

    /// The call is over.
    pub(crate) fn end(&mut self) -> Option<Protection> {
        self.turned_off_here = None;
        self.go_to(Protection::Sealed)
    }

    fn go_to(&mut self, next: Protection) -> Option<Protection> {
        let is_other = self.now != next;
        self.was_asked &= !is_other;
        self.now = next;
        is_other.then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSPORT: RoomEncryption = RoomEncryption::Transport;
    const END_TO_END: RoomEncryption = RoomEncryption::EndToEnd;
    const NOW: Duration = Duration::from_secs(100);

    fn turning_off() -> RoomSettingsPatch {
        RoomSettingsPatch { encryption: Some(TRANSPORT), ..RoomSettingsPatch::default() }
    }

    #[test]
    fn no_message_makes_a_page_with_a_key_send_plaintext() {
        let mut machine = ProtectionMachine::default();
        machine.note_lobby(TRANSPORT);
        machine.join_by_press();
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, true), Some(Protection::Withheld));
        for _ in 0..3 {
            assert_eq!(machine.hear_rule(NOW, TRANSPORT, true), None);
            assert!(!machine.sends());
        }
        assert_eq!(machine.accept(), Some(Protection::Plaintext));
        assert_eq!(machine.hear_rule(NOW, END_TO_END, true), Some(Protection::Sealed));
        assert_eq!(machine.accept(), None, "there is nothing to decide");
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, true), Some(Protection::Withheld), "each time anew");
    }

    #[test]
    fn a_page_without_a_key_is_asked_unless_it_came_to_a_room_that_was_shown_as_it_is() {
        let mut machine = ProtectionMachine::default();
        assert_eq!(
            machine.hear_rule(NOW, TRANSPORT, false),
            Some(Protection::Withheld),
            "the lobby said something else"
        );
        machine.end();
        machine.note_lobby(TRANSPORT);
        machine.join_by_press();
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, false), Some(Protection::Plaintext));
        machine.hear_rule(NOW, END_TO_END, false);
        assert_eq!(
            machine.hear_rule(NOW, TRANSPORT, false),
            Some(Protection::Withheld),
            "it was sealed meanwhile"
        );
    }

    #[test]
    fn who_turns_it_off_has_decided_once() {
        let mut machine = ProtectionMachine::default();
        machine.note_decision(NOW, &turning_off());
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, true), Some(Protection::Plaintext));
        machine.hear_rule(NOW, END_TO_END, true);
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, true), Some(Protection::Withheld));
        machine.end();
        machine.note_decision(NOW, &turning_off());
        machine.forget_decision();
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, true), Some(Protection::Withheld), "it was refused");
        machine.end();
        machine.note_decision(NOW, &turning_off());
        assert_eq!(machine.hear_rule(NOW, END_TO_END, true), None);
        assert_eq!(
            machine.hear_rule(NOW, TRANSPORT, true),
            Some(Protection::Withheld),
            "it was answered otherwise"
        );
    }

    #[test]
    fn a_direct_call_is_sealed_whatever_its_room_is_said_to_be() {
        let mut machine = ProtectionMachine::default();
        machine.of_direct_call();
        machine.note_lobby(TRANSPORT);
        machine.join_by_press();
        machine.note_decision(NOW, &turning_off());
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, false), None);
        assert_eq!((machine.now(), machine.accept()), (Protection::Sealed, None));
    }

    #[test]
    fn what_was_shown_counts_for_a_press_and_as_it_was_then() {
        let mut machine = ProtectionMachine::default();
        machine.note_lobby(TRANSPORT);
        machine.join_by_itself();
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, false), Some(Protection::Withheld), "nobody pressed");
        machine.end();
        machine.note_lobby(END_TO_END);
        machine.join_by_press();
        machine.note_lobby(TRANSPORT);
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, false), Some(Protection::Withheld), "too late");
    }

    #[test]
    fn a_host_s_own_decision_counts_for_seconds() {
        let mut machine = ProtectionMachine::default();
        machine.note_decision(NOW, &turning_off());
        let late = NOW + ANSWERED_WITHIN;
        assert_eq!(machine.hear_rule(late, TRANSPORT, true), Some(Protection::Withheld));
    }

    #[test]
    fn a_page_that_comes_by_a_key_falls_silent_unless_its_person_was_asked() {
        let mut machine = ProtectionMachine::default();
        machine.note_lobby(TRANSPORT);
        machine.join_by_press();
        machine.hear_rule(NOW, TRANSPORT, false);
        assert_eq!(machine.hear_secret(), Some(Protection::Withheld));
        assert_eq!(machine.accept(), Some(Protection::Plaintext));
        assert_eq!(machine.hear_secret(), None, "they have decided");
        machine.end();
        assert_eq!(machine.hear_rule(NOW, TRANSPORT, true), Some(Protection::Withheld), "in that call");
    }
}
