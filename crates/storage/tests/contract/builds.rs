//! Files of builds.

use protocol::Timestamp;
use storage::{BuildFile, Storage};

fn file(path: &str, content: &[u8]) -> BuildFile {
    let digest = format!("digest of {content:?}");
    BuildFile { path: path.into(), digest, content: content.to_vec() }
}

async fn start(storage: &impl Storage, id: &str, now: u64) -> bool {
    storage.start_build(id, Timestamp(now)).await.unwrap()
}

async fn content(storage: &impl Storage, id: &str, path: &str) -> Option<Vec<u8>> {
    let file = storage.file_of_build(id, path).await.unwrap()?;
    let content = storage.content_of_file(&file.digest).await.unwrap()?;
    assert_eq!(file.bytes, content.len() as u64, "{id} {path}");
    Some(content)
}

pub(crate) async fn a_build_is_kept_whole_and_a_content_once(storage: &impl Storage) {
    assert!(!start(storage, "one", 1).await);
    let files = [file("pkg/a.wasm", &[0, 255, 128]), file("pkg/b.js", b"b"), file("pkg/empty", b"")];
    storage.keep_build("one", &files).await.unwrap();
    assert!(start(storage, "one", 2).await, "it is kept");
    storage.keep_build("one", &files).await.unwrap();
    storage.keep_build("two", &[file("pkg/c.wasm", &[0, 255, 128])]).await.unwrap();

    assert_eq!(content(storage, "one", "pkg/a.wasm").await, Some(vec![0, 255, 128]));
    assert_eq!(content(storage, "one", "pkg/empty").await, Some(Vec::new()));
    assert_eq!(content(storage, "two", "pkg/c.wasm").await, Some(vec![0, 255, 128]));
    for (build, path) in
        [("two", "pkg/a.wasm"), ("three", "pkg/a.wasm"), ("one", "a.wasm"), ("one", "' OR 1=1 --")]
    {
        assert_eq!(content(storage, build, path).await, None, "{build} {path}");
    }
}

pub(crate) async fn a_build_is_forgotten_some_time_after_it_was_replaced(storage: &impl Storage) {
    for (id, at) in [("one", 10), ("two", 20), ("three", 30)] {
        assert!(!start(storage, id, at).await);
        storage.keep_build(id, &[file("a", id.as_bytes()), file("b", b"the same")]).await.unwrap();
    }
    // It starts again, and is the newest one again.
    assert!(start(storage, "one", 40).await);
    assert_eq!(storage.forget_builds(Timestamp(30), 9).await.unwrap(), 0, "two was replaced at 30");
    assert_eq!(storage.forget_builds(Timestamp(31), 9).await.unwrap(), 1);
    assert_eq!(content(storage, "two", "a").await, None);
    assert_eq!(content(storage, "one", "b").await, Some(b"the same".to_vec()), "others have it too");
    assert_eq!(storage.forget_builds(Timestamp(u64::MAX), 9).await.unwrap(), 1);
    assert_eq!(content(storage, "three", "b").await, None);
    assert_eq!(content(storage, "one", "a").await, Some(b"one".to_vec()), "what runs is never forgotten");
}

pub(crate) async fn of_many_builds_the_last_stay(storage: &impl Storage) {
    for number in 0..6 {
        let id = format!("build {number}");
        start(storage, &id, 10 + number).await;
        storage.keep_build(&id, &[file("a", id.as_bytes())]).await.unwrap();
    }
    assert_eq!(storage.forget_builds(Timestamp(0), 2).await.unwrap(), 3);
    let mut kept = Vec::new();
    for number in 0..6 {
        kept.push(content(storage, &format!("build {number}"), "a").await.is_some());
    }
    assert_eq!(kept, [false, false, false, true, true, true]);
}
