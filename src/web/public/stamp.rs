//! When a form was shown, signed, so that machines which answer at once are noticed, and so that only a box that was ticked
//! under our own wording counts as consent by itself.

use chrono::Duration;

use crate::domain::time::Timestamp;
use crate::web::signed::Signer;

/// Nobody reads the wording faster.
const FASTEST: Duration = Duration::seconds(2);
const OLDEST: Duration = Duration::hours(24);

/// What a stamp says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Age {
    /// There is none: the form was not ours, or somebody wrote a program.
    Missing,
    /// A person's pace.
    Fine,
    /// Faster than anybody reads.
    TooFast,
    /// Older than a day, or not ours.
    TooOld,
}

/// The stamp of a form that is shown now.
pub(super) fn stamp(signer: &Signer, slug: &str, now: Timestamp) -> String {
    signer.stamp(&purpose(slug), now)
}

/// What the stamp that came back says.
pub(super) fn age(signer: &Signer, stamp: &str, slug: &str, now: Timestamp) -> Age {
    if stamp.is_empty() {
        return Age::Missing;
    }
    let Some(shown) = signer.stamped_at(&purpose(slug), stamp) else { return Age::TooOld };
    let passed = now.since(shown);
    if passed < FASTEST {
        Age::TooFast
    } else if passed > OLDEST {
        Age::TooOld
    } else {
        Age::Fine
    }
}

fn purpose(slug: &str) -> String {
    format!("form {slug}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_machines_from_people() {
        let (signer, shown) = (Signer::new(b"secret"), Timestamp::from_micros(1_000_000_000));
        let given = stamp(&signer, "opt-in", shown);
        let after = |by| age(&signer, &given, "opt-in", shown.plus(by));
        assert_eq!(after(Duration::milliseconds(1_999)), Age::TooFast);
        assert_eq!(after(Duration::seconds(2)), Age::Fine);
        assert_eq!(after(Duration::hours(25)), Age::TooOld);
        assert_eq!(age(&signer, &given, "other", shown.plus(Duration::seconds(5))), Age::TooOld);
        assert_eq!(age(&signer, "nonsense", "opt-in", shown), Age::TooOld);
        assert_eq!(age(&signer, "", "opt-in", shown), Age::Missing);
    }
}
