//! What protects every page: the headers of each answer, and the brake on guessing passwords. It must not know who is who.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::App;

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];
const PER_PAIR: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const PER_ACCOUNT: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
/// 50 in ten minutes.
const ACCOUNT_PERIOD: Duration = Duration::from_secs(12);
const PER_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// Beyond this many keys, those that no longer count are forgotten.
const SWEEP_AT: usize = 10_000;

/// Puts the headers on every answer: `.wrap(actix_web::middleware::from_fn(security::headers))`, outermost.
///
/// # Errors
/// Whatever the services within return.
pub async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let secure = request.app_data::<Data<App>>().is_some_and(|app| app.public_url.starts_with("https://"));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        put(headers, name, value);
    }
    if secure {
        put(headers, "strict-transport-security", "max-age=31536000");
    }
    let is_html = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_html && !headers.contains_key(CACHE_CONTROL) {
        put(headers, "cache-control", "no-store");
    }
    Ok(response)
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    let name = HeaderName::from_static(name);
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Counts attempts to sign in: 5 a minute for each account from each address, so that a stranger's guesses do not lock the
/// owner out; 20 a minute for each address; and 50 in ten minutes for each account, from wherever.
pub struct Throttle {
    pairs: DefaultKeyedRateLimiter<String>,
    accounts: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<String>,
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle {
            pairs: RateLimiter::keyed(Quota::per_minute(PER_PAIR)),
            accounts: RateLimiter::keyed(
                Quota::with_period(ACCOUNT_PERIOD)
                    .unwrap_or(Quota::per_minute(PER_PAIR))
                    .allow_burst(PER_ACCOUNT),
            ),
            addresses: RateLimiter::keyed(Quota::per_minute(PER_ADDRESS)),
        }
    }
}

static SHARED: LazyLock<Throttle> = LazyLock::new(Throttle::default);

impl Throttle {
    /// True when one more attempt is allowed. Counts it.
    pub fn allows(&self, account: &str, address: &str) -> bool {
        for limiter in [&self.pairs, &self.accounts, &self.addresses] {
            if limiter.len() > SWEEP_AT {
                limiter.retain_recent();
            }
        }
        let account: String = account.trim().to_lowercase().chars().take(320).collect();
        let address = network_of(address);
        // What is refused before it reaches the account does not count against the account.
        self.addresses.check_key(&address).is_ok()
            && self.pairs.check_key(&format!("{address} {account}")).is_ok()
            && self.accounts.check_key(&account).is_ok()
    }
}

/// True when one more attempt to sign in is allowed. Counts with the application's own [`Throttle`] if it has one in its
/// `app_data`, else with the process's.
pub fn may_try(request: &HttpRequest, account: &str) -> bool {
    let throttle = request.app_data::<Data<Throttle>>().map_or(&*SHARED, |own| own.get_ref());
    throttle.allows(account, &client_ip(request))
}

/// The visitor's address. A proxy on this machine is believed, for the last hop only; nobody else is.
pub fn client_ip(request: &HttpRequest) -> String {
    let Some(peer) = request.peer_addr().map(|peer| peer.ip()) else { return "unknown".to_owned() };
    if peer.is_loopback() {
        // The last line is the proxy's own; a visitor can only add lines before it.
        let forwarded = request.headers().get_all("x-forwarded-for").next_back();
        let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        if let Some(ip) = last.and_then(|hop| hop.trim().parse::<IpAddr>().ok()) {
            return ip.to_string();
        }
    }
    peer.to_string()
}

/// What the limits count by: an IPv4 address, or the /64 that one subscriber of IPv6 has to himself.
pub fn network_of(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let network = u128::from(ip) & (u128::MAX << 64);
            format!("{}/64", std::net::Ipv6Addr::from(network))
        }
        Ok(ip) => ip.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_guess_from_an_address_waits_and_the_owner_elsewhere_does_not() {
        let throttle = Throttle::default();
        assert!((0..5).all(|_| throttle.allows("ada@example.com", "10.0.0.9")));
        assert!(!throttle.allows("ADA@example.com ", "10.0.0.9"));
        assert!(throttle.allows("sam@example.com", "10.0.0.9"));
        assert!(throttle.allows("ada@example.com", "10.0.0.1"));
    }

    #[test]
    fn guesses_from_everywhere_wait_after_fifty() {
        let throttle = Throttle::default();
        assert!((0..50).all(|n| throttle.allows("ada@example.com", &format!("10.0.0.{n}"))));
        assert!(!throttle.allows("ada@example.com", "10.0.1.1"));
    }

    #[test]
    fn one_subscriber_is_one_address() {
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
        assert_ne!(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
        assert_eq!(network_of("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn an_address_has_twenty_guesses() {
        let throttle = Throttle::default();
        assert!((0..20).all(|n| throttle.allows(&format!("u{n}@example.com"), "10.0.0.1")));
        assert!(!throttle.allows("another@example.com", "10.0.0.1"));
    }
}
