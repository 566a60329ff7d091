//! Whatever a manifest says, it is refused or keeps to what its fields say: no file outside of its folder, no track of nobody; and what was read is
//! read again as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use record::Manifest;

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::read(data) else { return };
    for part in &manifest.parts {
        let tracks = part.tracks.iter().map(|track| &track.file);
        for name in tracks.chain([&part.events]).chain(&part.keys) {
            assert!(
                !name.as_str().contains("..") && !name.as_str().contains('/') && !name.as_str().is_empty()
            );
        }
        for track in &part.tracks {
            assert!(manifest.people.iter().any(|person| person.id == track.participant));
        }
    }
    assert_eq!(Manifest::read(&manifest.to_bytes()).unwrap(), manifest);
});
