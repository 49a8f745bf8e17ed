//! Accepts a text for sending: ask the gate, then queue it, hold it behind an opt-in request, or keep the refused attempt.
//! Used by pages, the JSON API and `expired_holds`; it writes messages, and the request through `transition`.

use chrono::Duration;

use crate::domain::consent::StateName;
use crate::domain::decide::check_reason;
use crate::domain::evidence::ContactBasis;
use crate::domain::gate::{CheckName, GateOutcome, Verdict};
use crate::domain::id::MessageId;
use crate::domain::intent::Intent;
use crate::domain::limit_hit::LimitHit;
use crate::domain::message::{Category, Lane, Status};
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::sms;
use crate::store::contacts::ContactDetails;
use crate::store::messages::{self, Message};
use crate::store::{Tx, numbers, organization, programs};
use crate::words::{headline, phone_error_text, refusal_headline};

use super::save_contact::create_contact;
use super::transition::apply;
use super::{ActionContext, ActionError, FieldError, sending_context};

/// A text to send.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// To whom, in any format.
    pub to: String,
    /// The text.
    pub body: String,
    /// What it is for.
    pub category: Category,
    /// The program's slug; the default program when absent.
    pub program: Option<String>,
    /// How we got the number; kept with the invitation, if one goes out.
    pub basis: Option<ContactBasis>,
}

/// What became of it.
#[derive(Debug)]
pub struct SendResult {
    /// The message, or the stored attempt.
    pub id: MessageId,
    /// Queued, held, or blocked.
    pub status: Status,
    /// Why it was refused.
    pub code: Option<&'static str>,
    /// The gate's answer; none when the recipient is no number.
    pub verdict: Option<Verdict>,
    /// The refusal or the waiting in words.
    pub words: String,
}

/// Accepts, holds or refuses a text. A refused attempt is stored as well.
///
/// # Errors
/// [`ActionError::Invalid`] for an empty or overlong text or a basis that explains nothing, [`ActionError::NotFound`] for an unknown program.
pub fn send_message(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    wanted: &NewMessage,
) -> Result<SendResult, ActionError> {
    check_body(&wanted.body).map_err(|error| ActionError::Invalid(vec![error]))?;
    check_basis(wanted.basis.as_ref()).map_err(|error| ActionError::Invalid(vec![error]))?;
    let program = programs::find(tx, wanted.program.as_deref())?.ok_or(ActionError::NotFound("program"))?;
    let to: String = wanted.to.chars().filter(|c| !c.is_control()).take(64).collect();
    let mut message = Message {
        category: wanted.category,
        status: Status::Blocked,
        ..Message::new(
            tx.new_id(context.now)?,
            program.id,
            Lane::Gated,
            &to,
            &wanted.body,
            context.actor,
            context.now,
        )
    };
    let phone = match Phone::parse(&wanted.to, context.region) {
        Ok(phone) => phone,
        Err(error) => {
            let words = phone_error_text(error).to_owned();
            return refuse(tx, message, INVALID_NUMBER, words, None);
        }
    };
    let mut number = numbers::find_or_create(tx, &phone, context.now)?;
    message.number_id = Some(number.id);
    phone.as_str().clone_into(&mut message.to_text);
    let standing = sending_context(tx, &program)?;
    let mut verdict = standing.verdict(tx, &number, &program, wanted.category, context.now)?;
    match verdict.answer(Lane::Gated) {
        GateOutcome::Refuse(check) => {
            LimitHit::of(check).into_iter().for_each(|hit| tx.record_hit(hit));
            let words = refusal_headline(&verdict, check);
            return refuse(tx, message, code_of(check), words, Some(verdict));
        }
        GateOutcome::Wait { until: Some(until) } => {
            message.status = Status::Scheduled;
            message.due_at = until;
        }
        GateOutcome::Send(_) | GateOutcome::Wait { until: None } => message.status = Status::Queued,
        GateOutcome::Hold if needs_basis(&program, &verdict) && wanted.basis.is_none() => {
            return refuse(tx, message, BASIS_REQUIRED, NO_BASIS.to_owned(), Some(verdict));
        }
        GateOutcome::Hold => {
            message.status = Status::Held;
            message.expires_at = Some(context.now.plus(Duration::days(program.hold_days.into())));
            if verdict.state == StateName::NotAsked && verdict.request.is_none() {
                let (id, text, basis) = (tx.new_id(context.now)?, program.invitation(), wanted.basis.clone());
                let intent = Intent::Invite { message: id, text, basis };
                apply(tx, context, &mut number, &program, intent)?;
                verdict = standing.verdict(tx, &number, &program, wanted.category, context.now)?;
            }
        }
    }
    let words = match message.status {
        Status::Held => {
            "Held. We send an opt-in request first, and this message after the contact replies START."
                .to_owned()
        }
        Status::Scheduled => {
            format!("Scheduled for the next allowed time. {}", headline(&verdict))
        }
        _ => "Queued for delivery.".to_owned(),
    };
    message.accepted_seq = number.consent.seq;
    message.verdict = Some(serde_json::to_string(&verdict).map_err(crate::store::StoreError::from)?);
    messages::insert(tx, &message, Some(&words))?;
    let (id, status) = (message.id, message.status);
    Ok(SendResult { id, status, code: None, verdict: Some(verdict), words })
}

