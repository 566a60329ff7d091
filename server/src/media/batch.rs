//! Datagrams on their way out, put together: a run of datagrams of one size to one address is one call to the system (UDP
//! segmentation offload).

use std::net::{IpAddr, SocketAddr};

/// What one call can carry, in bytes: a UDP payload of IPv4.
const MAX_BYTES: usize = 65_507;

/// A run of datagrams.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    /// A shorter one can only be the last.
    is_closed: bool,
    destination: Option<(SocketAddr, Option<IpAddr>)>,
    max_segments: usize,
}

impl Batch {
    pub(super) fn new(max_segments: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(MAX_BYTES),
            segment: 0,
            count: 0,
            is_closed: false,
            destination: None,
            max_segments: max_segments.max(1),
        }
    }

    /// Takes a datagram, unless what is here has to go first.
    pub(super) fn push(&mut self, destination: SocketAddr, source: Option<IpAddr>, datagram: &[u8]) -> bool {
        if self.count == 0 {
            self.destination = Some((destination, source));
            self.segment = datagram.len();
        } else if self.is_closed
            || self.destination != Some((destination, source))
            || datagram.is_empty()
            || datagram.len() > self.segment
            || self.count >= self.max_segments
            || self.bytes.len() + datagram.len() > MAX_BYTES
        {
            return false;
        }
        // After an empty one nothing can follow: it would be of its size.
        self.is_closed = datagram.len() < self.segment || datagram.is_empty();
        self.bytes.extend_from_slice(datagram);
        self.count += 1;
        true
    }

    /// What is to be sent, if there is something.
    pub(super) fn transmit(&self) -> Option<quinn_udp::Transmit<'_>> {
        let (destination, src_ip) = self.destination.filter(|_| self.count > 0)?;
        Some(quinn_udp::Transmit {
            destination,
            ecn: None,
            contents: &self.bytes,
            segment_size: (self.count > 1).then_some(self.segment),
            src_ip,
        })
    }

    /// It was sent.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
        self.is_closed = false;
        self.destination = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_run_has_one_address_one_size_and_a_shorter_end() {
        let mut batch = Batch::new(4);
        assert!(batch.push(address(1), None, &[1; 100]));
        assert!(batch.push(address(1), None, &[2; 100]));
        assert!(!batch.push(address(2), None, &[3; 100]), "another address");
        assert!(!batch.push(address(1), None, &[3; 101]), "a longer one");
        assert!(batch.push(address(1), None, &[3; 40]));
        assert!(!batch.push(address(1), None, &[4; 40]), "nothing follows a shorter one");
        let transmit = batch.transmit().unwrap();
        assert_eq!((transmit.contents.len(), transmit.segment_size), (240, Some(100)));
        batch.clear();
        assert!(batch.transmit().is_none());
    }

    #[test]
    fn an_empty_datagram_goes_alone() {
        let mut batch = Batch::new(4);
        assert!(batch.push(address(1), None, &[1; 10]));
        assert!(!batch.push(address(1), None, &[]));
        batch.clear();
        assert!(batch.push(address(1), None, &[]));
        assert!(!batch.push(address(1), None, &[]));
        assert!(!batch.push(address(1), None, &[1]));
        assert_eq!(batch.transmit().unwrap().segment_size, None);
    }

    #[test]
    fn a_run_ends_where_the_system_ends_it() {
        let mut batch = Batch::new(3);
        assert_eq!((0..9).take_while(|_| batch.push(address(1), None, &[0; 10])).count(), 3);
        let mut batch = Batch::new(1_000);
        let taken = (0..100).take_while(|_| batch.push(address(1), None, &[0; 1_200])).count();
        assert_eq!(taken, MAX_BYTES / 1_200);
        let mut batch = Batch::new(8);
        batch.push(address(1), None, &[0; 9]);
        assert_eq!(batch.transmit().unwrap().segment_size, None);
    }
}
