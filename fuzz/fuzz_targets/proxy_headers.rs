//! What a proxy in front says (PROXY protocol, versions 1 and 2), and what the connection then is, is the same wherever the bytes
//! are cut; what comes after it stays as it was; and without a proxy nothing is taken away.

#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use server::fuzzing::{Kind, StreamInit};
use tokio::runtime::{Builder, Runtime};
use veranda_fuzz::pieces::Pieces;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().unwrap();
}

/// The signature of version 2.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

// Four bytes for the cuts, then the connection.
fuzz_target!(|data: &[u8]| {
    let Some((cuts, connection)) = data.split_first_chunk::<4>() else { return };
    let whole = begin(connection, &[], true);
    let cut = begin(connection, cuts, true);
    match (&whole, &cut) {
        (None, None) => {}
        (Some(whole), Some(cut)) => {
            assert_eq!((whole.client, whole.kind), (cut.client, cut.kind));
            assert_eq!(whole.rest, cut.rest);
        }
        (Some(_), None) | (None, Some(_)) => panic!("a cut makes a difference"),
    }
    if let Some(whole) = whole {
        check(&whole, connection);
    }
    if let Some(bare) = begin(connection, cuts, false) {
        assert_eq!((bare.client, &*bare.rest), (None, connection));
        assert_eq!(bare.kind, kind(connection));
    }
});

fn begin(connection: &[u8], cuts: &[u8], is_proxied: bool) -> Option<StreamInit> {
    let begin = server::fuzzing::begin(Pieces::cut(connection, cuts), is_proxied);
    RUNTIME.with(|runtime| runtime.block_on(begin)).ok()
}

/// What is left is the end of the connection, a header is before it, and the client is the one that it names.
fn check(init: &StreamInit, connection: &[u8]) {
    let header = connection.strip_suffix(&*init.rest).expect("what comes after the header is kept");
    assert_eq!(init.kind, kind(&init.rest));
    let client = if let Some(line) = header.strip_prefix(b"PROXY ") {
        let line = std::str::from_utf8(line).unwrap().strip_suffix("\r\n").expect("a whole line");
        let parts: Vec<_> = line.split(' ').collect();
        match parts[..] {
            ["TCP4" | "TCP6", source, _, port, _] => {
                Some(SocketAddr::new(source.parse().unwrap(), port.parse().unwrap()))
            }
            _ => {
                assert_eq!(parts[0], "UNKNOWN");
                None
            }
        }
    } else {
        second(header)
    };
    assert_eq!(init.client, client);
}

/// Whom a header of version 2 names.
fn second(header: &[u8]) -> Option<SocketAddr> {
    let [command, family, high, low, rest @ ..] = header.strip_prefix(SIGNATURE).expect("a header") else {
        panic!("half a header")
    };
    assert_eq!(rest.len(), usize::from(u16::from_be_bytes([*high, *low])));
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    match (command & 15, family >> 4) {
        (1, 1) => Some((<[u8; 4]>::try_from(&rest[..4]).unwrap(), port(8)).into()),
        (1, 2) => Some((<[u8; 16]>::try_from(&rest[..16]).unwrap(), port(32)).into()),
        (0 | 1, _) => None,
        (command, _) => panic!("{command} is no command"),
    }
}

fn kind(bytes: &[u8]) -> Kind {
    match bytes.first().expect("something") {
        22 => Kind::Tls,
        0..=3 => Kind::Stun,
        _ => Kind::Http,
    }
}
