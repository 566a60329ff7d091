//! What hosts and co-hosts may do, and what nobody may do.

use std::time::Duration;

use protocol::limits::SETTINGS_BURST;
use protocol::{
    Allowed, ErrorCode, LeaveReason, MediaState, Moderation, Right, Role, RoomMessage, RoomSettingsPatch,
    ServerMessage, Source, Switch,
};
use room::{AdminAction, Change, Departure, Input, SeatState, Visitor};

use super::world::{ADA, BOB, CEM, EVE, World, claims, id, on_air};

#[test]
fn a_guest_may_decide_nothing() {
    let mut world = World::with([ADA, BOB, CEM]);
    for moderation in everything_about(CEM) {
        world.forget();
        world.moderate(BOB, moderation.clone());
        assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed], "{moderation:?}");
        assert!(world.ears(CEM).messages.is_empty() && world.kept.is_empty(), "{moderation:?}");
    }
}

#[test]
fn a_co_host_decides_about_guests_and_the_lock_and_about_nothing_else() {
    let mut world = World::with([ADA, BOB, CEM]);
    make_co_host(&mut world, BOB);
    for moderation in everything_about(ADA) {
        if matches!(
            moderation,
            Moderation::TurnOffAll { .. } | Moderation::LowerAllHands | Moderation::LowerHand { .. }
        ) {
            continue;
        }
        world.forget();
        world.moderate(BOB, moderation.clone());
        assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed], "{moderation:?}");
        assert!(world.ears(ADA).messages.is_empty(), "{moderation:?}");
    }
    world.forget();
    world.change(BOB, RoomSettingsPatch { locked: Some(Switch::On), ..RoomSettingsPatch::default() });
    world.moderate(BOB, Moderation::Remove { id: id(CEM) });
    assert_eq!(world.ears(BOB).errors(), []);
    assert!(world.room.settings().locked.is_on());
    assert_eq!(world.people(), [ADA, BOB]);
}

#[test]
fn rules_change_only_so_often_because_each_change_costs_everybody() {
    let mut world = World::with([ADA, BOB]);
    let locked = |on: bool| RoomSettingsPatch { locked: Some(on.into()), ..RoomSettingsPatch::default() };
    for turn in 0..SETTINGS_BURST {
        world.change(ADA, locked(turn % 2 == 0));
    }
    assert_eq!(world.ears(ADA).errors(), []);
    world.change(ADA, locked(true));
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::SettingsTooFast]);
    assert!(!world.room.settings().locked.is_on());
    world.wait(Duration::from_secs(1));
    world.change(ADA, locked(true));
    assert!(world.room.settings().locked.is_on());
}

#[test]
fn a_co_host_does_not_decide_about_another_co_host() {
    let mut world = World::with([ADA, BOB, CEM]);
    make_co_host(&mut world, BOB);
    make_co_host(&mut world, CEM);
    world.forget();
    world.moderate(BOB, Moderation::Remove { id: id(CEM) });
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed]);
}

#[test]
fn who_is_muted_is_told_and_the_others_see_it() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    world.forget();

    world.moderate(ADA, Moderation::TurnOff { id: id(BOB), source: Source::Microphone });

    assert!(world.ears(BOB).messages.contains(&ServerMessage::TurnedOff { source: Source::Microphone }));
    let [ServerMessage::ParticipantUpdated { participant }] = &*world.ears(CEM).messages else { panic!() };
    assert_eq!((participant.media.microphone, participant.media.camera), (Switch::Off, Switch::On));
}

#[test]
fn what_is_just_starting_is_turned_off_too() {
    let mut world = World::with([ADA, BOB]);
    for source in Source::ALL {
        world.moderate(ADA, Moderation::TurnOff { id: id(BOB), source });
        assert!(world.ears(BOB).messages.contains(&ServerMessage::TurnedOff { source }), "{source:?}");
    }
    world.forget();
    world.input(Input::AdminAction { participant: id(BOB), action: AdminAction::TurnOff(Source::Camera) });
    assert_eq!(world.ears(BOB).messages, [ServerMessage::TurnedOff { source: Source::Camera }]);
}

#[test]
fn a_rule_about_what_nobody_sends_is_told_and_turns_nothing_off() {
    let mut world = World::with([ADA, BOB]);
    world.forget();
    world.change(ADA, RoomSettingsPatch { may_share: Some(Allowed::Hosts), ..RoomSettingsPatch::default() });
    let told = &world.ears(BOB).messages;
    assert!(!told.iter().any(|one| matches!(one, ServerMessage::TurnedOff { .. })), "{told:?}");
}

