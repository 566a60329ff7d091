//! Who has a seat, and who had one lately.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use protocol::{
    DisplayName, Forbidden, MessageId, Participant, ParticipantId, Presence, PublicKey, Role, RoomKeyGrant,
    SessionId,
};

use crate::outbox::Outbox;
use crate::rate::Rate;
use crate::{ConnectionId, SeatState, SessionClaims, Terms};

/// Somebody in the room, whether or not their connection is up.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) participant: Participant,
    pub(crate) session: SessionId,
    pub(crate) browser: Option<String>,
    /// `None` while they are away.
    pub(crate) connection: Option<ConnectionId>,
    /// When their connection broke.
    pub(crate) away_since: Option<Duration>,
    pub(crate) outbox: Outbox,
    /// Whether this is what was kept by a server that ended, and nobody has come back to it yet.
    pub(crate) is_restored: bool,
    /// The highest id of their messages that was taken.
    pub(crate) received: Option<MessageId>,
    /// What of that they were told.
    pub(crate) told_received: Option<MessageId>,
    /// The number of the last token that was made for them.
    pub(crate) issued: u32,
    /// The number of the last token with which they were heard.
    pub(crate) confirmed: u32,
    pub(crate) moderation_rate: Rate,
    /// What an access token said of them, and every token of theirs goes on to say.
    pub(crate) terms: Terms,
    /// The room's secret, when they were given it at the door.
    pub(crate) grant: Option<RoomKeyGrant>,
}

impl Seat {
    /// How far their messages were taken, if they do not know it yet.
    pub(crate) fn news_of_received(&mut self) -> Option<MessageId> {
        if self.told_received == self.received {
            return None;
        }
        self.told_received = self.received;
        self.received
    }
}

/// Where somebody is who has a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStands {
    Here,
    Away,
    Left,
}

/// Somebody who had a seat.
#[derive(Clone, Debug)]
pub(crate) struct Former {
    pub(crate) name: DisplayName,
    pub(crate) session: SessionId,
    pub(crate) role: Role,
    /// Their public key, which is nobody else's.
    pub(crate) key: Option<PublicKey>,
    /// By what they came by it; not known of somebody whom another server knew.
    pub(crate) terms: Option<Terms>,
    pub(crate) forbidden: Forbidden,
    pub(crate) generation: u32,
    pub(crate) state: SeatState,
    pub(crate) browser: Option<String>,
    /// Until when nobody else gets their place.
    pub(crate) reserved_until: Option<Duration>,
    /// Their number among those who left.
    pub(crate) departure: u64,
}

/// What a room knows of somebody who shows a session token.
#[derive(Debug)]
pub(crate) enum Recognised {
    /// They have a seat.
    Seated,
    /// They had one.
    Former(Former),
    /// Nothing; the token says who they are, and gives no role.
    Unheard,
    /// The token is of another stay, or an older one than they have used, or they were removed.
    Refused,
}

/// Seats in the order in which they were taken.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    /// Boxed: a node of the map has eleven places, and most rooms have four people.
    by_arrival: BTreeMap<u64, Box<Seat>>,
    arrivals: u64,
    by_id: HashMap<ParticipantId, u64>,
    by_connection: HashMap<ConnectionId, u64>,
    former: HashMap<ParticipantId, Former>,
    /// Whoever is in `former`, in the order in which they left.
    departures: BTreeMap<u64, ParticipantId>,
    departed: u64,
    /// Whether somebody who left was forgotten.
    has_forgotten: bool,
}

/// People who left are forgotten beyond this number.
const MAX_FORMER: usize = 2000;

