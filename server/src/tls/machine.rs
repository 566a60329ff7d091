//! What the machine is called that a certificate is made for.

use std::net::IpAddr;

use crate::media::addresses;
use crate::tls_name::TlsName;

/// Its names, as it knows them.
pub(super) struct Machine {
    pub(super) host: String,
    pub(super) addresses: Vec<IpAddr>,
    /// The address by which it reaches others.
    pub(super) primary: Option<IpAddr>,
}

impl Machine {
    pub(super) fn this() -> Self {
        let addresses = if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|one| one.ip());
        Self {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            addresses: addresses.collect(),
            primary: addresses::primary_addresses().next(),
        }
    }

    /// Its name, when it is one that a certificate can have.
    pub(super) fn name(&self) -> Option<TlsName> {
        self.host.parse().ok()
    }
}
