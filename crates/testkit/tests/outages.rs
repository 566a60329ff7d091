//! Calls whose sockets break and whose server ends and starts again, over many seeds: nothing is missed, nothing comes
//! twice, nobody is taken for gone, and links go on.

use std::time::Duration;

use testkit::{Report, World, is_replay, play};

const SEEDS: u64 = 1_000;

#[test]
fn whatever_breaks_everybody_is_together_again_and_has_the_same_chat() {
    let reports = play(SEEDS, |seed| {
        let people = 2 + (seed % 3) as usize;
        let mut world = World::with_outages(seed, people);
        let report = world.run(Duration::from_secs(90));
        assert!(world.all_connected(), "seed {seed}, {people} people: {report:?}\n{}", world.describe());
        assert_eq!(report.refusals, 0, "seed {seed}: something was done that a browser refuses");
        assert_eq!(world.partings(), 0, "seed {seed}: somebody was taken for gone, {report:?}");
        let chats = world.chats();
        for chat in &chats {
            assert_eq!(chat, &chats[0], "seed {seed}: two people see another chat");
            assert_eq!(chat.len() as u64, report.written, "seed {seed}: {chat:?}");
        }
        assert_eq!(world.unkept(), 0, "seed {seed}: somebody does not know that what they wrote is kept");
        report
    });
    let mut total = Report::default();
    for report in reports {
        total.drops += report.drops;
        total.restarts += report.restarts;
        total.written += report.written;
    }
    println!(
        "{SEEDS} calls, all whole again: {} sockets broken, {} restarts of the server, {} messages each seen once by all",
        total.drops, total.restarts, total.written
    );
    // A simulation in which nothing goes wrong shows nothing.
    assert!(is_replay() || total.drops > SEEDS && total.restarts > SEEDS / 2);
}
