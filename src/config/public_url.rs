//! Can a carrier on the internet call an address? Only what the address itself says; nothing is looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names that lead nowhere from outside (RFC 2606, 6761, 6762, 8375, 9476).
const NOT_PUBLIC: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "test",
    "example",
    "invalid",
    "onion",
    "home.arpa",
    "lan",
    "localdomain",
];

/// True when texts to this API base reach the carrier itself.
pub(super) fn is_carriers_own(api_base: &str) -> bool {
    let host = host(api_base).map(|host| host.trim_end_matches('.').to_ascii_lowercase());
    host.is_some_and(|host| host == "twilio.com" || host.ends_with(".twilio.com"))
}

/// True for an address that can be asked: a scheme of the web, and a host.
pub(super) fn is_web_address(url: &str) -> bool {
    let is_web = |scheme: &str| scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let is_right = |(scheme, rest): (&str, &str)| is_web(scheme) && has_possible_port(rest);
    url.split_once("://").is_some_and(is_right) && host(url).is_some_and(|host| !host.is_empty())
}

/// Says why a carrier cannot call the address.
pub(super) fn check(url: &str) -> Result<(), &'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("it does not begin with https://");
    };
    if !scheme.eq_ignore_ascii_case("https") {
        return Err("it does not begin with https://");
    }
    if rest.contains(['?', '#', '@']) || rest.contains(char::is_whitespace) {
        return Err("it holds a character that does not belong there");
    }
    let host = host(url).unwrap_or_default();
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if !has_possible_port(rest) {
        return Err("the port is no number from 1 to 65535");
    }
    if name.is_empty() {
        return Err("it names no host");
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        return if is_public(address) { Ok(()) } else { Err("the address is private or of this machine") };
    }
    if name.split('.').any(str::is_empty) {
        return Err("a part of the host's name is empty");
    }
    if name.split('.').next_back().is_some_and(|last| last.chars().all(|digit| digit.is_ascii_digit())) {
        return Err("the address is not a complete IP address");
    }
    if !name.contains('.') || NOT_PUBLIC.iter().any(|end| ends_with_label(&name, end)) {
        return Err("the name is known inside a network only");
    }
    Ok(())
}

/// False for a port that is no port. None at all is the scheme's own.
fn has_possible_port(rest: &str) -> bool {
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let after_host = server.rsplit_once(']').map_or(server, |(_, after)| after);
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    after_host.split_once(':').is_none_or(|(_, port)| is_port(port))
}

fn ends_with_label(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The host of an address, without its port and brackets.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let server = rest.split(['/', '?', '#']).next()?;
    let server = server.rsplit_once('@').map_or(server, |(_, server)| server);
    match server.strip_prefix('[') {
        Some(inside) => inside.split(']').next(),
        None => server.split(':').next(),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4() {
            Some(inside) => is_public_v4(inside),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_benchmark = first == 198 && (18..20).contains(&second);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || first == 0
        || first >= 240
        || is_shared
        || is_benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_documentation = first == 0x2001 && second == 0xdb8;
    (first & 0xe000) == 0x2000 && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carrier_calls_public_https_addresses_alone() {
        for good in [
            "https://consent.example.com",
            "https://consent.example.com:8443/sms",
            "https://8.8.8.8",
            "https://[2606:4700::1111]",
            "HTTPS://Consent.Example.Org.",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "consent.example.com",
            "http://consent.example.com",
            "ftp://consent.example.com",
            "https://",
            "https://localhost",
            "https://localhost:8080",
            "https://app.localhost",
            "https://127.0.0.1",
            "https://127.1",
            "https://2130706433",
            "https://0.0.0.0:8080",
            "https://10.1.2.3",
            "https://172.16.0.1",
            "https://192.168.1.1",
            "https://169.254.1.1",
            "https://100.64.0.1",
            "https://[::1]",
            "https://[::]:8080",
            "https://[::ffff:10.0.0.1]",
            "https://[fe80::1]",
            "https://[fd00::1]",
            "https://consent",
            "https://consent.internal",
            "https://consent.local.",
            "https://consent.example.test",
            "https://consent.example.com?x=1",
            "https://me@consent.example.com",
            "https://consent.example.com /",
            "https://consent..example.com",
            "https://.example.com",
            "https://consent.example.com..",
            "https://consent.example.com:65536",
            "https://consent.example.com:0",
            "https://consent.example.com:",
            "https://[2606:4700::1111]:99999",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_carriers_own_api_is_known_by_its_host() {
        for own in ["https://api.twilio.com", "https://API.twilio.com./", "https://api.dublin.ie1.twilio.com"]
        {
            assert!(is_carriers_own(own), "{own}");
        }
        for other in ["http://127.0.0.1:9", "https://twilio.com.example.org", "https://nottwilio.com", ""] {
            assert!(!is_carriers_own(other), "{other}");
        }
    }
}
