//! The client's address: the peer's, or what a trusted proxy says of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{extract::ConnectInfo, http::request::Parts};
use ipnet::IpNet;

/// The address to throttle by: of IPv6 the network of its first 64 bits, because whoever has one of its addresses has all 2^64. A proxy's word is believed from the right end of `X-Forwarded-For`, as far as each hop is a
/// proxy of ours: what stands further left anyone may have written.
pub(crate) fn address(parts: &Parts, trusted: &[IpNet]) -> IpAddr {
    let peer =
        parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    let peer = peer.to_canonical();
    let ours = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let forwarded: Vec<IpAddr> = parts
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.trim().parse().ok())
        .map(|ip: IpAddr| ip.to_canonical())
        .collect();
    let mut client = peer;
    for hop in forwarded.into_iter().rev() {
        if !ours(&client) {
            break;
        }
        client = hop;
    }
    network(client)
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & u128::MAX << 64).into(),
    }
}

/// The peer that is connected, whatever it says.
pub(crate) fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &str) -> String {
        let request = axum::http::Request::builder().header("x-forwarded-for", forwarded).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        address(&parts, &["10.0.0.0/8".parse().unwrap()]).to_string()
    }

    #[test]
    fn only_our_proxies_are_believed_and_only_as_far_as_they_reach() {
        assert_eq!(seen("203.0.113.9", "198.51.100.1"), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", ""), "10.0.0.1");
    }

    #[test]
    fn of_ipv6_a_network_is_one_client_and_of_ipv4_an_address_however_it_is_written() {
        assert_eq!(seen("2001:db8:1:2:3:4:5:6", ""), "2001:db8:1:2::");
        assert_eq!(seen("2001:db8:1:2:ffff::1", ""), seen("2001:db8:1:2::1", ""));
        assert_ne!(seen("2001:db8:1:3::1", ""), seen("2001:db8:1:2::1", ""));
        assert_eq!(seen("10.0.0.1", "2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(seen("::ffff:203.0.113.9", ""), "203.0.113.9");
        assert_eq!(seen("::ffff:10.0.0.1", "::ffff:198.51.100.1"), "198.51.100.1");
    }
}
