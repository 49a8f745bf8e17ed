//! Shows texts that the rules could not act on, and closes them. The dashboard and the pages of a number use it; it
//! writes notices.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};

use crate::domain::id::InboundId;
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;
use crate::store::inbound::InboundRow;
use crate::store::{ReadConn, StoreError, notices};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{NoFields, PostedForm};
use crate::web::page::{self, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Editor};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::NOTICE, routing::post(close));
}

/// The first words of a text.
const FIRST_WORDS: usize = 200;

/// A text that a person has to look at.
pub(super) struct NoticeItem {
    pub(super) id: InboundId,
    /// What is the matter and what to do.
    pub(super) sentence: &'static str,
    pub(super) from: String,
    pub(super) body: String,
    pub(super) at: Timestamp,
    /// The page of the number. Without a number: the page where a person records an opt-out.
    pub(super) href: String,
    pub(super) label: &'static str,
}

impl NoticeItem {
    pub(super) fn new(kind: NoticeKind, text: InboundRow) -> NoticeItem {
        let number = text.number_id.map(routes::number);
        NoticeItem {
            id: text.id,
            sentence: sentence(kind),
            from: if text.from_text.is_empty() { "an empty sender".to_owned() } else { text.from_text },
            body: text.body.chars().take(FIRST_WORDS).collect(),
            at: text.received_at,
            label: if number.is_some() { "Open the number" } else { "Record an opt-out" },
            href: number.unwrap_or_else(|| routes::new_revocation().to_owned()),
        }
    }
}

/// Open notices of one kind, the longest waiting first.
pub(super) struct NoticeGroup {
    pub(super) heading: &'static str,
    pub(super) notices: Vec<NoticeItem>,
    /// True when there are more than are shown.
    pub(super) has_more: bool,
}

/// Every kind that has open notices: many of one kind hide no other.
pub(super) fn open_groups(conn: &mut ReadConn<'_>, shown: usize) -> Result<Vec<NoticeGroup>, StoreError> {
    let mut groups = Vec::new();
    for kind in NoticeKind::ALL {
        let mut texts = notices::open(conn, *kind, shown + 1)?;
        let has_more = texts.len() > shown;
        texts.truncate(shown);
        let notices: Vec<NoticeItem> = texts.into_iter().map(|text| NoticeItem::new(*kind, text)).collect();
        if !notices.is_empty() {
            groups.push(NoticeGroup { heading: heading(*kind), notices, has_more });
        }
    }
    Ok(groups)
}

/// What the texts of a kind have in common.
fn heading(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::UnknownSender => "Texts from unknown senders",
        NoticeKind::OptInAtCarrier => "Opted in at the carrier only",
        NoticeKind::UnconfirmedConsent => "Consents the carrier didn't confirm",
        NoticeKind::ConsentQuestion => "Questions about opting in",
    }
}

/// What is the matter with a text and what to do about it.
pub(super) fn sentence(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::UnknownSender => {
            "The sender isn't a phone number, so no record was changed. If you know who it is and they ask to stop, record an opt-out."
        }
        NoticeKind::UnconfirmedConsent => {
            "This consent came in a webhook that could be read in two ways, and the carrier didn't confirm the text. It doesn't \
             count. Ask the contact to text START."
        }
        NoticeKind::OptInAtCarrier => {
            "The carrier took this as START: it removed its block and sent its welcome. Our rules don't read it as START, so the \
             number isn't opted in. Ask the contact to text START."
        }
        NoticeKind::ConsentQuestion => {
            "The contact asks a question, so nothing changed. Reach them another way. To opt in, they text START without a \
             question mark."
        }
    }
}

async fn close(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    id: Path<String>,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let id: InboundId = page::id(&id)?;
    let actor = who.actor();
    app.commands(actor).close_notice(id).await?;
    session::flash(&session, "Marked as done.");
    Ok(see_other(routes::dashboard()))
}
