//! What comes from strangers, and from clients that mean no good: nobody else notices.

use std::net::SocketAddr;
use std::time::Duration;

use protocol::{LinkId, Sdp, SectionMap, Signal, SignalNumber, Source};
use sfu::{Event, Input, Output};

use testkit::media::{World, unit_address, who};

fn stranger() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], 4_444))
}

#[test]
fn garbage_of_strangers_is_not_answered_and_disturbs_nobody() {
    let mut world = World::meeting(2, 300);
    world.run(Duration::from_secs(3));
    let before = world.client(1).video[0].frames;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for length in 0..1_500 {
        let mut bytes = Vec::with_capacity(length);
        for _ in 0..length {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            bytes.push(random as u8);
        }
        // Each kind of packet by its first byte (RFC 7983 §7).
        for first in [0, 1, 20, 23, 63, 64, 128, 129, 191, 255] {
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            world.datagram(stranger(), &bytes);
        }
    }
    while let Some(output) = world.sfu.poll_output() {
        if let Output::Transmit(transmit) = output {
            assert_ne!(transmit.destination, stranger(), "an answer to nobody");
        }
    }
    world.run(Duration::from_secs(2));
    assert!(world.client(1).video[0].frames > before + 50);
}

#[test]
fn an_address_is_served_from_its_first_good_check_to_the_end_of_its_link() {
    let mut world = World::meeting(2, 300);
    let address = world.client(1).address;
    assert!(!world.sfu.serves(address), "it has said nothing yet");
    world.run(Duration::from_secs(3));
    world.datagram(stranger(), &[0; 40]);
    assert!(world.sfu.serves(address) && !world.sfu.serves(stranger()));
    world.leave(1);
    assert!(!world.sfu.serves(address));
}

#[test]
fn what_was_recorded_is_not_taken_twice_and_not_from_elsewhere() {
    let mut world = World::meeting(2, 300);
    world.run(Duration::from_secs(3));
    let packets = world.sfu.counters().packets_in;
    // Packets of client 2, changed and repeated, from its own address and from another one.
    let address = world.client(2).address;
    for source in [address, stranger()] {
        for byte in 0..=255_u8 {
            let mut bytes = vec![0x80, 96, 0, byte, 0, 0, 0, 1, 0, 0, 0, byte];
            bytes.resize(200, byte);
            world.datagram(source, &bytes);
            world.datagram(source, &bytes);
        }
    }
    assert_eq!(world.sfu.counters().packets_in, packets, "none of them was authentic");
    world.run(Duration::from_secs(1));
    assert_eq!(world.sfu.len(), 2);
}

#[test]
fn a_check_with_the_wrong_password_is_not_answered() {
    let mut world = World::meeting(1, 300);
    world.run(Duration::from_secs(1));
    // A binding request for a ufrag that nobody has, and one that is cut.
    let request = [
        0x00, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x00, 0x06,
        0x00, 0x07, b'a', b'b', b'c', b'd', b':', b'e', b'f', 0,
    ];
    for end in 0..=request.len() {
        world.datagram(stranger(), &request[..end]);
    }
    let answered = std::iter::from_fn(|| world.sfu.poll_output())
        .any(|output| matches!(output, Output::Transmit(transmit) if transmit.destination == stranger()));
    assert!(!answered);
}

#[test]
fn descriptions_that_cannot_be_end_their_own_link() {
    let mut world = World::meeting(2, 300);
    world.run(Duration::from_secs(3));
    let good = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n".to_owned();
    let section =
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:MID\r\na=rtpmap:96 VP8/90000\r\n";
    let many: String = (0..400).map(|mid| section.replace("MID", &mid.to_string())).collect();
    let hostile = [
        String::new(),
        "v=0".into(),
        "no description".into(),
        good.clone(),
        format!("{good}{section}"),
        format!("{good}{many}"),
        format!("{good}m=audio 99999 UDP/TLS/RTP/SAVPF 300\r\na=mid:{}\r\n", "x".repeat(3_000)),
        format!("{good}{}", "a=x\r\n".repeat(8_000)),
        "\u{0}\u{ffff}".repeat(500),
    ];
    for (index, text) in hostile.into_iter().enumerate() {
        let who = who(100 + index as u8);
        let sections = SectionMap::new([("0".to_owned(), Source::Camera)].into()).unwrap();
        let signal = Signal::Offer { sdp: Sdp::new(text).unwrap(), sections };
        let (link, number) = (LinkId(0), SignalNumber(0));
        world.sfu.handle_input(world.instant(), Input::Signal { who, link, number, signal });
    }
    world.run(Duration::from_secs(1));
    assert_eq!(world.sfu.len(), 2, "they are over, and the others are not");
    let before = world.client(1).video[0].frames;
    world.run(Duration::from_secs(1));
    assert!(world.client(1).video[0].frames > before + 20);
}

