//! The admin page: who gets in, what it shows, what it does, and what the audit log has of that.

use std::time::Duration;

use serde_json::json;
use server::config::Config;
use storage::{AuditFilter, AuditRepository as _, SqlStorage};

use crate::calls::Program;
use crate::common::{TestServer, join_message};
use crate::rest::ask;
use crate::ringing_people::id;
use crate::sessions::sqlx_connection;

/// A browser that is signed in.
struct Admin<'a> {
    server: &'a TestServer,
    cookie: String,
}

impl TestServer {
    /// What `veranda admin-link` prints, beside this server, which goes on meanwhile.
    async fn admin_link(&self, arguments: &[&str]) -> String {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_veranda"));
        let folder = self.data.path();
        command.arg("admin-link").args(arguments).current_dir(folder).env("VERANDA__STORAGE__DATA", folder);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    async fn signs_in(&self, key: &str, head: &str) -> (u16, Option<String>) {
        let form = format!("key={key}");
        let (status, head, _) = self.request("POST", "/admin/sign-in", &form_head(&form, head), &form).await;
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: veranda-admin="));
        (status, cookie.map(|cookie| format!("veranda-admin={}", cookie.split(';').next().unwrap())))
    }

    async fn admin(&self) -> Admin<'_> {
        let link = self.admin_link(&[]).await;
        let (status, cookie) = self.signs_in(key_of(&link), "").await;
        assert_eq!(status, 303);
        Admin { server: self, cookie: cookie.unwrap() }
    }

    /// What was done, oldest first, as the database has it.
    async fn deeds(&self) -> Vec<(String, String)> {
        let storage = SqlStorage::sqlite(self.data.path()).await.unwrap();
        let events = storage.audit_events(&AuditFilter::default(), 99).await.unwrap();
        storage.close().await;
        events.into_iter().rev().map(|event| (event.actor, event.action)).collect()
    }

    /// To what it was done.
    async fn subjects(&self, action: &str) -> Vec<Option<String>> {
        let storage = SqlStorage::sqlite(self.data.path()).await.unwrap();
        let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
        let events = storage.audit_events(&filter, 99).await.unwrap();
        storage.close().await;
        events.into_iter().map(|event| event.subject).collect()
    }
}

impl Admin<'_> {
    async fn get(&self, path: &str) -> (u16, String, String) {
        self.server.request("GET", path, &format!("cookie: {}\r\n", self.cookie), "").await
    }

    async fn page(&self, path: &str) -> String {
        let (status, head, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {head}");
        assert!(head.contains("cache-control: no-store") && head.contains("x-robots-tag: noindex"), "{head}");
        assert!(!body.contains("<script"), "{body}");
        body
    }

    async fn posts(&self, path: &str, form: &str) -> (u16, String) {
        let head = form_head(form, &format!("cookie: {}\r\n", self.cookie));
        let (status, _, body) = self.server.request("POST", path, &head, form).await;
        (status, body)
    }
}

fn form_head(form: &str, more: &str) -> String {
    let length = form.len();
    format!("{more}content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n")
}

fn key_of(link: &str) -> &str {
    link.split_once("/admin/sign-in?key=").unwrap().1
}

const PAGES: [&str; 5] = ["/admin", "/admin/rooms", "/admin/api-keys", "/admin/audit-log", "/admin/server"];

