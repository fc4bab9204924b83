//! What holds for every address there is, found by trying many: no spelling of an address and nothing that carries one inside
//! is judged otherwise than the address itself would have to be. What is public is said here by the standard library, and by
//! octets, and not by the tables that are judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::{prelude::*, sample::select};

use super::{address::may_be_called, url};

/// Whether an address is one of this machine, a private or shared network, or none that anybody has.
fn is_nobodys(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        || v4.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0b1100_0000 == 64)
        || (a == 198 && b & 0b1111_1110 == 18)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || v4 == Ipv4Addr::new(168, 63, 129, 16)
}

/// Addresses of all kinds: any, and some out of and beside each network that is closed.
fn v4() -> impl Strategy<Value = Ipv4Addr> {
    let heads = [
        "0.0.0.0",
        "10.0.0.0",
        "100.64.0.0",
        "100.128.0.0",
        "127.0.0.0",
        "168.63.129.16",
        "169.254.0.0",
        "169.254.169.254",
        "172.16.0.0",
        "172.32.0.0",
        "192.0.0.0",
        "192.0.2.0",
        "192.88.99.0",
        "192.168.0.0",
        "198.18.0.0",
        "198.20.0.0",
        "198.51.100.0",
        "203.0.113.0",
        "224.0.0.0",
        "240.0.0.0",
        "255.255.255.255",
    ];
    let head = select(heads.to_vec()).prop_map(|head| head.parse::<Ipv4Addr>().unwrap().to_bits());
    let near = (head, 0_u32..=32, any::<u32>())
        .prop_map(|(head, free, noise)| Ipv4Addr::from_bits(head ^ (noise & u32::MAX.checked_shr(free).unwrap_or(0))));
    prop_oneof![any::<u32>().prop_map(Ipv4Addr::from_bits), near]
}

/// Every form in which an IPv6 address carries an IPv4 one.
fn carriers(v4: Ipv4Addr) -> Vec<Ipv6Addr> {
    let bits = u128::from(v4.to_bits());
    let with = |head: &str| Ipv6Addr::from_bits(head.parse::<Ipv6Addr>().unwrap().to_bits() | bits);
    let six_to_four = Ipv6Addr::from_bits((0x2002_u128 << 112) | (bits << 80) | 1);
    let teredo = Ipv6Addr::from_bits((0x2001_u128 << 112) | u128::from(!v4.to_bits()));
    let teredo_server = Ipv6Addr::from_bits((0x2001_u128 << 112) | (bits << 64));
    let heads = ["::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::", "fe80::5efe:0:0", "fec0::5efe:0:0"];
    heads.into_iter().map(with).chain([six_to_four, teredo, teredo_server]).collect()
}

/// Every spelling of an IPv4 address that browsers and this platform read as it.
fn spellings(v4: Ipv4Addr) -> Vec<String> {
    let bits = v4.to_bits();
    let [a, b, c, d] = v4.octets();
    let wide: String =
        v4.to_string().chars().map(|c| c.to_digit(10).map_or(c, |n| char::from_u32(0xff10 + n).unwrap())).collect();
    vec![
        v4.to_string(),
        format!("{v4}."),
        bits.to_string(),
        format!("{bits:#x}"),
        format!("0{bits:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{:#X}.0{c:o}.{d}", b),
        format!("{a}.{b}.{}", bits & 0xffff),
        format!("{a}.{}", bits & 0xff_ffff),
        format!("%{:02x}{}", v4.to_string().as_bytes()[0], &v4.to_string()[1..]),
        wide,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn what_is_nobodys_is_never_called_and_what_is_somebodys_is(v4 in v4()) {
        prop_assert_eq!(may_be_called(IpAddr::V4(v4), false), !is_nobodys(v4), "{}", v4);
        let development = !is_nobodys(v4) || v4.is_private() || v4.is_loopback();
        prop_assert_eq!(may_be_called(IpAddr::V4(v4), true), development, "{}", v4);
    }

    #[test]
    fn nothing_that_carries_an_address_is_called(v4 in v4()) {
        for carrier in carriers(v4) {
            prop_assert!(!may_be_called(IpAddr::V6(carrier), false), "{}", carrier);
            // Development reaches this machine and private networks as the same machine would: mapped, not carried.
            let same = carrier.to_ipv4_mapped().is_some_and(|v4| v4.is_private() || v4.is_loopback());
            prop_assert_eq!(may_be_called(IpAddr::V6(carrier), true), same || carrier == Ipv6Addr::LOCALHOST, "{}", carrier);
        }
    }

    #[test]
    fn every_spelling_is_judged_as_the_address_that_it_is(v4 in v4()) {
        for spelling in spellings(v4) {
            let may = url::parse(&format!("https://{spelling}/hook"), false, &[]).is_ok();
            prop_assert_eq!(may, !is_nobodys(v4), "{} as {}", v4, spelling);
        }
        for carrier in carriers(v4) {
            prop_assert!(url::parse(&format!("https://[{carrier}]/hook"), false, &[]).is_err(), "{}", carrier);
        }
    }

    #[test]
    fn outside_the_public_block_no_ipv6_address_is_called(high in 0_u8..8, rest in any::<u128>()) {
        let address = Ipv6Addr::from_bits((rest >> 3) | (u128::from(high) << 125));
        if high != 1 {
            prop_assert!(!may_be_called(IpAddr::V6(address), false), "{}", address);
        }
        // What is not called in production and is in development is a private network's or this machine's.
        if may_be_called(IpAddr::V6(address), true) && !may_be_called(IpAddr::V6(address), false) {
            prop_assert!(address.is_unique_local(), "{}", address);
        }
    }
}
