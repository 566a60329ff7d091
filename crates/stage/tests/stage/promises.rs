//! 100,000 random events, and what no event may do.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{MediaKey, Source};
use stage::{Corner, Kind, Layout, MAX_PINS, Mode, Role, StageInput};
use testkit::Seed;

use crate::world::{WINDOWS, World, camera, person, screen};

/// What an event is about: its tiles may move, and in exchange for them others.
struct Event {
    about: Vec<MediaKey>,
    /// Windows, pages and choices are about everything.
    rearranges: bool,
}

impl Event {
    fn of(about: impl IntoIterator<Item = MediaKey>) -> Self {
        Self { about: about.into_iter().collect(), rearranges: false }
    }

    fn of_all() -> Self {
        Self { about: Vec::new(), rearranges: true }
    }
}

#[test]
fn over_random_events_tiles_hold_still_and_pins_are_kept() {
    let (mut moved, mut events, mut pinned, mut exchanged) = (0, 0, 0, 0);
    for number in 0..200 {
        let mut seed = Seed::new(number);
        let mut world = World::new(seed.number(0..6) as usize, WINDOWS[seed.number(0..8) as usize]);
        for _ in 0..500 {
            world.passes(Duration::from_millis(seed.number(1..40)));
            let before = world.layout().clone();
            let was_shared = !world.shares.is_empty();
            let pins_before = world.stage.pins().to_vec();
            let event = act(&mut world, &mut seed);
            world.check();
            events += 1;
            pinned += world.stage.pins().len();
            pins_are_kept(&world, &pins_before, &event, number);
            let movers = movers(&before, world.layout());
            exchanged += usize::from(movers.len() == 2);
            moved += usize::from(!movers.is_empty());
            // A page that there is no more is left for another, and with the last share everything is as it was before.
            let stays = before.kind == world.layout().kind
                && before.page == world.layout().page
                && was_shared != world.shares.is_empty();
            if !event.rearranges && stays {
                let others = movers.iter().filter(|key| !event.about.contains(key)).count();
                // Each place that becomes free is taken by one: those of who leaves, and of who becomes large.
                let is_gone =
                    |key: &&MediaKey| before.tile(**key).is_some() && world.layout().tile(**key).is_none();
                let gone = event.about.iter().filter(is_gone).count();
                let is_raised = |key: &&MediaKey| {
                    let role = |layout: &Layout| layout.tile(**key).map(|tile| tile.role);
                    role(&before) == Some(Role::Strip) && role(world.layout()) != Some(Role::Strip)
                };
                let vacated = (gone + movers.iter().filter(is_raised).count()).max(1);
                assert!(
                    others <= vacated,
                    "seed {number}: {:?} {movers:?} moved, {:#?} {:#?}",
                    event.about,
                    places(&before),
                    places(world.layout())
                );
            }
        }
    }
    assert!(
        events >= 100_000 && moved > 500 && exchanged > 50 && pinned > 10_000,
        "{moved} {exchanged} {pinned}"
    );
}

#[test]
fn after_a_share_the_layout_is_what_it_was() {
    let mut changed = 0;
    for number in 0..200 {
        let mut seed = Seed::new(number);
        let mut world = World::new(seed.number(2..40) as usize, WINDOWS[seed.number(0..8) as usize]);
        for _ in 0..20 {
            _ = act(&mut world, &mut seed);
        }
        while let Some(key) = world.shares.pop() {
            world.tell(StageInput::Unpin(key));
        }
        world.tell(StageInput::Shares(Vec::new()));
        world.speaking.clear();
        world.tell(StageInput::Speaking(Vec::new()));
        let before = world.layout().clone();
        let speaker = world.people[seed.number(0..world.people.len() as u64) as usize];
        world.shares.push(speaker.publication(Source::Screen));
        world.tell(StageInput::Shares(world.shares.clone()));
        changed += usize::from(*world.layout() != before);
        if seed.chance(0.3) {
            world.choose(world.stage.mode());
        }
        for step in 0..6 {
            world.passes(Duration::from_secs(2));
            world.speaking = vec![world.people[(step * 7) % world.people.len()]];
            if world.stage.mode() == Mode::Grid {
                world.tell(StageInput::Speaking(world.speaking.clone()));
            }
        }
        world.tell(StageInput::Speaking(Vec::new()));
        world.tell(StageInput::Shares(Vec::new()));
        assert!(*world.layout() == before, "seed {number}: {before:#?} {:#?}", world.layout());
    }
    assert!(changed > 150, "shares changed {changed} layouts");
}

