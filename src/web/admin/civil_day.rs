//! Reads the day of a document, a letter or a call from a form: a civil date of the organization. The forms for consent
//! by hand and for opt-outs use it; it writes nothing.

use chrono::NaiveDate;

use crate::domain::time::Timestamp;
use crate::web::session::Calendars;

/// The date that a person typed; `None` if it is no date. A person in another zone who types their own today means today.
pub(super) fn civil_day(text: &str, calendars: Calendars, now: Timestamp) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    let Calendars { organization, reader } = calendars;
    Some(if date == reader.date(now) { organization.date(now) } else { date })
}
