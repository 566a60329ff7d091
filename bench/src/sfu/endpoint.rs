//! One peer connection of the load: a transport of str0m with real ICE, DTLS and SRTP, what it sends and what came.

#![expect(clippy::disallowed_methods, reason = "a client that seals with its transport's keys alone")]

use std::net::SocketAddr;
use std::time::Instant;

use str0m::format::Codec;
use str0m::media::{Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};

use super::network::Datagram;
use super::stream::{Outgoing, read_stamp};
use super::tally::Tally;

/// A peer connection.
pub(super) struct Endpoint {
    pub(super) client: usize,
    pub(super) address: SocketAddr,
    pub(super) rtc: Rtc,
    pub(super) sends: Vec<Outgoing>,
    pub(super) is_connected: bool,
    /// When the transport has something to do.
    pub(super) due: Instant,
}

/// What is to be sent to the network.
pub(super) type Sending = Vec<(usize, SocketAddr, Vec<u8>)>;

impl Endpoint {
    /// A transport with the codecs that are sent, and an address.
    pub(super) fn new(client: usize, address: SocketAddr, now: Instant) -> anyhow::Result<Self> {
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        Ok(Self { client, address, rtc, sends: Vec::new(), is_connected: false, due: now })
    }

    /// The payload type of a codec.
    pub(super) fn payload_type(&self, codec: Codec) -> anyhow::Result<Pt> {
        let params = self.rtc.codec_config().params();
        let found = params.iter().find(|params| params.spec().codec == codec);
        found.map(str0m::format::PayloadParams::pt).ok_or_else(|| anyhow::anyhow!("no {codec}"))
    }

    pub(super) fn receive(
        &mut self,
        now: Instant,
        datagram: &Datagram<'_>,
        tally: &mut Tally,
        sending: &mut Sending,
    ) {
        if !self.is_connected {
            tally.look_at_handshake(datagram.bytes);
        }
        let Ok(contents) = datagram.bytes.try_into() else { return };
        let receive =
            Receive { proto: Protocol::Udp, source: datagram.source, destination: self.address, contents };
        if self.rtc.handle_input(Input::Receive(now, receive)).is_err() {
            tally.failures += 1;
            return;
        }
        self.drain(datagram.stamp, tally, sending);
    }

    pub(super) fn advance(&mut self, now: Instant, tally: &mut Tally, sending: &mut Sending) {
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            tally.failures += 1;
        }
        self.drain(None, tally, sending);
    }

    /// Sends the next packet of what is sent here.
    pub(super) fn send(&mut self, now: Instant, index: usize, tally: &mut Tally, sending: &mut Sending) {
        let outgoing = &mut self.sends[index];
        tally.sent(outgoing.kind, now.saturating_duration_since(outgoing.next));
        let (mid, packet) = (outgoing.mid, outgoing.packet(now));
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None) {
            stream.write_rtp(packet);
        }
        self.advance(now, tally, sending);
    }

    fn drain(&mut self, stamp: Option<u64>, tally: &mut Tally, sending: &mut Sending) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(due)) => return self.due = due,
                Ok(Output::Transmit(datagram)) => {
                    if !self.is_connected {
                        tally.look_at_handshake(&datagram.contents);
                    }
                    sending.push((self.client, datagram.destination, datagram.contents.into()));
                }
                Ok(Output::Event(Event::Connected)) => {
                    self.is_connected = true;
                    tally.connected += 1;
                }
                Ok(Output::Event(Event::KeyframeRequest(request))) => self.want_keyframe(request.mid),
                Ok(Output::Event(Event::RtpPacket(packet))) => {
                    let Some((kind, sent)) = read_stamp(&packet.payload) else { continue };
                    tally.came(kind, sent, stamp);
                }
                Ok(Output::Event(_)) => {}
                Err(_) => return tally.failures += 1,
            }
        }
    }

    fn want_keyframe(&mut self, mid: Mid) {
        for outgoing in self.sends.iter_mut().filter(|outgoing| outgoing.mid == mid) {
            outgoing.wants_keyframe = true;
        }
    }
}
