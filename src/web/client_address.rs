//! Finds the address of a visitor. It is evidence of consent and limits count by it, so only the proxies that the
//! operator names are trusted. It writes nothing.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

use super::AppState;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The visitor's address; "unknown" where there is none, over a local socket.
pub fn client_ip(app: &AppState, request: &HttpRequest) -> String {
    let Some(peer) = request.peer_addr() else { return "unknown".to_owned() };
    visitor(peer.ip(), request.headers(), &app.trusted_proxies).to_string()
}

/// Each proxy appends the address that it saw, so the list is read from its end for as long as proxies of ours wrote it.
/// What comes before the first other address is a visitor's own invention.
fn visitor(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok()).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut address = peer.to_canonical();
    while trusted.iter().any(|network| network.contains(&address)) {
        let Some(hop) = hops.next().and_then(|hop| parsed(hop.trim())) else { break };
        address = hop.to_canonical();
    }
    address
}

/// Some proxies write the port as well, and brackets around IPv6.
fn parsed(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// What the limits count by: an IPv4 address, or the /64 that one subscriber of IPv6 has.
pub fn network_of(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let network = u128::from(ip) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(network))
        }
        Ok(ip) => ip.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// As much of an address as a person needs to recognize their network.
pub fn shortened(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let [first, second, third, ..] = ip.segments();
            format!("{first:x}:{second:x}:{third:x}:x")
        }
        Ok(IpAddr::V4(ip)) => {
            let [first, second, third, _] = ip.octets();
            format!("{first}.{second}.{third}.x")
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn seen(peer: &str, lines: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_static(line));
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        visitor(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn the_list_is_read_from_its_end_while_proxies_of_ours_wrote_it() {
        const LOOPBACK: &[&str] = &["127.0.0.0/8", "::1/128"];
        const CHAIN: &[&str] = &["127.0.0.0/8", "10.0.0.0/8"];
        for (peer, lines, trusted, expected) in [
            ("203.0.113.7", &["198.51.100.1"][..], LOOPBACK, "203.0.113.7"),
            ("127.0.0.1", &["6.6.6.6, 198.51.100.1"], LOOPBACK, "198.51.100.1"),
            ("127.0.0.1", &["6.6.6.6", "198.51.100.1"], LOOPBACK, "198.51.100.1"),
            ("::1", &["2001:db8::1"], LOOPBACK, "2001:db8::1"),
            ("127.0.0.1", &["6.6.6.6, 198.51.100.1, 10.1.2.3"], CHAIN, "198.51.100.1"),
            ("127.0.0.1", &["6.6.6.6, 198.51.100.1, 10.1.2.3"], LOOPBACK, "10.1.2.3"),
            ("10.9.9.9", &["198.51.100.1:51234"], CHAIN, "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::1]:443"], LOOPBACK, "2001:db8::1"),
            ("127.0.0.1", &["6.6.6.6, unknown"], LOOPBACK, "127.0.0.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], LOOPBACK, "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1"], &[], "127.0.0.1"),
            ("127.0.0.1", &[], LOOPBACK, "127.0.0.1"),
            ("10.0.0.1", &["10.0.0.2, 10.0.0.3"], CHAIN, "10.0.0.2"),
        ] {
            assert_eq!(seen(peer, lines, trusted), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_part_of_an_address_is_shown() {
        for (address, expected) in [
            ("203.0.113.77", "203.0.113.x"),
            ("::ffff:203.0.113.77", "203.0.113.x"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:x"),
            ("unknown", ""),
        ] {
            assert_eq!(shortened(address), expected);
        }
    }

    #[test]
    fn one_subscriber_is_one_address() {
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
        assert_ne!(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
        assert_eq!(network_of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
