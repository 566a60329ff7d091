//! Whatever a file of a recording holds, reading and repairing it end, in memory that its length bounds; and what was repaired can be read, with
//! everything in it that could be read before.

#![no_main]

use libfuzzer_sys::fuzz_target;
use record::webm::{Block, Reader, ReaderEvent, Repairer};

fuzz_target!(|data: &[u8]| {
    let whole = read(data, data.len().max(1));
    let pieces = read(data, 1 + data.len() / 7);
    assert_eq!(whole, pieces, "it depends on how it is cut into pieces");
    let (blocks, _) = whole;
    assert!(blocks.iter().map(|block| block.bytes.len()).sum::<usize>() <= data.len());
    let mut repairer = Repairer::new();
    repairer.push(data);
    let Ok(repaired) = repairer.finish() else { return };
    let mut file = data.to_vec();
    for effect in repaired.effects {
        effect.apply(&mut file);
    }
    assert!(file.len() <= 2 * data.len() + 1_024);
    let (again, _) = read(&file, 100);
    assert_eq!(again, blocks, "a repair loses frames");
});

fn read(data: &[u8], piece: usize) -> (Vec<Block>, bool) {
    let (mut reader, mut blocks) = (Reader::new(), Vec::new());
    for piece in data.chunks(piece) {
        reader.push(piece);
        loop {
            match reader.poll() {
                Ok(Some(ReaderEvent::Block(block))) => blocks.push(block),
                Ok(Some(ReaderEvent::Cues(cues))) => {
                    // Wherever they lead: it is read from there, or is not.
                    if let Some(cue) = cues.before(std::time::Duration::from_secs(1)) {
                        let mut elsewhere = Reader::new();
                        elsewhere.push(data);
                        while let Ok(Some(_)) = elsewhere.poll() {}
                        elsewhere.seek(cue.offset);
                        elsewhere.push(
                            usize::try_from(cue.offset)
                                .ok()
                                .and_then(|offset| data.get(offset..))
                                .unwrap_or_default(),
                        );
                        while let Ok(Some(_)) = elsewhere.poll() {}
                    }
                }
                Ok(Some(ReaderEvent::Head(_))) => {}
                Ok(None) => break,
                Err(_) => return (blocks, true),
            }
        }
    }
    (blocks, false)
}
