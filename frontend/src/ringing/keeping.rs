//! What the person changes of what the server keeps for the identity.

use app::state::{LocalHours, Undisturbed};
use call::{RingCommand, RingInput};
use js_sys::Date;
use protocol::limits::MAX_NUMBER;
use protocol::{CallRules, HistoryChange, QuietHours, RingId, Timestamp};
use seal::NotePurpose;

use super::Ringing;
use super::zones;
use crate::identity::random;

impl Ringing {
    /// Says that from now on other rules hold than those that are known.
    pub(super) fn set_rules(&mut self, change: impl FnOnce(CallRules) -> CallRules) {
        if let Some(rules) = self.device.book().rules.clone() {
            let rules = change(rules);
            self.input(RingInput::Command(RingCommand::SetRules { rules }));
        }
    }

    pub(super) fn set_quiet_hours(&mut self, hours: Option<LocalHours>) {
        let zone = zones::own();
        let quiet_hours = hours.map(|hours| {
            // A browser that does not say where it is says what hours these are in universal time now.
            let hours = if zone.is_some() { hours } else { hours.shifted(zones::behind_utc()) };
            QuietHours { from: hours.from, until: hours.until, zone }
        });
        self.set_rules(|rules| CallRules { quiet_hours, ..rules });
    }

    pub(super) fn set_undisturbed(&mut self, length: Undisturbed) {
        let undisturbed_until = match length {
            Undisturbed::Off => None,
            Undisturbed::Hours(hours) => {
                Some(Timestamp((Date::now() + f64::from(hours) * 3_600_000.0) as u64))
            }
            Undisturbed::UntilTurnedOff => Some(Timestamp(MAX_NUMBER)),
        };
        self.set_rules(|rules| CallRules { undisturbed_until, ..rules });
    }

    /// Keeps for one's own history what somebody calls themselves whom this page has called, once.
    pub(super) fn note_name(&mut self, ring: RingId, name: &str) {
        if self.noted.contains(&ring) {
            return;
        }
        let note = random().and_then(|nonce| {
            self.keys.seal_note(self.keys.public(), ring, NotePurpose::OwnHistory, nonce, name)
        });
        if let Some(note) = note {
            self.noted.push(ring);
            let change = HistoryChange::Note { ring, note };
            self.input(RingInput::Command(RingCommand::ChangeHistory { change }));
        }
    }
}