#[tokio::test]
async fn a_link_opens_the_page_once_in_one_browser() {
    let server = TestServer::start().await;
    let link = server.admin_link(&[]).await;
    let path = link.split_once("://").unwrap().1.split_once('/').unwrap().1;
    for _ in 0..2 {
        let (status, _, body) = server.request("GET", &format!("/{path}"), "", "").await;
        assert_eq!(status, 200, "who looks at it does not use it up");
        assert!(body.contains("Sign in to the admin page"), "{body}");
    }
    let (status, cookie) = server.signs_in(key_of(&link), "").await;
    assert_eq!(status, 303);
    let admin = Admin { server: &server, cookie: cookie.unwrap() };
    for page in PAGES {
        admin.page(page).await;
    }
    assert_eq!(server.signs_in(key_of(&link), "").await, (403, None), "it was used");
    assert_eq!(admin.posts("/admin/sign-out", "").await.0, 303);
    assert_eq!(admin.get("/admin").await.0, 403);
    let deeds = server.deeds().await;
    let expected = ["admin_link.created", "admin.signed_in", "admin.link_refused", "admin.signed_out"];
    assert_eq!(deeds.iter().map(|(_, action)| &**action).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn nobody_else_sees_or_changes_anything() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let admin = server.admin().await;
    let forms = ["lock", "unlock", "end"].map(|what| format!("/admin/rooms/{room}/{what}"));
    let all_forms = forms.iter().map(String::as_str).chain([
        "/admin/api-keys",
        "/admin/api-keys/revoke",
        "/admin/sign-out",
    ]);
    let forms: Vec<_> = all_forms.collect();
    let one_room = format!("/admin/rooms/{room}");
    for cookie in ["", "cookie: veranda-admin=s_00000000000000000000000000000000\r\n"] {
        for page in PAGES.into_iter().chain([&*one_room]) {
            let (status, _, body) = server.request("GET", page, cookie, "").await;
            assert_eq!(status, 403, "{page}");
            assert!(body.contains("veranda admin-link") && !body.contains(&room), "{body}");
        }
        for form in &forms {
            assert_eq!(server.request("POST", form, &form_head("", cookie), "").await.0, 403, "{form}");
        }
    }
    // A page of another site, in a browser that is signed in.
    for form in &forms {
        let foreign = format!("cookie: {}\r\norigin: https://evil.example\r\n", admin.cookie);
        assert_eq!(server.request("POST", form, &form_head("", &foreign), "").await.0, 403, "{form}");
    }
    let foreign = "origin: https://evil.example\r\n";
    let link = server.admin_link(&[]).await;
    assert_eq!(server.signs_in(key_of(&link), foreign).await, (403, None));
    server.join(&room, "Ada").await;
    assert_eq!(server.admin_link(&["--revoke"]).await, "2 links and sessions were revoked");
    assert_eq!(admin.get("/admin").await.0, 403, "the session was revoked");
    assert_eq!(server.signs_in(key_of(&link), "").await, (403, None), "and the link");
}

#[tokio::test]
async fn links_are_guessed_slowly() {
    let mut config = Config::default();
    config.limits.lookups_at_once = 5;
    let server = TestServer::with(config).await;
    let mut refused = 0;
    for number in 0..8 {
        let (status, _) = server.signs_in(&format!("l_{number:032}"), "").await;
        refused += usize::from(status == 429);
    }
    assert_eq!(refused, 3);
}

#[tokio::test]
async fn a_room_is_found_locked_and_ended_for_whoever_is_inside() {
    let server = TestServer::start().await;
    let (room, _) = server.new_room_with(json!({ "name": "Tea & cake" })).await;
    let (quiet, _) = server.new_room_with(json!({ "name": "Nobody here" })).await;
    let admin = server.admin().await;
    assert!(admin.page("/admin/rooms").await.contains("No one is in a room right now."));
    let (mut ada, _) = server.join(&room, "Ada Lovelace").await;
    let pages = [admin.page("/admin").await, admin.page("/admin/rooms?search=cake").await];
    for page in pages {
        assert!(page.contains("Tea &amp; cake"), "{page}");
        assert!(!page.contains("Lovelace"), "people are counted, and not named: {page}");
        assert!(!page.contains("Nobody here"));
    }
    let (status, head, _) = admin.get(&format!("/admin/rooms?search={quiet}")).await;
    assert!(status == 303 && head.contains(&format!("location: /admin/rooms/{quiet}")), "{head}");
    assert!(
        admin.page("/admin/rooms?search=%22%3E%3Cb").await.contains("&quot;&gt;&lt;b"),
        "nothing is found"
    );

    assert_eq!(admin.posts(&format!("/admin/rooms/{room}/lock"), "").await.0, 303);
    assert_eq!(ada.hear_of("room_updated").await["settings"]["locked"], "on");
    assert!(admin.page(&format!("/admin/rooms/{room}")).await.contains("Locked: no one else can join"));
    let mut eve = server.connect().await;
    eve.say(join_message(&room, "Eve")).await;
    assert_eq!(eve.hear_end().await.0["code"], "room_locked");
    assert_eq!(admin.posts(&format!("/admin/rooms/{room}/unlock"), "").await.0, 303);
    assert_eq!(ada.hear_of("room_updated").await["settings"]["locked"], "off");
    assert_eq!(admin.posts(&format!("/admin/rooms/{room}/end"), "").await.0, 303);
    assert_eq!(ada.hear_end().await.0["code"], "room_ended");
    assert!(admin.page(&format!("/admin/rooms/{room}")).await.contains("Ended"));
    for unknown in ["/admin/rooms/aaa-aaaa-aaa/end", "/admin/rooms/no-code/lock"] {
        assert_eq!(admin.posts(unknown, "").await.0, 404);
    }
    let log = admin.page(&format!("/admin/audit-log?room={room}&actor=admin")).await;
    for action in ["room.locked", "room.unlocked", "room.ended"] {
        assert_eq!(log.matches(&format!("<code>{action}")).count(), 1, "{action}: {log}");
    }
    let overview = admin.page("/admin").await;
    assert!(
        overview.contains("This room is locked") || overview.contains("locked"),
        "why Eve could not: {overview}"
    );
}

#[tokio::test]
async fn keys_are_made_shown_once_and_revoked_and_what_they_do_is_in_the_log() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for wrong in [
        "label=&scope=rooms%3Aread",
        "label=x",
        "label=x&scope=everything",
        "label=x&scope=rooms%3Aread&days=0",
        "label=x&scope=rooms%3Aread&days=soon",
    ] {
        let (status, body) = admin.posts("/admin/api-keys", wrong).await;
        assert_eq!(status, 422, "{wrong}");
        assert!(body.contains("A key needs a name"), "{body}");
    }
    let form = "label=Calendar+%3Cb%3E&scope=rooms%3Awrite&scope=rooms%3Aread&days=";
    let (status, body) = admin.posts("/admin/api-keys", form).await;
    assert_eq!(status, 200);
    let secret = body.split_once("<code class=\"secret\">").unwrap().1.split('<').next().unwrap().to_owned();
    assert!(body.contains("Calendar &lt;b&gt;"), "{body}");
    let page = admin.page("/admin/api-keys").await;
    assert!(!page.contains(&secret), "it is shown once");
    let id = page.split_once("audit-log?actor=").unwrap().1.split('"').next().unwrap().to_owned();

    let bearer = format!("authorization: Bearer {secret}\r\n");
    let made = json!({ "name": "Made" }).to_string();
    let head = format!("{bearer}content-type: application/json\r\ncontent-length: {}\r\n", made.len());
    let (status, _, body) = server.request("POST", "/api/v1/rooms", &head, &made).await;
    assert_eq!(status, 201, "{body}");
    let room = serde_json::from_str::<serde_json::Value>(&body).unwrap()["code"].as_str().unwrap().to_owned();
    let change = json!({ "capacity": 0 }).to_string();
    let head = format!("{bearer}content-type: application/json\r\ncontent-length: {}\r\n", change.len());
    assert_eq!(server.request("PATCH", &format!("/api/v1/rooms/{room}"), &head, &change).await.0, 422);
    assert_eq!(server.request("DELETE", &format!("/api/v1/rooms/{room}"), &bearer, "").await.0, 204);
    assert_eq!(admin.posts("/admin/api-keys/revoke", &format!("id={id}")).await.0, 303);
    assert_eq!(server.request("GET", "/api/v1/rooms", &bearer, "").await.0, 401);
    assert_eq!(admin.posts("/admin/api-keys/revoke", "id=nobody").await.0, 303);
    let mut deeds = server.deeds().await;
    deeds.drain(..2);
    let did = |actor: &str, action: &str| (actor.to_owned(), action.to_owned());
    let expected = [
        did("admin", "api_key.created"),
        did(&id, "room.created"),
        did(&id, "room.deleted"),
        did("admin", "api_key.revoked"),
    ];
    assert_eq!(deeds, expected, "what was refused was not done");
    for action in ["api_key.created", "api_key.revoked"] {
        assert_eq!(server.subjects(action).await, [Some(id.clone())], "{action}");
    }
}

