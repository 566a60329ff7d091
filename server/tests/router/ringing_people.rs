//! Devices of call identities, for tests of direct calls: each is a plain socket that proves whose it is.

use serde_json::{Value, json};
use server::config::Config;
use storage::SqlStorage;
use testkit::Identity;

use crate::common::{Client, TestServer};

/// A device that has attached.
pub(crate) struct Device {
    pub(crate) client: Client,
    pub(crate) call_id: String,
}

/// Who somebody is, and which of their devices.
#[derive(Clone, Copy)]
pub(crate) struct Who {
    pub(crate) person: u64,
    pub(crate) device: u64,
}

pub(crate) const ADA: Who = Who { person: 1, device: 1 };
pub(crate) const BOB: Who = Who { person: 2, device: 1 };
pub(crate) const EVE: Who = Who { person: 3, device: 1 };

impl Who {
    pub(crate) fn identity(self) -> Identity {
        Identity::new(self.person)
    }

    pub(crate) fn device_id(self) -> String {
        id(self.person * 1_000 + self.device)
    }

    pub(crate) fn opening(self) -> Value {
        let identity = self.identity();
        json!({ "type": "ring", "id": 1, "version": 1, "device": self.device_id(), "identity": identity.key() })
    }

    /// The answer to a challenge.
    pub(crate) fn proof(self, challenge: &Value) -> String {
        let text = |field: &str| challenge[field].as_str().unwrap().to_owned();
        self.identity().prove(&self.device_id(), &text("nonce"), &text("key"))
    }

    pub(crate) async fn attach(self, server: &TestServer) -> Device {
        self.attach_with(server, json!("idle")).await
    }

    pub(crate) async fn attach_with(self, server: &TestServer, standing: Value) -> Device {
        let mut client = server.connect().await;
        let welcome = self.introduce(&mut client, standing).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        Device { client, call_id: welcome["call_id"].as_str().unwrap().to_owned() }
    }

    /// Was in a call, which goes on.
    pub(crate) async fn comes_back(self, server: &TestServer, standing: Value) -> Device {
        let mut device = self.attach_with(server, standing).await;
        device.hear_of("answered").await;
        device
    }

    /// Says who it is, and returns what the server says to that.
    pub(crate) async fn introduce(self, client: &mut Client, standing: Value) -> Value {
        client.say(self.opening()).await;
        let challenge = client.hear_of("challenge").await;
        let proof = self.proof(&challenge);
        client.say(json!({ "type": "prove", "id": 2, "proof": proof, "standing": standing })).await;
        client.hear().await
    }
}

/// The number of a question about a ring that there never was.
const UNKNOWN: u64 = 987_654;

impl Device {
    pub(crate) async fn say(&mut self, message: Value) {
        self.client.say(message).await;
    }

    pub(crate) async fn hear_of(&mut self, kind: &str) -> Value {
        self.client.hear_of(kind).await
    }

    pub(crate) async fn place(&mut self, ring: &str, callee: &str) {
        self.say(place(ring, callee)).await;
    }

    /// Rings, and returns what the server says to that.
    pub(crate) async fn rings(&mut self, ring: &str, callee: &str) -> Value {
        self.place(ring, callee).await;
        self.hear_of("placed").await
    }

    pub(crate) async fn about(&mut self, kind: &str, ring: &str) {
        self.say(json!({ "type": kind, "ring": ring })).await;
    }

    /// How a ring ends for this device.
    pub(crate) async fn hears_end_of(&mut self, ring: &str) -> Value {
        let over = self.hear_of("over").await;
        assert_eq!(over["ring"], ring);
        over["outcome"].clone()
    }

    /// It hears of no ring, though its history may have changed.
    pub(crate) async fn hears_of_no_ring(&mut self) {
        self.ask_the_rings().await;
        loop {
            let message = self.client.hear().await;
            if message["in_reply_to"] == UNKNOWN {
                return;
            }
            assert_eq!(message, json!({ "type": "changed" }));
        }
    }

    /// The next thing that it hears is the answer to its own question.
    pub(crate) async fn hears_nothing_else(&mut self) {
        self.ask_the_rings().await;
        let answer = self.client.hear().await;
        assert_eq!((&answer["code"], &answer["in_reply_to"]), (&json!("ring_unknown"), &json!(UNKNOWN)));
    }

    /// Asks what the task of the rings answers after everything that it has taken before; a ping does not go there.
    async fn ask_the_rings(&mut self) {
        self.say(json!({ "type": "cancel", "id": UNKNOWN, "ring": id(u64::from(u32::MAX)) })).await;
    }
}

pub(crate) fn place(ring: &str, callee: &str) -> Value {
    json!({ "type": "place", "id": 7, "ring": ring, "callee": callee, "waited_ms": 0, "invitation": "c2VhbGVk" })
}

/// The id of a ring or a device.
pub(crate) fn id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// What a server keeps, read beside it.
pub(crate) async fn storage_of(server: &TestServer) -> SqlStorage {
    let mut config = Config::default();
    config.storage.data = server.data.path().to_owned();
    server::open_storage(&config).await.unwrap()
}
