//! What was wrong with a form without script. It stands in the address that the form leads back to.

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormProblem {
    /// It is no code of a room.
    Code,
    /// It is no name of a room.
    Name,
    /// It is no password of a room.
    Password,
    /// The rest of the rules cannot be.
    Settings,
    /// Too many rooms were made, here or from this address.
    Busy,
    /// Rooms are made by programs alone.
    Closed,
}

impl FormProblem {
    const ALL: [Self; 6] = [Self::Code, Self::Name, Self::Password, Self::Settings, Self::Busy, Self::Closed];

    /// As it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Password => "password",
            Self::Settings => "settings",
            Self::Busy => "busy",
            Self::Closed => "closed",
        }
    }

    /// From an address; `None` when it says nothing that there is.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.as_str() == text)
    }
}

/// Why what was wanted with a recording was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingsProblem {
    /// It cannot be called so.
    Name,
    /// What goes on is not deleted.
    GoesOn,
}