impl Seats {
    pub(crate) fn len(&self) -> usize {
        self.by_arrival.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_arrival.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Seat> {
        self.by_arrival.values().map(|seat| &**seat)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        self.by_arrival.values_mut().map(|seat| &mut **seat)
    }

    pub(crate) fn contains(&self, id: ParticipantId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Whether somebody is in and their connection is up.
    pub(crate) fn is_here(&self, id: ParticipantId) -> bool {
        self.get(id).is_some_and(|seat| seat.participant.presence == Presence::Here)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ParticipantId> {
        self.iter().map(|seat| seat.participant.id)
    }

    pub(crate) fn ids_here(&self) -> impl Iterator<Item = ParticipantId> {
        let here = self.iter().filter(|seat| seat.participant.presence == Presence::Here);
        here.map(|seat| seat.participant.id)
    }

    /// Somebody who is in, as everybody knows them.
    pub(crate) fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.get(id).map(|seat| &seat.participant)
    }

    pub(crate) fn get(&self, id: ParticipantId) -> Option<&Seat> {
        self.by_arrival.get(self.by_id.get(&id)?).map(|seat| &**seat)
    }

    pub(crate) fn get_mut(&mut self, id: ParticipantId) -> Option<&mut Seat> {
        self.by_arrival.get_mut(self.by_id.get(&id)?).map(|seat| &mut **seat)
    }

    /// Who else has a public key, of those who are here and those who left: with which browser, and where they are.
    pub(crate) fn others_with_key<'a>(
        &'a self,
        id: ParticipantId,
        key: &'a PublicKey,
    ) -> impl Iterator<Item = (ParticipantId, Option<&'a str>, KeyStands)> {
        let stands = |seat: &Seat| if seat.connection.is_some() { KeyStands::Here } else { KeyStands::Away };
        let seated = self.iter().filter(move |seat| seat.participant.key.as_ref() == Some(key));
        let seated = seated.map(move |seat| (seat.participant.id, seat.browser.as_deref(), stands(seat)));
        let left = self.former.iter().filter(move |(_, former)| former.key.as_ref() == Some(key));
        let left = left.map(|(id, former)| (*id, former.browser.as_deref(), KeyStands::Left));
        seated.chain(left).filter(move |(other, ..)| *other != id)
    }

    pub(crate) fn of_connection(&mut self, connection: ConnectionId) -> Option<&mut Seat> {
        self.by_arrival.get_mut(self.by_connection.get(&connection)?).map(|seat| &mut **seat)
    }

    /// Seats somebody last.
    pub(crate) fn add(&mut self, seat: Seat) {
        let id = seat.participant.id;
        self.forget(id);
        // The place that was kept for the browser is the one that it takes now.
        if let Some(browser) = &seat.browser {
            self.free_reservation_of(browser);
        }
        self.arrivals += 1;
        self.by_id.insert(id, self.arrivals);
        if let Some(connection) = seat.connection {
            self.by_connection.insert(connection, self.arrivals);
        }
        self.by_arrival.insert(self.arrivals, Box::new(seat));
    }

    /// Takes a seat away, and remembers who had it.
    pub(crate) fn remove(
        &mut self,
        id: ParticipantId,
        state: SeatState,
        reserved_until: Option<Duration>,
    ) -> Option<Seat> {
        let arrival = self.by_id.remove(&id)?;
        let seat = *self.by_arrival.remove(&arrival)?;
        if let Some(connection) = seat.connection {
            self.by_connection.remove(&connection);
        }
        let former = Former {
            name: seat.participant.name.clone(),
            session: seat.session,
            role: seat.participant.role,
            key: seat.participant.key.clone(),
            terms: (!seat.is_restored).then(|| seat.terms.clone()),
            forbidden: seat.participant.forbidden,
            generation: seat.confirmed,
            state,
            browser: seat.browser.clone(),
            reserved_until,
            departure: 0,
        };
        self.remember(id, former);
        Some(seat)
    }

    /// Remembers somebody who left. Beyond [`MAX_FORMER`] whoever left first is forgotten; who was removed only when nobody else
    /// is left to forget.
    pub(crate) fn remember(&mut self, id: ParticipantId, former: Former) {
        self.forget(id);
        if self.former.len() >= MAX_FORMER {
            let was_removed = |id: &ParticipantId| {
                self.former.get(id).is_some_and(|former| former.state == SeatState::Removed)
            };
            let left = self.departures.values().find(|id| !was_removed(id));
            if let Some(first) = left.or_else(|| self.departures.values().next()).copied() {
                self.forget(first);
                self.has_forgotten = true;
            }
        }
        self.departed += 1;
        self.departures.insert(self.departed, id);
        self.former.insert(id, Former { departure: self.departed, ..former });
    }

    /// So many were read of those who were here. There may be more than are read.
    pub(crate) fn note_read(&mut self, count: usize) {
        self.has_forgotten |= count >= MAX_FORMER;
    }

    fn forget(&mut self, id: ParticipantId) {
        if let Some(former) = self.former.remove(&id) {
            self.departures.remove(&former.departure);
        }
    }

    fn free_reservation_of(&mut self, browser: &str) {
        let of_it = |former: &&mut Former| former.browser.as_deref() == Some(browser);
        for former in self.former.values_mut().filter(of_it) {
            former.reserved_until = None;
        }
    }

    /// Somebody who had a seat.
    pub(crate) fn former(&self, id: ParticipantId) -> Option<&Former> {
        self.former.get(&id)
    }

    /// Takes their role from those who had a seat and came by it with one of these credentials.
    pub(crate) fn demote_former(&mut self, is_one: impl Fn(&Terms) -> bool) {
        for former in self.former.values_mut() {
            if former.terms.as_ref().is_some_and(&is_one) {
                former.role = Role::Guest;
            }
        }
    }

    /// Ends the stay of somebody who had a seat.
    pub(crate) fn ban(&mut self, id: ParticipantId) -> Option<&Former> {
        let former = self.former.get_mut(&id)?;
        former.state = SeatState::Removed;
        former.reserved_until = None;
        Some(former)
    }

    /// Gives a seat another socket, and returns the one it had.
    pub(crate) fn connect(&mut self, id: ParticipantId, connection: ConnectionId) -> Option<ConnectionId> {
        let arrival = *self.by_id.get(&id)?;
        let seat = self.by_arrival.get_mut(&arrival)?;
        let older = seat.connection.replace(connection);
        seat.away_since = None;
        seat.participant.presence = Presence::Here;
        if let Some(older) = older {
            self.by_connection.remove(&older);
        }
        self.by_connection.insert(connection, arrival);
        older
    }

    /// Leaves a seat without socket.
    pub(crate) fn disconnect(&mut self, now: Duration, connection: ConnectionId) -> Option<&mut Seat> {
        let seat = self.by_arrival.get_mut(&self.by_connection.remove(&connection)?)?;
        seat.connection = None;
        seat.away_since = Some(now);
        seat.participant.presence = Presence::Away;
        Some(seat)
    }

    pub(crate) fn recognise(&self, claims: &SessionClaims) -> Recognised {
        if let Some(seat) = self.get(claims.participant) {
            let fits = seat.session == claims.session && claims.generation >= seat.confirmed;
            return if fits { Recognised::Seated } else { Recognised::Refused };
        }
        match self.former.get(&claims.participant) {
            // They may be one of those who were forgotten, and may have been removed.
            None if self.has_forgotten => Recognised::Refused,
            None => Recognised::Unheard,
            Some(former) => {
                let fits = former.session == claims.session
                    && claims.generation >= former.generation
                    && former.state != SeatState::Removed;
                if fits { Recognised::Former(former.clone()) } else { Recognised::Refused }
            }
        }
    }

    /// Places that are taken by others than `id`, or kept for other browsers than `browser`. One browser has one place kept,
    /// however often it came and went.
    pub(crate) fn places_taken(&self, now: Duration, id: ParticipantId, browser: Option<&str>) -> usize {
        let seated = self.iter().filter(|seat| seat.participant.id != id);
        seated.count() + self.reservations(now, id, browser)
    }

    /// The same for somebody who has a page of the room open, or shall open one: the seats of their browser are theirs.
    pub(crate) fn places_taken_for_page(&self, now: Duration, browser: Option<&str>) -> usize {
        let is_theirs = |with: Option<&str>| with.is_some() && with == browser;
        let seated = self.iter().filter(|seat| !is_theirs(seat.browser.as_deref()));
        seated.count() + self.reservations(now, ParticipantId::NIL, browser)
    }

    fn reservations(&self, now: Duration, id: ParticipantId, browser: Option<&str>) -> usize {
        let others = self.former.iter().filter(|(former, _)| **former != id).map(|(_, former)| former);
        let reserved = others.filter(|former| former.reserved_until.is_some_and(|until| until > now));
        let browsers: HashSet<_> = reserved.filter_map(|former| former.browser.as_deref()).collect();
        browsers.into_iter().filter(|other| Some(*other) != browser).count()
    }

    /// The roles of those who are or were here with a browser.
    pub(crate) fn roles_with(&self, browser: &str) -> impl Iterator<Item = Role> {
        let seated = self.iter().map(|seat| (&seat.browser, seat.participant.role));
        let former = self.former.values().map(|former| (&former.browser, former.role));
        seated.chain(former).filter(move |(of, _)| of.as_deref() == Some(browser)).map(|(_, role)| role)
    }

    /// Whether somebody with this browser was let in before, and not removed.
    pub(crate) fn knows_browser(&self, browser: &str) -> bool {
        let former = self.former.values().filter(|seat| seat.state != SeatState::Removed);
        let seated = self.iter().map(|seat| &seat.browser);
        seated.chain(former.map(|seat| &seat.browser)).any(|known| known.as_deref() == Some(browser))
    }
}
