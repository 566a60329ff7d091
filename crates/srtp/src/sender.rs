//! What goes out to the other end: media that was handed on, and the transport's own RTCP once it was completed.

use std::collections::HashSet;

use crate::session_key::{Purpose, SessionKey};
use crate::{Keys, ReplayWindow, SrtpError};

/// Seals for one other end.
pub struct SrtpSender {
    rtp: SessionKey,
    rtcp: SessionKey,
    /// The SSRCs that have a stream.
    ssrcs: HashSet<u32>,
    /// The indices of RTCP that was sealed again. The transport counts all of its RTCP in one row.
    rewritten: ReplayWindow,
    /// RTCP in the clear.
    plain: Vec<u8>,
}

/// One SSRC that goes out, and the indices that were sealed.
#[derive(Debug)]
pub struct SendStream {
    ssrc: u32,
    sealed: ReplayWindow,
    /// Whether the sender knows that the SSRC is this stream's.
    is_known: bool,
}

impl SendStream {
    /// A stream from which nothing was sealed yet.
    pub fn new(ssrc: u32) -> Self {
        Self { ssrc, sealed: ReplayWindow::default(), is_known: false }
    }

    /// Whose packets they are (RFC 3550 §3).
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }
}

impl SrtpSender {
    /// `None` where the profile is none that is offered.
    pub fn new(keys: &Keys) -> Option<Self> {
        let derive = |purpose| SessionKey::derive(keys, keys.is_client, purpose);
        Some(Self {
            rtp: derive(Purpose::Rtp)?,
            rtcp: derive(Purpose::Rtcp)?,
            ssrcs: HashSet::new(),
            rewritten: ReplayWindow::default(),
            plain: Vec::new(),
        })
    }

