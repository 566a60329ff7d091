//! From the engine's snapshot to the page's view. The one file that converts.

use app::state::{Fault, LinkView, MediaView, ParticipantView, Phase as PhaseView};
use call::{CaptureFault, LinkFailure, LinkStatus, Notice, Phase, Publication, RemoteParticipant};

pub(crate) fn phase(phase: Phase) -> PhaseView {
    match phase {
        Phase::Preparing => PhaseView::Preparing,
        Phase::Joining => PhaseView::Joining,
        Phase::Joined => PhaseView::Joined,
        Phase::Left => PhaseView::Left,
        Phase::Refused(code) => PhaseView::Refused(code),
        Phase::Unreachable => PhaseView::Unreachable,
    }
}

pub(crate) fn media(publication: Publication) -> MediaView {
    match publication {
        Publication::Off => MediaView::Off,
        Publication::Starting => MediaView::Starting,
        Publication::On => MediaView::On,
        Publication::Failed(fault) => MediaView::Failed(self::fault(fault)),
    }
}

pub(crate) fn participant(other: &RemoteParticipant) -> ParticipantView {
    ParticipantView {
        id: other.id,
        name: other.name.to_string(),
        microphone: other.media.microphone.is_on(),
        camera: other.media.camera.is_on(),
        speaking: other.speaking,
        link: link(other.link),
    }
}

pub(crate) fn notice(notice: &Notice) -> String {
    match notice {
        Notice::ParticipantJoined(name) => format!("{name} joined"),
        Notice::ParticipantLeft(name) => format!("{name} left"),
        Notice::SignallingLost => "The server is out of reach".to_owned(),
    }
}

fn link(status: LinkStatus) -> LinkView {
    match status {
        LinkStatus::Connecting => LinkView::Connecting,
        LinkStatus::Connected => LinkView::Connected,
        LinkStatus::Reconnecting => LinkView::Reconnecting,
        LinkStatus::Failed(LinkFailure::NoPath) => LinkView::Failed("no network path was found"),
        LinkStatus::Failed(LinkFailure::Negotiation) => {
            LinkView::Failed("the browsers could not agree how to send")
        }
        LinkStatus::Failed(LinkFailure::Disorder) => {
            LinkView::Failed("their messages could not be put in order")
        }
    }
}

fn fault(fault: CaptureFault) -> Fault {
    match fault {
        CaptureFault::Blocked => Fault::Blocked,
        CaptureFault::Dismissed => Fault::Dismissed,
        CaptureFault::NotFound => Fault::NotFound,
        CaptureFault::InUse => Fault::InUse,
        CaptureFault::Insecure => Fault::Insecure,
        CaptureFault::Ended => Fault::Ended,
        CaptureFault::Unknown => Fault::Unknown,
    }
}
