//! The texts that a number and we have written, as a conversation in pages. Used by the pages of a contact and of a review.
//! Writes nothing.

use super::page_room::{PageRoom, bytes_of};
use super::timeline::by_heading;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::{Lane, Status};
use crate::domain::time::Timestamp;
use crate::store::inbound::InboundRow;
use crate::store::messages::Message;
use crate::store::{ReadConn, StoreError, inbound, messages};
use crate::web::admin::list_page::read_at_most;
use crate::web::admin::names::DisplayNames;
use crate::web::page::PageReader;

/// Bytes of the texts on one page.
const BYTES: usize = 70_000;
/// What stands around each of them.
const BYTES_AROUND: usize = 700;

/// One text of the conversation.
pub(in crate::web::admin) struct ConversationItem {
    pub(in crate::web::admin) sent: Option<(MessageId, Status)>,
    pub(in crate::web::admin) unsent: bool,
    /// When it goes out by itself, while it waits for the next allowed time.
    pub(in crate::web::admin) goes_out: Option<Timestamp>,
    pub(in crate::web::admin) body: String,
    /// For which program, where there are several.
    pub(in crate::web::admin) program: Option<String>,
    pub(in crate::web::admin) who: String,
    pub(in crate::web::admin) at: Timestamp,
}

/// A page of the conversation.
pub(in crate::web::admin) struct ConversationPage {
    /// Its texts, the oldest first.
    pub(in crate::web::admin) texts: Vec<ConversationItem>,
    /// Where older ones begin, if there are any.
    pub(in crate::web::admin) older: Option<String>,
}

/// The texts of both directions before the place `before`; the newest ones where `before` names no place. Their identifiers
/// are in the order of their times. `name` is the lead's.
pub(in crate::web::admin) fn conversation(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    name: &str,
    names: &DisplayNames,
    before: &str,
    limit: usize,
) -> Result<ConversationPage, StoreError> {
    let most = read_at_most(limit);
    let mut sent = messages::of_number(conn, number, before.parse().ok(), most)?.into_iter().peekable();
    let mut received = inbound::of_number(conn, number, before.parse().ok(), most)?.into_iter().peekable();
    let (mut room, mut texts, mut last) = (PageRoom::new(limit, BYTES), Vec::new(), None);
    loop {
        let is_ours = match (sent.peek(), received.peek()) {
            (Some(ours), Some(theirs)) => ours.id.as_bytes() > theirs.id.as_bytes(),
            (ours, _) => ours.is_some(),
        };
        let next = match is_ours {
            true => sent.next().map(|message| of_ours(message, names)),
            false => received.next().map(|text| of_theirs(text, name, names)),
        };
        let Some((id, text)) = next else {
            return Ok(ConversationPage { texts: in_order(texts), older: None });
        };
        if !room.takes(text.bytes()) {
            return Ok(ConversationPage { texts: in_order(texts), older: last });
        }
        texts.push(text);
        last = Some(id);
    }
}

fn in_order(mut texts: Vec<ConversationItem>) -> Vec<ConversationItem> {
    texts.reverse();
    texts.sort_by_key(|text| text.at);
    texts
}

impl ConversationItem {
    fn bytes(&self) -> usize {
        let program = self.program.as_deref().unwrap_or_default();
        BYTES_AROUND + bytes_of(&self.body) + bytes_of(&self.who) + bytes_of(program)
    }
}

fn of_ours(message: Message, names: &DisplayNames) -> (String, ConversationItem) {
    let text = ConversationItem {
        unsent: !matches!(message.status, Status::Sending | Status::Sent | Status::Delivered),
        sent: Some((message.id, message.status)),
        goes_out: message.scheduled_for(),
        program: names.of_program(message.program_id),
        who: if message.lane == Lane::Gated { names.of(&message.actor) } else { "automatic".to_owned() },
        body: message.body,
        // Where the lead saw it: a held text stands after the START that released it.
        at: message.claimed_at.unwrap_or(message.created_at),
    };
    (message.id.to_string(), text)
}

fn of_theirs(text: InboundRow, name: &str, names: &DisplayNames) -> (String, ConversationItem) {
    let id = text.id.to_string();
    let item = ConversationItem {
        unsent: false,
        sent: None,
        goes_out: None,
        program: text.program_id.and_then(|id| names.of_program(id)),
        who: if name.is_empty() { "Contact" } else { name }.to_owned(),
        body: text.body,
        at: text.received_at,
    };
    (id, item)
}

/// The texts under the days on which they were written, by the reader's calendar.
pub(in crate::web::admin) fn by_day(
    texts: Vec<ConversationItem>,
    reader: PageReader,
) -> Vec<(String, Vec<ConversationItem>)> {
    by_heading(texts, |text| reader.calendars.reader.day_heading(text.at, reader.now))
}
