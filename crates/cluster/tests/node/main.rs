//! What one node says to what happens to it.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod scripted;

use cluster::{
    Arrival, ClusterTag, Coordination, DrainEnd, Fence, Incarnation, Input, LetGoReason, LinkRefusal,
    LinkState, NodeId, NodeRecord, OfferAnswer, Output, OwnKey, OwnerRow, RedisContact, RefuseReason, Roles,
    Standing, StopReason, TakeResult,
};
use scripted::{CLUSTER, ROOM, Scripted, at, lease, record, row};

#[test]
fn a_room_is_taken_by_who_was_asked_to_and_admits_those_who_wait() {
    let mut one = Scripted::active(&[record(2, 1)]);
    let request = one.want(Arrival::PassedOn);
    let other = one.want(Arrival::PassedOn);
    one.find(None);
    let (question, expected) = one.takes().unwrap();
    assert_eq!(expected, Fence(0));
    one.input(Input::TakeAnswered { question, room: ROOM, result: TakeResult::Taken { fence: Fence(1) } });
    let (room, fence) = (ROOM, Fence(1));
    assert_eq!(
        one.said(),
        [
            Output::Begin { room, fence },
            Output::Announce(lease(at(1, 5), 1)),
            Output::Admit { request, room, fence },
            Output::Admit { request: other, room, fence },
        ]
    );
}

#[test]
fn who_comes_is_passed_on_to_where_redis_says_the_room_is() {
    let mut one = Scripted::active(&[record(2, 1)]);
    let request = one.want(Arrival::Client);
    let question = one.asked_for_lease().unwrap();
    one.answer_lease(question, Some(lease(at(2, 1), 7)), None);
    assert_eq!(one.said(), [Output::PassOn { request, room: ROOM, to: at(2, 1) }]);
}

#[test]
fn nobody_is_passed_on_twice() {
    let mut one = Scripted::active(&[record(2, 1)]);
    let request = one.want(Arrival::PassedOn);
    let question = one.asked_for_lease().unwrap();
    one.answer_lease(question, Some(lease(at(2, 1), 7)), None);
    assert_eq!(one.said(), [Output::Refuse { request, room: ROOM, reason: RefuseReason::NotHere }]);
}

#[test]
fn a_lease_of_another_cluster_is_none() {
    let mut one = Scripted::active(&[]);
    one.want(Arrival::Client);
    let question = one.asked_for_lease().unwrap();
    let foreign = cluster::RoomLease { cluster: ClusterTag([9; 16]), ..lease(at(2, 1), 7) };
    one.answer_lease(question, Some(foreign), None);
    assert!(matches!(one.said()[..], [Output::FindOwner { .. }]));
}

#[test]
fn nodes_of_another_cluster_are_not_there() {
    let foreign = NodeRecord { cluster: ClusterTag([9; 16]), ..record(3, 1) };
    let mut one = Scripted::active(&[record(2, 1)]);
    one.others.push(foreign.clone());
    one.others.push(record(4, 1));
    one.wait(1_100);
    assert_eq!(one.said(), [Output::Nodes(vec![at(2, 1), at(4, 1)])]);
    one.input(Input::Hello(Box::new(foreign)));
    let reason = LinkRefusal::OtherCluster;
    assert_eq!(one.said(), [Output::RefuseLink { node: NodeId(3), reason }]);
    one.input(Input::RegistrationRefused);
    assert_eq!(one.node.health().standing, Standing::Active, "that was asked long ago");
    one.input(Input::Hello(Box::new(record(4, 1))));
    assert_eq!(one.said(), [Output::AcceptLink(NodeId(4))]);
}

/// A node that is about to take a room whose owner's leases have run out.
fn about_to_take() -> (Scripted, cluster::Question) {
    let mut one = Scripted::active(&[]);
    one.want(Arrival::Client);
    one.find(row(at(2, 1), 7));
    assert_eq!(one.said(), [Output::Probe(at(2, 1))]);
    one.link(2, LinkState::Silent);
    one.wait(500);
    let question = one.asked_for_lease().expect("it is asked once more");
    (one, question)
}

#[test]
fn a_room_is_taken_when_its_owner_has_no_lease_and_does_not_answer() {
    let (mut one, question) = about_to_take();
    one.answer_lease(question, None, None);
    assert_eq!(one.takes().unwrap().1, Fence(7));
}

