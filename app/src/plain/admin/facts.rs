//! What the pages of the admin tell of, without a word.

use protocol::Timestamp;

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminSection {
    /// How the server is, and how much it is used.
    Overview,
    /// Rooms with somebody inside, and any by its code.
    Rooms,
    /// Keys of programs.
    ApiKeys,
    /// What was done.
    AuditLog,
    /// What this server is.
    Server,
}

/// Whether a key opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

/// When the database was last copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupState {
    /// Then.
    Made(Timestamp),
    /// Never.
    None,
    /// Another program keeps it.
    OfPostgres,
}

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl Period {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// As it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It takes nobody in yet.
    Starting,
    /// It has been there since then.
    Here(Timestamp),
    /// Its rooms go to others.
    Draining,
    /// It should be there, and does not answer.
    Unreachable,
    /// It has not been there since then.
    Gone(Timestamp),
}

/// A node, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Its name; its address, where it has not said one.
    pub name: String,
    /// Whether it is the one that shows the page.
    pub is_this: bool,
    /// How it is.
    pub state: NodeState,
    /// What it says; nothing where it does not answer.
    pub answer: Option<NodeAnswer>,
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeAnswer {
    /// Of the program.
    pub version: String,
    /// Of the page's files.
    pub build: String,
    /// Rooms that it owns.
    pub rooms: usize,
    /// People in them.
    pub people: u64,
    /// Whether it can use Redis.
    pub has_redis: bool,
    /// Whether it can use the database.
    pub has_database: bool,
}
