//! A test line by line, as the page shows it and as it is copied.

use view::{DirectLinks, Hop, TestResults, Verdict, direct_links};

use crate::text::connection;

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
pub(super) fn lines(results: &TestResults) -> Vec<Line> {
    let of_server = line(connection::WEBSITE().to_owned(), results.server);
    let of_websocket = line(connection::SIGNALLING().to_owned(), results.websocket);
    let of_relays = results.relays.iter().map(|relay| line(connection::relay(relay), relay.hop));
    [of_server, of_websocket].into_iter().chain(of_relays).chain([direct(results)]).collect()
}

/// The test as text.
pub(super) fn as_text(results: &TestResults, verdict: &Verdict) -> String {
    let lines: Vec<_> = lines(results).into_iter().map(|line| (line.label, line.result)).collect();
    connection::report(results, &lines, verdict)
}

fn line(label: String, hop: Hop) -> Line {
    let mark = match hop {
        Hop::Waiting => Mark::Waiting,
        Hop::Works(_) => Mark::Good,
        Hop::Mute | Hop::Fails => Mark::Bad,
    };
    Line { label, result: connection::hop(hop), mark }
}

fn direct(results: &TestResults) -> Line {
    let links = direct_links(results);
    let mark = match links {
        DirectLinks::Waiting => Mark::Waiting,
        DirectLinks::Likely => Mark::Good,
        DirectLinks::WithLessStrict | DirectLinks::InsideOnly | DirectLinks::Unknown => Mark::Unsure,
    };
    let label = connection::DIRECT_CONNECTION().to_owned();
    Line { label, result: connection::direct(links).to_owned(), mark }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use protocol::{RelayOwner, RelayTransport};
    use view::{Mapping, Ports, RelayHop, verdict};

    use super::*;

    #[test]
    fn what_is_copied_has_every_line_and_what_to_open() {
        let udp = RelayHop {
            transport: RelayTransport::Udp,
            owner: RelayOwner::Server,
            ports: Ports { first: 3478, last: 3479 },
            hop: Hop::Fails,
        };
        let tls = RelayHop {
            transport: RelayTransport::Tls,
            owner: RelayOwner::Pages,
            ports: Ports { first: 443, last: 443 },
            hop: Hop::Works(80),
        };
        let results = TestResults {
            done: true,
            taken: "today".to_owned(),
            server: Hop::Works(3),
            websocket: Hop::Works(9),
            mapping: Mapping::Unknown,
            relays: vec![udp, tls],
        };
        let text = as_text(&results, &verdict(&results).unwrap());
        for part in [
            "Veranda connection test, today\n",
            "\nWebsite: OK, 3 ms\n",
            "\nAudio and video over UDP, ports 3478 to 3479: Blocked\n",
            "\nAudio and video over TLS, port 443 (same as the website): OK, 80 ms\n",
            "\nDirect connection: Only on your own network\n",
            "\n- UDP to this server, ports 3478 to 3479, both ways (helps most)\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn who_has_not_been_tried_is_being_tried() {
        let lines = lines(&TestResults::default());
        assert!(lines.iter().all(|line| line.mark == Mark::Waiting), "{lines:?}");
    }
}
