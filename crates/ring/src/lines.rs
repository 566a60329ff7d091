//! Who is there: the devices of each call ID, and the one line that its person has, with a place for a call, for a ring that they have placed
//! and for one that they were sent. It decides nothing; who takes a place asked before whether it is free.

use std::collections::{BTreeMap, VecDeque};

use protocol::{Activity, CallId, DeviceId, PublicKey, RingId};

use crate::ConnectionId;

/// Devices of one call ID that are there at once. The oldest that is in no ring and in no call gives way to one more. Raising it lets one person hold more of the server's
/// memory and makes each of their rings more messages.
pub(crate) const MAX_DEVICES: usize = 16;

/// Rings of one call ID that are over and remembered. Raising it lets one person hold more of the server's memory; whoever asks about a ring
/// that was forgotten is told what storage knows.
pub(crate) const MAX_REMEMBERED: usize = 32;

/// What a ring is to one of its two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// They talk.
    Call,
    /// They have placed it, and nobody has answered.
    Outgoing,
    /// They were sent it, and have not answered.
    Incoming,
}

/// Whose a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) call_id: CallId,
    pub(crate) device: DeviceId,
}

impl Owner {
    /// A program, which is none of the devices of its identity. Its seat in a ring is never without a connection.
    pub(crate) fn program(call_id: CallId) -> Self {
        Self { call_id, device: DeviceId::NIL }
    }
}

/// The lines of everybody who is there or has to do with a ring.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    lines: BTreeMap<CallId, Line>,
    owners: BTreeMap<ConnectionId, Owner>,
}

/// One person's.
#[derive(Debug, Default)]
struct Line {
    /// In the order in which they attached.
    devices: Vec<Device>,
    call: Option<RingId>,
    outgoing: Option<RingId>,
    incoming: Option<RingId>,
    /// Rings that wait for their turn, the first to have it first.
    waiting: VecDeque<RingId>,
    /// Rings that are over, the oldest first.
    ended: VecDeque<RingId>,
}

#[derive(Debug)]
struct Device {
    id: DeviceId,
    connection: ConnectionId,
    identity: PublicKey,
    activity: Activity,
}

/// What became of other connections when a device attached.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Displaced {
    /// The connection that the same device had.
    pub(crate) same: Option<ConnectionId>,
    /// The oldest of too many.
    pub(crate) oldest: Option<(ConnectionId, DeviceId)>,
}

impl Lines {
    /// A device is there from now on. Those that are `seated` in a ring or a call stay.
    pub(crate) fn attach(
        &mut self,
        connection: ConnectionId,
        owner: Owner,
        identity: PublicKey,
        seated: &[DeviceId],
    ) -> Displaced {
        let line = self.lines.entry(owner.call_id).or_default();
        let same = line.devices.iter().position(|device| device.id == owner.device);
        let same = same.map(|index| line.devices.remove(index).connection);
        let is_full = line.devices.len() >= MAX_DEVICES;
        let idle = line.devices.iter().position(|device| !seated.contains(&device.id));
        let oldest = is_full.then(|| line.devices.remove(idle.unwrap_or_default()));
        let oldest = oldest.map(|device| (device.connection, device.id));
        let activity = Activity::default();
        line.devices.push(Device { id: owner.device, connection, identity, activity });
        self.owners.insert(connection, owner);
        for gone in same.iter().chain(oldest.as_ref().map(|(connection, _)| connection)) {
            self.owners.remove(gone);
        }
        Displaced { same, oldest }
    }

    /// A connection is gone. Says whose it was, unless it had been displaced.
    pub(crate) fn detach(&mut self, connection: ConnectionId) -> Option<Owner> {
        let owner = self.owners.remove(&connection)?;
        let line = self.lines.get_mut(&owner.call_id)?;
        line.devices.retain(|device| device.connection != connection);
        self.drop_if_unused(owner.call_id);
        Some(owner)
    }

    pub(crate) fn owner(&self, connection: ConnectionId) -> Option<Owner> {
        self.owners.get(&connection).copied()
    }

    /// The devices that are there.
    pub(crate) fn devices(&self, call_id: CallId) -> impl Iterator<Item = (DeviceId, ConnectionId)> {
        let line = self.lines.get(&call_id);
        line.into_iter().flat_map(|line| line.devices.iter().map(|device| (device.id, device.connection)))
    }

    /// The connection of one device, while it has one.
    pub(crate) fn connection(&self, call_id: CallId, device: DeviceId) -> Option<ConnectionId> {
        self.devices(call_id).find(|(id, _)| *id == device).map(|(_, connection)| connection)
    }

