//! What is sealed under which nonce. A nonce is made of the key, the SSRC and the index (RFC 7714 §8.1, §9.1), which can be read without
//! opening anything: two datagrams under one have to be one datagram, sent twice.

use std::collections::{BTreeMap, HashMap};

/// Datagrams that went to clients, by nonce.
#[derive(Debug, Default)]
pub struct Nonces {
    sealed: BTreeMap<(usize, Kind, u32, u64), Vec<u8>>,
    /// The highest index of each SSRC of media, to tell how often its 16 bits have begun anew.
    highest: HashMap<(usize, u32), u64>,
    /// Nonces under which two contents went out.
    pub reused: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Rtp,
    Rtcp,
}

impl Nonces {
    /// Notes a datagram to a client, whose key never changes. Datagrams that are neither RTP nor RTCP are passed over.
    pub fn note(&mut self, client: usize, datagram: &[u8]) {
        let number = |at: usize| {
            let bytes = datagram.get(at..at + 4)?;
            Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        };
        let (Some(&[first, second]), Some(head)) = (datagram.first_chunk(), number(0)) else { return };
        // RFC 7983 §7, RFC 5761 §4.
        if first >> 6 != 2 {
            return;
        }
        let nonce = if (192..=223).contains(&second) {
            // With AES-GCM the index stands last.
            let (Some(ssrc), Some(word)) = (number(4), number(datagram.len() - 4)) else { return };
            (client, Kind::Rtcp, ssrc, u64::from(word & 0x7fff_ffff))
        } else {
            let Some(ssrc) = number(8) else { return };
            (client, Kind::Rtp, ssrc, self.index_of(client, ssrc, head as u16))
        };
        let before = self.sealed.get(&nonce);
        if before.is_some_and(|before| before != datagram) {
            self.reused.push(format!("{nonce:?}"));
        }
        self.sealed.entry(nonce).or_insert_with(|| datagram.to_vec());
    }

    /// How many nonces were used for media, and how many for reports.
    pub fn counts(&self) -> (usize, usize) {
        let media = self.sealed.keys().filter(|(_, kind, ..)| *kind == Kind::Rtp).count();
        (media, self.sealed.len() - media)
    }

    /// RFC 3711 §3.3.1: the index nearest to the highest so far.
    fn index_of(&mut self, client: usize, ssrc: u32, sequence: u16) -> u64 {
        let highest = self.highest.entry((client, ssrc)).or_insert(u64::from(sequence));
        let ahead = sequence.wrapping_sub(*highest as u16).cast_signed();
        let index = highest.saturating_add_signed(i64::from(ahead));
        *highest = index.max(*highest);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_contents_under_one_nonce_are_noticed_and_one_that_is_sent_twice_is_not() {
        let mut nonces = Nonces::default();
        let media = |sequence: u8, content: u8| [0x80, 96, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 7, content];
        let report = |index: u8, content: u8| [0x80, 200, 0, 0, 0, 0, 0, 7, content, 0x80, 0, 0, index];
        for datagram in [media(1, 1), media(2, 1), media(1, 1), report(1, 1), report(2, 2), report(2, 2)] {
            nonces.note(0, &datagram);
        }
        nonces.note(1, &media(1, 9));
        assert!(nonces.reused.is_empty(), "{:?}", nonces.reused);
        assert_eq!(nonces.counts(), (3, 2));
        nonces.note(0, &media(1, 2));
        nonces.note(0, &report(1, 2));
        assert_eq!(nonces.reused.len(), 2);
    }
}
