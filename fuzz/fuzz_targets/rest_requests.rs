//! Whatever somebody asks of the REST interface without a key to a room, or with a key to another room, the server does not
//! fail and the two honest people in their room notice nothing. An input is a request line, header lines, an empty line, and
//! a body; ROOM, MINE and KEY stand for the honest room, the attacker's room and its host's key.

#![no_main]

use std::sync::{LazyLock, Mutex};

use axum::body::Body;
use axum::http::Request;
use libfuzzer_sys::fuzz_target;
use tower::ServiceExt;
use veranda_fuzz::World;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(World::start()));

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut world = WORLD.lock().unwrap();
    let text = text.replace("ROOM", &world.room).replace("MINE", &world.mine).replace("KEY", &world.my_key);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let Some((method, path)) = lines.next().and_then(|line| line.split_once(' ')) else { return };
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(Body::from(body.to_owned())) else { return };
    let (router, runtime) = (world.router.clone(), &world.runtime);
    let status = runtime.block_on(async {
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        _ = axum::body::to_bytes(response.into_body(), 1 << 22).await;
        status
    });
    assert!(status.as_u16() == 503 || !status.is_server_error(), "{status}");
    world.check();
});