/// As [`send_message`], for a page: where the basis is missing the form asks for it, and no attempt is kept.
///
/// # Errors
/// As [`send_message`], and [`ActionError::Invalid`] for a missing basis.
pub fn send_from_page(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    wanted: &NewMessage,
) -> Result<SendResult, ActionError> {
    let result = send_message(tx, context, wanted)?;
    if result.code == Some(BASIS_REQUIRED) {
        let words =
            "Say in words how you got the number, for example: asked for a quote by phone on November 2.";
        let errors = [("basis.kind", CHOOSE_BASIS), ("basis.words", words)];
        let errors = errors.map(|(field, words)| FieldError::new(field, words));
        return Err(ActionError::Invalid(errors.into()));
    }
    Ok(result)
}

/// As [`send_from_page`], to a number that becomes a contact first.
///
/// # Errors
/// As [`send_from_page`] and [`create_contact`].
pub fn send_to_phone(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    phone: &Phone,
    wanted: &NewMessage,
) -> Result<SendResult, ActionError> {
    let is_contact = numbers::find(tx, phone)?.is_some_and(|number| number.contact_count > 0);
    if !is_contact {
        create_contact(tx, context, phone.as_str(), &ContactDetails::default())?;
    }
    send_from_page(tx, context, wanted)
}

/// What became of a text when it was accepted or refused: told again for the same `Idempotency-Key`.
///
/// # Errors
/// [`ActionError::NotFound`] when the message is gone.
pub fn once_accepted(tx: &mut Tx<'_>, id: MessageId) -> Result<SendResult, ActionError> {
    let message = messages::get(tx, id)?.ok_or(ActionError::NotFound("message"))?;
    let first = messages::steps(tx, id)?.into_iter().next().ok_or(ActionError::NotFound("message"))?;
    let kept = message.verdict.as_deref();
    let calendar = organization::calendar(tx)?;
    let verdict = kept.and_then(|json| Verdict::recorded(json, calendar));
    let code = first.code.as_deref().and_then(known_code);
    Ok(SendResult { id, status: first.status, code, verdict, words: first.note.unwrap_or_default() })
}

/// The recipient is no phone number.
const INVALID_NUMBER: &str = "invalid_number";
/// The opt-in template would go out, but the request does not say how we got the number.
const BASIS_REQUIRED: &str = "basis_required";
/// Shown where the kind of basis is missing.
pub const CHOOSE_BASIS: &str = "Choose how you got this number.";
const NO_BASIS: &str = "The program asks how you got this number before its opt-in template goes out: give a basis, its \
    kind and its words.";

fn known_code(code: &str) -> Option<&'static str> {
    let all = CheckName::ALL.iter().map(|check| code_of(*check));
    all.chain([INVALID_NUMBER, BASIS_REQUIRED]).find(|known| *known == code)
}

fn refuse(
    tx: &mut Tx<'_>,
    mut message: Message,
    code: &'static str,
    words: String,
    verdict: Option<Verdict>,
) -> Result<SendResult, ActionError> {
    message.error_code = Some(code.to_owned());
    message.error_text = Some(words.clone());
    let json = verdict.as_ref().map(serde_json::to_string).transpose();
    message.verdict = json.map_err(crate::store::StoreError::from)?;
    messages::insert(tx, &message, Some(&words))?;
    Ok(SendResult { id: message.id, status: Status::Blocked, code: Some(code), verdict, words })
}

/// Can this be the text of a message?
///
/// # Errors
/// What is wrong with it.
pub fn check_body(body: &str) -> Result<(), FieldError> {
    let error = if body.trim().is_empty() {
        "Write the text that is to be sent."
    } else if body.chars().count() > sms::MAX_BODY {
        "The text is longer than 1,600 characters. Shorten it."
    } else if body.contains('\0') {
        "The text contains a character that no phone shows (NUL). Remove it."
    } else {
        return Ok(());
    };
    Err(FieldError::new("body", error))
}

/// Checks that a basis explains how we got the number. Whether one is needed is up to the program.
///
/// # Errors
/// What is wrong with it.
pub fn check_basis(basis: Option<&ContactBasis>) -> Result<(), FieldError> {
    match basis.map(|basis| check_reason(&basis.words)) {
        Some(Err(_)) => {
            let words = "Say in words how you got the number: at least 10 characters, and at least two different words.";
            Err(FieldError::new("basis.words", words))
        }
        _ => Ok(()),
    }
}

/// True when a text to the number would be its invitation, and the program asks first how we got the number.
pub fn needs_basis(program: &Program, verdict: &Verdict) -> bool {
    let is_new = verdict.state == StateName::NotAsked && verdict.request.is_none();
    let invites = is_new && verdict.answer(Lane::Gated) == GateOutcome::Hold;
    program.requires_basis && invites
}

/// The stable code of a refusal, as the API speaks it.
pub fn code_of(check: CheckName) -> &'static str {
    match check {
        CheckName::Consent => "not_opted_in",
        CheckName::OptOut => "opted_out",
        CheckName::DoNotText => "do_not_text",
        CheckName::Paused => "paused",
        CheckName::Number => "unreachable",
        CheckName::Region => "region_not_allowed",
        CheckName::Sender => "no_sender",
        CheckName::QuietHours => "quiet_hours",
        CheckName::Frequency => "frequency",
        CheckName::UnaskedTexts => "unasked_limit",
        CheckName::Operations => "sending_off",
    }
}
