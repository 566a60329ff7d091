//! Moves between direct links and the forwarding unit.

use std::time::Duration;

use protocol::{
    CallOff, ErrorCode, LinkId, MediaState, Mode, Moderation, MoveReason, PeerRef, RoomMessage,
    RoomSettingsPatch, Sdp, ServerMessage, Signal, SignalNumber, SlotWishes, Switch, Topology, Trouble,
};
use room::{Beginning, Departure, MediaOrder};

use super::world::{ADA, BOB, CEM, START, World, id, on_air};

const FIVE: [u128; 5] = [1, 2, 3, 4, 5];
const MOVE: Duration = Duration::from_secs(26);

/// Five people, the fifth of whom has begun a move.
fn five() -> World {
    let mut world = World::with_sfu();
    for person in FIVE {
        world.enter(person);
    }
    world
}

fn topology(world: &World, person: u128) -> Topology {
    let told = world.ears(person).messages.iter().rev().find_map(|message| {
        if let ServerMessage::Topology { topology } = message {
            return Some(*topology);
        }
        if let ServerMessage::Joined(joined) = message { Some(joined.topology) } else { None }
    });
    told.unwrap()
}

fn next_epoch(world: &World) -> u32 {
    topology(world, ADA).moving.unwrap().epoch
}

fn ready(world: &mut World, people: &[u128]) {
    let epoch = next_epoch(world);
    for person in people {
        world.say(*person, RoomMessage::TopologyReady { epoch });
    }
}

fn called_off(world: &World, person: u128) -> Vec<CallOff> {
    let reason = |message: &ServerMessage| {
        if let ServerMessage::MoveCalledOff { reason, .. } = message { Some(*reason) } else { None }
    };
    world.ears(person).messages.iter().filter_map(reason).collect()
}

#[test]
fn four_people_talk_directly_and_a_fifth_begins_a_move() {
    let mut world = World::with_sfu();
    for person in &FIVE[..4] {
        world.enter(*person);
    }
    assert_eq!(topology(&world, ADA).moving, None);
    world.enter(5);
    let before = topology(&world, ADA);
    assert_eq!(before.mode, Mode::Mesh, "nobody loses what they have");
    let next = before.moving.unwrap();
    assert_eq!((next.mode, next.reason), (Mode::Sfu, MoveReason::ManyPeople));
    assert!(next.epoch > before.epoch);
    assert_eq!(topology(&world, 5), before, "the newcomer knows of the move from the first word");
}

#[test]
fn the_move_is_over_when_everybody_has_media_over_the_new_path() {
    let mut world = five();
    let epoch = next_epoch(&world);
    ready(&mut world, &[1, 2, 3, 4]);
    assert!(topology(&world, ADA).moving.is_some());
    ready(&mut world, &[5]);
    let after = topology(&world, ADA);
    assert_eq!((after.epoch, after.mode, after.moving), (epoch, Mode::Sfu, None));
}

#[test]
fn the_unit_is_told_what_everybody_may_send_and_when_they_are_gone() {
    let mut world = five();
    let states = world.orders.iter().filter(|(_, order)| matches!(order, MediaOrder::State(_))).count();
    assert!(states >= 5);
    world.forget();
    world.say(ADA, RoomMessage::SetMedia { media: on_air() });
    assert_eq!(world.orders, [(id(ADA), MediaOrder::State(on_air()))]);
    world.forget();
    world.say(BOB, RoomMessage::Leave);
    assert!(world.orders.contains(&(id(BOB), MediaOrder::Left)));
}

#[test]
fn what_a_host_turns_off_the_unit_does_not_forward() {
    let mut world = five();
    world.enter_as(9, protocol::Role::Host);
    world.say(ADA, RoomMessage::SetMedia { media: on_air() });
    world.forget();
    let source = protocol::Source::Microphone;
    world.moderate(9, Moderation::TurnOff { id: id(ADA), source });
    let off = MediaState { microphone: Switch::Off, ..on_air() };
    assert_eq!(world.orders, [(id(ADA), MediaOrder::State(off))]);
}

