//! The person that a session names, with what each of their pages shows: why sending is off, and the calendars by which they
//! read times. Only `session` reads it; it writes nothing.

use crate::domain::calendar::LocalCalendar;
use crate::domain::restore_hold::RestoreHold;
use crate::domain::sign_in::SignInRules;
use crate::store::StoreError;
use crate::store::users::{SessionUser, User};

/// The person that a session names, with what each of their pages shows.
pub(super) struct CurrentUser {
    pub(super) user: User,
    pub(super) standstill: Option<RestoreHold>,
    pub(super) calendars: Calendars,
    /// The person's role needs a second factor.
    pub(super) needs_second_factor: bool,
    pub(super) has_second_factor: bool,
}

impl CurrentUser {
    pub(super) fn new(found: SessionUser) -> Result<CurrentUser, StoreError> {
        let standstill = found.standstill.map(|why| serde_json::from_str(&why)).transpose()?;
        let calendars = Calendars::new(found.time_zone.as_deref(), found.user.time_zone.as_deref());
        let rules = SignInRules::read(found.sign_in_rules.as_deref());
        let needs_second_factor = rules.needs_second_factor(found.user.role);
        let has_second_factor = found.has_second_factor;
        Ok(CurrentUser { user: found.user, standstill, calendars, needs_second_factor, has_second_factor })
    }
}

/// The calendars of a person who is signed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Calendars {
    /// The organization's: days of documents, letters and calls are counted on it.
    pub organization: LocalCalendar,
    /// The person's own, or the organization's: they read times on it.
    pub reader: LocalCalendar,
}

impl Calendars {
    /// By the names of the zones, where they are known.
    fn new(organization: Option<&str>, own: Option<&str>) -> Calendars {
        let organization = organization.and_then(LocalCalendar::find).unwrap_or_default();
        Calendars { organization, reader: own.and_then(LocalCalendar::find).unwrap_or(organization) }
    }
}
