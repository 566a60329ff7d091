//! The figures of one RTP stream: of a publication, or of one of its layers.

use super::figures;
use super::record::{StatsRecord, StatsType};

/// What a stream's counters did in an interval.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rates {
    /// Bits a second.
    pub(super) bits: Option<f64>,
    /// Frames a second.
    pub(super) frames: Option<f64>,
    /// Packets in the interval, those that were sent again included.
    pub(super) packets: Option<f64>,
    /// Packets that were sent again in the interval.
    pub(super) retransmitted: Option<f64>,
    /// Packets that were lost in the interval.
    pub(super) lost: Option<f64>,
}

/// One RTP stream, its rates, and the records about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow<'a> {
    pub(super) record: &'a StatsRecord,
    /// What the other end says of it.
    pub(super) remote: Option<&'a StatsRecord>,
    pub(super) codec: Option<&'a StatsRecord>,
    /// When it was looked at, in milliseconds since 1970.
    pub(super) at: Option<f64>,
    pub(super) rates: Rates,
    /// Whether it carried something else until now.
    pub(super) is_switched: bool,
}

impl Flow<'_> {
    /// Whether anything is sent or comes, as far as is known.
    pub(super) fn is_active(&self) -> bool {
        self.record.active != Some(false) && self.rates.bits.is_none_or(|bits| bits > 0.0)
    }

    /// Bits a second. What is switched off has none.
    pub(super) fn bits(&self) -> Option<f64> {
        if self.record.active == Some(false) { Some(0.0) } else { self.rates.bits }
    }

    /// Of all packets, how many were lost, from 0 to 1.
    pub(super) fn loss(&self) -> Option<f64> {
        let Rates { packets, retransmitted, lost, .. } = self.rates;
        if self.is_switched {
            return None;
        }
        let reported = figures::share(self.remote.and_then(|remote| remote.fraction_lost));
        reported.or_else(|| {
            let expected = match self.record.stats_type {
                StatsType::InboundRtp => packets? + lost?,
                StatsType::OutboundRtp
                | StatsType::RemoteInboundRtp
                | StatsType::Codec
                | StatsType::Transport
                | StatsType::CandidatePair
                | StatsType::Candidate => packets? - retransmitted.unwrap_or(0.0),
            };
            let lost = lost?;
            (expected > 0.0).then(|| (lost / expected).min(1.0))
        })
    }

    /// How much its loss counts among that of others.
    pub(super) fn weight(&self) -> f64 {
        self.rates.packets.unwrap_or(1.0)
    }

    /// In seconds.
    pub(super) fn round_trip(&self) -> Option<f64> {
        figures::delay(self.remote?.round_trip_time).filter(|_| !self.is_switched)
    }

    /// In seconds.
    pub(super) fn jitter(&self) -> Option<f64> {
        let measured = match self.record.stats_type {
            StatsType::InboundRtp => Some(self.record),
            StatsType::OutboundRtp
            | StatsType::RemoteInboundRtp
            | StatsType::Codec
            | StatsType::Transport
            | StatsType::CandidatePair
            | StatsType::Candidate => self.remote,
        };
        figures::delay(measured?.jitter).filter(|_| !self.is_switched)
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> Option<(u32, u32)> {
        figures::size(self.record.frame_width, self.record.frame_height).filter(|_| !self.is_switched)
    }

    /// Frames a second.
    pub(super) fn frames(&self) -> Option<f64> {
        let reported = figures::frame_rate(self.record.frames_per_second).filter(|_| !self.is_switched);
        reported.or_else(|| figures::frame_rate(self.rates.frames))
    }

    /// The subtype of its media type (RFC 6838).
    pub(super) fn codec(&self) -> Option<String> {
        let (_, subtype) = self.codec?.mime_type.as_deref()?.split_once('/')?;
        if subtype.eq_ignore_ascii_case("opus") { Some("Opus".to_owned()) } else { figures::name(subtype) }
    }
}
