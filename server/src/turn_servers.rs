//! TURN servers of the operator's own, such as coturn: which of them answer, and which of those a participant is given.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::future::join_all;
use protocol::{Credential, IceServer, ParticipantId, RelayOwner, RelayTransport, TestRelay};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::config::TurnConfig;
use crate::turn_url::{TurnUrl, Way};
use crate::{ids, tasks};

/// How many of them a participant is given. Browsers gather more slowly with each, and one more is for when the first goes.
const GIVEN: usize = 2;

/// How often each is asked whether it is there.
const ASK_EVERY: Duration = Duration::from_secs(15);

/// How long an answer may take, and how often a datagram is sent for it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 3;

/// How long a name may take to be resolved, and how many of its addresses are asked.
const RESOLVED_WITHIN: Duration = Duration::from_secs(5);
const ADDRESSES: usize = 8;

/// The servers that the configuration names; a clone is another handle to the same.
#[derive(Clone, Default)]
pub(crate) struct TurnServers(Arc<Vec<TurnServer>>);

struct TurnServer {
    name: String,
    urls: Vec<TurnUrl>,
    secret: relay::Secret,
    weight: u32,
    answers: AtomicBool,
}

impl TurnServers {
    /// The configured servers that have a weight, which are taken for well until they have been asked. They are asked for as long
    /// as there is a handle.
    pub(crate) fn start(config: &BTreeMap<String, TurnConfig>) -> Self {
        let server = |(name, config): (&String, &TurnConfig)| TurnServer {
            name: name.clone(),
            urls: config.urls.clone(),
            secret: relay::Secret::new(config.secret.clone().into_bytes()),
            weight: config.weight,
            answers: AtomicBool::new(true),
        };
        let servers = Arc::new(config.iter().filter(|(_, it)| it.weight > 0).map(server).collect::<Vec<_>>());
        if !servers.is_empty() {
            tasks::spawn(keep_asking(Arc::downgrade(&servers)));
        }
        Self(servers)
    }

    /// Those for one participant, the likeliest first. Participants are spread by weight, and each keeps their servers for as
    /// long as those answer. When none does, it is as if all did: we may be the one who cannot reach them.
    pub(crate) fn given(&self, to: ParticipantId, expires: u64) -> Vec<IceServer> {
        let answering = || self.0.iter().filter(|server| server.answers.load(Ordering::Relaxed));
        let mut chosen: Vec<_> =
            if answering().next().is_some() { answering().collect() } else { self.0.iter().collect() };
        chosen.sort_by(|a, b| a.rank(to).total_cmp(&b.rank(to)));
        chosen.into_iter().take(GIVEN).map(|server| server.entry(to, expires)).collect()
    }
}

impl TurnServers {
    /// Every way to those servers by itself.
    pub(crate) fn test_relays(&self, test: ParticipantId, expires: u64) -> Vec<TestRelay> {
        let of_server = |server: &TurnServer| {
            let whole = server.entry(test, expires);
            let way = |url: &TurnUrl| TestRelay {
                transport: url.way().into(),
                port: url.port(),
                last_port: url.port(),
                owner: RelayOwner::Other,
                ice_server: IceServer { urls: vec![url.as_str().to_owned()], ..whole.clone() },
            };
            server.urls.iter().map(way).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_server).collect()
    }
}

impl From<Way> for RelayTransport {
    fn from(way: Way) -> Self {
        match way {
            Way::Udp => Self::Udp,
            Way::Tcp => Self::Tcp,
            Way::Tls => Self::Tls,
        }
    }
}