#[test]
fn an_owner_that_is_back_keeps_its_room() {
    let (mut one, question) = about_to_take();
    one.answer_lease(question, None, Some(record(2, 1)));
    assert!(matches!(&one.said()[..], [Output::PassOn { to, .. }] if *to == at(2, 1)));

    let (mut one, question) = about_to_take();
    one.answer_lease(question, Some(lease(at(2, 1), 7)), None);
    assert_eq!(one.takes(), None);

    let (mut one, question) = about_to_take();
    one.link(2, LinkState::Up { at: at(2, 1) });
    one.answer_lease(question, None, None);
    assert_eq!(one.takes(), None);
}

#[test]
fn a_redis_that_has_forgotten_everything_says_nothing_of_an_owner() {
    let (mut one, question) = about_to_take();
    one.identity += 1;
    one.answer_lease(question, None, None);
    assert_eq!(one.takes(), None);
    assert!(matches!(one.node.health().redis, RedisContact::Quiet { .. }));
    one.wait(3_000);
    assert_eq!(one.takes(), None);
}

#[test]
fn who_stood_still_asks_again_before_taking_a_room() {
    let (mut one, question) = about_to_take();
    one.stand_still(20);
    one.answer_lease(question, None, None);
    let said = one.said();
    assert!(!said.iter().any(|output| matches!(output, Output::Take { .. })), "{said:?}");
}

#[test]
fn an_owner_that_answers_is_no_dead_one_whatever_redis_says() {
    let mut one = Scripted::active(&[]);
    let request = one.want(Arrival::Client);
    one.find(row(at(2, 1), 7));
    one.said();
    one.link(2, LinkState::Up { at: at(2, 1) });
    one.find(row(at(2, 1), 7));
    assert_eq!(one.said(), [Output::PassOn { request, room: ROOM, to: at(2, 1) }]);
}

#[test]
fn a_process_that_is_gone_is_not_waited_for() {
    let mut one = Scripted::active(&[record(2, 1)]);
    one.link(2, LinkState::Up { at: at(2, 1) });
    one.link(2, LinkState::Reset);
    one.link(2, LinkState::Refused);
    one.others.clear();
    one.want(Arrival::PassedOn);
    let question = one.asked_for_lease().unwrap();
    one.answer_lease(question, Some(lease(at(2, 1), 7)), None);
    one.find_owner(row(at(2, 1), 7));
    one.wait(500);
    assert_eq!(one.takes().unwrap().1, Fence(7));
}

#[test]
fn no_room_is_placed_on_a_process_that_is_gone_though_redis_has_it_still() {
    let mut one = Scripted::active(&[record(2, 1)]);
    // So much less loaded was the other node.
    one.input(Input::LoadChanged(cluster::Load(900)));
    one.link(2, LinkState::Up { at: at(2, 1) });
    one.link(2, LinkState::Reset);
    one.link(2, LinkState::Refused);
    one.said();
    one.want(Arrival::Client);
    let question = one.asked_for_lease().unwrap();
    one.answer_lease(question, Some(lease(at(2, 1), 7)), None);
    one.find_owner(row(at(2, 1), 7));
    assert_eq!(one.said(), [], "nobody is passed on to it");
    one.wait(500);
    assert_eq!(one.takes().unwrap().1, Fence(7));
}

#[test]
fn a_room_goes_to_a_node_that_can_forward_where_there_is_one() {
    let signals = NodeRecord { roles: Roles::SIGNALLING.and(Roles::PAGES), ..record(2, 1) };
    let mut one = Scripted::active(&[signals]);
    one.input(Input::LoadChanged(cluster::Load(900)));
    one.want(Arrival::Client);
    one.find(None);
    assert!(one.takes().is_some(), "busy as this one is");
}

#[test]
fn a_later_start_of_an_owner_gives_its_rooms_away() {
    let mut one = Scripted::active(&[record(2, 2)]);
    one.want(Arrival::PassedOn);
    one.find(row(at(2, 1), 7));
    one.wait(500);
    assert_eq!(one.takes().unwrap().1, Fence(7));
}

#[test]
fn who_was_second_passes_on_to_who_was_first() {
    let mut one = Scripted::active(&[record(2, 1)]);
    let request = one.want(Arrival::PassedOn);
    let client = one.want(Arrival::Client);
    one.find(None);
    let (question, _) = one.takes().unwrap();
    let result = TakeResult::Lost { row: row(at(2, 1), 1) };
    one.input(Input::TakeAnswered { question, room: ROOM, result });
    assert_eq!(
        one.said(),
        [
            Output::Refuse { request, room: ROOM, reason: RefuseReason::NotHere },
            Output::PassOn { request: client, room: ROOM, to: at(2, 1) },
        ]
    );
}

