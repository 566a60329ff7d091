//! Moves between direct links and the forwarding unit.

use std::time::Duration;

use protocol::{
    AbortReason, ErrorCode, LinkId, MediaState, MediaVia, Moderation, NodeId, ParticipantId, PeerRef,
    RoomMessage, RoomSettingsPatch, Sdp, SectionMap, ServerMessage, Signal, SignalNumber, Subscriptions,
    Switch, Topology, TopologyReason, Trouble,
};
use room::{Departure, Input, MediaOrder, RoomInit};

use super::world::{ADA, BOB, CEM, NODE, START, World, id, on_air};

const FIVE: [u128; 5] = [1, 2, 3, 4, 5];
/// The node that takes over.
const OTHER: NodeId = NodeId::new(uuid::Uuid::from_u128(2));
const MOVE: Duration = Duration::from_secs(26);

/// Five people, the fifth of whom has begun a migration.
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
    topology(world, ADA).migration.unwrap().epoch
}

fn ready(world: &mut World, people: &[u128]) {
    let epoch = next_epoch(world);
    for person in people {
        world.say(*person, RoomMessage::TopologyReady { epoch });
    }
}

fn called_off(world: &World, person: u128) -> Vec<AbortReason> {
    let reason = |message: &ServerMessage| {
        if let ServerMessage::MigrationAborted { reason, .. } = message { Some(*reason) } else { None }
    };
    world.ears(person).messages.iter().filter_map(reason).collect()
}

#[test]
fn four_people_talk_directly_and_a_fifth_begins_a_move() {
    let mut world = World::with_sfu();
    for person in &FIVE[..4] {
        world.enter(*person);
    }
    assert_eq!(topology(&world, ADA).migration, None);
    world.enter(5);
    let before = topology(&world, ADA);
    assert_eq!(before.via, MediaVia::Mesh, "nobody loses what they have");
    let next = before.migration.unwrap();
    assert_eq!((next.via, next.reason), (MediaVia::Sfu(NODE), TopologyReason::ManyPeople));
    assert!(next.epoch > before.epoch);
    assert_eq!(topology(&world, 5), before, "the newcomer knows of the move from the first word");
}

#[test]
fn the_move_is_over_when_everybody_has_media_over_the_new_path() {
    let mut world = five();
    let epoch = next_epoch(&world);
    ready(&mut world, &[1, 2, 3, 4]);
    assert!(topology(&world, ADA).migration.is_some());
    ready(&mut world, &[5]);
    let after = topology(&world, ADA);
    assert_eq!((after.epoch, after.via, after.migration), (epoch, MediaVia::Sfu(NODE), None));
}

#[test]
fn the_unit_is_told_what_everybody_may_send_and_when_they_are_gone() {
    let mut world = five();
    let states = world.orders.iter().filter(|(.., order)| matches!(order, MediaOrder::State(_))).count();
    assert!(states >= 5);
    world.forget();
    world.say(ADA, RoomMessage::SetMedia { media: on_air() });
    assert_eq!(world.orders, [(NODE, id(ADA), MediaOrder::State(on_air()))]);
    world.forget();
    world.say(BOB, RoomMessage::Leave);
    assert!(world.orders.contains(&(NODE, id(BOB), MediaOrder::Left)));
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
    assert_eq!(world.orders, [(NODE, id(ADA), MediaOrder::State(off))]);
}

#[test]
fn signals_and_wishes_reach_the_unit_only_where_it_is_used() {
    let signal = Signal::Offer { sdp: Sdp::new("v=0".into()).unwrap(), sections: SectionMap::default() };
    let (link, number) = (LinkId(0), SignalNumber(0));
    let offer =
        RoomMessage::Signal { to: PeerRef::Sfu(NODE), link, number, expects: None, signal: signal.clone() };
    let wishes = RoomMessage::SetSlots { node: NODE, link, slots: Subscriptions::default() };
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
    let slots = Subscriptions::default();
    let expected = [MediaOrder::Signal { link, number, signal }, MediaOrder::Slots { link, slots }]
        .map(|order| (NODE, id(ADA), order));
    assert_eq!(world.orders, expected);
}

