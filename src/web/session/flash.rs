//! Leaves a sentence for the next page of the same session. All forms use it; it writes the session.

use crate::web::routes;
use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::http::Method;
use serde::{Deserialize, Serialize};

const FLASH: &str = "flash";

/// A sentence for the next page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlashMessage {
    /// The sentence.
    pub text: String,
    /// True when what was asked for was not done.
    pub is_refusal: bool,
}

/// Leaves a sentence for the next page: what was asked for is done.
pub fn flash(session: &Session, text: impl Into<String>) {
    leave(session, FlashMessage { text: text.into(), is_refusal: false });
}

/// Leaves a sentence for the next page: what was asked for was refused. It is shown as an alert.
pub fn flash_refusal(session: &Session, text: impl Into<String>) {
    leave(session, FlashMessage { text: text.into(), is_refusal: true });
}

fn leave(session: &Session, flash: FlashMessage) {
    if let Err(error) = session.insert(FLASH, flash) {
        log::error!("A notice could not be saved: {error}");
    }
}

/// A notice is taken by the page that shows it, not by a form on the way there, nor by a page that refreshes a part of itself.
pub(super) fn take_flash(request: &HttpRequest, session: &Session) -> Option<FlashMessage> {
    let is_part = routes::is_live(request.path());
    if request.method() != Method::GET || is_part || !session.contains_key(FLASH) {
        return None;
    }
    session.remove_as::<FlashMessage>(FLASH).and_then(Result::ok)
}
