//! Listening for connections.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// Connections that are made and not yet taken: all buyers of an opening may come in the same moment, and whoever finds no room here
/// tries again a second later. The system may allow fewer (`net.core.somaxconn`).
const WAITING_MAX: u32 = 4_096;

/// Listens on an address, with room for the connections of a rush.
///
/// # Errors
/// The system's: the address is taken, or none of this machine.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // What was served before a restart is still closing.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

#[cfg(test)]
mod tests {
    use std::{fs, net::Ipv4Addr, time::Duration};

    use tokio::{net::TcpStream, time::timeout};

    use super::*;

    #[tokio::test]
    async fn a_thousand_connections_at_once_wait_for_nobody() {
        let allowed: usize = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        // Nobody takes them meanwhile. Whoever finds no room is let in by no second try either.
        let mut connected = Vec::new();
        for _ in 0..allowed.min(1_000) {
            let stream = timeout(Duration::from_secs(10), TcpStream::connect(address)).await;
            connected.push(stream.expect("there is room").unwrap());
        }
    }
}
