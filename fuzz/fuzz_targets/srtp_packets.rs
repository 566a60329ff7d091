//! Whatever is to be sealed, completed or opened, in whichever order: nothing panics, what the other end has sealed is opened once and as it
//! was, and what goes out under one nonce is one packet.

#![no_main]

use std::collections::{HashMap, HashSet};

use libfuzzer_sys::fuzz_target;
use srtp::{Keys, SendStream, SrtpProfile, SrtpReceiver, SrtpSender, seal_rtcp_for_fuzzing};

const PROFILES: [SrtpProfile; 3] =
    [SrtpProfile::AEAD_AES_256_GCM, SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AES128_CM_SHA1_80];

fn keys(profile: SrtpProfile, is_client: bool) -> Keys {
    Keys::new(profile, (0..profile.keying_material_len() as u8).collect(), is_client)
}

fuzz_target!(|data: &[u8]| {
    let Some((first, mut rest)) = data.split_first() else { return };
    let profile = PROFILES[usize::from(*first) % PROFILES.len()];
    let (mut sender, mut receiver) =
        (SrtpSender::new(&keys(profile, true)).unwrap(), SrtpReceiver::new(&keys(profile, true)).unwrap());
    let mut streams: Vec<_> = (0..4).map(|ssrc| SendStream::new(ssrc / 2)).collect();
    let mut sent: HashMap<(bool, u32, u64), Vec<u8>> = HashMap::new();
    let (mut opened, mut plain) = (HashSet::new(), Vec::new());
    while let Some((&[what, which, high, low, length], after)) = rest.split_first_chunk() {
        let (content, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        let index = u64::from(u16::from_be_bytes([high, low]));
        match what % 4 {
            0 => {
                let stream = &mut streams[usize::from(which) % 4];
                let mut out = vec![0x80; 12];
                // Where the long index has rolled over too.
                let index = index | u64::from(which & 0xf0) << 12;
                if sender.seal(stream, index, content, &mut out).is_ok() {
                    assert_eq!(sent.insert((false, stream.ssrc(), index), out), None);
                }
            }
            1 => {
                let mut datagram = seal_rtcp_for_fuzzing(&keys(profile, true), index as u32, content);
                let ssrc = content.get(4..8).map(|ssrc| u32::from_be_bytes(ssrc.try_into().unwrap()));
                let edited = sender.rewrite_rtcp(&mut datagram, |plain| plain.fill(which));
                assert_eq!(edited.is_err(), datagram.is_empty());
                if edited.is_ok() {
                    assert_eq!(sent.insert((true, ssrc.unwrap(), index), datagram), None);
                }
            }
            2 => {
                let datagram = seal_rtcp_for_fuzzing(&keys(profile, false), index as u32, content);
                if receiver.open_rtcp(&datagram, &mut plain).is_ok() {
                    assert_eq!(plain, content);
                    assert!(opened.insert((content[4..8].to_vec(), index)));
                }
            }
            _ => {
                let mut datagram = content.to_vec();
                assert!(receiver.open_rtcp(content, &mut plain).is_err());
                assert!(sender.rewrite_rtcp(&mut datagram, |_| ()).is_err() && datagram.is_empty());
            }
        }
    }
});
