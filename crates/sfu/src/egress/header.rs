//! The header of a media packet (RFC 3550 §5.1) with its extensions in the short form (RFC 8285 §4.2).

/// Which number each extension has on a section, as far as the peer takes it; 1 to 14.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions {
    /// RFC 8843 §15: the section's name.
    pub(crate) mid: Option<u8>,
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01 §2.
    pub(crate) transport_sequence: Option<u8>,
    /// When a packet went, for peers that take no numbers over all streams (draft-alvestrand-rmcat-remb-03).
    pub(crate) absolute_send_time: Option<u8>,
    /// RFC 6464.
    pub(crate) audio_level: Option<u8>,
    /// 3GPP TS 26.114 §7.4.5.
    pub(crate) orientation: Option<u8>,
}

impl Extensions {
    /// The highest number in the short form.
    pub(crate) const LAST: u8 = 14;
}

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub(super) payload_type: u8,
    pub(super) marker: bool,
    /// The last bytes are padding (RFC 3550 §5.1).
    pub(super) padding: bool,
    pub(super) sequence: u16,
    pub(super) time: u32,
    pub(super) ssrc: u32,
    pub(super) mid: &'a [u8],
    pub(super) transport_sequence: u16,
    /// In seconds, of which it has 64, with 18 bits behind the point.
    pub(super) send_time: [u8; 3],
    pub(super) audio_level: Option<u8>,
    pub(super) orientation: Option<u8>,
}

impl Header<'_> {
    /// Writes the header to the end of `out`.
    pub(super) fn write(&self, ids: Extensions, out: &mut Vec<u8>) {
        let begin = out.len();
        out.push(0x80 | u8::from(self.padding) << 5);
        out.push(u8::from(self.marker) << 7 | self.payload_type & 0x7f);
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.time.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        let extensions = out.len();
        out.extend_from_slice(&[0xbe, 0xde, 0, 0]);
        extend(out, ids.transport_sequence, Some(&self.transport_sequence.to_be_bytes()));
        if ids.transport_sequence.is_none() {
            extend(out, ids.absolute_send_time, Some(&self.send_time));
        }
        extend(out, ids.mid, Some(self.mid));
        extend(out, ids.audio_level, self.audio_level.as_ref().map(std::slice::from_ref));
        extend(out, ids.orientation, self.orientation.as_ref().map(std::slice::from_ref));
        let bytes = out.len() - extensions - 4;
        if bytes == 0 {
            out.truncate(extensions);
            return;
        }
        let words = bytes.div_ceil(4);
        out.resize(extensions + 4 + words * 4, 0);
        out[begin] |= 0x10;
        out[extensions + 3] = words as u8;
    }
}

fn extend(out: &mut Vec<u8>, id: Option<u8>, value: Option<&[u8]>) {
    if let (Some(id @ 1..=Extensions::LAST), Some(value)) = (id, value)
        && (1..=16).contains(&value.len())
    {
        out.push(id << 4 | (value.len() - 1) as u8);
        out.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header<'static> = Header {
        payload_type: 96,
        marker: true,
        padding: false,
        sequence: 0x1234,
        time: 0x5678_9abc,
        ssrc: 0xdef0_1122,
        mid: b"12",
        transport_sequence: 0x0102,
        send_time: [7, 8, 9],
        audio_level: Some(0x85),
        orientation: None,
    };

    #[test]
    fn extensions_stand_in_whole_words() {
        let mut out = Vec::new();
        let ids = Extensions {
            mid: Some(4),
            transport_sequence: Some(3),
            absolute_send_time: Some(2),
            audio_level: Some(1),
            orientation: Some(13),
        };
        HEADER.write(ids, &mut out);
        let fixed = [0x90, 0xe0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22];
        assert_eq!(out[..12], fixed);
        assert_eq!(out[12..], [0xbe, 0xde, 0, 2, 0x31, 1, 2, 0x41, b'1', b'2', 0x10, 0x85]);
    }

    #[test]
    fn the_time_stands_where_no_number_does() {
        let mut out = Vec::new();
        HEADER.write(Extensions { absolute_send_time: Some(2), ..Extensions::default() }, &mut out);
        assert_eq!(out[12..], [0xbe, 0xde, 0, 1, 0x22, 7, 8, 9]);
    }

    #[test]
    fn without_extensions_there_is_no_place_for_them() {
        let mut out = Vec::new();
        HEADER.write(Extensions { mid: Some(15), ..Extensions::default() }, &mut out);
        assert_eq!((out.len(), out[0]), (12, 0x80));
    }
}
