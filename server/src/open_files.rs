//! How many files this process may have open: each connection and each relayed port is one.

/// As many as the system lets this process have; the usual limit is for programs that open few.
pub fn raise() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // Where that is not allowed, it stays as it is.
        _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}

/// Half of them: so many has the relay at the most, and so many everything else.
pub(crate) fn half() -> usize {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        limit.map_or(usize::MAX, |limit| usize::try_from(limit / 2).unwrap_or(usize::MAX))
    }
    #[cfg(not(unix))]
    usize::MAX
}
