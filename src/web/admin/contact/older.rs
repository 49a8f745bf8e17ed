//! Shows the record of the same number under an older spelling: when it was joined, and a page of its history. The pages of a
//! number use it; it writes nothing.

use super::part_links::{PagePart, PartLinks, PartsQuery};
use super::timeline::{TimelineDay, TimelineSubject};
use super::timeline_page::timeline_page;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::numbers::Number;
use crate::store::{ReadConn, StoreError, events, numbers};

/// Entries of its history on one page.
const SHOWN: usize = 10;

/// An older record, and what became of it.
pub(in crate::web::admin) struct OlderRecord {
    pub(in crate::web::admin) number: Number,
    /// When something of it was taken over into the record that goes on; none when nothing in it was stricter.
    pub(in crate::web::admin) joined_at: Option<Timestamp>,
    pub(in crate::web::admin) days: Vec<TimelineDay>,
    pub(in crate::web::admin) links: PartLinks,
}

/// The record under an older spelling of `phone`, if there is one. `of` is the record that goes on, shown at `address`.
pub(in crate::web::admin) fn older(
    conn: &mut ReadConn<'_>,
    phone: &Phone,
    of: &TimelineSubject<'_>,
    parts: &PartsQuery,
    address: &str,
) -> Result<Option<OlderRecord>, StoreError> {
    let Some(old) = phone.old_spelling() else { return Ok(None) };
    let Some(number) = numbers::find_spelled(conn, &old)? else { return Ok(None) };
    let joined_at = events::taken_over_at(conn, of.number.id, number.id)?;
    let subject = TimelineSubject { number: &number, contact: None, ..*of };
    let page = timeline_page(conn, &subject, parts.of_part(PagePart::OldSpelling), SHOWN)?;
    let links = parts.links(address, PagePart::OldSpelling, page.older);
    let mut days = page.days;
    for entry in days.iter_mut().flat_map(|(_, entries)| entries) {
        entry.anchor = format!("older-{}", entry.anchor);
    }
    Ok(Some(OlderRecord { number, joined_at, days, links }))
}
