//! One page of a number's timeline: events and notes, the newest first. Only the rows of the page are read, and the state
//! before them. The pages of a number use it; it writes nothing.

use std::fmt;
use std::str::FromStr;

use super::notes;
use super::page_room::{PageRoom, bytes_of};
use super::timeline::{HistoryContext, TimelineDay, TimelineSubject, history};
use crate::domain::consent::{ConsentState, NumberConsent};
use crate::domain::id::NoteId;
use crate::domain::ledger::StoredEvent;
use crate::domain::words::UnknownWord;
use crate::store::number_notes::{self, NumberNote};
use crate::store::{ReadConn, StoreError, events};
use crate::web::admin::list_page::read_at_most;

/// Events and notes on one page.
pub(in crate::web::admin) const ENTRIES: usize = 50;
/// What each of them takes beside its own words, in bytes.
const BYTES_AROUND: usize = 1_800;
/// Bytes of each on one page, on average.
const BYTES_EACH: usize = 2_000;

/// Where a page begins: before this event, and before this note where one was on the page before.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct TimelineCursor {
    seq: Option<i32>,
    note: Option<NoteId>,
}

impl fmt::Display for TimelineCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seq.map_or(Ok(()), |seq| write!(f, "{seq}"))?;
        self.note.map_or(Ok(()), |note| write!(f, ".{note}"))
    }
}

impl FromStr for TimelineCursor {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, note) = text.split_once('.').map_or((text, None), |(seq, note)| (seq, Some(note)));
        let seq = if seq.is_empty() { None } else { Some(seq.parse().map_err(|_| UnknownWord)?) };
        let note = note.map(|note| note.parse().map_err(|_| UnknownWord)).transpose()?;
        Ok(TimelineCursor { seq, note })
    }
}

/// A page of a timeline.
pub(in crate::web::admin) struct TimelinePage {
    pub(in crate::web::admin) days: Vec<TimelineDay>,
    /// Where older entries begin, if there are any.
    pub(in crate::web::admin) older: Option<String>,
}

/// The page that begins at `from`, with at most so many entries; the newest one where that names none.
pub(in crate::web::admin) fn timeline_page(
    conn: &mut ReadConn<'_>,
    of: &TimelineSubject<'_>,
    from: &str,
    entries: usize,
) -> Result<TimelinePage, StoreError> {
    let (number, most) = (of.number, read_at_most(entries));
    let from: TimelineCursor = from.parse().unwrap_or_default();
    let found = events::newest(conn, number.id, from.seq, most)?;
    let noted = number_notes::latest(conn, number.id, of.contact, from.note, most)?;
    let room = PageRoom::new(entries, entries * BYTES_EACH);
    let (mut stored, noted, older) = newest_of_both(found, noted, from, room);
    stored.reverse();
    let known = match stored.first() {
        Some(first) => known_before(conn, of, first.seq)?,
        None => NumberConsent::default(),
    };
    let texts = HistoryContext::read(conn, &stored, of.calendars)?;
    let noted = notes::entries(conn, noted, of.names)?;
    let days = history(stored, known, &texts, noted, of);
    Ok(TimelinePage { days, older: older.map(|older| older.to_string()) })
}

/// The newest entries of both lists, and where the rest begins, if there is one.
fn newest_of_both(
    found: Vec<StoredEvent>,
    noted: Vec<NumberNote>,
    from: TimelineCursor,
    mut room: PageRoom,
) -> (Vec<StoredEvent>, Vec<NumberNote>, Option<TimelineCursor>) {
    let (mut found, mut noted) = (found.into_iter().peekable(), noted.into_iter().peekable());
    let (mut stored, mut notes) = (Vec::new(), Vec::new());
    let mut at = from;
    loop {
        let (is_note, words) = match (found.peek(), noted.peek()) {
            (Some(event), Some(note)) if note.at <= event.recorded_at => (false, &event.facts),
            (Some(event), None) => (false, &event.facts),
            (_, Some(note)) => (true, &note.words),
            (None, None) => return (stored, notes, None),
        };
        if !room.takes(BYTES_AROUND + bytes_of(words)) {
            return (stored, notes, Some(at));
        }
        if is_note {
            at.note = noted.peek().map(|note| note.id);
            notes.extend(noted.next());
        } else {
            at.seq = found.peek().map(|event| event.seq);
            stored.extend(found.next());
        }
    }
}

/// What was known of the number's state in the program before the event `seq`.
fn known_before(
    conn: &mut ReadConn<'_>,
    of: &TimelineSubject<'_>,
    seq: i32,
) -> Result<NumberConsent, StoreError> {
    let today = of.number.consent.state_in(of.program.id);
    let state = match today.since() {
        // It began before the page, and nothing has changed it since.
        Some(since) if since.seq < seq => today,
        _ => events::state_before(conn, of.number.id, of.program.id, seq)?,
    };
    let mut known = NumberConsent::default();
    if state != ConsentState::NotAsked {
        known.programs.insert(of.program.id, state);
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let note = NoteId::from(uuid::Uuid::from_u128(7));
        for (seq, note) in [(Some(7), None), (Some(7), Some(note)), (None, Some(note)), (None, None)] {
            let place = TimelineCursor { seq, note };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for wrong in ["x", "7.", "7.x", "-"] {
            assert!(wrong.parse::<TimelineCursor>().is_err(), "{wrong}");
        }
    }
}
