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
