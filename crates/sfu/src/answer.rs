//! What an answer says that the transport does not know of.

/// What a browser that sends pictures shall never take its uplink for less than, in kbit/s: the least of all sizes of a camera, and
/// some more. A browser that got no processor for seconds takes that for congestion and its uplink for next to nothing. It then
/// sends the smallest size only, and never finds out that more would pass, because it does not try more than half as much again as
/// it sends. More than this would fill lines that carry little else.
const LEAST_UPLINK: u32 = 150;

/// An answer with the least uplink in each section in which the participant sends pictures. Only libwebrtc reads it, and takes it for
/// all of the connection.
pub(crate) fn with_least_uplink(sdp: &str) -> String {
    let mut answer = String::with_capacity(sdp.len() + 256);
    for (index, section) in sdp.split("\r\nm=").enumerate() {
        if index > 0 {
            answer.push_str("\r\nm=");
        }
        if section.starts_with("video ") && section.contains("\r\na=recvonly\r\n") {
            add_to(section, &mut answer);
        } else {
            answer.push_str(section);
        }
    }
    answer
}

fn add_to(section: &str, answer: &mut String) {
    let parameter = format!("x-google-min-bitrate={LEAST_UPLINK}");
    let of = |line: &str, prefix: &str| line.strip_prefix(prefix)?.split(' ').next().map(str::to_owned);
    let is_vp8 = |line: &&str| line.ends_with(" VP8/90000");
    let types: Vec<_> =
        section.split("\r\n").filter(is_vp8).filter_map(|line| of(line, "a=rtpmap:")).collect();
    for (index, line) in section.split("\r\n").enumerate() {
        if index > 0 {
            answer.push_str("\r\n");
        }
        answer.push_str(line);
        if of(line, "a=fmtp:").is_some_and(|one| types.contains(&one)) {
            answer.push_str(&format!(";{parameter}"));
        }
        let is_without = |one: &String| !section.contains(&format!("\r\na=fmtp:{one} "));
        if let Some(one) = of(line, "a=rtpmap:").filter(|one| types.contains(one)).filter(is_without) {
            answer.push_str(&format!("\r\na=fmtp:{one} {parameter}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_of_video_are_told_and_nobody_else() {
        let sections = [
            "v=0\r\ns=-\r\n",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 98\r\na=recvonly\r\na=rtpmap:98 VP8/90000\r\na=fmtp:98 max-fr=30\r\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n",
        ];
        let answer = with_least_uplink(&sections.concat());
        let added = "VP8/90000\r\na=fmtp:96 x-google-min-bitrate=150\r\na=rtpmap:97 rtx";
        assert!(answer.contains(added), "{answer}");
        assert!(answer.contains("a=fmtp:98 max-fr=30;x-google-min-bitrate=150\r\n"), "{answer}");
        assert_eq!(answer.matches("x-google").count(), 2);
        let without = answer
            .replace("a=fmtp:96 x-google-min-bitrate=150\r\n", "")
            .replace(";x-google-min-bitrate=150", "");
        assert_eq!(without, sections.concat());
    }
}
