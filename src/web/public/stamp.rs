//! When a form was shown, signed, so that machines which answer at once are noticed. A submission without a stamp is none
//! of its business.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::time::Timestamp;

/// Nobody reads the wording faster.
const FASTEST: Duration = Duration::seconds(2);
const OLDEST: Duration = Duration::hours(24);

/// Made anew by each process: a form shown before a restart is asked for once more.
static KEY: LazyLock<Option<[u8; 32]>> = LazyLock::new(|| {
    let mut key = [0; 32];
    getrandom::fill(&mut key).ok().map(|()| key)
});

/// What a stamp says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Age {
    /// A person's pace, or no stamp at all.
    Fine,
    /// Faster than anybody reads.
    TooFast,
    /// Older than a day, or not ours.
    TooOld,
}

/// The stamp of a form that is shown now; empty when there is no randomness.
pub(super) fn stamp(slug: &str, now: Timestamp) -> String {
    let micros = now.micros().to_be_bytes();
    let Some(mac) = signing(slug, &micros) else { return String::new() };
    let mut bytes = micros.to_vec();
    bytes.extend_from_slice(&mac.finalize().into_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the stamp that came back says.
pub(super) fn age(stamp: &str, slug: &str, now: Timestamp) -> Age {
    if stamp.is_empty() {
        return Age::Fine;
    }
    let Some(shown) = shown_at(stamp, slug) else { return Age::TooOld };
    let passed = now.since(shown);
    if passed < FASTEST {
        Age::TooFast
    } else if passed > OLDEST {
        Age::TooOld
    } else {
        Age::Fine
    }
}

fn shown_at(stamp: &str, slug: &str) -> Option<Timestamp> {
    let bytes = URL_SAFE_NO_PAD.decode(stamp).ok()?;
    let (micros, signature) = bytes.split_first_chunk::<8>()?;
    signing(slug, micros)?.verify_slice(signature).ok()?;
    Some(Timestamp::from_micros(i64::from_be_bytes(*micros)))
}

fn signing(slug: &str, micros: &[u8; 8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_ref()?).ok()?;
    mac.update(micros);
    mac.update(slug.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_machines_from_people() {
        let shown = Timestamp::from_micros(1_000_000_000);
        let given = stamp("opt-in", shown);
        let after = |by| age(&given, "opt-in", shown.plus(by));
        assert_eq!(after(Duration::milliseconds(1_999)), Age::TooFast);
        assert_eq!(after(Duration::seconds(2)), Age::Fine);
        assert_eq!(after(Duration::hours(25)), Age::TooOld);
        assert_eq!(age(&given, "other", shown.plus(Duration::seconds(5))), Age::TooOld);
        assert_eq!(age("nonsense", "opt-in", shown), Age::TooOld);
        assert_eq!(age("", "opt-in", shown), Age::Fine);
    }
}