#[test]
fn one_of_five_who_has_no_media_in_time_calls_the_move_off() {
    let mut world = five();
    world.enter_as(9, protocol::Role::Host);
    ready(&mut world, &[1, 2, 3, 4, 9]);
    world.wait(MOVE);
    let after = topology(&world, ADA);
    assert_eq!((after.via, after.migration), (MediaVia::Mesh, None));
    assert_eq!(called_off(&world, 9), [AbortReason::TooSlow], "the host is told");
    assert_eq!(called_off(&world, ADA), []);
    world.wait(Duration::from_secs(55));
    assert_eq!(topology(&world, ADA).migration, None, "it is not tried at once");
    world.wait(Duration::from_secs(10));
    assert!(topology(&world, ADA).migration.is_some(), "and it is tried again");
}

#[test]
fn one_of_five_who_cannot_open_the_path_calls_the_move_off_at_once() {
    let mut world = five();
    let epoch = next_epoch(&world);
    world.say(BOB, RoomMessage::TopologyFailed { epoch });
    assert_eq!(topology(&world, ADA).migration, None);
    world.say(CEM, RoomMessage::TopologyReady { epoch });
    assert_eq!(topology(&world, ADA).via, MediaVia::Mesh, "what is said of an old move is nothing");
}

#[test]
fn of_many_people_one_who_cannot_follow_does_not_keep_the_others() {
    let mut world = five();
    for person in 6..=10 {
        world.enter(person);
    }
    ready(&mut world, &[1, 2, 3, 4, 6, 7, 8, 9, 10]);
    world.wait(MOVE);
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(NODE));
}

#[test]
fn when_nobody_gets_through_nobody_moves() {
    let mut world = five();
    for person in 6..=10 {
        world.enter(person);
    }
    world.wait(MOVE);
    assert_eq!((topology(&world, ADA).via, topology(&world, ADA).migration), (MediaVia::Mesh, None));
}

#[test]
fn a_broken_connection_ends_no_move_that_its_owner_cannot_follow() {
    let mut world = five();
    let epoch = next_epoch(&world);
    ready(&mut world, &[1, 2, 3, 4]);
    world.drop_socket(5, Departure::Broken);
    assert_eq!(topology(&world, ADA).via, MediaVia::Mesh, "their media goes on over direct links");
    world.resume(5, 1, 0);
    world.say(5, RoomMessage::TopologyFailed { epoch });
    assert_eq!((topology(&world, ADA).via, topology(&world, ADA).migration), (MediaVia::Mesh, None));
}

#[test]
fn a_move_that_begins_while_a_connection_is_broken_waits_for_its_owner_too() {
    let mut world = World::with_sfu();
    for person in &FIVE[..4] {
        world.enter(*person);
    }
    world.drop_socket(4, Departure::Broken);
    world.enter(5);
    ready(&mut world, &[1, 2, 3, 5]);
    assert_eq!(topology(&world, ADA).via, MediaVia::Mesh);
    world.resume(4, 1, 0);
    ready(&mut world, &[4]);
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(NODE));
}

#[test]
fn whoever_is_back_when_a_move_was_to_be_over_has_as_long_as_the_others_had() {
    let mut world = five();
    ready(&mut world, &[1, 2, 3, 4]);
    world.drop_socket(5, Departure::Broken);
    world.wait(MOVE);
    assert_ne!(topology(&world, ADA).migration, None, "their seat is kept, and so are their links");
    world.resume(5, 1, 0);
    world.wait(Duration::from_secs(24));
    assert_ne!(topology(&world, ADA).migration, None);
    world.wait(Duration::from_secs(2));
    assert_eq!((topology(&world, ADA).via, topology(&world, ADA).migration), (MediaVia::Mesh, None));
}

#[test]
fn somebody_whose_seat_is_given_up_is_not_waited_for() {
    let mut world = five();
    ready(&mut world, &[1, 2, 3, 4]);
    world.drop_socket(5, Departure::Broken);
    world.wait(Duration::from_secs(31));
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(NODE));
}

#[test]
fn of_many_people_one_whose_connection_broke_does_not_keep_the_others() {
    let mut world = five();
    for person in 6..=10 {
        world.enter(person);
    }
    ready(&mut world, &FIVE[..4]);
    world.wait(Duration::from_secs(20));
    world.drop_socket(5, Departure::Broken);
    world.wait(MOVE - Duration::from_secs(20));
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(NODE));
}

