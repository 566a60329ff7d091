//! What a call wants done. The driver does it and reports; it decides nothing.

use crate::LinkKey;
use protocol::{
    IceCandidate, IceServer, MediaKey, OpeningFrame, ParticipantId, RoomFrame, Sdp, SectionMap, SessionToken,
    Source, Switch,
};

use seal::{KeyDigest, Protection, RoomSecret, SenderKey};

use view::Notice;

use crate::{SecretOrigin, ShownVia, SwitchedBy};

/// One effect, to be carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open the signalling socket.
    OpenSocket,
    /// Send the first message on the socket.
    Open(OpeningFrame),
    /// Send a message.
    Send(RoomFrame),
    /// Close the socket once everything is sent.
    CloseSocket,
    /// Remember the token with which this tab may come again, or forget it.
    RememberSession(Option<SessionToken>),
    /// Start to capture from a device.
    StartCapture(Source),
    /// Stop, and let go of the device.
    StopCapture(Source),
    /// Remember what is wanted of a source, for when the page comes again.
    RememberSwitch {
        /// Which source.
        source: Source,
        /// Whether it is to be on.
        to: Switch,
        /// Who wants it so.
        by: SwitchedBy,
    },
    /// Do something with one link.
    Link {
        /// The link concerned.
        link: LinkKey,
        /// The command for its peer connection.
        command: LinkCommand,
    },
    /// Show a publication over this link from now on, or over none.
    Show {
        /// The publication concerned.
        key: MediaKey,
        /// Over what.
        via: Option<ShownVia>,
    },
    /// Play these audio slots of a link to a node, and no others: what is heard over another link is not heard twice.
    PlaySlots {
        /// Which link.
        link: LinkKey,
        /// What each slot plays, if it is played.
        played: Vec<Option<MediaKey>>,
    },
    /// What may leave from now on, of everything that is sent: sealed frames, plaintext, or nothing. Sealed frames until it is said.
    Protect(Protection),
    /// Seal everything that is sent with this key from now on.
    SetOwnKey(SenderKey),
    /// Open what somebody sends with this key, too.
    SetKeyOf {
        /// The participant concerned.
        participant: ParticipantId,
        /// Their key.
        key: SenderKey,
    },
    /// Open nothing of theirs any more.
    ForgetKeysOf(ParticipantId),
    /// What the video slots of a link to a node show. Nothing else is to be opened there.
    ExpectInSlots {
        /// Which link.
        link: LinkKey,
        /// The publication in each slot.
        publications: Vec<Option<MediaKey>>,
    },
    /// The room has this secret: let the link carry it, and remember it.
    KeepSecret {
        /// The secret of the room.
        secret: RoomSecret,
        /// How the page came by it, which is to be remembered with it.
        origin: SecretOrigin,
    },
    /// Remember with the secret to which keys it was passed on without anybody having made sure of their owners.
    RememberPassedOn(Vec<KeyDigest>),
    /// Tell the person, also one who cannot see the screen.
    Notify(Notice),
}

/// What to do with one link's peer connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkCommand {
    /// Make the peer connection.
    Open {
        /// Who describes the media sections.
        role: Role,
        /// Servers that help to get through.
        ice_servers: Vec<IceServer>,
    },
    /// Send, or stop sending, what is captured from a source. Needs no negotiation.
    Publish {
        /// Which source.
        source: Source,
        /// Send or not.
        switch: Switch,
    },
    /// Have so many video sections to receive in. `NegotiationNeeded` follows where that is more than before. Only of the link
    /// to the server.
    SetSlots {
        /// How many.
        video: usize,
    },
    /// Send only the smallest layers of what is captured from a source. Only of the link to the server.
    SetLayers {
        /// Which source.
        source: Source,
        /// How many layers.
        layers: u8,
    },
    /// Make an offer and set it locally. Answered by `LocalDescription` or `NegotiationFailed`.
    CreateOffer,
    /// Set the peer's offer; takes back an own offer (rollback). Answered by `RemoteDescriptionApplied` or
    /// `NegotiationFailed`.
    ApplyOffer {
        /// The description.
        sdp: Sdp,
        /// Which of its sections carry which sources of the peer, and are to carry the same of this person.
        sections: SectionMap,
    },
    /// Fill the sections of the peer's offer, make an answer and set it locally. Answered as `CreateOffer`.
    CreateAnswer,
    /// Set the peer's answer. Answered as `ApplyOffer`.
    ApplyAnswer(Sdp),
    /// Add a candidate of the peer.
    AddCandidate(IceCandidate),
    /// The peer has no more candidates.
    AddEndOfCandidates,
    /// Gather anew with the next offer; `NegotiationNeeded` follows.
    RestartIce,
    /// Gather with the help of these servers from the next time on.
    SetIceServers(Vec<IceServer>),
    /// Close the peer connection. Nothing of this link is reported after that.
    Close,
}

/// Who of two peers describes the media sections first, so that both do not describe them twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Adds the sections and offers: whoever came later.
    Initiator,
    /// Waits for the offer and fills its sections.
    Responder,
}
