//! Silence is not sent: a description that is applied asks this side's Opus encoder for discontinuous transmission
//! (RFC 7587 §3.1.3), which browsers leave off by default. Most people of a call are silent most of the time.

use protocol::Sdp;

/// The same description, whose Opus formats take a pause as a pause (`usedtx`, RFC 7587 §6.1).
pub(crate) fn without_silence(sdp: Sdp) -> Sdp {
    let text = sdp.as_str();
    let opus: Vec<&str> = text.lines().filter_map(opus_payload_type).collect();
    let lines = text.split_inclusive('\n').map(|line| {
        let (content, end) = line.split_at(line.trim_end().len());
        let is_of_opus =
            format_parameters_of(content).is_some_and(|payload_type| opus.contains(&payload_type));
        if is_of_opus && !content.contains("usedtx=") {
            format!("{content};usedtx=1{end}")
        } else {
            line.into()
        }
    });
    Sdp::new(lines.collect()).unwrap_or(sdp)
}

/// The payload type of a line `a=rtpmap:111 opus/48000/2`.
fn opus_payload_type(line: &str) -> Option<&str> {
    let (payload_type, encoding) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    encoding.get(..5)?.eq_ignore_ascii_case("opus/").then_some(payload_type)
}

/// The payload type of a line `a=fmtp:111 minptime=10;useinbandfec=1`.
fn format_parameters_of(line: &str) -> Option<&str> {
    let (payload_type, parameters) = line.strip_prefix("a=fmtp:")?.split_once(' ')?;
    (!parameters.is_empty()).then_some(payload_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> String {
        without_silence(Sdp::new(text.into()).unwrap()).as_str().to_owned()
    }

    #[test]
    fn opus_takes_pauses_and_nothing_else_is_touched() {
        let sdp = "v=0\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:111 opus/48000/2\r\n\
                   a=rtpmap:96 VP8/90000\r\na=fmtp:96 x=1\r\n";
        let expected = sdp.replace("useinbandfec=1", "useinbandfec=1;usedtx=1");
        assert_eq!(applied(sdp), expected);
        assert_eq!(applied(&expected), expected, "once is enough");
    }

    #[test]
    fn what_somebody_else_decided_or_wrote_badly_stays() {
        for sdp in [
            "",
            "a=rtpmap:111 OPUS/48000/2\na=fmtp:111 usedtx=0\n",
            "a=rtpmap:111 opus/48000/2\na=fmtp:111\na=fmtp:111 \n",
            "a=rtpmap:\na=rtpmap:1 \u{f6}pus/1\na=fmtp:\n",
        ] {
            assert_eq!(applied(sdp), sdp);
        }
    }

    #[test]
    fn a_description_that_has_no_room_left_stays() {
        let opus = "a=rtpmap:111 opus/48000/2\na=fmtp:111 minptime=10\n";
        let sdp = format!("{opus}{}", "x".repeat(protocol::limits::MAX_SDP_BYTES - opus.len()));
        assert_eq!(applied(&sdp), sdp);
    }
}