#[test]
fn mute_all_mutes_everybody_of_lower_rank() {
    let mut world = World::with([ADA, BOB, CEM]);
    for person in [ADA, BOB, CEM] {
        world.say(person, RoomMessage::SetMedia { media: on_air() });
    }
    world.moderate(ADA, Moderation::TurnOffAll { source: Source::Microphone });
    let on: Vec<_> = [ADA, BOB, CEM].map(|one| world.person(one).media.microphone.is_on()).into();
    assert_eq!(on, [true, false, false]);
}

#[test]
fn nobody_is_unmuted_by_another() {
    let mut world = World::with([ADA, BOB]);
    for moderation in everything_about(BOB) {
        if !matches!(moderation, Moderation::Remove { .. } | Moderation::Block { .. } | Moderation::End) {
            world.moderate(ADA, moderation);
        }
    }
    world.moderate(ADA, Moderation::AskToTurnOn { id: id(BOB), source: Source::Microphone });
    assert_eq!(world.person(BOB).media, MediaState::default());
}

#[test]
fn who_is_asked_to_unmute_is_asked_and_may_do_so() {
    let mut world = World::with([ADA, BOB]);
    world.moderate(ADA, Moderation::AskToTurnOn { id: id(BOB), source: Source::Camera });
    let [ServerMessage::AskedToTurnOn { source: Source::Camera }] = &*world.ears(BOB).messages else {
        panic!("{:?}", world.ears(BOB).messages)
    };
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    assert_eq!(world.person(BOB).media, on_air());
}

#[test]
fn what_is_forbidden_is_turned_off_and_stays_off_until_it_is_allowed() {
    let mut world = World::with([ADA, BOB]);
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    let forbid = |forbidden| Moderation::Forbid { id: id(BOB), right: Right::Microphone, forbidden };
    world.moderate(ADA, forbid(Switch::On));
    assert!(!world.person(BOB).media.microphone.is_on());
    world.forget();

    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed]);
    assert!(world.ears(BOB).messages.contains(&ServerMessage::TurnedOff { source: Source::Microphone }));
    assert!(!world.person(BOB).media.microphone.is_on() && world.person(BOB).media.camera.is_on());

    world.moderate(ADA, forbid(Switch::Off));
    assert!(!world.person(BOB).media.microphone.is_on(), "allowed is not unmuted");
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    assert!(world.person(BOB).media.microphone.is_on());
}

#[test]
fn rules_about_the_microphone_and_the_screen_hold_for_guests_at_once() {
    let mut world = World::with([ADA, BOB]);
    world.say(ADA, RoomMessage::SetMedia { media: on_air() });
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    let patch = RoomSettingsPatch {
        may_unmute: Some(Allowed::Hosts),
        may_share: Some(Allowed::Hosts),
        ..RoomSettingsPatch::default()
    };
    world.change(ADA, patch);
    let media = world.person(BOB).media;
    assert_eq!((media.microphone, media.camera, media.screen), (Switch::Off, Switch::On, Switch::Off));
    assert_eq!(world.person(ADA).media, on_air());
}

#[test]
fn who_is_removed_is_told_and_their_session_is_over() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.moderate(ADA, Moderation::Remove { id: id(BOB) });
    assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::Removed));
    assert!(
        world
            .ears(CEM)
            .messages
            .contains(&ServerMessage::ParticipantLeft { id: id(BOB), reason: LeaveReason::Removed })
    );
    assert_eq!(world.resume(BOB, 1, 1).turned_away(), Some(ErrorCode::SessionUnknown));
    assert!(world.enter(EVE).joined().is_some(), "the link is open to strangers as before");
}

#[test]
fn who_is_blocked_does_not_come_back_with_the_same_browser() {
    let mut world = World::with([ADA, BOB]);
    world.moderate(ADA, Moderation::Block { id: id(BOB) });
    assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::Blocked));
    assert!(world.kept.contains(&Change::Blocked("browser 2".into())));
    assert_eq!(world.enter(BOB).turned_away(), Some(ErrorCode::Blocked));
}