    /// The public key with which a device attached.
    pub(crate) fn identity(&self, connection: ConnectionId) -> Option<PublicKey> {
        let line = self.lines.get(&self.owner(connection)?.call_id)?;
        line.devices
            .iter()
            .find(|device| device.connection == connection)
            .map(|device| device.identity.clone())
    }

    pub(crate) fn set_activity(&mut self, owner: Owner, activity: Activity) {
        let line = self.lines.get_mut(&owner.call_id);
        let mut devices = line.into_iter().flat_map(|line| &mut line.devices);
        if let Some(device) = devices.find(|device| device.id == owner.device) {
            device.activity = activity;
        }
    }

    /// Whether a ring has to be quiet: they are in a call, or one of their devices is in a meeting.
    pub(crate) fn is_engaged(&self, call_id: CallId) -> bool {
        self.lines.get(&call_id).is_some_and(|line| {
            line.call.is_some() || line.devices.iter().any(|device| device.activity == Activity::InMeeting)
        })
    }

    /// What is in a place.
    pub(crate) fn occupant(&self, call_id: CallId, place: Place) -> Option<RingId> {
        let line = self.lines.get(&call_id)?;
        match place {
            Place::Call => line.call,
            Place::Outgoing => line.outgoing,
            Place::Incoming => line.incoming,
        }
    }

    pub(crate) fn occupy(&mut self, call_id: CallId, place: Place, ring: RingId) {
        *self.lines.entry(call_id).or_default().place(place) = Some(ring);
    }

    /// The ring is in no place any more.
    pub(crate) fn vacate(&mut self, call_id: CallId, ring: RingId) {
        let Some(line) = self.lines.get_mut(&call_id) else { return };
        for place in [Place::Call, Place::Outgoing, Place::Incoming] {
            line.place(place).take_if(|occupant| *occupant == ring);
        }
        line.waiting.retain(|waiting| *waiting != ring);
        self.drop_if_unused(call_id);
    }

    /// The rings that ring somebody, or wait for their turn to.
    pub(crate) fn incoming(&self, call_id: CallId) -> Vec<RingId> {
        let waiting = self.lines.get(&call_id).into_iter().flat_map(|line| line.waiting.iter().copied());
        self.occupant(call_id, Place::Incoming).into_iter().chain(waiting).collect()
    }

    /// A ring waits for its turn.
    pub(crate) fn wait(&mut self, call_id: CallId, ring: RingId) {
        self.lines.entry(call_id).or_default().waiting.push_back(ring);
    }

    /// The ring whose turn it is; it does not wait any more.
    pub(crate) fn next_waiting(&mut self, call_id: CallId) -> Option<RingId> {
        let ring = self.lines.get_mut(&call_id)?.waiting.pop_front();
        self.drop_if_unused(call_id);
        ring
    }

    /// A ring is over and is remembered; says which is not any more.
    pub(crate) fn remember(&mut self, call_id: CallId, ring: RingId) -> Option<RingId> {
        let line = self.lines.entry(call_id).or_default();
        line.ended.push_back(ring);
        if line.ended.len() > MAX_REMEMBERED { line.ended.pop_front() } else { None }
    }

    pub(crate) fn forget(&mut self, call_id: CallId, ring: RingId) {
        if let Some(line) = self.lines.get_mut(&call_id) {
            line.ended.retain(|ended| *ended != ring);
        }
        self.drop_if_unused(call_id);
    }

    /// Those that are over, the oldest first.
    pub(crate) fn ended(&self, call_id: CallId) -> Vec<RingId> {
        self.lines.get(&call_id).map(|line| line.ended.iter().copied().collect()).unwrap_or_default()
    }

    /// How many people anything is known of.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    fn drop_if_unused(&mut self, call_id: CallId) {
        if self.lines.get(&call_id).is_some_and(Line::is_unused) {
            self.lines.remove(&call_id);
        }
    }
}

impl Line {
    fn place(&mut self, place: Place) -> &mut Option<RingId> {
        match place {
            Place::Call => &mut self.call,
            Place::Outgoing => &mut self.outgoing,
            Place::Incoming => &mut self.incoming,
        }
    }

    fn is_unused(&self) -> bool {
        let is_free = self.call.is_none() && self.outgoing.is_none() && self.incoming.is_none();
        is_free && self.devices.is_empty() && self.waiting.is_empty() && self.ended.is_empty()
    }
}