#[tokio::test]
async fn what_a_host_does_outside_the_call_is_in_the_log() {
    let server = TestServer::start().await;
    let made = server.make_room_in_browser(None).await;
    let cookie = format!("cookie: {}\r\n", made.cookie);
    for (path, action) in
        [("reopen", "room.reopened"), ("host-link", "credential.created"), ("delete", "room.deleted")]
    {
        let path = format!("{}/{path}", made.path);
        let status = server.request("POST", &path, &form_head("", &cookie), "").await.0;
        assert!(status < 400, "{path}: {status}");
        let deeds = server.deeds().await;
        let (actor, done) = deeds.last().unwrap();
        assert_eq!(done, action);
        assert_eq!(actor.len(), 32, "the id of a key: {actor}");
    }
    let enemy = server.request("POST", &format!("{}/delete", made.path), &form_head("", ""), "").await.0;
    let deeds = server.deeds().await;
    assert_eq!((enemy, deeds.len()), (403, 4));
    assert_eq!(deeds[0].1, "room.created");
}

#[tokio::test]
async fn the_page_that_shows_a_key_makes_no_second_one_when_it_is_loaded_again() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let page = admin.page("/admin/api-keys").await;
    let id = page.split_once("name=\"id\" value=\"").unwrap().1.split('"').next().unwrap();
    let form = format!("id={id}&label=Once&scope=rooms%3Aread");
    for status in [200, 303, 303] {
        let (answered, body) = admin.posts("/admin/api-keys", &form).await;
        assert_eq!((answered, body.contains("class=\"secret\"")), (status, status == 200), "{body}");
    }
    assert_eq!(
        admin.page("/admin/api-keys").await.matches("Once").count(),
        2,
        "in its row, and on its button"
    );
    assert_eq!(admin.posts("/admin/api-keys", &form.replace(id, "1")).await.0, 422);
}