#[test]
fn a_move_that_is_no_longer_needed_is_called_off_quietly() {
    let mut world = five();
    world.say(5, RoomMessage::Leave);
    assert_eq!((topology(&world, ADA).via, topology(&world, ADA).migration), (MediaVia::Mesh, None));
    assert_eq!(called_off(&world, ADA), []);
    world.enter(6);
    assert!(topology(&world, ADA).migration.is_some(), "the next one who comes begins another");
}

#[test]
fn the_room_goes_back_when_three_are_left_for_a_while() {
    let mut world = five();
    ready(&mut world, &FIVE);
    world.say(5, RoomMessage::Leave);
    world.wait(Duration::from_secs(60));
    assert_eq!(topology(&world, ADA).migration, None, "four stay: the next one would move everybody again");
    world.say(4, RoomMessage::Leave);
    world.wait(Duration::from_secs(29));
    assert_eq!(topology(&world, ADA).migration, None);
    world.wait(Duration::from_secs(2));
    let next = topology(&world, ADA).migration.unwrap();
    assert_eq!((next.via, next.reason), (MediaVia::Mesh, TopologyReason::FewPeople));
    ready(&mut world, &[1, 2, 3]);
    assert_eq!(topology(&world, ADA).via, MediaVia::Mesh);
}

#[test]
fn two_who_cannot_reach_each_other_take_everybody_to_the_server() {
    let mut world = World::with_sfu();
    for person in [ADA, BOB, CEM] {
        world.enter(person);
    }
    world.say(ADA, RoomMessage::ReportTrouble { trouble: Trouble::NoPathTo(id(BOB)) });
    assert_eq!(topology(&world, ADA).migration.unwrap().reason, TopologyReason::NoDirectPath);
    ready(&mut world, &[ADA, BOB, CEM]);
    assert_eq!(topology(&world, CEM).via, MediaVia::Sfu(NODE));
    world.say(BOB, RoomMessage::Leave);
    world.wait(Duration::from_secs(31));
    assert_eq!(topology(&world, ADA).migration.unwrap().via, MediaVia::Mesh, "the trouble has left");
}

#[test]
fn a_weak_uplink_takes_everybody_to_the_server_and_trouble_with_nobody_does_not() {
    let mut world = World::with_sfu();
    world.enter(ADA);
    world.enter(BOB);
    for stranger in [ADA, 77] {
        world.say(ADA, RoomMessage::ReportTrouble { trouble: Trouble::NoPathTo(id(stranger)) });
    }
    assert_eq!(topology(&world, ADA).migration, None);
    world.say(ADA, RoomMessage::ReportTrouble { trouble: Trouble::WeakUplink });
    assert_eq!(topology(&world, ADA).migration.unwrap().reason, TopologyReason::WeakUplink);
}

#[test]
fn who_loses_the_server_takes_a_small_room_back_at_once() {
    let mut world = five();
    ready(&mut world, &FIVE);
    let epoch = topology(&world, ADA).epoch;
    world.say(BOB, RoomMessage::TopologyFailed { epoch });
    let next = topology(&world, ADA).migration.unwrap();
    assert_eq!((next.via, next.reason), (MediaVia::Mesh, TopologyReason::NoPathToServer));
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
    assert_eq!(topology(&world, ADA).migration.unwrap().via, MediaVia::Sfu(NODE));
}

#[test]
fn a_room_that_begins_with_many_seats_begins_on_the_server_in_a_later_epoch() {
    let mut world = five();
    ready(&mut world, &FIVE);
    let epoch = topology(&world, ADA).epoch;
    let seats = world.kept_seats();
    let wall = START.after(Duration::from_secs(20));
    let mut again = World::begin(RoomInit { seats, wall, sfu: Some(NODE), ..World::beginning() });
    again.resume(ADA, 1, 0);
    let after = topology(&again, ADA);
    assert_eq!((after.via, after.migration), (MediaVia::Sfu(NODE), None));
    assert!(after.epoch > epoch, "{after:?}");
}

/// Five people who have gone to the forwarding unit, which is to be another one now.
fn on_another_node() -> World {
    let mut world = five();
    ready(&mut world, &FIVE);
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(NODE));
    world.forget();
    world.input(Input::UseNode { node: OTHER });
    world
}

