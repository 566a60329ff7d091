//! Scenes as people meet them.

use std::time::Duration;

use stage::{Corner, Kind, Mode, Role, Size, StageInput};

use crate::world::{WINDOWS, World, camera, me, person, screen};

const DESKTOP: Size = WINDOWS[0];
const PHONE: Size = WINDOWS[4];

fn second() -> Duration {
    Duration::from_millis(1_050)
}

#[test]
fn alone_one_sees_oneself_even_if_one_wants_not_to() {
    let mut world = World::new(0, DESKTOP);
    world.tell(StageInput::ShowSelf(false));
    assert_eq!(world.shown(), [camera(0)]);
}

#[test]
fn of_two_the_other_is_large_and_oneself_floats_in_a_corner() {
    for area in [DESKTOP, PHONE] {
        let mut world = World::new(1, area);
        assert_eq!(world.layout().kind, Kind::Pair);
        let [other, own] = &world.layout().tiles[..] else { panic!("{:?}", world.layout()) };
        assert_eq!((other.rect.size(), own.role), (area, Role::Floating));
        assert!(own.rect.x > area.width / 2.0 && own.rect.y > area.height / 2.0);
        world.tell(StageInput::MoveSelf(Corner::TopStart));
        assert!(world.layout().tiles[1].rect.x < 20.0);
    }
}

#[test]
fn who_hides_the_self_view_is_seen_nowhere() {
    for others in [1, 2, 8, 30] {
        let mut world = World::new(others, DESKTOP);
        world.tell(StageInput::ShowSelf(false));
        assert!(world.layout().tiles.iter().all(|tile| tile.key.participant != me()));
    }
}

#[test]
fn a_cough_moves_nobody_and_who_speaks_for_a_second_is_large() {
    let mut world = World::new(5, DESKTOP);
    world.choose(Mode::Speaker);
    let large = |world: &World| world.shown()[0];
    let first = large(&world);
    world.speaks(3);
    world.passes(Duration::from_millis(900));
    world.speaks_not(3);
    world.passes(second());
    assert_eq!(large(&world), first);
    world.speaks(3);
    world.passes(second());
    assert_eq!(large(&world), camera(3));
}

#[test]
fn who_speaks_is_large_until_they_stop_and_somebody_else_goes_on() {
    let mut world = World::new(5, DESKTOP);
    world.choose(Mode::Speaker);
    world.speaks(2);
    world.passes(second());
    world.speaks(4);
    world.passes(Duration::from_secs(10));
    assert_eq!(world.shown()[0], camera(2), "both speak");
    world.speaks_not(4);
    world.speaks_not(2);
    world.passes(Duration::from_secs(60));
    assert_eq!(world.shown()[0], camera(2), "nobody speaks");
    world.speaks(4);
    world.passes(second());
    assert_eq!(world.shown()[0], camera(4));
}

#[test]
fn two_speakers_exchange_their_places_and_nobody_else_moves() {
    let mut world = World::new(6, DESKTOP);
    world.choose(Mode::Speaker);
    let before = world.shown();
    world.speaks(4);
    world.passes(second());
    let expected: Vec<_> = before
        .iter()
        .map(|key| match *key {
            key if key == camera(4) => before[0],
            key if key == before[0] => camera(4),
            key => key,
        })
        .collect();
    assert_eq!(world.shown(), expected);
}

#[test]
fn who_speaks_on_another_page_takes_the_place_of_somebody_silent() {
    let mut world = World::new(40, DESKTOP);
    let before = world.shown();
    assert!(!before.contains(&camera(39)));
    world.speaks(39);
    world.passes(second());
    let after = world.shown();
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(after.contains(&camera(39)));
    assert_eq!(changed, 1);
}

#[test]
fn of_several_who_are_silent_the_last_makes_room() {
    let mut world = World::new(40, DESKTOP);
    let last = world.shown().len() - 2; // Oneself stands behind them.
    world.speaks(39);
    world.passes(second());
    assert_eq!((world.shown()[0], world.shown()[last]), (camera(1), camera(39)));
}

#[test]
fn seven_people_fit_into_a_small_window() {
    let world = World::new(6, Size { width: 464.0, height: 228.0 });
    assert_eq!((world.layout().tiles.len(), world.layout().pages), (7, 1));
}

#[test]
fn nobody_is_turned_back_from_the_page_they_look_at() {
    let mut world = World::new(40, DESKTOP);
    world.tell(StageInput::Turn(1));
    let before = world.shown();
    world.speaks(3);
    world.passes(second());
    assert_eq!(world.shown(), before);
}

#[test]
fn the_last_takes_the_place_of_who_leaves() {
    let mut world = World::new(6, DESKTOP);
    world.leaves(2);
    let expected = [1, 6, 3, 4, 5, 0].map(camera);
    assert_eq!(world.shown(), expected);
}

#[test]
fn two_screens_stand_side_by_side_and_a_pinned_person_beside_them() {
    let mut world = World::new(4, DESKTOP);
    world.tell(StageInput::Pin(camera(2)));
    world.shares(3);
    world.shares(4);
    let tiles = &world.layout().tiles;
    let roles: Vec<_> = tiles.iter().map(|tile| (tile.key, tile.role)).take(3).collect();
    assert_eq!(roles, [(screen(3), Role::Main), (screen(4), Role::Main), (camera(2), Role::Beside)]);
    assert_eq!(tiles[0].rect.y, tiles[1].rect.y);
    world.shares_not(3);
    world.shares_not(4);
    assert_eq!(world.layout().tiles[0].key, camera(2));
    assert_eq!(world.layout().tiles[0].role, Role::Main);
}

#[test]
fn a_grid_that_is_asked_for_during_a_share_shows_the_screen_as_a_tile() {
    let mut world = World::new(30, DESKTOP);
    let before = world.layout().clone();
    world.shares(9);
    world.choose(Mode::Grid);
    assert_eq!(world.layout().kind, Kind::Grid);
    assert!(world.shown().contains(&screen(9)));
    world.shares_not(9);
    assert_eq!(*world.layout(), before);
}

#[test]
fn a_fifth_pin_changes_nothing_and_who_is_gone_is_not_pinned() {
    let mut world = World::new(8, DESKTOP);
    (1..=5).for_each(|number| world.tell(StageInput::Pin(camera(number))));
    assert_eq!(world.stage.pins(), [1, 2, 3, 4].map(camera));
    world.leaves(2);
    assert_eq!(world.stage.pins(), [1, 4, 3].map(camera));
    world.tell(StageInput::Pin(camera(99)));
    world.tell(StageInput::Pin(screen(3)));
    assert_eq!(world.stage.pins().len(), 3, "what is not there cannot be pinned");
}

#[test]
fn windows_that_cannot_be_are_empty() {
    let mut world = World::new(3, DESKTOP);
    for area in [[f32::NAN, 200.0], [-4.0, -4.0], [0.0, 0.0], [f32::INFINITY, 300.0]] {
        let [width, height] = area;
        world.tell(StageInput::Window(Size { width, height }));
        for tile in &world.layout().tiles {
            let lengths = [tile.rect.x, tile.rect.y, tile.rect.width, tile.rect.height];
            assert!(lengths.iter().all(|length| length.is_finite()), "{area:?} {tile:?}");
        }
    }
}

#[test]
fn five_hundred_people_are_arranged() {
    let mut world = World::new(0, DESKTOP);
    let everybody: Vec<_> = (1..=500).map(person).collect();
    world.tell(StageInput::People(everybody));
    assert_eq!(world.layout().tiles.len(), 16);
    assert!(world.layout().pages >= 33);
}
