//! Asks about messages that expired while they waited for START, and takes the answer. The dashboard, contact and
//! message pages use it; it writes through `actions::expired_holds`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};
use serde::Deserialize;

use crate::actions::ActionError;
use crate::actions::expired_holds::HoldAnswer;
use crate::domain::id::{ContactId, MessageId, NumberId};
use crate::domain::message::Status;
use crate::store::expired_holds::HoldQuestion;
use crate::store::messages::Message;
use crate::store::{ReadConn, StoreError, contacts};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::origin::is_local;
use crate::web::page::{self, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Editor};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::EXPIRED_HOLD, routing::post(decide));
}

/// What a person is asked about one number.
pub(super) struct HoldItem {
    number: NumberId,
    /// The number as the messages have it.
    pub(super) to: String,
    /// The contact on it, and the name; the first where there are several.
    pub(super) contact: Option<(ContactId, String)>,
    pub(super) messages: Vec<Message>,
}

impl HoldItem {
    /// The question in one sentence.
    pub(super) fn words(&self) -> String {
        let n = match self.messages.len() {
            1 => "1 message".to_owned(),
            n => format!("{n} messages"),
        };
        format!("{n} expired while waiting for START; the contact has opted in since")
    }
}

/// Open questions by number, in their order.
pub(super) fn by_number(
    conn: &mut ReadConn<'_>,
    open: Vec<(HoldQuestion, Message)>,
) -> Result<Vec<HoldItem>, StoreError> {
    let numbers: Vec<NumberId> = open.iter().map(|(asked, _)| asked.number_id).collect();
    let mut first = contacts::first_on(conn, &numbers)?;
    let mut questions: Vec<HoldItem> = Vec::new();
    for (asked, message) in open {
        match questions.iter_mut().find(|question| question.number == asked.number_id) {
            Some(question) => question.messages.push(message),
            None => questions.push(HoldItem {
                number: asked.number_id,
                to: message.to_text.clone(),
                contact: first.remove(&asked.number_id),
                messages: vec![message],
            }),
        }
    }
    Ok(questions)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HoldAnswerForm {
    decision: String,
    /// The page that asked.
    back: String,
}

async fn decide(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    id: Path<String>,
    PostedForm(given): PostedForm<HoldAnswerForm>,
) -> Result<HttpResponse, PageError> {
    let id: MessageId = page::id(&id)?;
    let choice = match given.decision.as_str() {
        "send" => HoldAnswer::Send,
        "leave" => HoldAnswer::Leave,
        _ => return Err(PageError::BadRequest("Choose to send the message now or to leave it.".to_owned())),
    };
    let actor = who.actor();
    match app.commands(actor).answer_hold(id, choice).await {
        Ok(None) => session::flash(&session, "Left: the message stays expired."),
        Ok(Some(accepted)) if accepted.status == Status::Blocked => {
            let words = format!("Not sent. The attempt was logged. {}", accepted.words);
            session::flash_refusal(&session, words);
        }
        Ok(Some(accepted)) => session::flash(&session, format!("Sent again. {}", accepted.words)),
        Err(ActionError::Conflict(why)) => session::flash_refusal(&session, why),
        Err(error) => return Err(error.into()),
    }
    let back = Some(given.back).filter(|back| is_local(back));
    Ok(see_other(back.unwrap_or_else(|| routes::message(id))))
}
