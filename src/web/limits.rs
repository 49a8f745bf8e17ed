//! Limits how often a visitor may try to sign in or send a form. Each server counts for itself, in memory. It doesn't
//! read the record, so a refusal reveals nothing; it writes nothing.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::client_address::network_of;

const PER_PAIR: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const PER_ACCOUNT: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
/// 50 in ten minutes.
const ACCOUNT_PERIOD: Duration = Duration::from_secs(12);
const GUESSES_PER_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// For each hour.
const FORMS_PER_NUMBER: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const FORMS_PER_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);
/// Beyond this many keys, those that no longer count are forgotten.
const SWEEP_AT: usize = 10_000;

/// All limits of a server.
#[derive(Default)]
pub struct RateLimits {
    /// Attempts to sign in.
    pub sign_in: Throttle,
    /// Submissions of hosted forms.
    pub forms: FormLimits,
}

/// Counts attempts to sign in: 5 a minute for each account from each address, so that a stranger's guesses do not lock the
/// owner out; 20 a minute for each address; and 50 in ten minutes for each account, from any address.
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
            addresses: RateLimiter::keyed(Quota::per_minute(GUESSES_PER_ADDRESS)),
        }
    }
}

impl Throttle {
    /// True when one more attempt is allowed. Counts it.
    pub fn allows(&self, account: &str, address: &str) -> bool {
        let account: String = account.trim().to_lowercase().chars().take(320).collect();
        let address = network_of(address);
        // What is refused before it reaches the account does not count against the account.
        allows(&self.addresses, &address)
            && allows(&self.pairs, &format!("{address} {account}"))
            && allows(&self.accounts, &account)
    }
}

/// Counts submissions of hosted forms: 5 an hour for each number, 60 an hour for each address.
pub struct FormLimits {
    numbers: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<String>,
}

impl Default for FormLimits {
    fn default() -> Self {
        FormLimits {
            numbers: RateLimiter::keyed(Quota::per_hour(FORMS_PER_NUMBER)),
            addresses: RateLimiter::keyed(Quota::per_hour(FORMS_PER_ADDRESS)),
        }
    }
}

impl FormLimits {
    /// True when this address may submit once more. Counts it.
    pub fn allow_address(&self, address: &str) -> bool {
        allows(&self.addresses, &network_of(address))
    }

    /// True when this number may be submitted once more. Counts it.
    pub fn allow_number(&self, number: &str) -> bool {
        allows(&self.numbers, number)
    }
}

fn allows(limiter: &DefaultKeyedRateLimiter<String>, key: &str) -> bool {
    if limiter.len() > SWEEP_AT {
        limiter.retain_recent();
    }
    limiter.check_key(&key.to_owned()).is_ok()
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
    fn an_address_has_twenty_guesses() {
        let throttle = Throttle::default();
        assert!((0..20).all(|n| throttle.allows(&format!("u{n}@example.com"), "10.0.0.1")));
        assert!(!throttle.allows("another@example.com", "10.0.0.1"));
    }

    #[test]
    fn a_number_has_five_submissions_an_hour_and_an_address_sixty() {
        let limits = FormLimits::default();
        assert!((0..5).all(|_| limits.allow_number("+12065550100")));
        assert!(!limits.allow_number("+12065550100"));
        assert!(limits.allow_number("+12065550101"));
        assert!((0..60).all(|_| limits.allow_address("192.0.2.1")));
        assert!(!limits.allow_address("192.0.2.1"));
    }
}