#[test]
fn ten_thousand_half_open_links_are_forgotten() {
    let mut world = World::new();
    world.join(1, 1);
    world.run(Duration::from_secs(1));
    let offer =
        testkit::media::Client::new(world.instant(), world.instant(), who(9), 9, 1).signals.remove(0).1;
    for number in 0..10_000_u32 {
        let mut who = who(0);
        who.participant = protocol::ParticipantId::new(uuid::Uuid::from_u128(u128::from(number) + 1_000));
        let (link, first) = (LinkId(0), SignalNumber(0));
        let signal = offer.clone();
        world.sfu.handle_input(world.instant(), Input::Signal { who, link, number: first, signal });
        while world.sfu.poll_output().is_some() {}
    }
    assert_eq!(world.sfu.len(), 10_001);
    world.run(Duration::from_secs(31));
    assert_eq!(world.sfu.len(), 1, "whoever has connected stays");
}

#[test]
fn somebody_who_wants_keyframes_without_end_gets_few() {
    let mut world = World::meeting(2, 300);
    world.run(Duration::from_secs(3));
    let before = world.client(2).keyframes_sent;
    for round in 0..1_000 {
        // Looking away and back is the dearest subscription there is.
        world.watch(1, &[], 0);
        world.watch(1, &[2], if round % 2 == 0 { 150 } else { 300 });
        world.run(Duration::from_millis(2));
    }
    let asked = world.client(2).keyframes_sent - before;
    assert!(asked <= 12, "{asked} keyframes in two seconds, of two layers");
}

#[test]
fn a_link_of_a_later_number_ends_the_one_before_and_signals_of_the_old_one_are_nothing() {
    let mut world = World::meeting(2, 300);
    world.run(Duration::from_secs(2));
    let offer =
        testkit::media::Client::new(world.instant(), world.instant(), who(1), 1, 1).signals.remove(0).1;
    let say = |world: &mut World, link: u32, number: u32, signal: Signal| {
        let (link, number) = (LinkId(link), SignalNumber(number));
        world.sfu.handle_input(world.instant(), Input::Signal { who: who(1), link, number, signal });
        std::iter::from_fn(|| world.sfu.poll_output())
            .filter_map(|output| match output {
                Output::Event { who: to, link: of, event } if to == who(1) => Some((of.0, event)),
                Output::Transmit(_) | Output::PassOn(_) | Output::Recorded(_) | Output::Event { .. } => None,
            })
            .collect::<Vec<_>>()
    };
    let told = say(&mut world, 1, 0, offer.clone());
    assert!(told.iter().any(|(link, event)| *link == 1 && matches!(event, Event::Signal { .. })), "{told:?}");
    assert_eq!(world.sfu.len(), 2);
    assert_eq!(say(&mut world, 0, 1, offer.clone()), []);
    assert_eq!(say(&mut world, 5, 3, offer), [(5, Event::Closed)], "it has no beginning");
    assert_eq!(unit_address().port(), 3_478);
}

/// Their line is known by what they say it carries, if they say it; nothing can be found out by padding.
#[test]
fn who_reports_no_arrivals_gets_video_and_no_padding() {
    let mut world = World::new();
    world.join(1, 1);
    world.unheard_of = Some("transport-wide-cc");
    world.join(2, 1);
    for (number, other) in [(1, 2), (2, 1)] {
        world.watch(number, &[other], 700);
    }
    world.run(Duration::from_secs(1));
    let padding = world.sfu.counters().packets_retransmitted;
    world.run(Duration::from_secs(10));
    let heard = &world.client(2).video[0];
    assert!(heard.frames > 200, "{} frames", heard.frames);
    assert_eq!(heard.height, 360, "what fits into the rate of the beginning");
    let of_both = world.sfu.counters().packets_retransmitted;
    assert!(of_both < padding + 200, "{padding} in the first second, then {of_both}");
    let (packets, _) = world.sent_to[&1];
    assert!(packets < 11 * 250, "{packets} packets to them");
}