#[tokio::test]
async fn what_a_host_decides_is_in_the_log_once_it_is_kept() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let mut message = join_message(&room, "Ada");
    message["credential"] = key.into();
    let (mut ada, _) = server.join_with(message).await;
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    let refuses =
        "CREATE TRIGGER refuses BEFORE UPDATE ON rooms BEGIN SELECT RAISE(ABORT, 'it is away'); END";
    sqlx::raw_sql(refuses).execute(&mut other).await.unwrap();
    let locks = json!({ "type": "moderate", "moderation": { "action": "change_settings", "patch": { "locked": "on" } } });
    ada.say(locks.clone()).await;
    assert_eq!(ada.hear_of("error").await["code"], "storage_unavailable");
    sqlx::raw_sql("DROP TRIGGER refuses").execute(&mut other).await.unwrap();
    let actions = async || server.deeds().await.into_iter().map(|(_, action)| action).collect::<Vec<_>>();
    assert_eq!(actions().await, ["room.created"]);
    ada.say(locks).await;
    ada.hear_of("room_updated").await;
    let waiting = async {
        while actions().await != ["room.created", "room.locked"] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
}

#[tokio::test]
async fn the_log_is_read_a_page_at_a_time() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let room = server.new_room().await;
    for _ in 0..60 {
        for what in ["lock", "unlock"] {
            assert_eq!(admin.posts(&format!("/admin/rooms/{room}/{what}"), "").await.0, 303);
        }
    }
    let first = admin.page("/admin/audit-log?action=room.locked").await;
    assert_eq!(first.matches("<tr>").count(), 61, "all are on one page: {}", first.len());
    let first = admin.page(&format!("/admin/audit-log?room={room}")).await;
    assert_eq!(first.matches("<tr>").count(), 101);
    let older = first.split_once("href=\"/admin/audit-log?room=").unwrap().1.split('"').next().unwrap();
    let older = admin.page(&format!("/admin/audit-log?room={}", older.replace("&amp;", "&"))).await;
    assert_eq!(older.matches("<tr>").count(), 22, "the last is that the room was made");
    for nonsense in ["room=no-code", "before=never", "before=1.2.3", "actor=%27%3B+DROP"] {
        admin.page(&format!("/admin/audit-log?{nonsense}")).await;
    }
}

