//! The server as its clients see it: the real router on a real socket.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod admin;
mod announcing;
mod authority;
mod builds;
mod calls;
mod calls_told_apart;
mod certificates;
mod common;
mod configuration;
mod connections;
mod credentials;
mod doctor;
mod fencing;
mod flooding;
mod forwarded;
mod health;
mod http;
mod lanes;
mod languages;
mod links;
mod listed;
mod logs;
mod metrics;
mod operating;
mod previews;
mod push_service;
mod pushing;
mod relaying;
mod rest;
mod ringing;
mod ringing_company;
mod ringing_history;
mod ringing_limits;
mod ringing_people;
mod ringing_rooms;
mod ringing_sockets;
mod ringing_storage;
mod roles;
mod scraping;
mod sessions;
mod shared_port;
mod signalling;
mod traces;
mod turn_client;