    /// Seals a media packet. `out` holds its header, with the SSRC and the low 16 bits of `index`, and gets the sealed payload; `index` is the
    /// sequence number that never rolls over (RFC 3711 §3.3.1).
    ///
    /// # Errors
    ///
    /// When the index was sealed before or is more than 127 behind, or another stream has the SSRC. What `out` holds is not to be sent then.
    pub fn seal(
        &mut self,
        stream: &mut SendStream,
        index: u64,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SrtpError> {
        if !stream.is_known {
            if !self.ssrcs.insert(stream.ssrc) {
                return Err(SrtpError::SsrcUsed);
            }
            stream.is_known = true;
        }
        if !stream.sealed.take(index) {
            return Err(SrtpError::IndexUsed);
        }
        self.rtp.seal_rtp(stream.ssrc, index, payload, out)
    }

    /// Changes RTCP that the transport has sealed with these keys, and seals it again in its place under the same index: `edit` gets it in
    /// the clear, and cannot change its length, nor does what it does to the SSRC of the sender count. What was there is gone, whatever
    /// happens: of two contents one is left, or none.
    ///
    /// # Errors
    ///
    /// When it is not sealed with these keys, or its index was there before. `datagram` is empty then.
    pub fn rewrite_rtcp(
        &mut self,
        datagram: &mut Vec<u8>,
        edit: impl FnOnce(&mut [u8]),
    ) -> Result<(), SrtpError> {
        let rewritten = self.rewrite(datagram, edit);
        if rewritten.is_err() {
            datagram.clear();
        }
        rewritten
    }

    fn rewrite(&mut self, datagram: &mut Vec<u8>, edit: impl FnOnce(&mut [u8])) -> Result<(), SrtpError> {
        let index = self.rtcp.open_rtcp(datagram, &mut self.plain)?;
        if !self.rewritten.take(u64::from(index)) {
            return Err(SrtpError::IndexUsed);
        }
        let ssrc: Vec<u8> = self.plain[4..8].to_vec();
        edit(&mut self.plain);
        self.plain[4..8].copy_from_slice(&ssrc);
        self.rtcp.seal_rtcp(index, &self.plain, datagram)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};
    use str0m::crypto::dtls::SrtpProfile;

    use super::*;
    use crate::SrtpReceiver;

    const PROFILES: [SrtpProfile; 3] =
        [SrtpProfile::AEAD_AES_256_GCM, SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AES128_CM_SHA1_80];

    fn keys(profile: SrtpProfile, is_client: bool) -> Keys {
        let material: Vec<u8> = (0..profile.keying_material_len() as u8).collect();
        Keys::new(profile, material, is_client)
    }

    /// RTCP as the transport seals it.
    fn by_transport(session: &mut SessionKey, ssrc: u8, index: u32, content: u8) -> Vec<u8> {
        let plain = [0x80, 200, 0, 6, 0, 0, 0, ssrc].into_iter().chain([content; 20]).collect::<Vec<_>>();
        let mut out = Vec::new();
        session.seal_rtcp(index, &plain, &mut out).unwrap();
        out
    }

    #[test]
    fn rtcp_is_read_by_the_other_end_once_and_as_it_was_changed() {
        for profile in PROFILES {
            let mut transport = SessionKey::derive(&keys(profile, true), true, Purpose::Rtcp).unwrap();
            let mut sender = SrtpSender::new(&keys(profile, true)).unwrap();
            let mut receiver = SrtpReceiver::new(&keys(profile, false)).unwrap();
            let original = by_transport(&mut transport, 9, 7, 1);
            let mut datagram = original.clone();
            let change = |plain: &mut [u8]| plain[4..].fill(5);
            assert_eq!(sender.rewrite_rtcp(&mut datagram, change), Ok(()));
            assert_eq!(datagram.len(), original.len());
            let mut opened = Vec::new();
            for at in 0..datagram.len() {
                let mut forged = datagram.clone();
                forged[at] ^= 1;
                assert_eq!(receiver.open_rtcp(&forged, &mut opened), Err(SrtpError::Unreadable), "{at}");
                assert!(receiver.open_rtcp(&datagram[..at], &mut opened).is_err());
            }
            assert_eq!(receiver.open_rtcp(&datagram, &mut opened), Ok(()));
            assert_eq!((&opened[4..8], &opened[8..]), (&[0, 0, 0, 9][..], &[5; 20][..]));
            assert_eq!(receiver.open_rtcp(&datagram, &mut opened), Err(SrtpError::IndexUsed), "a replay");
            // The same index once more, with the same content or another: nothing of it goes out.
            for mut again in [original, by_transport(&mut transport, 9, 7, 2)] {
                assert_eq!(sender.rewrite_rtcp(&mut again, change), Err(SrtpError::IndexUsed));
                assert!(again.is_empty());
            }
            let mut foreign = vec![0x80; 60];
            assert_eq!(sender.rewrite_rtcp(&mut foreign, change), Err(SrtpError::Unreadable));
            assert!(foreign.is_empty());
        }
    }

    /// Chrome counts the reports of each of its senders from one.
    #[test]
    fn senders_of_the_other_end_count_their_rtcp_apart() {
        let profile = SrtpProfile::AEAD_AES_256_GCM;
        let mut browser = SessionKey::derive(&keys(profile, true), true, Purpose::Rtcp).unwrap();
        let mut receiver = SrtpReceiver::new(&keys(profile, false)).unwrap();
        let mut opened = Vec::new();
        let mut is_read = |ssrc, index| {
            let sealed = by_transport(&mut browser, ssrc, index, 1);
            receiver.open_rtcp(&sealed, &mut opened).is_ok()
        };
        assert!((1..1_000).all(|index| is_read(1, index)));
        assert!((1..10).all(|index| is_read(2, index)), "far behind the other");
        assert!(!is_read(1, 999) && !is_read(2, 9));
    }

    #[test]
    fn an_ssrc_belongs_to_one_stream() {
        let mut sender = SrtpSender::new(&keys(SrtpProfile::AEAD_AES_128_GCM, true)).unwrap();
        let [mut one, mut other, mut third] = [7, 7, 8].map(SendStream::new);
        let mut seal = |stream: &mut SendStream, index| sender.seal(stream, index, b"x", &mut vec![0; 12]);
        assert_eq!(seal(&mut one, 1), Ok(()));
        assert_eq!(seal(&mut other, 2), Err(SrtpError::SsrcUsed));
        assert_eq!(seal(&mut third, 1), Ok(()));
        assert_eq!(seal(&mut one, 1), Err(SrtpError::IndexUsed));
    }

    /// Whatever is asked for, in whichever order: what goes out under one nonce is one packet.
    #[test]
    fn no_key_ssrc_and_index_is_used_for_two_packets() {
        for (seed, profile) in (0..30).flat_map(|seed| PROFILES.map(|profile| (seed, profile))) {
            let mut random = StdRng::seed_from_u64(seed);
            let mut transport = SessionKey::derive(&keys(profile, true), true, Purpose::Rtcp).unwrap();
            let mut sender = SrtpSender::new(&keys(profile, true)).unwrap();
            let mut streams: Vec<_> = [1, 2, 3, 3].map(SendStream::new).into();
            let mut sent: HashMap<(bool, u32, u64), Vec<u8>> = HashMap::new();
            let mut refused = 0;
            let mut front = 0_u64;
            for _ in 0..2_000 {
                front += random.random_range(0..3);
                let index = (front + random.random_range(0..10)).saturating_sub(random.random_range(0..200));
                let content = random.random_range(0..=255_u8);
                let (is_rtcp, ssrc, datagram) = if random.random_bool(0.3) {
                    let mut datagram = by_transport(&mut transport, 4, index as u32, content);
                    let edited = sender.rewrite_rtcp(&mut datagram, |plain| plain[10] ^= content);
                    (true, 4, edited.is_ok().then_some(datagram))
                } else {
                    let which = random.random_range(0..streams.len());
                    let stream = &mut streams[which];
                    let mut out = vec![0x80; 12];
                    let is_sealed = sender.seal(stream, index, &[content; 40], &mut out).is_ok();
                    (false, stream.ssrc(), is_sealed.then_some(out))
                };
                match datagram {
                    None => refused += 1,
                    Some(datagram) => {
                        let before = sent.insert((is_rtcp, ssrc, index), datagram);
                        assert_eq!(before, None, "seed {seed}, {profile}: {ssrc} {index}");
                    }
                }
            }
            assert!(refused > 100 && sent.len() > 500, "{refused} refused, {} sent", sent.len());
        }
    }
}
