//! The texts that a number and we have written, as a conversation. Used by the pages of a contact and of a review. Writes
//! nothing.

use super::timeline::by_heading;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::{Lane, Status};
use crate::domain::time::Timestamp;
use crate::store::{ReadConn, StoreError, inbound, messages};
use crate::web::admin::names::DisplayNames;
use crate::web::page::PageReader;

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

/// The latest texts of both directions, the oldest first; `name` is the lead's.
pub(in crate::web::admin) fn conversation(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    name: &str,
    names: &DisplayNames,
    limit: i64,
) -> Result<Vec<ConversationItem>, StoreError> {
    let sent = messages::of_number(conn, number, limit)?;
    let received = inbound::of_number(conn, number, limit)?;
    let out = sent.into_iter().map(|message| ConversationItem {
        unsent: !matches!(message.status, Status::Sending | Status::Sent | Status::Delivered),
        sent: Some((message.id, message.status)),
        goes_out: message.scheduled_for(),
        program: names.of_program(message.program_id),
        who: if message.lane == Lane::Gated { names.of(&message.actor) } else { "automatic".to_owned() },
        body: message.body,
        // Where the lead saw it: a held text stands after the START that released it.
        at: message.claimed_at.unwrap_or(message.created_at),
    });
    let name = if name.is_empty() { "Contact" } else { name };
    let in_ = received.into_iter().map(|text| ConversationItem {
        unsent: false,
        sent: None,
        goes_out: None,
        program: text.program_id.and_then(|id| names.of_program(id)),
        who: name.to_owned(),
        body: text.body,
        at: text.received_at,
    });
    let mut all: Vec<ConversationItem> = out.chain(in_).collect();
    all.sort_by_key(|bubble| bubble.at);
    Ok(all)
}

/// The texts under the days on which they were written, by the reader's calendar.
pub(in crate::web::admin) fn by_day(
    texts: Vec<ConversationItem>,
    reader: PageReader,
) -> Vec<(String, Vec<ConversationItem>)> {
    by_heading(texts, |text| reader.calendars.reader.day_heading(text.at, reader.now))
}