#[test]
fn an_answer_that_was_lost_is_found_in_the_row() {
    // Nobody else could take it: so much less loaded is the other node.
    let mut one = Scripted::active(&[record(2, 1)]);
    one.input(Input::LoadChanged(cluster::Load(900)));
    one.want(Arrival::PassedOn);
    one.find(None);
    let (question, _) = one.takes().unwrap();
    one.input(Input::StorageFailed { question });
    one.wait(400);
    one.find(row(at(1, 5), 1));
    let (_, expected) = one.takes().expect("it is this node's, and is taken once more");
    assert_eq!(expected, Fence(1));
}

#[test]
fn an_owner_whose_write_is_refused_lets_go_at_once() {
    let mut one = Scripted::owning(&[]);
    let (room, fence) = (ROOM, Fence(1));
    one.input(Input::WriteRefused { room, fence: Fence(0) });
    assert_eq!(one.said(), [], "that was another time");
    one.input(Input::WriteRefused { room, fence });
    assert_eq!(
        one.said(),
        [
            Output::LetGo { room, fence, reason: LetGoReason::Fenced },
            Output::WithdrawLease(lease(at(1, 5), 1)),
        ]
    );
    assert_eq!(one.node.owns(ROOM), None);
}

#[test]
fn a_higher_token_in_redis_is_heard() {
    let mut one = Scripted::owning(&[record(2, 1)]);
    one.newer = vec![cluster::RoomLease { cluster: ClusterTag([9; 16]), ..lease(at(2, 1), 9) }];
    one.wait(1_100);
    assert_eq!(one.said(), [], "another cluster's is not");
    one.newer = vec![lease(at(2, 1), 2)];
    one.wait(1_100);
    assert!(matches!(one.said()[0], Output::LetGo { reason: LetGoReason::Fenced, .. }));
}

#[test]
fn whose_leases_were_not_renewed_asks_postgresql_whose_the_rooms_are() {
    let mut one = Scripted::owning(&[]);
    one.is_redis_up = false;
    one.wait(3_500);
    let said = one.said();
    let asked = said.iter().find_map(|output| {
        let Output::Verify { question, rooms } = output else { return None };
        Some((*question, rooms.clone()))
    });
    let (question, rooms) = asked.unwrap();
    assert_eq!(rooms, [ROOM]);
    one.input(Input::Verified { question, rows: vec![(ROOM, row(at(1, 5), 1))] });
    assert_eq!(one.said(), [], "it is still this node's");
    one.wait(3_500);
    let question = one.said().iter().find_map(|output| {
        let Output::Verify { question, .. } = output else { return None };
        Some(*question)
    });
    let question = question.expect("and is asked again as long as Redis is away");
    one.input(Input::Verified { question, rows: vec![(ROOM, row(at(2, 1), 2))] });
    assert!(matches!(one.said()[0], Output::LetGo { reason: LetGoReason::Fenced, .. }));
}

#[test]
fn redis_away_takes_nothing_and_gives_each_node_its_share() {
    let mut one = Scripted::owning(&[record(2, 1), record(3, 1)]);
    one.is_redis_up = false;
    one.wait(1_100);
    assert_eq!(one.said(), [Output::Coordination(Coordination::Alone { share_of: 3 })]);
    let request = one.want(Arrival::Client);
    assert_eq!(one.said(), [Output::Admit { request, room: ROOM, fence: Fence(1) }], "owned rooms go on");
    one.input(Input::RoomEnded { room: ROOM, fence: Fence(1) });
    one.said();
    let request = one.want(Arrival::Client);
    for _ in 0..40 {
        if one.said().iter().any(|output| matches!(output, Output::FindOwner { .. })) {
            break;
        }
        one.wait(100);
    }
    one.is_redis_up = true;
    one.wait(1_000);
    let said = one.said();
    assert!(said.contains(&Output::Coordination(Coordination::Shared)), "{said:?}");
    assert!(!said.iter().any(|output| matches!(output, Output::Take { .. })));
    one.is_redis_up = false;
    one.wait(9_000);
    let refusal = Output::Refuse { request, room: ROOM, reason: RefuseReason::StorageAway };
    assert!(one.said().contains(&refusal), "PostgreSQL was asked, too, and has not answered");
}

