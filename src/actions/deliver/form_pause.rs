//! Opt-in requests that strangers cause through public forms: each is kept with its form and prefix, and where hardly any was
//! answered the rest waits. Used by the claim; it writes requests and pauses.

use chrono::Duration;

use crate::domain::consent::{ConsentState, Source};
use crate::domain::evidence::Evidence;
use crate::domain::limit_hit::LimitHit;
use crate::domain::message::{Lane, Status};
use crate::domain::request_pause::{PauseKey, RequestPause, pause_keys, sample_from};
use crate::domain::time::Timestamp;
use crate::domain::unasked::is_too_late;
use crate::store::form_requests::{self, RequestLog};
use crate::store::messages::{self, Message, StatusChange};
use crate::store::numbers::Number;
use crate::store::{LockedRow, ReadConn, StoreError, Tx, events, organization};

use super::super::{ActionError, requests};

/// A request that waits is looked at again this often.
const LOOK_AGAIN: Duration = Duration::minutes(10);
const PAUSED: &str = "requests_paused";
const WORDS: &str = "Opt-in requests are paused because almost no one replied START to the latest ones.";

/// The form that caused an unasked text, if one did.
pub(super) fn form_of(
    conn: &mut ReadConn<'_>,
    message: &Message,
    number: &Number,
) -> Result<Option<String>, StoreError> {
    let request = number.consent.requests.get(&message.program_id);
    let by_form = match (message.lane, request, number.consent.state_in(message.program_id)) {
        (Lane::Invitation, Some(request), _) if request.source == Source::WebForm => request.seq,
        (Lane::OptInConfirmation, _, ConsentState::OptedIn(since)) if since.source == Source::WebForm => {
            since.seq
        }
        _ => return Ok(None),
    };
    Ok(match events::evidence_of(conn, number.id, by_form)? {
        Some(Evidence::WebForm(record)) => Some(record.form),
        _ => None,
    })
}

/// The requests and pauses, which the claims of one transaction look at. They are locked by the first claim that does, so that
/// two transactions never judge by the same sample.
#[derive(Default)]
pub(super) struct FormPauses(Option<LockedRow<RequestLog>>);

impl FormPauses {
    /// True when a request through the form may go; then it is kept. A pause that begins or ends with it is written down.
    pub(super) fn admit(
        &mut self,
        tx: &mut Tx<'_>,
        form: &str,
        message: &Message,
        number: &Number,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let log = match &mut self.0 {
            Some(log) => log,
            free => free.insert(form_requests::lock(tx)?),
        };
        let keys = pause_keys(form, &number.phone);
        let mut may_go = true;
        for key in &keys {
            may_go &= is_clear(tx, log, key, now)?;
        }
        if may_go {
            form_requests::keep(tx, log, message.id, number.id, &keys, now)?;
        }
        Ok(may_go)
    }
}

/// True while the requests of a form or prefix may go.
fn is_clear(
    tx: &mut Tx<'_>,
    log: &LockedRow<RequestLog>,
    key: &PauseKey,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let pause = form_requests::pause(tx, log, key)?;
    let was_paused = pause.is_some_and(|pause: RequestPause| pause.is_open());
    let sample = form_requests::sample(tx, log, key, sample_from(pause, now))?;
    let is_paused = sample.is_suspicious(&organization::limits(tx)?);
    if is_paused && !was_paused {
        form_requests::begin_pause(tx, log, key, now)?;
        log::warn!("Opt-in requests of a {} are paused: almost no number replied START", key.0);
    } else if was_paused && !is_paused {
        form_requests::clear_pause(tx, log, key)?;
    }
    Ok(!is_paused)
}

/// Lets a request wait while its form or prefix is paused, until it is too late.
pub(super) fn put_off(tx: &mut Tx<'_>, message: &Message, now: Timestamp) -> Result<(), ActionError> {
    let why = StatusChange::coded(PAUSED, WORDS);
    if is_too_late(message.created_at, now) {
        messages::advance(tx, message, Status::Blocked, now, &why)?;
        return requests::failed(tx, message, WORDS, now);
    }
    let due_at = now.plus(LOOK_AGAIN);
    // It was counted when it began to wait.
    if message.error_code.as_deref() == Some(PAUSED) {
        return Ok(messages::set_due(tx, message.id, due_at)?);
    }
    tx.record_hit(LimitHit::PausedRequests);
    let why = StatusChange { due_at: Some(due_at), ..why };
    Ok(messages::advance(tx, message, Status::Queued, now, &why)?)
}
