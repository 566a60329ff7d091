//! What comes from the other end: its RTCP, each once. Its media is the transport's.

use std::collections::VecDeque;

use crate::session_key::{Purpose, SessionKey, number};
use crate::{Keys, ReplayWindow, SrtpError};

/// Senders of one peer whose reports are told apart: one for each stream it sends, and one for those it receives.
const SENDERS: usize = 64;

/// Opens what the other end has sealed.
pub struct SrtpReceiver {
    rtcp: SessionKey,
    seen: SendersSeen,
}

impl SrtpReceiver {
    /// `None` where the profile is none that is offered.
    pub fn new(keys: &Keys) -> Option<Self> {
        let rtcp = SessionKey::derive(keys, !keys.is_client, Purpose::Rtcp)?;
        Some(Self { rtcp, seen: SendersSeen::default() })
    }

    /// Opens RTCP into `plain`.
    ///
    /// # Errors
    ///
    /// When it is not the other end's, or came before. `plain` is of no use then.
    pub fn open_rtcp(&mut self, datagram: &[u8], plain: &mut Vec<u8>) -> Result<(), SrtpError> {
        let index = self.rtcp.open_rtcp(datagram, plain)?;
        self.seen.take(number(datagram, 4), index)
    }
}

/// Which indices came of each sender: each counts for itself (RFC 3711 §3.2.3).
#[derive(Debug, Default)]
pub(crate) struct SendersSeen(VecDeque<(u32, ReplayWindow)>);

impl SendersSeen {
    pub(crate) fn take(&mut self, ssrc: u32, index: u32) -> Result<(), SrtpError> {
        let at = self.0.iter().position(|(of, _)| *of == ssrc).unwrap_or_else(|| {
            if self.0.len() >= SENDERS {
                self.0.pop_front();
            }
            self.0.push_back((ssrc, ReplayWindow::default()));
            self.0.len() - 1
        });
        if self.0[at].1.take(u64::from(index)) { Ok(()) } else { Err(SrtpError::IndexUsed) }
    }
}
