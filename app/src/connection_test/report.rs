//! A test in words, as the page shows it and as it is copied. No addresses: it may go into a ticket.

use protocol::{RelayOwner, RelayTransport};

use super::verdict::{Verdict, ports};
use crate::state::{ConnectionTestView, HopView, MappingView, RelayHopView};

/// One tried thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) result: String,
    pub(super) mark: Mark,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Waiting,
    Good,
    Bad,
    Unsure,
}

/// Everything that is tried.
pub(super) fn lines(view: &ConnectionTestView) -> Vec<Line> {
    let mut lines = vec![line("Pages", view.server), line("Messages of a call (WebSocket)", view.websocket)];
    lines.extend(view.relays.iter().map(|relay| line(&label(relay), relay.hop)));
    lines.push(direct(view));
    lines
}

/// The test as text.
pub(super) fn as_text(view: &ConnectionTestView, verdict: &Verdict) -> String {
    let mut text = format!("Veranda connection test, {}\n\n", view.taken);
    for Line { label, result, .. } in lines(view) {
        text += &format!("{label}: {result}\n");
    }
    text += &format!("\n{}\n", verdict.sentence);
    if !verdict.to_open.is_empty() {
        text += &format!("\n{TO_OPEN}:\n");
        for one in &verdict.to_open {
            text += &format!("- {one}\n");
        }
    }
    text
}

/// What stands over the list for administrators.
pub(super) const TO_OPEN: &str = "What an administrator would have to open";

fn line(label: &str, hop: HopView) -> Line {
    let (result, mark) = match hop {
        HopView::Waiting => ("trying…".to_owned(), Mark::Waiting),
        HopView::Works(millis) => (format!("works, {millis} ms"), Mark::Good),
        HopView::Mute => ("answers, but no pictures come through".to_owned(), Mark::Bad),
        HopView::Fails => ("blocked".to_owned(), Mark::Bad),
    };
    Line { label: label.to_owned(), result, mark }
}

fn label(relay: &RelayHopView) -> String {
    let way = match relay.transport {
        RelayTransport::Udp => "UDP",
        RelayTransport::Tcp => "TCP",
        RelayTransport::Tls => "TLS",
    };
    let ports = ports(relay);
    match relay.owner {
        RelayOwner::Server => format!("Sound and pictures over {way}, {ports}"),
        RelayOwner::Pages => format!("Sound and pictures over {way}, {ports}, that of pages"),
        RelayOwner::Other => format!("Sound and pictures by the operator's relay over {way}, {ports}"),
    }
}

fn direct(view: &ConnectionTestView) -> Line {
    let has_udp = || view.relays.iter().any(|one| one.transport == RelayTransport::Udp);
    let over_udp =
        view.relays.iter().find(|one| one.transport == RelayTransport::Udp && one.hop != HopView::Fails);
    let (result, mark) = match (view.done, view.mapping) {
        (false, _) => ("trying…", Mark::Waiting),
        (true, MappingView::Different) => {
            ("with people whose network is less strict than yours", Mark::Unsure)
        }
        (true, MappingView::Same) => ("should work", Mark::Good),
        (true, MappingView::Unknown) if over_udp.is_some() => ("should work", Mark::Good),
        (true, MappingView::Unknown) if has_udp() => ("only inside your own network", Mark::Unsure),
        (true, MappingView::Unknown) => ("not known", Mark::Unsure),
    };
    Line { label: "Directly to the others".to_owned(), result: result.to_owned(), mark }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection_test::verdict::verdict;

    #[test]
    fn what_is_copied_has_every_line_and_what_to_open() {
        let udp = RelayHopView {
            transport: RelayTransport::Udp,
            owner: RelayOwner::Server,
            port: 3478,
            last_port: 3479,
            hop: HopView::Fails,
        };
        let tls = RelayHopView {
            transport: RelayTransport::Tls,
            owner: RelayOwner::Pages,
            port: 443,
            last_port: 443,
            hop: HopView::Works(80),
        };
        let view = ConnectionTestView {
            done: true,
            taken: "today".to_owned(),
            server: HopView::Works(3),
            websocket: HopView::Works(9),
            mapping: MappingView::Unknown,
            relays: vec![udp, tls],
        };
        let text = as_text(&view, &verdict(&view).unwrap());
        for part in [
            "Veranda connection test, today\n",
            "\nPages: works, 3 ms\n",
            "\nSound and pictures over UDP, ports 3478 to 3479: blocked\n",
            "\nSound and pictures over TLS, port 443, that of pages: works, 80 ms\n",
            "\nDirectly to the others: only inside your own network\n",
            "\n- UDP to this server, ports 3478 to 3479, and the answers. This helps most\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn who_has_not_been_tried_is_being_tried() {
        let lines = lines(&ConnectionTestView::default());
        assert!(lines.iter().all(|line| line.mark == Mark::Waiting), "{lines:?}");
    }
}
