//! One seat: who sits on it, over which connection, and what they were told and have not acknowledged.

use std::sync::Arc;
use std::time::Duration;

use protocol::limits::MAX_NUMBER;
use protocol::{
    MediaState, MessageId, Participant, Presence, PublicKey, RoomKeyGrant, Sequence, ServerMessage,
    SessionId, Timestamp,
};

use super::Former;
use crate::outbox::Outbox;
use crate::{ConnectionId, CredentialClaims, Output, SeatChange, SeatState, SessionClaims};

/// Somebody in the room, whether or not their connection is up.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(super) participant: Participant,
    session: SessionId,
    pub(super) browser: Option<String>,
    /// `None` while they are away.
    pub(super) connection: Option<ConnectionId>,
    /// When their connection broke.
    pub(super) away_since: Option<Duration>,
    outbox: Outbox,
    /// Whether this is what was kept by a server that ended, and nobody has come back to it yet.
    is_restored: bool,
    /// The highest id of their messages that was taken.
    received: Option<MessageId>,
    /// What of that they were told.
    told_received: Option<MessageId>,
    /// The number of the last token that was made for them.
    issued: u32,
    /// The number of the last token with which they were heard.
    confirmed: u32,
    /// What an access token said of them, and every token of theirs goes on to say.
    credential_claims: CredentialClaims,
    /// The room's secret, when they were given it at the door.
    grant: Option<RoomKeyGrant>,
}

/// What a seat begins with.
#[derive(Debug)]
pub(crate) struct NewSeat {
    pub(crate) participant: Participant,
    pub(crate) session: SessionId,
    pub(crate) browser: Option<String>,
    pub(crate) connection: ConnectionId,
    /// The numbers of the last token of an earlier stay, and of the last that was used.
    pub(crate) issued: u32,
    pub(crate) confirmed: u32,
    pub(crate) credential_claims: CredentialClaims,
    pub(crate) grant: Option<RoomKeyGrant>,
}

/// What a message of somebody's is to the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// It came before, and was said again because its author could not know that.
    Known,
    /// It is to be looked at.
    New,
    /// It is, and it is the first after a new token: the older ones count no more.
    FirstWithToken,
}

/// How somebody who comes back to their seat goes on.
#[derive(Debug)]
pub(crate) enum GoesOn {
    /// What they have missed.
    With(Vec<(Sequence, Arc<ServerMessage>)>),
    /// Some of it is no longer kept: they are told everything anew.
    Anew,
}

impl Seat {
    pub(crate) fn new(new: NewSeat) -> Self {
        let NewSeat {
            participant,
            session,
            browser,
            connection,
            issued,
            confirmed,
            credential_claims,
            grant,
        } = new;
        Self {
            participant,
            session,
            browser,
            connection: Some(connection),
            away_since: None,
            outbox: Outbox::default(),
            is_restored: false,
            received: None,
            told_received: None,
            issued: issued.saturating_add(1),
            confirmed,
            credential_claims,
            grant,
        }
    }

    /// As it was kept by a server that ended.
    pub(super) fn restored(now: Duration, kept: SeatChange) -> Self {
        Self {
            participant: Participant {
                id: kept.participant,
                name: kept.name,
                role: kept.role,
                media: MediaState::default(),
                hand: kept.hand,
                presence: Presence::Away,
                forbidden: kept.forbidden,
                key: kept.key,
                recorded: None,
            },
            session: kept.session,
            browser: kept.browser,
            connection: None,
            away_since: Some(now),
            outbox: Outbox::default(),
            is_restored: true,
            received: None,
            told_received: None,
            issued: kept.generation,
            confirmed: kept.generation,
            credential_claims: CredentialClaims::default(),
            grant: None,
        }
    }

    pub(crate) fn participant(&self) -> &Participant {
        &self.participant
    }

    pub(crate) fn browser(&self) -> Option<&str> {
        self.browser.as_deref()
    }

    /// `None` while they are away.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }

    /// What an access token said of them; not known of somebody whom another server knew.
    pub(crate) fn credential_claims(&self) -> Option<&CredentialClaims> {
        (!self.is_restored).then_some(&self.credential_claims)
    }

