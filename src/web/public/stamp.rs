//! When a form was shown, and with which words, signed. Answers that come at once are noticed, and only a box that was
//! ticked under our own wording counts as consent by itself. A stamp is for one form, version and wording; the
//! submission that it records spends it. The hosted form uses it; it writes nothing.

use chrono::Duration;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::actions::submit_form::PageStamp;
use crate::domain::time::Timestamp;
use crate::store::forms::{FormVersion, HostedForm};
use crate::web::signed::ValueSigner;

/// Nobody reads the wording faster.
const FASTEST: Duration = Duration::seconds(2);
const OLDEST: Duration = Duration::hours(24);

/// What a stamp says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StampAge {
    /// There is none: the form was not ours, or a program sent it.
    Missing,
    /// A person's pace.
    Fine,
    /// Faster than anybody reads.
    TooFast,
    /// Older than a day, for another wording, or not ours.
    TooOld,
}

/// What a stamp is for.
pub(super) fn purpose(form: &HostedForm, version: &FormVersion) -> String {
    format!("form {} {} {}", form.slug, version.version, HEXLOWER.encode(&version.wording_sha256))
}

/// The stamp of a form that is shown now: each page has one of its own. Empty when the operating system gives no randomness.
pub(super) fn stamp(signer: &ValueSigner, purpose: &str, now: Timestamp) -> String {
    let mut random = [0; 8];
    if getrandom::fill(&mut random).is_err() {
        return String::new();
    }
    let nonce = HEXLOWER.encode(&random);
    format!("{nonce}.{}", signer.stamp(&of_page(purpose, &nonce), now))
}

/// What the stamp that came back says.
pub(super) fn age(signer: &ValueSigner, stamp: &str, purpose: &str, now: Timestamp) -> StampAge {
    if stamp.is_empty() {
        return StampAge::Missing;
    }
    let signed = stamp.split_once('.');
    let shown = signed.and_then(|(nonce, token)| signer.stamped_at(&of_page(purpose, nonce), token));
    let Some(shown) = shown else { return StampAge::TooOld };
    let passed = now.since(shown);
    if passed < FASTEST {
        StampAge::TooFast
    } else if passed > OLDEST {
        StampAge::TooOld
    } else {
        StampAge::Fine
    }
}

/// The stamp as it is remembered once it is spent, for as long as it would count.
pub(super) fn spending(stamp: &str, now: Timestamp) -> PageStamp {
    PageStamp { sha256: Sha256::digest(stamp.as_bytes()).to_vec(), expires_at: now.plus(OLDEST) }
}

fn of_page(purpose: &str, nonce: &str) -> String {
    format!("{purpose} {nonce}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_machines_from_people_and_one_wording_from_another() {
        let (signer, shown) = (ValueSigner::new(b"secret"), Timestamp::from_micros(1_000_000_000));
        let given = stamp(&signer, "opt-in 1", shown);
        let after = |by| age(&signer, &given, "opt-in 1", shown.plus(by));
        assert_eq!(after(Duration::milliseconds(1_999)), StampAge::TooFast);
        assert_eq!(after(Duration::seconds(2)), StampAge::Fine);
        assert_eq!(after(Duration::hours(25)), StampAge::TooOld);
        assert_eq!(age(&signer, &given, "opt-in 2", shown.plus(Duration::seconds(5))), StampAge::TooOld);
        assert_eq!(age(&signer, "nonsense", "opt-in 1", shown), StampAge::TooOld);
        assert_eq!(age(&signer, "", "opt-in 1", shown), StampAge::Missing);
        assert_ne!(stamp(&signer, "opt-in 1", shown), given, "two pages of one moment have two stamps");
    }
}
