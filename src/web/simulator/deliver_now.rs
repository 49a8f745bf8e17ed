//! Lists what waits for an allowed time on a simulated phone, and delivers it now: only quiet hours are skipped. It
//! exists in simulated databases only and writes messages.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{AppState, simulator};
use crate::domain::database_kind::DatabaseKind;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::{Lane, Status};
use crate::domain::time::Timestamp;
use crate::store::messages::WaitingMessages;
use crate::store::{ReadConn, StoreError, settings};
use crate::web::error::PageError;
use crate::web::form::{NoFields, PostedForm};
use crate::web::page::{self, see_other};
use crate::web::routes;
use crate::web::session::{self, Editor};

/// A text that is scheduled for the phone.
pub(super) struct WaitingText {
    pub(super) id: MessageId,
    pub(super) what: &'static str,
    pub(super) at: Timestamp,
}

/// The scheduled texts for a number, the first one first; none in a database that is not simulated.
pub(super) fn waiting(conn: &mut ReadConn<'_>, number: NumberId) -> Result<Vec<WaitingText>, StoreError> {
    if settings::database_kind(conn)? != Some(DatabaseKind::Simulated) {
        return Ok(Vec::new());
    }
    // The first ones are enough for a phone.
    let portion = WaitingMessages::of(number, None).next_portion(conn)?.unwrap_or_default();
    let scheduled = portion.into_iter();
    let scheduled = scheduled.filter(|message| message.status == Status::Scheduled);
    Ok(scheduled
        .map(|message| WaitingText {
            id: message.id,
            what: if message.lane == Lane::Invitation { "Opt-in request" } else { "Message" },
            at: message.due_at,
        })
        .collect())
}

pub(super) async fn deliver(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    id: Path<String>,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    simulator(&app)?;
    let id: MessageId = page::id(&id)?;
    match app.commands(who.actor()).deliver_now(id).await? {
        true => session::flash(&session, "Delivering now. Quiet hours were skipped."),
        false => session::flash_refusal(&session, "This message is no longer scheduled."),
    }
    Ok(see_other(routes::simulator()))
}