#[test]
fn a_host_makes_a_co_host_who_learns_who_waits() {
    let mut world = World::with([ADA, BOB]);
    world.change(ADA, RoomSettingsPatch { waiting_room: Some(Switch::On), ..RoomSettingsPatch::default() });
    world.enter(EVE);
    world.forget();
    make_co_host(&mut world, BOB);
    assert_eq!(world.person(BOB).role, Role::CoHost);
    assert!(world.ears(BOB).messages.iter().any(|one| matches!(one, ServerMessage::WaitingRoom { .. })));
    world.moderate(BOB, Moderation::Admit { id: id(EVE), key_message: None });
    assert_eq!(world.people(), [ADA, BOB, EVE]);
}

#[test]
fn a_hand_is_lowered_by_its_owner_or_a_host_and_the_queue_keeps_its_order() {
    let mut world = World::with([ADA, BOB, CEM, EVE]);
    for person in [CEM, BOB, EVE] {
        world.say(person, RoomMessage::SetHand { hand: Switch::On });
    }
    let order = |world: &World| {
        let mut raised: Vec<_> =
            [BOB, CEM, EVE].into_iter().filter_map(|one| Some((world.person(one).hand?, one))).collect();
        raised.sort();
        raised.into_iter().map(|(_, one)| one).collect::<Vec<_>>()
    };
    assert_eq!(order(&world), [CEM, BOB, EVE]);
    world.say(CEM, RoomMessage::SetHand { hand: Switch::Off });
    world.say(CEM, RoomMessage::SetHand { hand: Switch::On });
    assert_eq!(order(&world), [BOB, EVE, CEM]);
    world.moderate(ADA, Moderation::LowerHand { id: id(EVE) });
    assert_eq!(order(&world), [BOB, CEM]);
    world.moderate(ADA, Moderation::LowerAllHands);
    assert_eq!(order(&world), []);
}

#[test]
fn decisions_are_kept_for_the_record() {
    let mut world = World::with([ADA, BOB]);
    world.moderate(ADA, Moderation::Remove { id: id(BOB) });
    assert!(world.kept.iter().any(
        |change| matches!(change, Change::Done { by, action: "participant.removed", .. } if *by == id(ADA))
    ));
}

#[test]
fn what_is_decided_about_nobody_is_not_in_the_record() {
    let mut world = World::with([ADA, BOB]);
    make_co_host(&mut world, BOB);
    world.forget();
    world.moderate(ADA, Moderation::AdmitAll);
    world.moderate(ADA, Moderation::LowerAllHands);
    world.moderate(ADA, Moderation::LowerHand { id: id(BOB) });
    // There is nobody of a lower rank.
    world.moderate(BOB, Moderation::TurnOffAll { source: Source::Camera });
    assert_eq!((world.ears(ADA).errors(), world.ears(BOB).errors()), (vec![], vec![]));
    assert_eq!(done(&world), [""; 0]);

    world.say(BOB, RoomMessage::SetHand { hand: Switch::On });
    world.change(ADA, RoomSettingsPatch { waiting_room: Some(Switch::On), ..RoomSettingsPatch::default() });
    world.enter(EVE);
    world.moderate(ADA, Moderation::LowerAllHands);
    world.moderate(ADA, Moderation::AdmitAll);
    world.moderate(BOB, Moderation::TurnOffAll { source: Source::Camera });
    assert_eq!(done(&world), ["hand.lowered", "participant.admitted", "media.turned_off"]);
}

/// What the record has.
fn done(world: &World) -> Vec<&'static str> {
    let action =
        |change: &Change| if let Change::Done { action, .. } = change { Some(*action) } else { None };
    world.kept.iter().filter_map(action).collect()
}

#[test]
fn an_action_from_outside_finds_who_is_in_and_to_be_removed_also_who_was_lost() {
    let mut world = World::with([ADA, BOB, CEM]);
    let mute = AdminAction::TurnOff(Source::Camera);
    let finds = |world: &World| [mute, AdminAction::Remove].map(|action| world.room.finds(id(BOB), action));
    assert_eq!(finds(&world), [true, true]);
    assert!(!world.room.finds(id(EVE), AdminAction::Remove), "she was never here");
    world.drop_socket(BOB, Departure::Broken);
    world.wait(Duration::from_secs(60));
    assert_eq!((world.people(), finds(&world)), (vec![ADA, CEM], [false, true]));
    world.input(Input::AdminAction { participant: id(BOB), action: AdminAction::Remove });
    assert_eq!(finds(&world), [false, false], "once is enough");
}

