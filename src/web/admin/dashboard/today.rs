//! Collects what needs attention: replies that no rule understands, holds that expire soon, and failed messages. Only
//! the dashboard uses it; it writes nothing.

use chrono::Duration;

use super::super::expired_holds::{HoldItem, by_number};
use super::super::list_page::read_at_most;
use super::super::notices::{NoticeGroup, open_groups};
use crate::domain::id::{ContactId, NumberId, ProgramId};
use crate::domain::message::Status;
use crate::domain::time::Timestamp;
use crate::store::inbound::{self, InboundRow};
use crate::store::messages::{self, Message};
use crate::store::{ReadConn, StoreError, contacts, expired_holds};
use crate::web::routes;

/// Replies and holds that are shown.
const SHOWN: usize = 10;
/// The first words of a reply.
const FIRST_WORDS: usize = 80;

/// What a person should look at.
pub(super) struct AttentionList {
    /// Texts that the rules could not act on, by what is the matter with them.
    pub(super) notices: Vec<NoticeGroup>,
    pub(super) replies: Vec<UnreadReply>,
    /// Held messages that expire within a day, as far as they are shown.
    pub(super) holds: Vec<Message>,
    /// True when there are more.
    pub(super) more_holds: bool,
    /// Messages that expired before opt-in, as far as they are shown.
    pub(super) stale: Vec<HoldItem>,
    /// True when there are more.
    pub(super) more_stale: bool,
    /// Texts that failed within a day, among the latest.
    pub(super) failed: usize,
}

/// A reply that is no keyword.
pub(super) struct UnreadReply {
    /// The contact's name; empty where none is known.
    pub(super) name: String,
    pub(super) from: String,
    pub(super) href: String,
    pub(super) words: String,
    pub(super) at: Timestamp,
}

impl AttentionList {
    /// True when nothing waits.
    pub(super) fn is_quiet(&self) -> bool {
        self.notices.is_empty()
            && self.replies.is_empty()
            && self.holds.is_empty()
            && self.stale.is_empty()
            && self.failed == 0
    }
}

/// Collects it for the program; `latest` are the latest failures.
pub(super) fn today(
    conn: &mut ReadConn<'_>,
    program: Option<ProgramId>,
    latest: &[Message],
    now: Timestamp,
) -> Result<AttentionList, StoreError> {
    let (week, day) = (now.plus(Duration::days(-7)), now.plus(Duration::days(-1)));
    let texts = match program {
        Some(program) => inbound::to_read(conn, program, week, SHOWN)?,
        None => Vec::new(),
    };
    let numbers: Vec<NumberId> = texts.iter().filter_map(|text| text.number_id).collect();
    let first = contacts::first_on(conn, &numbers)?;
    let contact = |text: &InboundRow| text.number_id.and_then(|number| first.get(&number)).cloned();
    let replies = texts.into_iter().map(|text| reply(contact(&text), text)).collect();
    let limit = read_at_most(SHOWN);
    let mut holds = messages::holds_ending(conn, now.plus(Duration::days(1)), limit)?;
    let more_holds = holds.len() > SHOWN;
    holds.truncate(SHOWN);
    let mut open = expired_holds::open(conn, limit)?;
    let more_stale = open.len() > SHOWN;
    open.truncate(SHOWN);
    let stale = by_number(conn, open)?;
    let notices = open_groups(conn, SHOWN)?;
    let is_new_failure = |message: &&Message| message.status == Status::Failed && message.created_at >= day;
    let failed = latest.iter().filter(is_new_failure).count();
    Ok(AttentionList { notices, replies, holds, more_holds, stale, more_stale, failed })
}

fn reply(contact: Option<(ContactId, String)>, text: InboundRow) -> UnreadReply {
    let href = match (&contact, text.number_id) {
        (Some((id, _)), _) => routes::contact(id),
        (None, Some(number)) => routes::number(number),
        (None, None) => routes::troubleshoot_number(&text.from_text, ""),
    };
    let mut words: String = text.body.chars().take(FIRST_WORDS).collect();
    if words.len() < text.body.len() {
        words.push('…');
    }
    let name = contact.map(|(_, name)| name).unwrap_or_default();
    UnreadReply { name, from: text.from_text, href, words, at: text.received_at }
}
