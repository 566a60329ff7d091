//! The least that forwarding can cost here: the same bytes are encrypted, by the library that our server uses, and sent, to as
//! many addresses, and nothing else is done.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use quinn_udp::{Transmit, UdpSocketState};
use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80, Aes128CmSha1_80Cipher, CryptoError,
    CryptoProvider, from_feature_flags,
};

use super::network::{Addresses, Network, own_address};
use super::tally::Profile;
use super::{clock, process};

/// An RTP header with what our server puts in it: two extensions and their padding.
const HEADER_BYTES: usize = 24;

/// Receivers among whom the packets go around.
const RECEIVERS: usize = 200;

/// Datagrams that may wait for the receiver: more would be dropped, which costs less than to deliver them.
const WAITING: u64 = 1_500;

const LENGTH: Duration = Duration::from_millis(1_500);

/// What is sent in a loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) profile: Profile,
    /// Bytes of a payload.
    pub(super) payload: usize,
    /// Packets to one receiver in one call to the system; 1 sends without segmentation offload.
    pub(super) run: usize,
}

/// Microseconds on the processors for each packet: to encrypt and send it, and to send it alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) whole: f64,
    pub(super) sending: f64,
}

enum Cipher {
    Cm(Box<dyn Aes128CmSha1_80Cipher>, CryptoProvider),
    Gcm128(Box<dyn AeadAes128GcmCipher>),
    Gcm256(Box<dyn AeadAes256GcmCipher>),
}

pub(super) fn measure(load: Load) -> anyhow::Result<Cost> {
    Ok(Cost { whole: one(load, true)?, sending: one(load, false)? })
}

fn one(load: Load, encrypts: bool) -> anyhow::Result<f64> {
    let (network, addresses) = Network::open(RECEIVERS)?;
    let (came, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let receiver = {
        let (came, is_over) = (Arc::clone(&came), Arc::clone(&is_over));
        std::thread::spawn(move || receive(network, &came, &is_over))
    };
    // A thread of its own, whose time is read.
    let sender = {
        let came = Arc::clone(&came);
        std::thread::spawn(move || send(load, encrypts, &addresses, &came))
    };
    let cost = sender.join().ok().context("the sender ended")?;
    is_over.store(true, Ordering::Relaxed);
    _ = receiver.join();
    cost
}

fn receive(mut network: Network, came: &AtomicU64, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let mut taken = 0;
        network.receive(|_| taken += 1);
        came.fetch_add(taken, Ordering::Relaxed);
        _ = network.wait(Duration::from_millis(1));
    }
}

fn send(load: Load, encrypts: bool, addresses: &Addresses, came: &AtomicU64) -> anyhow::Result<f64> {
    let socket = UdpSocket::bind((own_address()?, 0))?;
    let state = UdpSocketState::new((&socket).into())?;
    let mut cipher = Cipher::new(load.profile);
    let size = HEADER_BYTES + load.payload + cipher.tag_bytes();
    let plain = vec![0x55; load.payload];
    let mut run = vec![0x80; size * load.run];
    let mut sent = 0_u64;
    let (began, before) = (clock::moment(), process::own_thread_time()?);
    while began.elapsed() < LENGTH {
        for receiver in 0..RECEIVERS {
            for packet in run.chunks_mut(size) {
                sent += 1;
                if encrypts {
                    cipher.encrypt(sent, &plain, packet).map_err(|error| anyhow::anyhow!("{error}"))?;
                }
            }
            deliver(&socket, &state, addresses.of(receiver), &run, (load.run > 1).then_some(size))?;
        }
        while sent > came.load(Ordering::Relaxed) + WAITING && began.elapsed() < LENGTH {
            std::thread::sleep(Duration::from_micros(20));
        }
    }
    let took = process::own_thread_time()?.saturating_sub(before);
    Ok(took.as_secs_f64() * 1e6 / sent as f64)
}

fn deliver(
    socket: &UdpSocket,
    state: &UdpSocketState,
    destination: SocketAddr,
    contents: &[u8],
    segment_size: Option<usize>,
) -> anyhow::Result<()> {
    let transmit = Transmit { destination, ecn: None, contents, segment_size, src_ip: None };
    Ok(state.try_send(socket.into(), &transmit)?)
}

impl Cipher {
    fn new(profile: Profile) -> Self {
        let provider = from_feature_flags();
        let srtp = provider.srtp_provider;
        match profile {
            Profile::AesCm128Sha1 => {
                Self::Cm(srtp.aes_128_cm_sha1_80().create_cipher([1; 16], true), provider)
            }
            Profile::AesGcm128 => Self::Gcm128(srtp.aead_aes_128_gcm().create_cipher([1; 16], true)),
            Profile::AesGcm256 => Self::Gcm256(srtp.aead_aes_256_gcm().create_cipher([1; 32], true)),
        }
    }

    fn tag_bytes(&self) -> usize {
        match self {
            Self::Cm(..) => 10,
            Self::Gcm128(_) | Self::Gcm256(_) => 16,
        }
    }

    /// Writes the encrypted payload and its tag behind the header of a packet.
    fn encrypt(&mut self, number: u64, plain: &[u8], packet: &mut [u8]) -> Result<(), CryptoError> {
        let (header, body) = packet.split_at_mut(HEADER_BYTES);
        let mut iv = [0; 16];
        iv[4..12].copy_from_slice(&number.to_be_bytes());
        let short = iv.first_chunk::<12>().copied().unwrap_or_default();
        match self {
            Self::Cm(cipher, provider) => {
                cipher.encrypt(&iv, plain, body)?;
                let hmac = |key: &[u8], data: &[&[u8]]| provider.sha1_hmac_provider.sha1_hmac(key, data);
                Aes128CmSha1_80::rtp_hmac(hmac, &[2; 20], packet, number, HEADER_BYTES + plain.len());
                Ok(())
            }
            Self::Gcm128(cipher) => cipher.encrypt(&short, header, plain, body),
            Self::Gcm256(cipher) => cipher.encrypt(&short, header, plain, body),
        }
    }
}
