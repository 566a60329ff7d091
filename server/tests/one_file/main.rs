//! The program with the page inside, started in an empty folder: `cargo test -p server --features embedded --test one_file`. Which page that is says
//! server/build.rs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod verifying;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The page that is inside.
const SITE: &str = env!("VERANDA_SITE");

/// What the server says of what goes wrong, in its folder.
const LOG: &str = "log";

/// The program, in an empty folder of its own.
struct Running {
    child: Child,
    address: String,
    folder: TempDir,
}

struct Answer {
    status: u16,
    /// In lower case.
    head: String,
    body: Vec<u8>,
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_veranda"));
    let settings =
        [("SERVER__ADDRESS", "127.0.0.1:0"), ("MEDIA__ENABLED", "false"), ("RELAY__ENABLED", "false")];
    command
        .env_clear()
        .current_dir(folder)
        .envs(settings.map(|(name, value)| (format!("VERANDA__{name}"), value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join(LOG)).unwrap();
        let mut child = program(folder.path()).env("NO_COLOR", "1").stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let open =
            lines.map(Result::unwrap).find_map(|line| Some(line.split_once("open at http://")?.1.to_owned()));
        Self { address: open.unwrap(), child, folder }
    }

    fn ask(&self, method: &str, path: &str, head: &str) -> Answer {
        self.ask_with(method, path, head, "")
    }

    fn ask_with(&self, method: &str, path: &str, head: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\n{head}connection: close\r\n\r\n{body}")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: answer[end + 4..].to_vec() }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// What stands before the addresses of the build's files.
    fn root(&self) -> String {
        let page = String::from_utf8(self.get("/connection-test").body).unwrap();
        page.split("data-root=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&*prefix)).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default();
            eprintln!("its server, {:?}, has said:\n{log}", self.child.try_wait());
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn on_disk(path: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(SITE).join(path)).unwrap()
}

#[test]
fn every_file_of_a_build_comes_from_the_program_with_its_type_and_for_ever() {
    let server = Running::start();
    let root = server.root();
    for (path, kind) in [
        ("pkg/veranda.wasm", "application/wasm"),
        ("pkg/veranda.js", "text/javascript"),
        ("pkg/veranda.css", "text/css"),
        ("pkg/__wasm_split_manifest.json", "application/json"),
        ("worker/worker_bg.wasm", "application/wasm"),
        ("worker/start.js", "text/javascript"),
    ] {
        let answer = server.get(&format!("{root}/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        assert_eq!(answer.header("content-type"), kind, "{path}");
        assert!(
            answer.header("cache-control").contains("max-age=31536000, immutable"),
            "{path}: {}",
            answer.head
        );
        assert_eq!(answer.header("content-encoding"), "", "{path}");
        assert!(answer.body == on_disk(path), "{path} is another one");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{path}");
    }
    assert!(
        server
            .get(&format!("{root}/worker/start.js"))
            .header("content-security-policy")
            .starts_with("default-src 'none'; script-src 'self'")
    );
    for language in ["en", "fr", "de", "es", "pt", "ar", "ja", "zh"] {
        let answer = server.get(&format!("{root}/languages/{language}.json"));
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{language}");
        assert!(answer.head.contains("immutable"), "{language}: {}", answer.head);
    }
    for path in ["pkg/nothing.js", "pkg/../sw.js", "pkg/veranda.js.gz", "pkg", "favicon.svg", ""] {
        let answer = server.get(&format!("{root}/{path}"));
        assert!(answer.status == 404 && !answer.head.contains("immutable"), "{path}: {}", answer.head);
    }
    assert_eq!(server.ask("POST", &format!("{root}/pkg/veranda.js"), "content-length: 0\r\n").status, 405);
}

#[test]
fn what_has_no_build_in_its_address_is_asked_for_anew_and_answered_with_304() {
    let server = Running::start();
    for (path, kind) in [
        ("sw.js", "text/javascript"),
        ("favicon.svg", "image/svg+xml"),
        ("manifest.webmanifest", "application/manifest+json"),
        ("robots.txt", "text/plain"),
        ("icons/192.png", "image/png"),
        ("pkg/veranda.css", "text/css"),
    ] {
        let answer = server.get(&format!("/{path}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}: {}", answer.head);
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        assert!(answer.body == on_disk(path), "{path} is another one");
        let tag = answer.header("etag");
        let again = server.ask(
            "GET",
            &format!("/{path}"),
            &format!("if-none-match: \"other\", {}\r\n", tag.replace("w/", "W/")),
        );
        assert_eq!((again.status, again.header("etag"), again.body.len()), (304, tag, 0), "{path}");
        let other = server.ask("GET", &format!("/{path}"), "if-none-match: W/\"0000000000000000\"\r\n");
        assert_eq!(other.status, 200, "{path}");
        let head = server.ask("HEAD", &format!("/{path}"), "");
        assert_eq!(
            (head.status, head.header("content-length"), head.body.len()),
            (200, answer.header("content-length"), 0)
        );
    }
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    let server = Running::start();
    let answer = server.ask("GET", "/pkg/veranda.wasm", "range: bytes=1-3\r\n");
    assert_eq!((answer.status, &answer.body[..]), (206, &b"asm"[..]), "{}", answer.head);
}

#[test]
fn a_page_names_what_is_inside_and_every_part_that_is_fetched_later_is_there() {
    let server = Running::start();
    let root = server.root();
    let page = String::from_utf8(server.get("/connection-test").body).unwrap();
    let starts = format!(
        "import(\"{root}/pkg/veranda.js\").then(client => client.default({{module_or_path: \"{root}/pkg/veranda.wasm\"}})"
    );
    assert!(page.contains(&starts), "{page}");
    for file in ["veranda.css", "veranda.js", "veranda.wasm"] {
        assert!(page.contains(&format!("href=\"{root}/pkg/{file}\"")), "{file}: {page}");
    }
    let manifest: HashMap<String, Vec<String>> =
        serde_json::from_slice(&server.get(&format!("{root}/pkg/__wasm_split_manifest.json")).body).unwrap();
    assert!(manifest.keys().any(|part| part.contains("call_screen")), "{manifest:?}");
    for module in manifest.values().flatten() {
        assert_eq!(server.get(&format!("{root}/pkg/{module}.wasm")).status, 200, "{module}");
    }
    assert!(!server.folder.path().join("target").exists());
}

#[test]
fn the_compressed_form_is_sent_where_the_build_has_one() {
    let server = Running::start();
    let root = server.root();
    let answer = server.ask("GET", &format!("{root}/pkg/veranda.js"), "accept-encoding: gzip, br\r\n");
    let compressed = PathBuf::from(SITE).join("pkg/veranda.js.br");
    if compressed.exists() {
        assert_eq!(answer.header("content-encoding"), "br");
        assert!(answer.body == std::fs::read(compressed).unwrap());
    } else {
        // A page that was built quickly has none.
        assert_eq!(answer.header("content-encoding"), "");
        assert!(answer.body == on_disk("pkg/veranda.js"));
    }
    assert!(answer.header("vary").contains("accept-encoding"));
}

#[test]
fn a_folder_with_the_page_of_another_build_is_refused_in_words_and_its_own_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    let check = || {
        let output =
            program(folder.path()).arg("check-config").env("VERANDA__SERVER__SITE", &site).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (works, said) = check();
    assert!(!works && said.contains("the page's files are not there"), "{said}");
    let copied = Command::new("cp").arg("-r").arg(SITE).arg(&site).status().unwrap();
    assert!(copied.success());
    let (works, said) = check();
    assert!(works, "{said}");
    let script = site.join("pkg/veranda.js");
    let text = std::fs::read(&script).unwrap();
    std::fs::write(&script, [&text[..], b"\n"].concat()).unwrap();
    let (works, said) = check();
    let expected =
        "that page is of another build than this program (pkg/veranda.js differs); leave site empty";
    assert!(!works && said.contains(expected), "{said}");
    std::fs::remove_file(&script).unwrap();
    assert!(check().1.contains("(pkg/veranda.js differs)"));
}
