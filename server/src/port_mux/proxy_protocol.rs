//! What a proxy in front says of the client, in the first bytes of a connection (PROXY protocol, versions 1 and 2).

use std::net::SocketAddr;

use ppp::{HeaderResult, PartialResult as _, v1, v2};
use tokio::io::AsyncRead;

use super::prefixed::Prefixed;

/// More than the longest header of version 1, and than those of version 2 that carry addresses and a few extensions.
const LONGEST: usize = 4_096;

/// Version 1, line break included.
const LONGEST_LINE: usize = 107;

/// The client's address; `None` when the proxy speaks for itself, as when it asks whether the server is there.
///
/// # Errors
///
/// When the connection does not begin with such a header.
pub(super) async fn read<S: AsyncRead + Unpin>(
    stream: &mut Prefixed<S>,
) -> std::io::Result<Option<SocketAddr>> {
    let mut least = 1;
    loop {
        let bytes = stream.peek(least).await?;
        // Of what came with it, no more is looked at than when it comes byte by byte.
        let (is_at_end, bytes) = (bytes.len() < least, &bytes[..bytes.len().min(LONGEST)]);
        let is_over = is_at_end || bytes.len() == LONGEST;
        // A line is read when it is whole: half an address is none.
        let is_whole = bytes.windows(2).any(|end| end == b"\r\n");
        let is_line = bytes.starts_with(b"P") && bytes.len() < LONGEST_LINE && !is_whole;
        let header = HeaderResult::parse(bytes);
        if (is_line || header.is_incomplete()) && !is_over {
            least = bytes.len() + 1;
            continue;
        }
        let (length, client) = client(&header).ok_or(std::io::ErrorKind::InvalidData)?;
        stream.skip(length);
        return Ok(client);
    }
}

/// How long the header is, and whom it names.
fn client(header: &HeaderResult<'_>) -> Option<(usize, Option<SocketAddr>)> {
    match header {
        // Of a line that names nobody, ppp does not look at the end.
        HeaderResult::V1(Ok(header)) if header.header.ends_with("\r\n") => {
            let client = match header.addresses {
                v1::Addresses::Unknown => None,
                v1::Addresses::Tcp4(pair) => Some((pair.source_address, pair.source_port).into()),
                v1::Addresses::Tcp6(pair) => Some((pair.source_address, pair.source_port).into()),
            };
            Some((header.header.len(), client))
        }
        HeaderResult::V2(Ok(header)) => {
            let client = match header.addresses {
                v2::Addresses::IPv4(pair) => Some((pair.source_address, pair.source_port).into()),
                v2::Addresses::IPv6(pair) => Some((pair.source_address, pair.source_port).into()),
                v2::Addresses::Unspecified | v2::Addresses::Unix(_) => None,
            };
            Some((header.len(), client.filter(|_| header.command == v2::Command::Proxy)))
        }
        HeaderResult::V1(Ok(_) | Err(_)) | HeaderResult::V2(Err(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn a_header_names_the_client_wherever_it_is_cut() {
        let v2 = v2::Builder::with_addresses(
            v2::Version::Two | v2::Command::Proxy,
            v2::Protocol::Stream,
            ("192.0.2.9:5000".parse::<SocketAddr>().unwrap(), "192.0.2.1:443".parse::<SocketAddr>().unwrap()),
        );
        let headers = [b"PROXY TCP4 192.0.2.9 192.0.2.1 5000 443\r\n".to_vec(), v2.build().unwrap()];
        for header in headers {
            for cut in 1..header.len() {
                let mut whole = header.clone();
                whole.extend_from_slice(b"GET /");
                let (first, second) = whole.split_at(cut);
                let mut stream = Prefixed::new(first.chain(second));
                assert_eq!(
                    read(&mut stream).await.unwrap(),
                    Some("192.0.2.9:5000".parse().unwrap()),
                    "{cut}"
                );
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await.unwrap();
                assert_eq!(rest, b"GET /");
            }
        }
    }

    #[tokio::test]
    async fn a_line_is_over_where_both_its_ends_are() {
        let whole = b"PROXY UNKNOWN \n\r\nGET /";
        for cut in 1..whole.len() {
            let (first, second) = whole.split_at(cut);
            let mut stream = Prefixed::new(first.chain(second));
            assert_eq!(read(&mut stream).await.unwrap(), None, "{cut}");
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"GET /", "{cut}");
        }
    }

    #[tokio::test]
    async fn a_header_that_is_too_long_is_refused_wherever_it_is_cut() {
        for (length, is_taken) in [(LONGEST, true), (LONGEST + 1, false), (6_000, false)] {
            let mut header = b"\r\n\r\n\0\r\nQUIT\n\x20\0".to_vec();
            header.extend_from_slice(&u16::try_from(length - 16).unwrap().to_be_bytes());
            header.resize(length, 0);
            header.extend_from_slice(b"GET /");
            for cut in [1, 16, 100, LONGEST - 1, LONGEST, LONGEST + 1, length] {
                let (first, second) = header.split_at(cut);
                let mut stream = Prefixed::new(first.chain(second));
                assert_eq!(read(&mut stream).await.is_ok(), is_taken, "{length} bytes, cut at {cut}");
            }
        }
    }

    #[tokio::test]
    async fn a_line_without_an_end_takes_nothing_of_what_follows() {
        for bytes in [&b"PROXY UNKNOWN \n\rx\n"[..], b"PROXY UNKNOWN a \n\rGET /", b"PROXY UNKNOWN \n\r"] {
            assert!(read(&mut Prefixed::new(bytes)).await.is_err(), "{bytes:?}");
        }
        let mut whole = Prefixed::new(&b"PROXY UNKNOWN a b\r\nGET /"[..]);
        assert_eq!(read(&mut whole).await.unwrap(), None);
        let mut rest = Vec::new();
        whole.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"GET /");
    }

    #[tokio::test]
    async fn a_connection_without_one_is_refused() {
        for bytes in
            [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PROXY", b"", &[b'P'; 5_000], b"PROXY TCP4 x y 1 2\r\n"]
        {
            assert!(read(&mut Prefixed::new(bytes)).await.is_err(), "{bytes:?}");
        }
        let mut unknown = Prefixed::new(&b"PROXY UNKNOWN\r\n"[..]);
        assert_eq!(read(&mut unknown).await.unwrap(), None);
    }
}