#[test]
fn what_is_said_of_a_question_of_long_ago_is_nothing() {
    let mut one = Scripted::active(&[]);
    one.input(Input::RedisFailed { question: cluster::Question(1) });
    one.input(Input::StorageFailed { question: cluster::Question(1) });
    assert_eq!((one.node.health().redis, one.said()), (RedisContact::Trusted, vec![]));
    one.want(Arrival::Client);
    let question = one.asked_for_lease().unwrap();
    one.input(Input::RedisFailed { question });
    assert!(matches!(one.said()[0], Output::FindOwner { .. }), "PostgreSQL knows, too");
    assert_ne!(one.node.health().redis, RedisContact::Trusted);
}

#[test]
fn a_second_node_with_an_id_looks_first_and_is_refused() {
    let mut second = Scripted::starting();
    second.occupied = Some(OwnKey::Occupied { by: Incarnation(4), beat: 10 });
    second.wait(500);
    assert_eq!(second.node.health().standing, Standing::Starting);
    second.wait(1_000);
    assert_eq!(second.node.health().standing, Standing::Starting, "it may be of a process that is gone");
    second.occupied = Some(OwnKey::Occupied { by: Incarnation(4), beat: 11 });
    second.wait(1_000);
    assert_eq!(second.said().last(), Some(&Output::Stop(StopReason::IdInUse)));
}

#[test]
fn a_node_that_starts_writes_nothing_into_redis_before_others_could_say_who_they_are() {
    let mut one = Scripted::starting();
    one.wait(3_900);
    assert_eq!(one.node.health().standing, Standing::Starting);
    one.wait(1_500);
    assert_eq!(one.node.health().standing, Standing::Active);
}

#[test]
fn the_older_of_two_nodes_with_an_id_lets_go_of_everything() {
    let mut older = Scripted::owning(&[]);
    older.occupied = Some(OwnKey::Occupied { by: Incarnation(6), beat: 1 });
    older.wait(1_100);
    assert_eq!(
        older.said(),
        [
            Output::LetGo { room: ROOM, fence: Fence(1), reason: LetGoReason::Superseded },
            Output::Stop(StopReason::Superseded { by: Incarnation(6) }),
        ]
    );
    let request = older.want(Arrival::Client);
    assert_eq!(older.said(), [Output::Refuse { request, room: ROOM, reason: RefuseReason::Stopping }]);

    let mut older = Scripted::owning(&[]);
    older.input(Input::Hello(Box::new(record(1, 6))));
    let reason = LinkRefusal::SameId;
    assert_eq!(older.said(), [Output::RefuseLink { node: NodeId(1), reason }]);
}

#[test]
fn a_database_of_another_cluster_is_left_alone() {
    let settings = cluster::Settings::new(NodeId(1), CLUSTER, String::new());
    let mut node = cluster::ClusterNode::new(std::time::Duration::ZERO, settings);
    assert!(matches!(node.poll_output(), Some(Output::Register { .. })));
    node.handle_input(std::time::Duration::ZERO, Input::RegistrationRefused);
    assert_eq!(node.poll_output(), Some(Output::Stop(StopReason::OtherCluster)));
    assert_eq!(node.poll_timeout(), None);
}

#[test]
fn a_drain_offers_its_rooms_and_is_over_when_it_has_none() {
    let mut one = Scripted::owning(&[record(2, 1)]);
    one.input(Input::DrainAsked);
    let (room, fence) = (ROOM, Fence(1));
    assert_eq!(one.said(), [Output::Move { room, fence, to: at(2, 1) }]);
    one.input(Input::OfferAnswered { room, by: NodeId(2), answer: OfferAnswer::Refused });
    assert_eq!(one.said(), [Output::KeepRoom { room, fence }]);
    one.wait(1_100);
    assert_eq!(one.said(), [Output::Move { room, fence, to: at(2, 1) }], "where there is nobody else");
    let answer = OfferAnswer::Taken { fence: Fence(2) };
    one.input(Input::OfferAnswered { room, by: NodeId(2), answer });
    assert_eq!(
        one.said(),
        [
            Output::LetGo { room, fence, reason: LetGoReason::Moved { to: NodeId(2) } },
            Output::WithdrawLease(lease(at(1, 5), 1)),
            Output::Drained { cause: DrainEnd::Empty, closed: 0 },
            Output::WithdrawNode(at(1, 5)),
            Output::Stop(StopReason::Drained),
        ]
    );
}

