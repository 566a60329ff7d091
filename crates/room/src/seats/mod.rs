//! Who has a seat, and who had one lately; and what each of them was told.
//!
//! ```text
//!   add ──▶ Here ── connection broke ──▶ Away ── grace is over ──▶ Former { left }
//!             ▲ │                          │                          │
//!             │ └──────── page closed ─────┼──────────────────────────┤
//!             └───────── resumes ──────────┘                          │
//!             └───────── enters again ────────────────────────────────┘
//! ```
//!
//! Who is removed is `Former { removed }`, and stays that.

mod former;
mod seat;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use protocol::{MessageId, Participant, ParticipantId, Presence, PublicKey, Role, Sequence, ServerMessage};

pub(crate) use former::Former;
pub(crate) use seat::{GoesOn, NewSeat, Receipt, Seat};

use crate::effects::Effects;
use crate::{ConnectionId, CredentialClaims, Output, SeatChange, SeatState, SessionClaims};

/// Where somebody is who has a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStands {
    Here,
    Away,
    Left,
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
    /// Since when somebody is in, while somebody is.
    taken_since: Duration,
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

    /// For how long somebody has been in without a break.
    pub(crate) fn running(&self, now: Duration) -> Duration {
        if self.by_arrival.is_empty() { Duration::ZERO } else { now.saturating_sub(self.taken_since) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_arrival.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Seat> {
        self.by_arrival.values().map(|seat| &**seat)
    }

    pub(crate) fn participants(&self) -> impl Iterator<Item = &Participant> {
        self.iter().map(Seat::participant)
    }

    /// Changes how somebody is known to everybody. Their id and presence stay.
    pub(crate) fn change(&mut self, id: ParticipantId, change: impl FnOnce(&mut Participant)) {
        if let Some(seat) = self.get_mut(id) {
            let presence = seat.participant.presence;
            change(&mut seat.participant);
            (seat.participant.id, seat.participant.presence) = (id, presence);
        }
    }

    /// Tells some something that they get even if their connection breaks now.
    pub(crate) fn tell_those(
        &mut self,
        message: ServerMessage,
        whom: impl Fn(&Participant) -> bool,
        outputs: &mut Effects<Output>,
    ) {
        let message = Arc::new(message);
        let seats = self.by_arrival.values_mut().filter(|seat| whom(&seat.participant));
        outputs.extend(seats.filter_map(|seat| seat.tell(Arc::clone(&message))));
    }

    /// The same, for one.
    pub(crate) fn tell(&mut self, id: ParticipantId, message: ServerMessage, outputs: &mut Effects<Output>) {
        outputs.extend(self.get_mut(id).and_then(|seat| seat.tell(Arc::new(message))));
    }

    /// Answers on the connection that asked. It is not said again on another.
    pub(crate) fn answer(
        &mut self,
        id: ParticipantId,
        message: ServerMessage,
        outputs: &mut Effects<Output>,
    ) {
        outputs.extend(self.get_mut(id).and_then(|seat| seat.answer(message)));
    }

    /// Notes that a message has come over a connection, and says whose it is. What a connection had in flight when it was closed is nobody's
    /// any more.
    pub(crate) fn receive(
        &mut self,
        connection: ConnectionId,
        id: Option<MessageId>,
        ack: Option<Sequence>,
    ) -> Option<(ParticipantId, Receipt)> {
        let seat = self.of_connection_mut(connection)?;
        Some((seat.participant.id, seat.receive(id, ack)))
    }

    /// Takes what was kept by a server that ended.
    pub(crate) fn restore(&mut self, now: Duration, kept: SeatChange) {
        if kept.state == SeatState::Taken {
            self.add(now, Seat::restored(now, kept));
        } else {
            self.remember(kept.participant, Former::restored(kept));
        }
    }

    /// Since when those are away who are.
    pub(crate) fn away(&self) -> impl Iterator<Item = (ParticipantId, Duration)> {
        self.iter().filter_map(|seat| Some((seat.participant.id, seat.away_since?)))
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

    pub(crate) fn of_connection(&self, connection: ConnectionId) -> Option<&Seat> {
        self.by_arrival.get(self.by_connection.get(&connection)?).map(|seat| &**seat)
    }

    fn of_connection_mut(&mut self, connection: ConnectionId) -> Option<&mut Seat> {
        self.by_arrival.get_mut(self.by_connection.get(&connection)?).map(|seat| &mut **seat)
    }

    /// Seats somebody last.
    pub(crate) fn add(&mut self, now: Duration, seat: Seat) {
        if self.by_arrival.is_empty() {
            self.taken_since = now;
        }
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
        self.remember(id, seat.former(state, reserved_until));
        Some(seat)
    }

    /// Remembers somebody who left. Beyond [`MAX_FORMER`] whoever left first is forgotten; who was removed only when nobody else
    /// is left to forget.
    fn remember(&mut self, id: ParticipantId, former: Former) {
        self.forget(id);
        if self.former.len() >= MAX_FORMER {
            let was_removed = |id: &ParticipantId| self.former.get(id).is_some_and(Former::was_removed);
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
    pub(crate) fn demote_former(&mut self, is_one: impl Fn(&CredentialClaims) -> bool) {
        for former in self.former.values_mut() {
            if former.credential_claims.as_ref().is_some_and(&is_one) {
                former.role = Role::Guest;
            }
        }
    }

    /// Somebody who has a seat or had one: with which browser.
    pub(crate) fn browser_of(&self, id: ParticipantId) -> Option<&str> {
        match self.get(id) {
            Some(seat) => seat.browser(),
            None => self.former(id)?.browser(),
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
    pub(crate) fn disconnect(&mut self, now: Duration, connection: ConnectionId) {
        let arrival = self.by_connection.remove(&connection);
        if let Some(seat) = arrival.and_then(|arrival| self.by_arrival.get_mut(&arrival)) {
            seat.connection = None;
            seat.away_since = Some(now);
            seat.participant.presence = Presence::Away;
        }
    }

    pub(crate) fn recognise(&self, claims: &SessionClaims) -> Recognised {
        if let Some(seat) = self.get(claims.participant) {
            return if seat.fits(claims) { Recognised::Seated } else { Recognised::Refused };
        }
        match self.former.get(&claims.participant) {
            // They may be one of those who were forgotten, and may have been removed.
            None if self.has_forgotten => Recognised::Refused,
            None => Recognised::Unheard,
            Some(former) if former.fits(claims) => Recognised::Former(former.clone()),
            Some(_) => Recognised::Refused,
        }
    }

    /// Places that are taken by others than `id`, or kept for other browsers than `browser`. One browser has one place kept,
    /// however often it came and went.
    pub(crate) fn seats_taken(&self, now: Duration, id: ParticipantId, browser: Option<&str>) -> usize {
        let seated = self.iter().filter(|seat| seat.participant.id != id);
        seated.count() + self.reservations(now, id, browser)
    }

    /// The same for somebody who has a page of the room open, or shall open one: the seats of their browser are theirs.
    pub(crate) fn seats_taken_for_page(&self, now: Duration, browser: Option<&str>) -> usize {
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
        let former = self.former.values().filter(|former| !former.was_removed());
        let seated = self.iter().map(|seat| &seat.browser);
        seated.chain(former.map(|seat| &seat.browser)).any(|known| known.as_deref() == Some(browser))
    }
}
