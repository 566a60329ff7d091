//! What a device asks of what is kept for its identity, and what it changes there: past calls, people, who may ring. Nothing of it is any of
//! the rings' task's business, but that every device of the identity is told when something has changed.

use protocol::limits::HISTORY_PAGE;
use protocol::{
    Acquaintance, BlockedPerson, CallRules, ContactRule, ErrorCode, HistoryChange, HistoryCursor, PastCall,
    PublicKey, PushEndpoint, PushSubscription, RingEvent, RingSide, TimeZoneName,
};
use storage::{
    CallCursor, CallDirection, ContactChange, ContactCursor, HistoryEntry, QuietHours, SealedNote, Standing,
};

use crate::rings::{self, unavailable};
use crate::{AppState, call_rules, push};

/// Something about what is kept.
pub(super) enum Keeping {
    ReadHistory { before: Option<HistoryCursor> },
    ChangeHistory { change: HistoryChange },
    SetContact { peer: PublicKey, rule: ContactRule },
    ReadBlocked { before: Option<BlockedPerson> },
    ReadRules,
    SetRules { rules: CallRules },
    ReadPush,
    SubscribePush(Box<PushSubscription>),
    UnsubscribePush { endpoint: PushEndpoint },
}

/// What comes of it.
pub(super) enum Outcome {
    /// To the device that asked.
    Answer(RingEvent),
    /// To every device of the identity.
    Changed,
}

/// Whose it is.
pub(super) struct Keeper<'a> {
    pub(super) state: &'a AppState,
    pub(super) key: &'a PublicKey,
}

impl Keeper<'_> {
    pub(super) async fn take(&self, keeping: Keeping) -> Result<Outcome, ErrorCode> {
        match keeping {
            Keeping::ReadHistory { before } => self.history(before).await.map(Outcome::Answer),
            Keeping::ReadBlocked { before } => self.blocked(before).await.map(Outcome::Answer),
            Keeping::ReadRules => self.rules().await.map(Outcome::Answer),
            Keeping::ChangeHistory { change } => self.change_history(change).await,
            Keeping::SetContact { peer, rule } => self.set_contact(&peer, rule).await,
            Keeping::SetRules { rules } => self.set_rules(rules).await,
            Keeping::ReadPush => self.push().await.map(Outcome::Answer),
            Keeping::SubscribePush(subscription) => {
                self.subscribe_push(*subscription).await.map(Outcome::Answer)
            }
            Keeping::UnsubscribePush { endpoint } => {
                self.unsubscribe_push(&endpoint).await.map(Outcome::Answer)
            }
        }
    }

    async fn history(&self, before: Option<HistoryCursor>) -> Result<RingEvent, ErrorCode> {
        let storage = &self.state.storage;
        let cursor = before.map(|cursor| CallCursor { started_at: cursor.placed_at, ring: cursor.ring });
        let page = storage.history(self.key, cursor, PAGE).await.map_err(unavailable)?;
        let unseen = storage.count_unseen(self.key).await.map_err(unavailable)?;
        Ok(RingEvent::History {
            calls: page.entries.into_iter().map(past_call).collect(),
            more: page.more,
            unseen: u32::try_from(unseen).unwrap_or(u32::MAX),
        })
    }

    async fn blocked(&self, before: Option<BlockedPerson>) -> Result<RingEvent, ErrorCode> {
        let storage = &self.state.storage;
        let cursor = before.map(|last| ContactCursor { changed_at: last.since, peer: last.key });
        let page = storage.contacts(self.key, Standing::Blocked, cursor.as_ref(), PAGE);
        let page = page.await.map_err(unavailable)?;
        let mut people = Vec::with_capacity(page.entries.len());
        for contact in page.entries {
            let identity = storage.identity(&contact.peer).await.map_err(unavailable)?;
            let call_id = identity.map(|identity| identity.call_id);
            people.push(BlockedPerson { key: contact.peer, call_id, since: contact.changed_at });
        }
        Ok(RingEvent::Blocked { people, more: page.more })
    }

    async fn rules(&self) -> Result<RingEvent, ErrorCode> {
        let identity = self.state.storage.identity(self.key).await.map_err(unavailable)?;
        let rules = identity.map(|identity| identity.rules).unwrap_or_default();
        Ok(RingEvent::Rules { rules: from_storage(&rules) })
    }

    async fn change_history(&self, change: HistoryChange) -> Result<Outcome, ErrorCode> {
        let storage = &self.state.storage;
        match change {
            HistoryChange::Seen { rings } if rings.len() > HISTORY_PAGE => {
                return Err(ErrorCode::SettingsInvalid);
            }
            HistoryChange::Seen { rings } => {
                storage.mark_seen(self.key, &rings).await.map_err(unavailable)?;
            }
            HistoryChange::Note { ring, note } => {
                let note =
                    SealedNote::new(note.as_str().to_owned()).map_err(|_| ErrorCode::SettingsInvalid)?;
                storage.note_call(self.key, ring, Some(&note)).await.map_err(unavailable)?;
            }
            HistoryChange::Forget { ring } => {
                storage.hide_call(self.key, ring).await.map_err(unavailable)?;
            }
            HistoryChange::ForgetAll => {
                storage.hide_calls(self.key).await.map_err(unavailable)?;
            }
        }
        Ok(Outcome::Changed)
    }

    async fn set_contact(&self, peer: &PublicKey, rule: ContactRule) -> Result<Outcome, ErrorCode> {
        let (storage, now) = (&self.state.storage, self.state.clock.wall());
        let change = match rule {
            ContactRule::Allowed => Some(ContactChange::Allowed),
            ContactRule::Blocked => Some(ContactChange::Blocked),
            ContactRule::Forgotten => None,
        };
        if peer == self.key {
            return Err(ErrorCode::PeerIsSelf);
        }
        match change {
            Some(change) => {
                storage.change_contact(self.key, peer, change, now).await.map_err(unavailable)?;
            }
            None => _ = storage.forget_contact(self.key, peer).await.map_err(unavailable)?,
        }
        Ok(Outcome::Changed)
    }

    async fn set_rules(&self, rules: CallRules) -> Result<Outcome, ErrorCode> {
        let CallRules { who_may_ring, quiet_hours, undisturbed_until } = rules;
        let (quiet_hours, quiet_zone) = match quiet_hours {
            Some(hours) if !hours.zone.as_ref().is_none_or(call_rules::is_known) => {
                return Err(ErrorCode::SettingsInvalid);
            }
            Some(hours) => {
                let minutes = QuietHours::new(hours.from, hours.until).ok_or(ErrorCode::SettingsInvalid)?;
                (Some(minutes), hours.zone.map(String::from))
            }
            None => (None, None),
        };
        let who_may_ring = match who_may_ring {
            protocol::WhoMayRing::Anyone => storage::WhoMayRing::Anyone,
            protocol::WhoMayRing::Known => storage::WhoMayRing::Known,
            protocol::WhoMayRing::Nobody => storage::WhoMayRing::Nobody,
        };
        let rules = storage::CallRules { who_may_ring, quiet_hours, quiet_zone, undisturbed_until };
        let is_kept = self.state.storage.set_call_rules(self.key, &rules).await.map_err(unavailable)?;
        if is_kept { Ok(Outcome::Changed) } else { Err(ErrorCode::StorageUnavailable) }
    }
}

