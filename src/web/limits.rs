//! Limits how often a visitor may send a form. Each server counts for itself, in memory. It doesn't read the record, so a
//! refusal reveals nothing; it writes nothing. Attempts to sign in are counted in the database: see `sign_in_attempt`.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::client_address::network_of;

/// For each hour.
const FORMS_PER_NUMBER: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const FORMS_PER_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);
/// Beyond this many keys, those that no longer count are forgotten.
const SWEEP_AT: usize = 10_000;

/// All limits of a server.
#[derive(Default)]
pub struct RateLimits {
    /// Submissions of hosted forms.
    pub forms: FormLimits,
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
    fn a_number_has_five_submissions_an_hour_and_an_address_sixty() {
        let limits = FormLimits::default();
        assert!((0..5).all(|_| limits.allow_number("+12065550100")));
        assert!(!limits.allow_number("+12065550100"));
        assert!(limits.allow_number("+12065550101"));
        assert!((0..60).all(|_| limits.allow_address("192.0.2.1")));
        assert!(!limits.allow_address("192.0.2.1"));
    }
}
