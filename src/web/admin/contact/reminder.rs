//! When a person may send the opt-in request once more. The contact page uses it; it writes nothing.

use chrono::NaiveDate;

use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::NumberConsent;
use crate::domain::decide::check_reinvite;
use crate::domain::id::ProgramId;
use crate::domain::intent::Refusal;
use crate::domain::time::Timestamp;

/// When a person may send one reminder.
pub(super) enum ReinviteState {
    Now,
    After(NaiveDate),
}

/// When one may be sent; `None` where there is no request to repeat.
pub(super) fn reinvite_state(
    consent: &NumberConsent,
    program: ProgramId,
    now: Timestamp,
    organization: LocalCalendar,
) -> Option<ReinviteState> {
    match check_reinvite(consent, program, now, organization) {
        Ok(()) => Some(ReinviteState::Now),
        Err(Refusal::AlreadyInvited { after, .. }) => Some(ReinviteState::After(after)),
        Err(_) => None,
    }
}
