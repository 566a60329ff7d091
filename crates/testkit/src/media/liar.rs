//! Somebody with valid keys who says anything about numbers, times, levels and sizes, and what that may cost: themselves
//! everything, the others nothing.

use std::time::Duration;

use protocol::{MediaState, Switch};

use super::{Lie, World, on};

/// How much is lied in one go: as many packets as there are in some seconds.
const LIES: usize = 240;

/// No datagram holds more.
const LONGEST: u64 = 1_150;

const SECOND: Duration = Duration::from_secs(1);

/// What an honest person lost, or the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Harm {
    /// The unit panicked.
    Panic,
    /// An honest link is over.
    Closed,
    /// Of so many packets or pictures of an honest person, which others should have had in the second in which the liar lied
    /// (or in the one after), came so few.
    Lost {
        /// Of what, and when.
        what: &'static str,
        /// How many.
        came: u64,
    },
}

/// Three people in a meeting, of whom the first lies for two seconds, about what `draw` gives, and then is silent. The second and
/// the third show and hear each other all the time; the third speaks in the place that the liar had, when it had one.
///
/// # Errors
///
/// When that cost an honest person something.
pub fn lie_to_a_meeting(draw: &mut impl FnMut() -> u64) -> Result<(), Harm> {
    let mut world = World::meeting(3, 300);
    world.run(SECOND);
    let mut told = Told::default();
    for _ in 0..LIES {
        let lie = told.next(draw);
        world.client(1).lies_of_sound.push_back(lie);
        let lie = told.next(draw);
        world.client(1).video_lies.push_back(lie);
    }
    check(&mut world, "while somebody lied", 2)?;
    world.client(1).lies_of_sound.clear();
    world.client(1).video_lies.clear();
    world.client(1).loudness = None;
    world.media(1, MediaState { microphone: Switch::Off, ..on() });
    // The slots that showed the liar show the others, and the speakers' places are theirs.
    world.watch(2, &[3], 300);
    world.watch(3, &[2], 300);
    world.run(SECOND);
    check(&mut world, "after somebody lied", 1)
}

/// Whether the second and the third have each other's sound and pictures for so many seconds.
fn check(world: &mut World, what: &'static str, seconds: u64) -> Result<(), Harm> {
    let heard = |world: &mut World| {
        [(2, 3), (3, 2)].map(|(listener, speaker)| {
            let from = |slots: &[super::Heard]| -> u64 {
                slots.iter().map(|heard| heard.from.get(&speaker).copied().unwrap_or_default()).sum()
            };
            let client = world.client(listener);
            (from(&client.audio), from(&client.video))
        })
    };
    let before = heard(world);
    world.run(SECOND * seconds as u32);
    if world.sfu.counters().panics > 0 {
        return Err(Harm::Panic);
    }
    if [2, 3].into_iter().any(|number| world.client(number).events.contains(&sfu::Event::Closed)) {
        return Err(Harm::Closed);
    }
    for ((sound, frames), (sound_before, frames_before)) in heard(world).into_iter().zip(before) {
        // Fifty packets of sound are sent in a second, and thirty pictures of one packet at least.
        for (came, least) in [(sound - sound_before, 40 * seconds), (frames - frames_before, 25 * seconds)] {
            if came < least {
                return Err(Harm::Lost { what, came });
            }
        }
    }
    Ok(())
}

/// What was said before, so that lies can be near it.
#[derive(Default)]
struct Told {
    sequence: u64,
    time: u32,
}

impl Told {
    fn next(&mut self, draw: &mut impl FnMut() -> u64) -> Lie {
        let kinds = draw();
        let has = |bit: u32| kinds >> bit & 1 == 1;
        self.sequence = match draw() % 8 {
            0 => draw(),
            1 => u64::MAX - draw() % 4,
            2 => draw() % 4,
            3 => self.sequence.wrapping_add(0x8000).wrapping_sub(draw() % 4),
            4 => self.sequence.wrapping_sub(draw() % 300),
            5 => self.sequence.wrapping_add(draw() % 70_000),
            _ => self.sequence.wrapping_add(1),
        };
        self.time = match draw() % 4 {
            0 => draw() as u32,
            1 => self.time.wrapping_add(0x8000_0000).wrapping_sub((draw() % 3) as u32),
            _ => self.time.wrapping_add(960),
        };
        Lie {
            sequence: has(0).then_some(self.sequence),
            time: has(1).then_some(self.time),
            level: has(2).then(|| -((draw() % 128) as i8)),
            picture: has(3).then(|| (draw() & 0x7fff) as u16),
            temporal: has(4).then(|| (draw() as u8, (draw() % 4) as u8)),
            bytes: (has(5) && has(6)).then(|| (draw() % LONGEST) as usize),
            elsewhere: has(7) && has(8) && has(9),
        }
    }
}
