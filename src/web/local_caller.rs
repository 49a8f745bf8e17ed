//! Recognizes a program on this machine that calls directly: a loopback peer, and neither a proxy nor a browser. The address
//! for simulated phones and the metrics ask it. It writes nothing.

use std::net::IpAddr;

use actix_web::dev::RequestHead;
use actix_web::http::header::{FORWARDED, HOST, ORIGIN, VIA};

/// Headers that only a proxy, or a browser on some page, adds. Those that begin with `X-Forwarded` count as well.
const NOT_FROM_A_PROGRAM: &[&str] = &[
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "x-original-url",
    "x-proxyuser-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "client-ip",
    "forwarded-for",
    "x-original-forwarded-for",
    "x-envoy-external-address",
    "fly-client-ip",
    "x-azure-clientip",
    "cf-ray",
    "cdn-loop",
    "max-forwards",
    "sec-fetch-site",
];

/// True for a program on this machine that talks directly to the server, which listens on `bind`.
pub fn is_local_program(head: &RequestHead, bind: &str) -> bool {
    let is_near = head.peer_addr.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_passed_on = [FORWARDED, VIA, ORIGIN].iter().any(|name| head.headers().contains_key(name))
        || head.headers().keys().any(|name| {
            let name = name.as_str();
            name.starts_with("x-forwarded") || NOT_FROM_A_PROGRAM.contains(&name)
        });
    is_near && names_this_machine(head, bind) && !is_passed_on
}

/// True when the request was made to a loopback address, or to the one that the server listens on. Behind a proxy, or after a
/// name was bound to this machine's address, it is another host.
fn names_this_machine(head: &RequestHead, bind: &str) -> bool {
    let given = head.headers().get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = given.or_else(|| head.uri.host()) else { return false };
    let name = name_of(host);
    let is_loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
    name == name_of(bind) || name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

/// A host without its port and brackets.
fn name_of(host: &str) -> &str {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => host,
    };
    name.trim_start_matches('[').trim_end_matches(']')
}
