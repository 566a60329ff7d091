//! Whether this browser is pushed to: rings reach the person also when no page is open.

/// What a person sees of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushState {
    /// The server does not push, or has not said that it does.
    #[default]
    NotOffered,
    /// Not here, whatever the person wants.
    Unavailable(PushFault),
    /// Nobody has turned it on.
    Off,
    /// The browser or the server is being asked.
    TurningOn,
    /// The server pushes to this browser.
    On,
    /// It was turned on and has not come about.
    Failed(PushFault),
}

/// Why a browser is not pushed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushFault {
    /// The page was not loaded securely.
    Insecure,
    /// The browser gives this page no service worker, as some do in private windows.
    NoWorker,
    /// The browser pushes only to pages on its home screen, as on iPhones.
    NotInstalled,
    /// The browser has no pushes.
    NoPush,
    /// The browser does not let this site show notifications.
    Blocked,
    /// The person has not answered when the browser asked.
    Dismissed,
    /// The browser did not get a subscription of its push service.
    NoService,
    /// The server has not taken the subscription.
    NotTaken,
}