#[test]
fn a_drain_without_another_node_says_so_and_ends_by_its_time_or_a_second_signal() {
    let mut one = Scripted::owning(&[]);
    one.input(Input::DrainAsked);
    assert_eq!(one.said(), [Output::DrainingAlone]);
    one.wait(59_900);
    assert_eq!(one.said(), []);
    one.wait(100);
    let (room, fence) = (ROOM, Fence(1));
    let end = |cause| {
        [
            Output::LetGo { room, fence, reason: LetGoReason::Closed },
            Output::Release { room, fence },
            Output::WithdrawLease(lease(at(1, 5), 1)),
            Output::Drained { cause, closed: 1 },
            Output::WithdrawNode(at(1, 5)),
            Output::Stop(StopReason::Drained),
        ]
    };
    assert_eq!(one.said(), end(DrainEnd::TimeUp));

    let mut one = Scripted::owning(&[]);
    one.input(Input::DrainAsked);
    one.said();
    one.input(Input::DrainAsked);
    assert_eq!(one.said(), end(DrainEnd::Forced));
}

#[test]
fn a_room_that_is_taken_when_its_node_has_stopped_is_nobodys() {
    let mut one = Scripted::active(&[]);
    one.want(Arrival::Client);
    one.find(None);
    let (question, _) = one.takes().unwrap();
    one.input(Input::DrainAsked);
    assert_eq!(one.said().last(), Some(&Output::Stop(StopReason::Drained)));
    one.input(Input::TakeAnswered { question, room: ROOM, result: TakeResult::Taken { fence: Fence(1) } });
    assert_eq!(one.said(), [Output::Release { room: ROOM, fence: Fence(1) }]);
}

#[test]
fn an_offer_is_taken_with_the_token_it_was_made_with() {
    let mut one = Scripted::active(&[record(2, 1)]);
    let (room, from) = (ROOM, NodeId(2));
    one.input(Input::Offered { room, fence: Fence(7), from });
    let (question, expected) = one.takes().unwrap();
    assert_eq!(expected, Fence(7));
    one.input(Input::TakeAnswered { question, room, result: TakeResult::Taken { fence: Fence(8) } });
    let answer = OfferAnswer::Taken { fence: Fence(8) };
    assert!(one.said().contains(&Output::AnswerOffer { room, to: from, answer }));
    one.input(Input::Offered { room, fence: Fence(7), from });
    assert_eq!(one.said(), [Output::AnswerOffer { room, to: from, answer }], "said again, it means the same");
}

#[test]
fn a_room_that_has_ended_is_nobodys() {
    let mut one = Scripted::owning(&[]);
    one.input(Input::RoomEnded { room: ROOM, fence: Fence(1) });
    let released = Output::Release { room: ROOM, fence: Fence(1) };
    assert_eq!(one.said(), [released, Output::WithdrawLease(lease(at(1, 5), 1))]);
    one.want(Arrival::Client);
    one.find(Some(OwnerRow { owner: None, fence: Fence(2) }));
    one.wait(10);
    assert_eq!(one.takes().unwrap().1, Fence(2));
}

#[test]
fn a_thousand_rooms_of_a_node_that_has_died_are_not_taken_at_once() {
    let mut one = Scripted::active(&[record(2, 2)]);
    for number in 0..1_000 {
        let (request, room) = (cluster::RequestId(number), cluster::RoomKey(number));
        one.input(Input::Wanted { request, room, arrival: Arrival::PassedOn });
        let question = one.asked_for_lease().unwrap();
        one.answer_lease(question, None, None);
        one.find_owner(row(at(2, 1), 7));
    }
    let mut most = 0;
    let mut taken = 0;
    for _ in 0..60 {
        one.wait(100);
        let said = one.said();
        let takes = said.iter().filter_map(|output| {
            let Output::Take { question, room, .. } = output else { return None };
            Some((*question, *room))
        });
        let takes: Vec<_> = takes.collect();
        most = most.max(takes.len());
        taken += takes.len();
        for (question, room) in takes {
            one.input(Input::TakeAnswered { question, room, result: TakeResult::Taken { fence: Fence(8) } });
        }
    }
    assert!(most <= 33, "{most} in a tenth of a second");
    assert_eq!((taken, one.node.health().rooms), (1_000, 1_000), "within six seconds");
}