#[test]
fn rules_that_cannot_be_are_refused() {
    let mut world = World::with([ADA]);
    world.change(ADA, RoomSettingsPatch { capacity: Some(0), ..RoomSettingsPatch::default() });
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::SettingsInvalid]);
}

#[test]
fn somebody_outside_with_the_right_to_do_so_mutes_and_removes() {
    let mut world = World::with([ADA, BOB]);
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    world.input(Input::AdminAction { participant: id(BOB), action: AdminAction::TurnOff(Source::Camera) });
    assert!(!world.person(BOB).media.camera.is_on());
    world.input(Input::AdminAction { participant: id(BOB), action: AdminAction::Remove });
    assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::Removed));
}

fn everything_about(person: u128) -> Vec<Moderation> {
    let id = id(person);
    let patch = RoomSettingsPatch { capacity: Some(9), ..RoomSettingsPatch::default() };
    vec![
        Moderation::TurnOff { id, source: Source::Microphone },
        Moderation::TurnOffAll { source: Source::Camera },
        Moderation::AskToTurnOn { id, source: Source::Microphone },
        Moderation::Forbid { id, right: Right::Chat, forbidden: Switch::On },
        Moderation::Forbid { id, right: Right::Chat, forbidden: Switch::Off },
        Moderation::LowerHand { id },
        Moderation::LowerAllHands,
        Moderation::SetRole { id, role: Role::CoHost },
        Moderation::Remove { id },
        Moderation::Block { id },
        Moderation::ChangeSettings { patch: Box::new(patch) },
        Moderation::End,
    ]
}

fn make_co_host(world: &mut World, person: u128) {
    world.moderate(ADA, Moderation::SetRole { id: id(person), role: Role::CoHost });
}

#[test]
fn a_host_reaches_somebody_whom_the_server_has_lost() {
    for block in [false, true] {
        let mut world = World::with([ADA, BOB, CEM]);
        world.drop_socket(BOB, Departure::Broken);
        world.wait(Duration::from_secs(60));
        assert_eq!(world.people(), [ADA, CEM]);
        world.forget();
        world.moderate(CEM, Moderation::Remove { id: id(BOB) });
        assert_eq!(world.ears(CEM).errors(), [ErrorCode::NotAllowed]);
        world.moderate(
            ADA,
            if block { Moderation::Block { id: id(BOB) } } else { Moderation::Remove { id: id(BOB) } },
        );

        let removed = ServerMessage::ParticipantLeft { id: id(BOB), reason: LeaveReason::Removed };
        assert!(world.ears(CEM).messages.contains(&removed), "others may still be connected to them");
        assert_eq!(world.kept_seats()[0].state, SeatState::Removed);
        let again = Visitor { earlier: Some(claims(BOB, 1)), ..World::visitor(BOB) };
        let entered = world.enter_with(BOB, again);
        assert_eq!(
            entered.joined().is_some(),
            !block,
            "who is only removed may come by the link, as a stranger"
        );
        assert_eq!(entered.turned_away(), block.then_some(ErrorCode::Blocked));
    }
}

#[test]
fn who_is_made_a_guest_no_longer_sends_what_guests_may_not() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.change(ADA, RoomSettingsPatch { may_share: Some(Allowed::Hosts), ..RoomSettingsPatch::default() });
    make_co_host(&mut world, BOB);
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    assert!(world.person(BOB).media.screen.is_on());

    world.moderate(ADA, Moderation::SetRole { id: id(BOB), role: Role::Guest });

    assert!(!world.person(BOB).media.screen.is_on() && world.person(BOB).media.camera.is_on());
    assert!(world.ears(BOB).messages.contains(&ServerMessage::TurnedOff { source: Source::Screen }));
}

#[test]
fn the_sound_of_a_screen_ends_with_the_screen() {
    let mut world = World::with([ADA, BOB]);
    let media = MediaState { screen_audio: Switch::On, ..on_air() };
    world.say(BOB, RoomMessage::SetMedia { media });
    world.moderate(ADA, Moderation::TurnOff { id: id(BOB), source: Source::ScreenAudio });
    let left = world.person(BOB).media;
    assert_eq!((left.screen, left.screen_audio), (Switch::On, Switch::Off), "the screen may go on without");

    world.say(BOB, RoomMessage::SetMedia { media });
    world.moderate(ADA, Moderation::Forbid { id: id(BOB), right: Right::Screen, forbidden: Switch::On });
    let left = world.person(BOB).media;
    assert_eq!((left.screen, left.screen_audio, left.camera), (Switch::Off, Switch::Off, Switch::On));
    world.say(BOB, RoomMessage::SetMedia { media });
    assert!(!world.person(BOB).media.screen_audio.is_on(), "nor does it come back without");
}

