//! `veranda verify` against a running server, and against one whose answers somebody changes on the way.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::{Running, program};

/// Stands in front of a server, and changes what it answers. Ends with the test's process.
fn changing(server: &Running, change: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (own, behind) = (listener.local_addr().unwrap().to_string(), server.address.clone());
    std::thread::spawn(move || {
        for mut client in listener.incoming().map(Result::unwrap) {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                asked.extend(byte);
            }
            let mut server = TcpStream::connect(&behind).unwrap();
            server.write_all(&asked).unwrap();
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).unwrap();
            let asked = String::from_utf8(asked).unwrap();
            // Whoever has seen enough goes.
            _ = client.write_all(&change(&asked, answer));
        }
    });
    own
}

/// The exit code, and what was said.
fn verify(words: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path()).arg("verify").args(words).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), said)
}

fn replaced(answer: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "the length stays");
    let at = answer.windows(from.len()).position(|bytes| bytes == from).unwrap();
    [&answer[..at], to, &answer[at + from.len()..]].concat()
}

#[test]
fn a_server_of_this_build_is_as_it_should_be_a_room_too() {
    let server = Running::start();
    let address = format!("http://{}", server.address);
    let (code, said) = verify(&[&address]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with(&format!("OK  {address}")), "{said}");
    let head = "content-type: application/json\r\ncontent-length: 2\r\n";
    let room = String::from_utf8(server.ask_with("POST", "/api/v1/rooms", head, "{}").body).unwrap();
    let room: serde_json::Value = serde_json::from_str(&room).unwrap();
    let (code, said) = verify(&[&format!("{address}/r/{}", room["code"].as_str().unwrap())]);
    assert_eq!((code, said.contains(" 6 pages ")), (0, true), "{said}");
}

#[test]
fn one_changed_byte_is_found_and_named_whoever_asks_for_it() {
    let server = Running::start();
    for (path, from, to) in [
        ("/pkg/veranda.js", "import", "imporT"),
        ("/worker/start.js", "worker", "workeR"),
        ("/pkg/veranda.wasm", "\0asm\u{1}", "\0asm\u{2}"),
        ("/languages/de.json", "language", "languagE"),
        ("/sw.js", "self.addEventListener", "self.addEventListeneR"),
    ] {
        let address = changing(&server, move |asked, answer| {
            let is_meant =
                asked.lines().next().unwrap().contains(path) && asked.contains("accept-encoding: identity");
            if is_meant { replaced(&answer, from.as_bytes(), to.as_bytes()) } else { answer }
        });
        let (code, said) = verify(&[&format!("http://{address}")]);
        assert_eq!(code, 1, "{path}: {said}");
        assert!(said.contains(&format!("{path}: its content is another one")), "{path}: {said}");
        assert_eq!(said.matches("DIFFERENT").count(), 1, "{path}: {said}");
    }
    // Only for those who take it compressed, as browsers do.
    let address = changing(&server, |asked, answer| {
        let is_meant = asked.contains("languages/ja.json") && asked.contains("accept-encoding: br");
        if is_meant { replaced(&answer, b"content-encoding: br", b"content-encoding: xx") } else { answer }
    });
    let (code, said) = verify(&[&format!("http://{address}")]);
    assert!(code == 1 && said.contains("languages/ja.json: it is compressed in a way"), "{said}");
}

#[test]
fn a_page_with_another_script_or_another_policy_is_named() {
    let server = Running::start();
    for (path, from, to, why) in [
        (
            "GET /call ",
            "client.hydrate()",
            "client.hijacks()",
            "/call: it has a script that is not of this build",
        ),
        ("GET / ", "<head>", "<HeAd>", ""),
        (
            "GET / ",
            "<meta charset=\"utf-8\">",
            "<script>//23</script> ",
            "/: it has a script that is not of this build",
        ),
        (
            "GET /rooms ",
            "default-src 'none'",
            "default-src 'self'",
            "/rooms: its security policy is another one",
        ),
        ("GET /new ", "data-root", "data-Root", "/new: it is no page of Veranda"),
    ] {
        let address = changing(&server, move |asked, answer| {
            if asked.starts_with(path) { replaced(&answer, from.as_bytes(), to.as_bytes()) } else { answer }
        });
        let (code, said) = verify(&[&format!("http://{address}")]);
        assert_eq!(code, i32::from(!why.is_empty()), "{path}: {said}");
        assert!(said.contains(why), "{path}: {said}");
    }
}

#[test]
fn a_list_of_another_build_is_compared_with_and_what_cannot_be_asked_is_said() {
    let server = Running::start();
    let address = format!("http://{}", server.address);
    let folder = tempfile::tempdir().unwrap();
    let list = program(folder.path()).arg("hashes").output().unwrap().stdout;
    let list = String::from_utf8(list).unwrap();
    let file = folder.path().join("hashes.txt");
    let with = |list: &str| {
        std::fs::write(&file, list).unwrap();
        verify(&[&address, "--hashes", file.to_str().unwrap()])
    };
    assert_eq!(with(&list).0, 0);
    let build = list.lines().next().unwrap().rsplit(' ').next().unwrap();
    let (code, said) = with(&list.replace(build, "0123456789abcdef"));
    let expected = format!("it is of another build: \"{build}\", and the list is of \"0123456789abcdef\"");
    assert!(code == 1 && said.contains(&expected), "{said}");
    let (code, said) = with("nonsense");
    assert!(code == 2 && said.contains("the first line does not say of which build it is"), "{said}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, said) = verify(&[&format!("http://{nobody}")]);
    assert!(code == 2 && said.contains("cannot reach"), "{said}");
    assert_eq!(verify(&["meet.example"]).0, 2);
}

#[test]
fn version_and_build_are_those_of_the_running_server() {
    let server = Running::start();
    let health: serde_json::Value = serde_json::from_slice(&server.get("/healthz").body).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Settings that cannot be used change nothing about it.
    let output = program(folder.path()).arg("--version").env("VERANDA__NONSENSE__X", "1").output().unwrap();
    let expected = format!(
        "veranda {}, build {}\n",
        health["version"].as_str().unwrap(),
        health["build"].as_str().unwrap()
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}