fn act(world: &mut World, seed: &mut Seed) -> Event {
    let at_random = |world: &World, seed: &mut Seed| {
        let people = world.people.len() as u64;
        (people > 0).then(|| world.people[seed.number(0..people) as usize])
    };
    let number = |id| (1..200).find(|number| person(*number) == id).unwrap_or_default();
    let someone = at_random(world, seed).map(number);
    match (seed.number(0..100), someone) {
        (0..18, _) if world.people.len() < 60 => {
            let new = (1..200).find(|number| !world.people.contains(&person(*number))).unwrap_or(1);
            world.joins(new);
            Event::of([camera(new)])
        }
        (18..28, Some(ending)) if world.shares.contains(&screen(ending)) => {
            world.shares_not(ending);
            Event::of([screen(ending)])
        }
        (18..28, Some(quiet)) if world.speaking.contains(&person(quiet)) => {
            world.speaks_not(quiet);
            spoken(world)
        }
        (18..28, Some(leaving)) => {
            world.leaves(leaving);
            Event::of([camera(leaving)])
        }
        (28..50, Some(speaker)) if world.speaking.len() < 3 && !world.speaking.contains(&person(speaker)) => {
            world.speaks(speaker);
            Event::of([])
        }
        (50..58, Some(_)) if !world.speaking.is_empty() => {
            let quiet = number(world.speaking[0]);
            world.speaks_not(quiet);
            spoken(world)
        }
        (58..66, Some(_)) => {
            let at = world.stage.poll_timeout();
            if let Some(at) = at {
                world.now = at;
                world.stage.handle_timeout(at);
            }
            spoken(world)
        }
        (66..72, Some(sharer)) if world.shares.len() < 5 && !world.shares.contains(&screen(sharer)) => {
            world.shares(sharer);
            Event::of([screen(sharer)])
        }
        (72..76, Some(_)) if !world.shares.is_empty() => {
            let ended = world.shares[seed.number(0..world.shares.len() as u64) as usize];
            world.shares_not(number(ended.participant));
            Event::of([ended])
        }
        (76..84, Some(one)) => {
            let key = if world.shares.contains(&screen(one)) { screen(one) } else { camera(one) };
            world.tell(StageInput::Pin(key));
            Event::of([key])
        }
        (84..88, Some(_)) if !world.stage.pins().is_empty() => {
            let key = world.stage.pins()[0];
            world.tell(StageInput::Unpin(key));
            Event::of([key])
        }
        (88..90, Some(one)) => {
            let ratio = [1.778, 0.5625, 1.333, 0.3, 4.0, f32::NAN, 0.0][seed.number(0..7) as usize];
            world.tell(StageInput::Shape { key: camera(one), ratio });
            Event::of([])
        }
        (chance, _) => rearrange(world, seed, chance),
    }
}

/// Somebody who was shown for speaking, and who made room for them.
fn spoken(world: &World) -> Event {
    let large = world.layout().tiles.iter().filter(|tile| tile.role == Role::Main);
    Event::of(large.map(|tile| tile.key))
}

fn rearrange(world: &mut World, seed: &mut Seed, chance: u64) -> Event {
    match chance {
        90..92 => world.choose(if seed.chance(0.5) { Mode::Grid } else { Mode::Speaker }),
        92..94 => world.resizes(WINDOWS[seed.number(0..8) as usize]),
        94..96 => world.tell(StageInput::Turn(seed.number(0..5) as usize)),
        96..98 => world.tell(StageInput::ShowSelf(seed.chance(0.7))),
        _ => world.tell(StageInput::MoveSelf(if seed.chance(0.5) {
            Corner::TopStart
        } else {
            Corner::BottomEnd
        })),
    }
    Event::of_all()
}

/// Who was and is seen, in another place. A place is a role and a number among those who have it.
fn movers(before: &Layout, after: &Layout) -> Vec<MediaKey> {
    let (before, after) = (places(before), places(after));
    before
        .iter()
        .filter(|(key, place)| after.get(key).is_some_and(|now| now != *place))
        .map(|(key, _)| *key)
        .collect()
}

fn places(layout: &Layout) -> BTreeMap<MediaKey, (Role, usize)> {
    let mut counts = BTreeMap::<Role, usize>::new();
    let is_other = |key: MediaKey| key.participant != person(0);
    let others = layout.tiles.iter().filter(|tile| is_other(tile.key));
    others
        .map(|tile| {
            let count = counts.entry(tile.role).or_default();
            *count += 1;
            (tile.key, (tile.role, *count))
        })
        .collect()
}

fn pins_are_kept(world: &World, before: &[MediaKey], event: &Event, seed: u64) {
    for key in before.iter().filter(|key| !event.about.contains(key)) {
        assert!(world.stage.pins().contains(key), "seed {seed}: {key:?} is not pinned any more");
    }
    for key in world.stage.pins() {
        let tile = world.layout().tile(*key);
        let is_prominent = tile.is_some_and(|tile| matches!(tile.role, Role::Main | Role::Beside));
        assert!(is_prominent, "seed {seed}: {key:?} is pinned and not large: {:#?}", world.layout());
    }
    assert!(world.stage.pins().len() <= MAX_PINS);
    assert!(world.layout().kind != Kind::Pair || world.people.len() == 1, "seed {seed}");
}
