//! A push service for tests, and a browser that opens what it gets. It decrypts by the steps of RFC 8291 and RFC 8188, with none of the server's
//! own code, and is checked against the example of that document.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes128Gcm, KeyInit as _};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint as _;
use web_push_native::p256::{PublicKey, SecretKey, ecdh};

/// What a push service was sent.
pub(crate) struct Got {
    /// The last part of the path.
    pub(crate) browser: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
}

/// A push service, which answers by the path: `/ok/…` takes everything, `/gone/…` knows nobody, `/hang/…` says nothing, `/led/…` leads to `/ok/…`,
/// and `/rest/…` and `/fail/…` refuse the first push for each browser.
pub(crate) struct PushService {
    pub(crate) address: SocketAddr,
    got: mpsc::UnboundedReceiver<Got>,
}

#[derive(Clone)]
struct Service {
    got: mpsc::UnboundedSender<Got>,
    refused: Arc<Mutex<HashMap<String, u32>>>,
}

impl PushService {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0").await
    }

    pub(crate) async fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, got) = mpsc::unbounded_channel();
        let service = Service { got: sender, refused: Arc::default() };
        let router = Router::new().route("/{manner}/{browser}", post(take)).with_state(service);
        #[expect(clippy::disallowed_methods, reason = "the runtime of a test ends with it")]
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { address, got }
    }

    /// Where it takes messages for a browser.
    pub(crate) fn endpoint(&self, manner: &str, browser: &str) -> String {
        format!("http://{}/{manner}/{browser}", self.address)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it is sent next.
    pub(crate) async fn next(&mut self) -> Got {
        tokio::time::timeout(Duration::from_secs(30), self.got.recv()).await.expect("a push").unwrap()
    }

    /// It is sent nothing more for a while.
    pub(crate) async fn gets_nothing_within(&mut self, within: Duration) {
        if let Ok(got) = tokio::time::timeout(within, self.got.recv()).await {
            panic!("a push for {:?}", got.map(|got| got.browser));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it is measured how long a push takes")]
async fn take(
    State(service): State<Service>,
    Path((manner, browser)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let is_first = {
        let mut refused = service.refused.lock().unwrap();
        let count = refused.entry(format!("{manner}/{browser}")).or_default();
        *count += 1;
        *count == 1
    };
    _ = service.got.send(Got { browser, headers, body: body.to_vec(), at: Instant::now() });
    let answer = Response::builder();
    let answer = match &*manner {
        "ok" => answer.status(201),
        "gone" => answer.status(410),
        "led" => answer.status(307).header("location", "/ok/led"),
        "rest" if is_first => answer.status(429).header("retry-after", "6"),
        "fail" if is_first => answer.status(503),
        "rest" | "fail" => answer.status(201),
        _ => std::future::pending().await,
    };
    answer.body(Body::empty()).unwrap()
}

/// A browser's keys of one subscription.
pub(crate) struct Browser {
    secret: SecretKey,
    auth: [u8; 16],
}

impl Browser {
    pub(crate) fn new(number: u8) -> Self {
        Self { secret: SecretKey::from_slice(&[number + 1; 32]).unwrap(), auth: [number; 16] }
    }

    /// The message of a page that has subscribed.
    pub(crate) fn subscribing(&self, endpoint: &str) -> Value {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "type": "subscribe_push", "id": 5, "endpoint": endpoint,
            "p256dh": encoded(self.public().as_slice()), "auth": encoded(&self.auth),
        })
    }

    fn public(&self) -> Vec<u8> {
        self.secret.public_key().to_encoded_point(false).as_bytes().to_vec()
    }

    /// What a push says.
    pub(crate) fn opens(&self, got: &Got) -> Value {
        assert_eq!(got.headers["content-encoding"], "aes128gcm");
        serde_json::from_slice(&self.decrypts(&got.body)).unwrap()
    }

    /// RFC 8188 §2 and RFC 8291 §3.4, for one record.
    pub(crate) fn decrypts(&self, body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        let (record_size, rest) = rest.split_at(4);
        let (key_id, sealed) = rest[1..].split_at(usize::from(rest[0]));
        assert!(sealed.len() <= u32::from_be_bytes(record_size.try_into().unwrap()) as usize);
        let sender = PublicKey::from_sec1_bytes(key_id).unwrap();
        let shared = ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), sender.as_affine());
        let expand = |salt: &[u8], key: &[u8], info: &[u8], length: usize| {
            let mut expanded = vec![0; length];
            Hkdf::<Sha256>::new(Some(salt), key).expand(info, &mut expanded).unwrap();
            expanded
        };
        let info = [&b"WebPush: info\0"[..], &self.public(), key_id].concat();
        let key = expand(&self.auth, shared.raw_secret_bytes().as_slice(), &info, 32);
        let content_key = expand(salt, &key, b"Content-Encoding: aes128gcm\0", 16);
        let nonce: [u8; 12] = expand(salt, &key, b"Content-Encoding: nonce\0", 12).try_into().unwrap();
        let cipher = Aes128Gcm::new_from_slice(&content_key).unwrap();
        let mut opened = cipher.decrypt(&nonce.into(), sealed).expect("it is for this browser");
        let end = opened.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(opened[end], 2, "the last record");
        opened.truncate(end);
        opened
    }
}

/// RFC 8291, appendix A.
#[test]
fn this_browser_opens_the_example_of_the_standard() {
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let browser = Browser {
        secret: SecretKey::from_slice(&decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")).unwrap(),
        auth: decoded("BTBZMqHH6r4Tts7J_aSIgg").try_into().unwrap(),
    };
    let public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    assert_eq!(browser.public(), decoded(public));
    let body = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
    assert_eq!(browser.decrypts(&decoded(body)), b"When I grow up, I want to be a watermelon");
}
