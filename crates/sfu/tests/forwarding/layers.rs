//! Layers follow the size of tiles; what nobody takes is not asked for; a hundred people cost what is seen of them.

use std::time::Duration;

use testkit::media::World;

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn the_layer_follows_the_height_of_the_tile() {
    let mut world = World::meeting(2, 150);
    world.run(seconds(4));
    assert_eq!(world.client(1).video[0].height, 180);
    for (height, layer) in [(700, 720), (340, 360), (100, 180)] {
        world.watch(1, &[2], height);
        world.run(seconds(8));
        let heard = &world.client(1).video[0];
        assert_eq!(heard.height, layer, "in a tile of {height}");
        assert_eq!((heard.breaks, heard.missing()), (0, 0));
    }
}

#[test]
fn a_sender_is_told_which_layers_nobody_takes_and_sends_them_again_when_somebody_does() {
    let mut world = World::meeting(3, 150);
    world.run(seconds(9));
    assert_eq!(world.client(2).wanted, 1);
    world.watch(1, &[2, 3], 700);
    world.run(seconds(8));
    assert_eq!(world.client(2).wanted, 3);
    assert_eq!(world.client(1).video[0].height, 720);
    for number in [1, 3] {
        world.watch(number, &[], 0);
    }
    world.run(seconds(7));
    assert_eq!(world.client(2).wanted, 0, "nobody looks");
    let before = world.client(1).video[0].frames;
    world.watch(1, &[2], 150);
    world.run(seconds(3));
    let after = world.client(1).video[0].frames;
    assert!(after > before + 30, "and it is there again: {before} {after}");
}

#[test]
fn one_keyframe_serves_all_who_come_at_once() {
    let mut world = World::new();
    for number in 1..=12 {
        world.join(number, 1);
        world.client(number).sends_video = number == 1;
    }
    world.run(seconds(2));
    let before = world.client(1).keyframes_sent;
    for number in 2..=12 {
        world.watch(number, &[1], 150);
    }
    world.run(seconds(2));
    let asked = world.client(1).keyframes_sent - before;
    assert!((1..=3).contains(&asked), "{asked} keyframes for eleven receivers");
    assert!((2..=12).all(|number| world.client(number).video[0].frames > 30));
}

#[test]
fn of_a_hundred_people_nine_tiles_cost_what_nine_tiles_cost() {
    let mut few = World::new();
    let mut many = World::new();
    for (world, people) in [(&mut few, 10), (&mut many, 100)] {
        for number in 1..=people {
            world.join(number, 9);
            world.client(number).sends_video = number <= 10;
            world.client(number).loudness = (number <= 4).then_some(-30);
        }
        world.watch(people, &[1, 2, 3, 4, 5, 6, 7, 8, 9], 150);
        world.run(seconds(5));
    }
    let cost = |world: &World, client: usize| {
        let (datagrams, bytes) = world.sent_to[&client];
        (datagrams as f64, bytes as f64)
    };
    let ((datagrams_few, bytes_few), (datagrams_many, bytes_many)) = (cost(&few, 9), cost(&many, 99));
    println!(
        "in a room of 10: {datagrams_few} datagrams, {bytes_few} bytes; of 100: {datagrams_many}, {bytes_many}"
    );
    assert!(datagrams_many < datagrams_few * 1.15 && bytes_many < bytes_few * 1.15);
    let client = many.client(100);
    assert!(client.video.iter().all(|heard| heard.frames > 60), "all nine are shown");
}