#[test]
fn signals_and_wishes_reach_the_unit_only_where_it_is_used() {
    let signal = Signal::Offer { sdp: Sdp::new("v=0".into()).unwrap() };
    let (link, number) = (LinkId(0), SignalNumber(0));
    let offer = RoomMessage::Signal { to: PeerRef::Sfu, link, number, expects: None, signal: signal.clone() };
    let wishes = RoomMessage::SetSlots { link, slots: SlotWishes::default() };
    let mut world = World::with_sfu();
    world.enter(ADA);
    world.enter(BOB);
    world.forget();
    for message in [offer.clone(), wishes.clone()] {
        world.say(ADA, message);
    }
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::PeerUnknown; 2]);
    assert_eq!(world.orders, []);

    let mut world = five();
    world.forget();
    world.say(ADA, offer);
    world.say(ADA, wishes);
    let slots = SlotWishes::default();
    let expected = [MediaOrder::Signal { link, number, signal }, MediaOrder::Slots { link, slots }]
        .map(|order| (id(ADA), order));
    assert_eq!(world.orders, expected);
}

#[test]
fn one_of_five_who_has_no_media_in_time_calls_the_move_off() {
    let mut world = five();
    world.enter_as(9, protocol::Role::Host);
    ready(&mut world, &[1, 2, 3, 4, 9]);
    world.wait(MOVE);
    let after = topology(&world, ADA);
    assert_eq!((after.mode, after.moving), (Mode::Mesh, None));
    assert_eq!(called_off(&world, 9), [CallOff::TooSlow], "the host is told");
    assert_eq!(called_off(&world, ADA), []);
    world.wait(Duration::from_secs(55));
    assert_eq!(topology(&world, ADA).moving, None, "it is not tried at once");
    world.wait(Duration::from_secs(10));
    assert!(topology(&world, ADA).moving.is_some(), "and it is tried again");
}

#[test]
fn one_of_five_who_cannot_open_the_path_calls_the_move_off_at_once() {
    let mut world = five();
    let epoch = next_epoch(&world);
    world.say(BOB, RoomMessage::TopologyFailed { epoch });
    assert_eq!(topology(&world, ADA).moving, None);
    world.say(CEM, RoomMessage::TopologyReady { epoch });
    assert_eq!(topology(&world, ADA).mode, Mode::Mesh, "what is said of an old move is nothing");
}

#[test]
fn of_many_people_one_who_cannot_follow_does_not_keep_the_others() {
    let mut world = five();
    for person in 6..=10 {
        world.enter(person);
    }
    ready(&mut world, &[1, 2, 3, 4, 6, 7, 8, 9, 10]);
    world.wait(MOVE);
    assert_eq!(topology(&world, ADA).mode, Mode::Sfu);
}

#[test]
fn when_nobody_gets_through_nobody_moves() {
    let mut world = five();
    for person in 6..=10 {
        world.enter(person);
    }
    world.wait(MOVE);
    assert_eq!((topology(&world, ADA).mode, topology(&world, ADA).moving), (Mode::Mesh, None));
}

#[test]
fn somebody_whose_connection_broke_is_not_waited_for() {
    let mut world = five();
    ready(&mut world, &[1, 2, 3, 4]);
    world.drop_socket(5, Departure::Broken);
    assert_eq!(topology(&world, ADA).mode, Mode::Sfu);
}

#[test]
fn a_move_that_is_no_longer_needed_is_called_off_quietly() {
    let mut world = five();
    world.say(5, RoomMessage::Leave);
    assert_eq!((topology(&world, ADA).mode, topology(&world, ADA).moving), (Mode::Mesh, None));
    assert_eq!(called_off(&world, ADA), []);
    world.enter(6);
    assert!(topology(&world, ADA).moving.is_some(), "the next one who comes begins another");
}