/// Browsers that are pushed to. Other devices show nothing of them, so they are not told.
impl Keeper<'_> {
    async fn push(&self) -> Result<RingEvent, ErrorCode> {
        let kept = self.state.storage.pushes(self.key).await.map_err(unavailable)?;
        Ok(RingEvent::Push {
            key: self.state.push.as_ref().map(|push| push.key().clone()),
            subscriptions: u16::try_from(kept.len()).unwrap_or(u16::MAX),
        })
    }

    async fn subscribe_push(&self, subscription: PushSubscription) -> Result<RingEvent, ErrorCode> {
        let push = self.state.push.as_ref().ok_or(ErrorCode::NotOffered)?;
        let record = push.record(self.key, subscription).ok_or(ErrorCode::SettingsInvalid)?;
        let now = self.state.clock.wall();
        if !self.state.storage.keep_push(&record, now).await.map_err(unavailable)? {
            return Err(ErrorCode::StorageUnavailable);
        }
        self.push().await
    }

    async fn unsubscribe_push(&self, endpoint: &PushEndpoint) -> Result<RingEvent, ErrorCode> {
        let id = push::id_of(endpoint);
        self.state.storage.forget_push(self.key, &id).await.map_err(unavailable)?;
        self.push().await
    }
}

/// Calls or people in one answer.
const PAGE: u32 = HISTORY_PAGE as u32;

fn past_call(entry: HistoryEntry) -> PastCall {
    let HistoryEntry { ring, direction, peer, standing, invitation, course, is_unseen } = entry;
    PastCall {
        ring,
        side: match direction {
            CallDirection::Outgoing => RingSide::Caller,
            CallDirection::Incoming => RingSide::Callee,
        },
        peer: peer.call_id,
        peer_key: peer.key,
        relation: standing.map(|standing| match standing {
            Standing::Known => Acquaintance::Known,
            Standing::Blocked => Acquaintance::Blocked,
            Standing::Asked => Acquaintance::Asked,
        }),
        placed_at: course.started_at,
        outcome: course.end.map(|end| rings::outcome_of(end, course.answered_at)),
        is_ringing: course.answered_at.is_none() && course.end.is_none(),
        is_unseen,
        note: peer.note.and_then(|note| protocol::SealedNote::new(note.as_str().to_owned()).ok()),
        invitation,
    }
}

fn from_storage(rules: &storage::CallRules) -> CallRules {
    CallRules {
        who_may_ring: match rules.who_may_ring {
            storage::WhoMayRing::Anyone => protocol::WhoMayRing::Anyone,
            storage::WhoMayRing::Known => protocol::WhoMayRing::Known,
            storage::WhoMayRing::Nobody => protocol::WhoMayRing::Nobody,
        },
        quiet_hours: rules.quiet_hours.map(|hours| protocol::QuietHours {
            from: hours.from(),
            until: hours.until(),
            zone: rules.quiet_zone.clone().and_then(|zone| TimeZoneName::new(zone).ok()),
        }),
        undisturbed_until: rules.undisturbed_until,
    }
}
