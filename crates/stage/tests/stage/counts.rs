//! Every count of people from 1 to 100, in windows of eight shapes.

use stage::{Kind, Mode, Role};

use crate::world::{WINDOWS, World, camera, me};

#[test]
fn every_count_fits_every_window_and_pages_show_everybody_once() {
    for area in WINDOWS {
        for count in 1..=100 {
            let mut world = World::new(count - 1, area);
            let mut seen = Vec::new();
            for page in 0..world.layout().pages {
                world.tell(stage::StageInput::Turn(page));
                world.check();
                assert_eq!(world.layout().page, page);
                let others = world.shown().into_iter().filter(|key| key.participant != me());
                seen.extend(others);
            }
            seen.sort();
            assert_eq!(seen, (1..count).map(camera).collect::<Vec<_>>(), "{count} in {area:?}");
        }
    }
}

#[test]
fn every_count_stands_beside_whoever_speaks_in_every_window() {
    for area in WINDOWS {
        for count in 1..=100 {
            let mut world = World::new(count - 1, area);
            world.choose(Mode::Speaker);
            world.check();
            let large = world.layout().tiles.iter().filter(|tile| tile.role == Role::Main).count();
            assert_eq!(large, usize::from(count > 1), "{count} in {area:?}");
        }
    }
}

#[test]
fn one_two_and_four_screens_are_whole_in_every_window() {
    for area in WINDOWS {
        for shares in 1..=4 {
            for pins in 0..=4 {
                let mut world = World::new(12, area);
                (1..=shares).for_each(|number| world.shares(number));
                (6..6 + pins).for_each(|number| world.tell(stage::StageInput::Pin(camera(number))));
                world.check();
                let of = |role| world.layout().tiles.iter().filter(|tile| tile.role == role).count();
                assert_eq!((of(Role::Main), of(Role::Beside)), (shares, pins), "{area:?}");
            }
        }
    }
}

#[test]
fn tiles_fill_most_of_a_desktop() {
    for count in 3..=16 {
        let area = WINDOWS[0];
        let world = World::new(count - 1, area);
        assert_eq!(world.layout().kind, Kind::Grid);
        let filled: f32 = world.layout().tiles.iter().map(|tile| tile.rect.width * tile.rect.height).sum();
        let part = filled / (area.width * area.height);
        assert!(part > 0.6, "{count} people fill {part} of a desktop");
    }
}