#[test]
fn a_room_goes_from_node_to_node_as_from_mesh_to_sfu() {
    let mut world = on_another_node();
    let next = topology(&world, ADA).migration.unwrap();
    assert_eq!((topology(&world, ADA).via, next.via), (MediaVia::Sfu(NODE), MediaVia::Sfu(OTHER)));
    let states = |node| {
        let of_node = |(of, _, order): &&(NodeId, ParticipantId, MediaOrder)| {
            *of == node && matches!(order, MediaOrder::State(_))
        };
        world.orders.iter().filter(of_node).count()
    };
    assert_eq!((states(NODE), states(OTHER)), (0, 5), "the new node learns what everybody may send");

    world.orders.clear();
    world.say(ADA, RoomMessage::SetMedia { media: on_air() });
    let told: Vec<_> = world.orders.iter().map(|(node, ..)| *node).collect();
    assert_eq!(told, [NODE, OTHER], "while both carry media, both are told");
    ready(&mut world, &FIVE);
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(OTHER));
    assert_eq!(topology(&world, ADA).migration, None);

    world.forget();
    world.say(BOB, RoomMessage::Leave);
    assert!(world.orders.contains(&(NODE, id(BOB), MediaOrder::Left)));
    assert!(world.orders.contains(&(OTHER, id(BOB), MediaOrder::Left)));
}

#[test]
fn whoever_comes_in_the_middle_of_a_move_between_nodes_is_waited_for_as_long_as_the_others() {
    let mut world = on_another_node();
    ready(&mut world, &FIVE[..4]);
    world.wait(Duration::from_secs(20));
    world.enter(6);
    ready(&mut world, &[5]);
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(NODE), "the sixth sees the others there");
    world.wait(Duration::from_secs(24));
    assert_ne!(topology(&world, ADA).migration, None);
    ready(&mut world, &[6]);
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(OTHER));
}

#[test]
fn whoever_comes_in_the_middle_of_a_move_from_direct_links_has_none_to_lose() {
    let mut world = five();
    world.enter(6);
    ready(&mut world, &FIVE);
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(NODE));
}

#[test]
fn those_who_go_on_coming_to_a_large_room_do_not_keep_it_where_it_is() {
    let mut world = five();
    ready(&mut world, &FIVE);
    for person in 6..=10 {
        world.enter(person);
    }
    world.input(Input::UseNode { node: OTHER });
    ready(&mut world, &FIVE);
    for person in 11..=16 {
        world.wait(Duration::from_secs(5));
        world.enter(person);
    }
    assert_eq!(topology(&world, ADA).via, MediaVia::Sfu(OTHER));
}

#[test]
fn a_node_that_somebody_cannot_reach_leaves_the_room_where_it_is() {
    let mut world = on_another_node();
    let epoch = next_epoch(&world);
    world.say(BOB, RoomMessage::TopologyFailed { epoch });
    let now = topology(&world, ADA);
    assert_eq!((now.via, now.migration), (MediaVia::Sfu(NODE), None), "not even to direct links");
    world.wait(Duration::from_secs(61));
    assert_eq!(
        topology(&world, ADA).migration.map(|next| next.via),
        Some(MediaVia::Sfu(OTHER)),
        "later again"
    );
}

#[test]
fn who_reaches_neither_node_brings_the_room_back_to_direct_links() {
    let mut world = on_another_node();
    let (here, there) = (topology(&world, ADA).epoch, next_epoch(&world));
    world.say(BOB, RoomMessage::TopologyFailed { epoch: there });
    world.say(BOB, RoomMessage::TopologyFailed { epoch: here });
    let next = topology(&world, ADA).migration.map(|next| (next.via, next.reason));
    assert_eq!(next, Some((MediaVia::Mesh, TopologyReason::NoPathToServer)));
}

#[test]
fn who_has_lost_one_node_and_is_late_for_another_brings_the_room_back_at_once() {
    let mut world = on_another_node();
    let here = topology(&world, ADA).epoch;
    ready(&mut world, &[1, 3, 4, 5]);
    world.say(BOB, RoomMessage::TopologyFailed { epoch: here });
    assert_eq!(topology(&world, ADA).migration.map(|next| next.via), Some(MediaVia::Sfu(OTHER)));
    world.wait(MOVE);
    let next = topology(&world, ADA).migration.map(|next| (next.via, next.reason));
    assert_eq!(next, Some((MediaVia::Mesh, TopologyReason::NoPathToServer)), "nobody had to speak first");
}