#[test]
fn the_room_goes_back_when_three_are_left_for_a_while() {
    let mut world = five();
    ready(&mut world, &FIVE);
    world.say(5, RoomMessage::Leave);
    world.wait(Duration::from_secs(60));
    assert_eq!(topology(&world, ADA).moving, None, "four stay: the next one would move everybody again");
    world.say(4, RoomMessage::Leave);
    world.wait(Duration::from_secs(29));
    assert_eq!(topology(&world, ADA).moving, None);
    world.wait(Duration::from_secs(2));
    let next = topology(&world, ADA).moving.unwrap();
    assert_eq!((next.mode, next.reason), (Mode::Mesh, MoveReason::FewPeople));
    ready(&mut world, &[1, 2, 3]);
    assert_eq!(topology(&world, ADA).mode, Mode::Mesh);
}

#[test]
fn two_who_cannot_reach_each_other_take_everybody_to_the_server() {
    let mut world = World::with_sfu();
    for person in [ADA, BOB, CEM] {
        world.enter(person);
    }
    world.say(ADA, RoomMessage::ReportTrouble { trouble: Trouble::NoPathTo(id(BOB)) });
    assert_eq!(topology(&world, ADA).moving.unwrap().reason, MoveReason::NoDirectPath);
    ready(&mut world, &[ADA, BOB, CEM]);
    assert_eq!(topology(&world, CEM).mode, Mode::Sfu);
    world.say(BOB, RoomMessage::Leave);
    world.wait(Duration::from_secs(31));
    assert_eq!(topology(&world, ADA).moving.unwrap().mode, Mode::Mesh, "the trouble has left");
}

#[test]
fn a_weak_uplink_takes_everybody_to_the_server_and_trouble_with_nobody_does_not() {
    let mut world = World::with_sfu();
    world.enter(ADA);
    world.enter(BOB);
    for stranger in [ADA, 77] {
        world.say(ADA, RoomMessage::ReportTrouble { trouble: Trouble::NoPathTo(id(stranger)) });
    }
    assert_eq!(topology(&world, ADA).moving, None);
    world.say(ADA, RoomMessage::ReportTrouble { trouble: Trouble::WeakUplink });
    assert_eq!(topology(&world, ADA).moving.unwrap().reason, MoveReason::WeakUplink);
}

#[test]
fn who_loses_the_server_takes_a_small_room_back_at_once() {
    let mut world = five();
    ready(&mut world, &FIVE);
    let epoch = topology(&world, ADA).epoch;
    world.say(BOB, RoomMessage::TopologyFailed { epoch });
    let next = topology(&world, ADA).moving.unwrap();
    assert_eq!((next.mode, next.reason), (Mode::Mesh, MoveReason::NoPathToServer));
}

#[test]
fn without_a_forwarding_unit_everybody_stays_direct() {
    let mut world = World::with(FIVE);
    world.say(ADA, RoomMessage::ReportTrouble { trouble: Trouble::WeakUplink });
    world.wait(MOVE);
    assert!(world.room.participants().count() == 5 && world.orders.is_empty());
    assert!(
        !world.ears(ADA).messages.iter().any(|message| matches!(message, ServerMessage::Topology { .. }))
    );
}

#[test]
fn a_larger_limit_calls_for_no_move_and_a_smaller_one_does() {
    let mut world = World::with_sfu();
    world.enter_as(ADA, protocol::Role::Host);
    world.enter(BOB);
    world.enter(CEM);
    world.change(ADA, RoomSettingsPatch { mesh_limit: Some(2), ..RoomSettingsPatch::default() });
    assert_eq!(topology(&world, ADA).moving.unwrap().mode, Mode::Sfu);
}

#[test]
fn a_room_that_begins_with_many_seats_begins_on_the_server_in_a_later_epoch() {
    let mut world = five();
    ready(&mut world, &FIVE);
    let epoch = topology(&world, ADA).epoch;
    let seats = world.kept_seats();
    let wall = START.after(Duration::from_secs(20));
    let mut again = World::begin(Beginning { seats, wall, has_sfu: true, ..World::beginning() });
    again.resume(ADA, 1, 0);
    let after = topology(&again, ADA);
    assert_eq!((after.mode, after.moving), (Mode::Sfu, None));
    assert!(after.epoch > epoch, "{after:?}");
}
