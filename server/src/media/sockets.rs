//! The sockets of the shards: UDP and TCP on the same port number. On Linux all shards share one, so that one has to be open in
//! a firewall; elsewhere the system does not divide what comes among them, and each has a port of its own.

use std::io;
use std::net::{TcpListener, UdpSocket};

use socket2::{Protocol, Type};

use super::udp::{self, Sharing};

/// How often a free port is looked for that UDP and TCP both have.
const ATTEMPTS: usize = 32;

/// Connections that wait to be taken.
const BACKLOG: i32 = 1_024;

/// Whether shards share a port.
const SHARED: bool = cfg!(target_os = "linux");

/// The port of each shard, or the one of all, by the number of the first.
pub(super) fn numbers(first: u16, shards: u16) -> Vec<u16> {
    let ports = if SHARED { shards.min(1) } else { shards };
    (0..ports).map(|number| first.saturating_add(number)).collect()
}

/// The two sockets of a shard.
pub(super) struct Sockets {
    pub(super) udp: UdpSocket,
    pub(super) tcp: TcpListener,
    pub(super) port: u16,
}

impl Sockets {
    /// Those of all shards; 0 takes free ports.
    ///
    /// # Errors
    ///
    /// When a port cannot be had; its number is named.
    pub(super) fn of_shards(port: u16, shards: u16) -> Result<Vec<Self>, (u16, io::Error)> {
        if !SHARED || shards <= 1 {
            let wanted = if port == 0 { vec![0; shards.into()] } else { numbers(port, shards) };
            return wanted.into_iter().map(|port| Self::alone(port).map_err(|error| (port, error))).collect();
        }
        // Another server that shares its port as well would get half of what is ours: first we see that nobody has it.
        let port = Self::alone(port).map_err(|error| (port, error))?.port;
        (0..shards).map(|_| Self::bind(port, Sharing::Shared).map_err(|error| (port, error))).collect()
    }

    fn alone(wanted: u16) -> io::Result<Self> {
        let mut attempts = if wanted == 0 { ATTEMPTS } else { 1 };
        loop {
            attempts -= 1;
            match Self::bind(wanted, Sharing::Alone) {
                Err(_) if attempts > 0 => {}
                bound => return bound,
            }
        }
    }

    fn bind(wanted: u16, sharing: Sharing) -> io::Result<Self> {
        let udp = udp::bind(wanted, sharing)?;
        let port = udp.local_addr()?.port();
        let tcp = udp::bind_any(Type::STREAM, Protocol::TCP, port, sharing)?;
        tcp.listen(BACKLOG)?;
        tcp.set_nonblocking(true)?;
        Ok(Self { udp, tcp: tcp.into(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_have_one_port_and_a_second_server_does_not_get_it() {
        let sockets = Sockets::of_shards(0, 4).unwrap();
        let port = sockets[0].port;
        assert_eq!(sockets.iter().filter(|other| other.port == port).count(), if SHARED { 4 } else { 1 });
        let (refused, error) = Sockets::of_shards(port, 4).err().expect("the port is taken");
        assert_eq!((refused, error.kind()), (port, io::ErrorKind::AddrInUse));
        drop(sockets);
        Sockets::of_shards(port, 4).expect("the port is free again");
    }
}
