//! The brake on hosted forms: so many submissions an hour for each number and each address. It must not know what is known
//! of a number, so that waiting tells nothing.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

const PER_NUMBER: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const PER_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);
/// Beyond this many keys, those that no longer count are forgotten.
const SWEEP_AT: usize = 10_000;

static NUMBERS: LazyLock<DefaultKeyedRateLimiter<String>> =
    LazyLock::new(|| RateLimiter::keyed(Quota::per_hour(PER_NUMBER)));
static ADDRESSES: LazyLock<DefaultKeyedRateLimiter<String>> =
    LazyLock::new(|| RateLimiter::keyed(Quota::per_hour(PER_ADDRESS)));

/// True when this address may submit once more. Counts it. Each `server` of a process counts for itself.
pub(super) fn address_may(server: &str, address: &str) -> bool {
    allows(&ADDRESSES, server, address)
}

/// True when this number may be submitted once more. Counts it.
pub(super) fn number_may(server: &str, number: &str) -> bool {
    allows(&NUMBERS, server, number)
}

fn allows(limiter: &DefaultKeyedRateLimiter<String>, server: &str, key: &str) -> bool {
    if limiter.len() > SWEEP_AT {
        limiter.retain_recent();
    }
    limiter.check_key(&format!("{server} {key}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_five_submissions_an_hour() {
        assert!((0..5).all(|_| number_may("test", "+12065550100")));
        assert!(!number_may("test", "+12065550100"));
        assert!(number_may("test", "+12065550101"));
        assert!(number_may("another", "+12065550100"));
    }

    #[test]
    fn an_address_has_sixty() {
        assert!((0..60).all(|_| address_may("test", "192.0.2.1")));
        assert!(!address_may("test", "192.0.2.1"));
    }
}
