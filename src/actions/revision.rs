//! The tag of what a form showed when it was opened. A change reads the record under its lock and is refused when the tag is
//! another one, so that two people never overwrite each other unseen. Used by every action of a page with a form; it writes
//! nothing.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::ActionError;

const OUTDATED: &str =
    "Someone else changed this while you were editing. Nothing of yours is saved yet. Compare the two below.";

const OTHER_FACTS: &str = "Someone else changed this while the page was open. Nothing was done. Look at it as it is now, then decide.";

/// The tag of some facts, in a fixed order.
pub fn revision_tag<'a>(facts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for fact in facts {
        digest.update(fact.len().to_be_bytes());
        digest.update(fact);
    }
    HEXLOWER.encode(&digest.finalize())
}

/// Refuses a form that was filled from other facts than those that stand.
///
/// # Errors
/// [`ActionError::Conflict`] then.
pub(super) fn check_revision(shown: &str, standing: &str) -> Result<(), ActionError> {
    if shown == standing { Ok(()) } else { Err(ActionError::Conflict(OUTDATED.to_owned())) }
}

/// Refuses a decision that was made on a page that showed other facts than those that stand.
///
/// # Errors
/// [`ActionError::Conflict`] then.
pub(super) fn check_shown(shown: &str, standing: &str) -> Result<(), ActionError> {
    if shown == standing { Ok(()) } else { Err(ActionError::Conflict(OTHER_FACTS.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_tells_facts_and_their_places_apart() {
        assert_eq!(revision_tag(["a", "bc"]), revision_tag(["a", "bc"]));
        assert_ne!(revision_tag(["a", "bc"]), revision_tag(["ab", "c"]));
        assert_ne!(revision_tag(["a", ""]), revision_tag(["a"]));
    }
}