    pub(crate) fn grant(&self) -> Option<&RoomKeyGrant> {
        self.grant.as_ref()
    }

    /// What their next token says.
    pub(crate) fn claims(&self) -> SessionClaims {
        SessionClaims {
            participant: self.participant.id,
            session: self.session,
            role: self.participant.role,
            generation: self.issued,
            credential_claims: self.credential_claims.clone(),
        }
    }

    /// The numbers of the last token that was made for them, and of the last with which they were heard.
    pub(crate) fn generations(&self) -> (u32, u32) {
        (self.issued, self.confirmed)
    }

    /// Whether a token is of this stay, and none before the last that was used.
    pub(super) fn fits(&self, claims: &SessionClaims) -> bool {
        self.session == claims.session && claims.generation >= self.confirmed
    }

    /// Tells them something that they get even if their connection breaks now.
    pub(super) fn tell(&mut self, message: Arc<ServerMessage>) -> Option<Output> {
        let seq = Some(self.outbox.push(Arc::clone(&message)));
        let to = self.connection?;
        Some(Output::Send { to, seq, received: self.news_of_received(), message })
    }

    /// Answers on the connection that asked. It is not said again on another.
    pub(super) fn answer(&mut self, message: ServerMessage) -> Option<Output> {
        let to = self.connection?;
        Some(Output::Send { to, seq: None, received: self.news_of_received(), message: Arc::new(message) })
    }

    /// Notes that a message has come.
    pub(super) fn receive(&mut self, id: Option<MessageId>, ack: Option<Sequence>) -> Receipt {
        // A number from which nobody could count on would keep out everything that its sender says later.
        let id = id.filter(|id| id.0 <= MAX_NUMBER);
        if let Some(ack) = ack {
            self.outbox.acknowledge(ack);
        }
        if id.is_some() && id <= self.received {
            return Receipt::Known;
        }
        self.received = id.max(self.received);
        if self.confirmed == self.issued {
            return Receipt::New;
        }
        self.confirmed = self.issued;
        Receipt::FirstWithToken
    }

    /// Goes on with somebody who came back with a token. Returns whether the seat was restored, and how it goes on: what the server has
    /// forgotten they know, of the rest the server knows more.
    pub(crate) fn resume(
        &mut self,
        claims: &SessionClaims,
        last: Sequence,
        key: Option<PublicKey>,
    ) -> (bool, GoesOn) {
        self.issued = self.issued.max(claims.generation).saturating_add(1);
        self.told_received = None;
        if std::mem::take(&mut self.is_restored) {
            self.participant.key = key;
            self.credential_claims = claims.credential_claims.clone();
            self.outbox.go_on_after(last);
            return (true, GoesOn::Anew);
        }
        let goes_on = match self.outbox.after(last) {
            Some(missed) => GoesOn::With(missed.collect()),
            None => {
                self.outbox.go_on_after(Sequence::default());
                GoesOn::Anew
            }
        };
        (false, goes_on)
    }

    /// How far their messages were taken, if they do not know it yet.
    pub(crate) fn news_of_received(&mut self) -> Option<MessageId> {
        if self.told_received == self.received {
            return None;
        }
        self.told_received = self.received;
        self.received
    }

    /// The seat as it is kept.
    pub(crate) fn change(&self, state: SeatState, at: Timestamp) -> SeatChange {
        SeatChange {
            participant: self.participant.id,
            session: self.session,
            name: self.participant.name.clone(),
            role: self.participant.role,
            hand: self.participant.hand,
            forbidden: self.participant.forbidden,
            state,
            generation: self.confirmed,
            browser: self.browser.clone(),
            key: self.participant.key.clone(),
            at,
        }
    }

    /// Who sat on it, from when they have left.
    pub(super) fn former(&self, state: SeatState, reserved_until: Option<Duration>) -> Former {
        Former {
            name: self.participant.name.clone(),
            session: self.session,
            role: self.participant.role,
            key: self.participant.key.clone(),
            credential_claims: self.credential_claims().cloned(),
            forbidden: self.participant.forbidden,
            generation: self.confirmed,
            state,
            browser: self.browser.clone(),
            reserved_until,
            departure: 0,
        }
    }
}
