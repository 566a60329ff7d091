//! Reads `/metrics` of a server as Prometheus does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use server::scrape;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::common::TestServer;

/// Where a server says how it is.
pub(crate) struct Scraped(SocketAddr);

/// What it has said: a series as it is written, and its value.
pub(crate) struct Series {
    pub(crate) text: String,
    values: BTreeMap<String, f64>,
}

impl Scraped {
    pub(crate) async fn of(server: &TestServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the runtime of a test ends with it")]
        tokio::spawn(scrape::serve(listener, server.state.clone()));
        Self(address)
    }

    pub(crate) async fn request(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    pub(crate) async fn series(&self) -> Series {
        let answer = self.request("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("text/plain; version=0.0.4"), "{head}");
        let values = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        });
        Series { values: values.collect(), text: text.to_owned() }
    }

    /// Reads until something is so. Who is told of something may be told before it is counted.
    pub(crate) async fn until(&self, is_so: impl Fn(&Series) -> bool) -> Series {
        for _ in 0..200 {
            let series = self.series().await;
            if is_so(&series) {
                return series;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.series().await
    }
}

impl Series {
    /// The value of a series, which has to be there.
    pub(crate) fn of(&self, series: &str) -> f64 {
        *self.values.get(series).unwrap_or_else(|| panic!("there is no {series} in\n{}", self.text))
    }

    /// All series of a name that are not 0, by the value of one of their labels.
    pub(crate) fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        self.by_with(name, "", label)
    }

    /// The same, of those with another label that has this value.
    pub(crate) fn by_with(&self, name: &str, with: &str, label: &str) -> BTreeMap<String, f64> {
        let labelled = format!("{label}=\"");
        let mut found = BTreeMap::new();
        for (series, value) in &self.values {
            let is_it = series.split_once('{').is_some_and(|(of, _)| of == name) && series.contains(with);
            if let Some((_, rest)) = series.split_once(&labelled).filter(|_| is_it && *value != 0.0) {
                *found.entry(rest.split('"').next().unwrap().to_owned()).or_default() += value;
            }
        }
        found
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}