#[tokio::test]
async fn what_a_program_does_to_nobody_is_not_in_the_log() {
    let server = TestServer::start().await;
    let program = Program::new(&server).await;
    let made = ask(&server, "POST", "/api/v1/rooms", &program.key, Some(json!({}))).await;
    let code = made.body["code"].as_str().unwrap();
    let (_ada, ada) = server.join(code, "Ada").await;
    let ada = ada["you"]["id"].as_str().unwrap();
    let nobody = "00000000-0000-4000-8000-000000000001";
    let room = format!("/api/v1/rooms/{code}/participants");
    // The second removal finds nobody any more, and neither does any later action.
    for id in [nobody, ada, ada] {
        let source = json!({ "source": "camera" });
        for (method, path, body) in [
            ("POST", format!("{room}/{id}/turn-off"), Some(source)),
            ("DELETE", format!("{room}/{id}"), None),
        ] {
            assert_eq!(ask(&server, method, &path, &program.key, body).await.status, 204, "{method} {id}");
        }
    }
    let ring = id(1);
    let order = program.order(&ring, "999-999-999").await;
    for _ in 0..2 {
        assert_eq!(program.post(order.clone()).await.status, 201);
    }
    program.cancels(&ring).await;
    program.cancels(&ring).await;
    let deeds: Vec<_> = server.deeds().await.into_iter().map(|(_, action)| action).collect();
    let expected =
        ["room.created", "participant.turned_off", "participant.removed", "call.placed", "call.cancelled"];
    assert_eq!(deeds, expected);
    for action in ["participant.turned_off", "participant.removed"] {
        assert_eq!(server.subjects(action).await, [Some(ada.to_owned())], "{action}");
    }
}

#[tokio::test]
async fn whoever_is_signed_in_reads_that_the_database_does_not_answer_and_who_is_in_calls() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let room = server.new_room_with(json!({ "name": "Weekly" })).await.0;
    let _ada = server.join(&room, "Ada").await;
    admin.page("/admin").await;
    let stranger = Admin { server: &server, cookie: "veranda-admin=s00000000".to_owned() };
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    let lost = "ALTER TABLE rooms RENAME TO lost_rooms; ALTER TABLE usage_hours RENAME TO lost_usage; \
                ALTER TABLE audit_events RENAME TO lost_events; ALTER TABLE api_keys RENAME TO lost_keys; \
                ALTER TABLE admin_sessions RENAME TO lost_sessions";
    sqlx::raw_sql(lost).execute(&mut other).await.unwrap();
    // What was just asked is known for a second.
    let says = "the database does not answer";
    let waiting = async {
        while !admin.page("/admin/server").await.contains(says) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    for path in ["/admin", "/admin/rooms"] {
        let page = admin.page(path).await;
        assert!(page.contains("Weekly"), "who is in calls is known all the same: {page}");
    }
    assert!(admin.page("/admin").await.contains(says));
    for (who, path) in [(&admin, "/admin/audit-log"), (&admin, "/admin/api-keys"), (&stranger, "/admin")] {
        let (status, head, body) = who.get(path).await;
        assert_eq!(status, 503, "{path}: {head}");
        assert!(body.contains("This server can't reach its database.") && !body.contains("Weekly"), "{body}");
    }
    assert_eq!(admin.posts(&format!("/admin/rooms/{room}/end"), "").await.0, 503, "nothing is done unseen");
}