#[test]
fn two_hosts_who_stop_one_share_at_once_stop_it_once() {
    let mut world = World::with([ADA, BOB, CEM]);
    make_co_host(&mut world, CEM);
    world.say(BOB, RoomMessage::SetMedia { media: MediaState { screen: Switch::On, ..on_air() } });
    world.forget();
    for host in [ADA, CEM] {
        world.moderate(host, Moderation::TurnOff { id: id(BOB), source: Source::Screen });
    }
    for host in [ADA, CEM] {
        let told = world.ears(host).messages.iter();
        let updates = told.filter(|one| matches!(one, ServerMessage::ParticipantUpdated { .. })).count();
        assert_eq!(updates, 1, "and none of them is refused: {:?}", world.ears(host).messages);
        assert_eq!(world.ears(host).messages.len(), 1);
    }
    let left = world.person(BOB).media;
    assert_eq!((left.screen, left.camera), (Switch::Off, Switch::On), "the camera goes on");
}

#[test]
fn blocking_puts_out_every_tab_of_that_browser_and_never_ones_own() {
    let mut world = World::with([ADA, BOB]);
    let tab = |person, of| Visitor { browser: Some(format!("browser {of}")), ..World::visitor(person) };
    world.enter_with(CEM, tab(CEM, BOB));
    world.enter_with(EVE, tab(EVE, ADA));
    world.moderate(ADA, Moderation::Block { id: id(EVE) });
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::NotAllowed], "it would lock the host out, too");
    world.moderate(ADA, Moderation::Block { id: id(BOB) });
    assert_eq!(world.people(), [ADA, EVE]);
    for person in [BOB, CEM] {
        assert_eq!(world.ears(person).turned_away(), Some(ErrorCode::Blocked));
    }
}

#[test]
fn who_waits_is_let_in_by_a_change_only_when_the_link_would_let_them_in() {
    for (locked, people) in [(Switch::On, vec![ADA]), (Switch::Off, vec![ADA, BOB])] {
        let mut world = World::with([ADA]);
        world.change(
            ADA,
            RoomSettingsPatch { waiting_room: Some(Switch::On), ..RoomSettingsPatch::default() },
        );
        world.enter(BOB);
        let patch = RoomSettingsPatch {
            waiting_room: Some(Switch::Off),
            locked: Some(locked),
            ..RoomSettingsPatch::default()
        };
        world.change(ADA, patch);
        assert_eq!(world.people(), people);
    }
}

#[test]
fn one_person_decides_no_more_than_some_things_a_second_and_keeps_nobody_else_from_deciding() {
    let mut world = World::with([ADA, BOB, EVE]);
    world.moderate(ADA, Moderation::SetRole { id: id(BOB), role: Role::CoHost });
    world.forget();
    for _ in 0..500 {
        world.moderate(BOB, Moderation::TurnOff { id: id(EVE), source: Source::Microphone });
    }
    let kept = world.kept.iter().filter(|change| matches!(change, Change::Done { .. })).count();
    assert_eq!(kept, 100);
    assert_eq!(world.ears(BOB).errors().len(), 400);
    world.moderate(ADA, Moderation::Remove { id: id(BOB) });
    assert_eq!(world.people(), [ADA, EVE]);
}

#[test]
fn a_co_host_does_not_block_the_browser_of_a_host_by_who_was_here_with_it_before() {
    let mut world = World::with([ADA, BOB]);
    world.moderate(ADA, Moderation::SetRole { id: id(BOB), role: Role::CoHost });
    let with_browser = |person| Visitor { browser: Some("of a host".to_owned()), ..World::visitor(person) };
    world.enter_with(CEM, with_browser(CEM));
    world.say(CEM, RoomMessage::Leave);
    let host = Visitor { verified: room::VerifiedCredential::Key(Role::Host), ..with_browser(EVE) };
    world.enter_with(EVE, host);
    world.forget();
    world.moderate(BOB, Moderation::Block { id: id(CEM) });
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed]);
}