impl TurnServer {
    /// The lower the sooner: exponentially distributed with the weight as its rate, so that the lowest of several is each with a
    /// probability that is its share of all weights (rendezvous hashing).
    fn rank(&self, participant: ParticipantId) -> f64 {
        let mut hasher = DefaultHasher::new();
        (&self.name, participant).hash(&mut hasher);
        let share = (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64;
        -share.max(f64::MIN_POSITIVE).ln() / f64::from(self.weight)
    }

    fn entry(&self, to: ParticipantId, expires: u64) -> IceServer {
        let credentials = self.secret.credentials(expires, &to.to_string());
        IceServer {
            urls: self.urls.iter().map(|url| url.as_str().to_owned()).collect(),
            username: Some(credentials.username),
            credential: Credential::new(credentials.password).ok(),
            is_sfu_port: false,
        }
    }

    async fn ask(&self) {
        let asked = join_all(self.urls.iter().map(ask)).await;
        let answers = asked.contains(&true);
        if self.answers.swap(answers, Ordering::Relaxed) != answers {
            if answers {
                tracing::info!(server = self.name, "a TURN server answers again");
            } else {
                tracing::warn!(server = self.name, "a TURN server does not answer; no one is sent there");
            }
        }
    }
}

async fn keep_asking(servers: Weak<Vec<TurnServer>>) {
    loop {
        let Some(servers) = servers.upgrade() else { return };
        ask_all(&servers).await;
        drop(servers);
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// All at the same time: those that do not answer hold nobody up.
async fn ask_all(servers: &[TurnServer]) {
    join_all(servers.iter().map(TurnServer::ask)).await;
}

/// Whether a server answers there.
pub(crate) async fn ask(url: &TurnUrl) -> bool {
    let addresses = resolve(url.host(), url.port()).await;
    join_all(addresses.into_iter().map(|address| ask_at(url.way(), address))).await.contains(&true)
}

/// The addresses of a server that are worth asking; none when its name leads nowhere.
pub(crate) async fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    // A resolver may be silent for as long as it likes.
    match tokio::time::timeout(RESOLVED_WITHIN, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses.take(ADDRESSES).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

async fn ask_at(way: Way, address: SocketAddr) -> bool {
    match way {
        Way::Udp => ask_by_datagram(address).await.is_some(),
        Way::Tcp => ask_by_stream(address).await.is_some(),
        // The certificate is the browsers' affair.
        Way::Tls => {
            tokio::time::timeout(ANSWERS_WITHIN, TcpStream::connect(address)).await.is_ok_and(|it| it.is_ok())
        }
    }
}

/// The address from which a STUN server sees us.
pub(crate) async fn ask_by_datagram(server: SocketAddr) -> Option<SocketAddr> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await.ok()?;
    socket.connect(server).await.ok()?;
    let transaction = ids::uuid().as_u128() >> 32;
    let mut answer = [0; 1_500];
    for _ in 0..ATTEMPTS {
        socket.send(&relay::binding_request(transaction)).await.ok()?;
        if let Ok(Ok(length)) = tokio::time::timeout(ANSWERS_WITHIN, socket.recv(&mut answer)).await {
            return relay::mapped_address(transaction, &answer[..length]);
        }
    }
    None
}

async fn ask_by_stream(server: SocketAddr) -> Option<SocketAddr> {
    let transaction = ids::uuid().as_u128() >> 32;
    let asked = async {
        let mut stream = TcpStream::connect(server).await.ok()?;
        stream.write_all(&relay::binding_request(transaction)).await.ok()?;
        let mut answer = vec![0; 20];
        stream.read_exact(&mut answer).await.ok()?;
        let more = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
        answer.resize(20 + more, 0);
        stream.read_exact(&mut answer[20..]).await.ok()?;
        relay::mapped_address(transaction, &answer)
    };
    tokio::time::timeout(ANSWERS_WITHIN, asked).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(port: u16, weight: u32) -> TurnConfig {
        let url = format!("turn:127.0.0.1:{port}").parse().unwrap();
        TurnConfig { urls: vec![url], secret: "north".to_owned(), weight }
    }

    fn first(servers: &TurnServers, to: ParticipantId) -> String {
        servers.given(to, 100)[0].urls[0].clone()
    }

    #[tokio::test]
    async fn participants_are_spread_by_weight_and_stay_where_they_are() {
        let servers: BTreeMap<_, _> = [("a", config(1, 3)), ("b", config(2, 1)), ("c", config(3, 1))]
            .map(|(name, it)| (name.to_owned(), it))
            .into();
        let all = TurnServers::start(&servers);
        let people: Vec<_> = (0..4_000).map(|_| ids::participant()).collect();
        let at_a = people.iter().filter(|one| first(&all, **one).ends_with(":1")).count();
        assert!((2_250..2_550).contains(&at_a), "3 of 5 of 4000: {at_a}");
        let fewer = TurnServers::start(
            &servers.iter().take(2).map(|(name, it)| (name.clone(), it.clone())).collect(),
        );
        let moved = people.iter().filter(|one| {
            let before = first(&all, **one);
            !before.ends_with(":3") && before != first(&fewer, **one)
        });
        assert_eq!(moved.count(), 0);
        let given = all.given(people[0], 100);
        assert_eq!(given.len(), 2);
        assert_eq!(given[0].username.as_deref(), Some(&*format!("100:{}", people[0])));
    }

    #[tokio::test]
    async fn nobody_is_sent_to_a_server_without_weight() {
        let servers: BTreeMap<_, _> =
            [("a", config(1, 0)), ("b", config(2, 1))].map(|(name, it)| (name.to_owned(), it)).into();
        let all = TurnServers::start(&servers);
        for _ in 0..100 {
            let given = all.given(ids::participant(), 100);
            assert_eq!(given.len(), 1);
            assert!(given[0].urls[0].ends_with(":2"));
        }
    }

    #[tokio::test]
    async fn nobody_is_sent_to_a_server_that_does_not_answer() {
        let stun = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = stun.local_addr().unwrap().port();
        let servers: BTreeMap<_, _> = [("dead", config(9, 1_000)), ("well", config(port, 1))]
            .map(|(name, it)| (name.to_owned(), it))
            .into();
        let all = TurnServers::start(&servers);
        let answering = tasks::spawn(async move {
            let mut request = [0; 1_500];
            while let Ok((length, from)) = stun.recv_from(&mut request).await {
                let mut answer = request[..length].to_vec();
                answer[0] = 1; // A success, with an address: XOR-MAPPED-ADDRESS of 0.0.0.0.
                answer[3] = 12;
                answer.extend_from_slice(&[0, 0x20, 0, 8, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
                stun.send_to(&answer, from).await.unwrap();
            }
        });
        for server in all.0.iter() {
            server.ask().await;
        }
        let someone = ids::participant();
        let given = all.given(someone, 100);
        assert_eq!(given.len(), 1);
        assert!(given[0].urls[0].ends_with(&port.to_string()));
        answering.abort();
        all.0[1].ask().await;
        assert_eq!(all.given(someone, 100).len(), 2, "when none answers, it may be us");
    }

    #[tokio::test]
    async fn servers_that_do_not_answer_are_asked_at_the_same_time() {
        // Sockets that are there and say nothing.
        let mut silent = Vec::new();
        for _ in 0..12 {
            silent.push(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        }
        let names = silent.iter().map(|socket| socket.local_addr().unwrap().port());
        let servers: BTreeMap<_, _> = names.map(|port| (port.to_string(), config(port, 1))).collect();
        let all = TurnServers::start(&servers);
        let longest = ANSWERS_WITHIN * ATTEMPTS as u32;
        tokio::time::timeout(longest * 2, ask_all(&all.0)).await.expect("one after the other");
        assert!(all.0.iter().all(|server| !server.answers.load(Ordering::Relaxed)));
    }
}
