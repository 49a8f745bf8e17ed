//! Turns the answers of the form into the update that they ask for. Only the form uses it; it writes nothing.

use std::str::FromStr;

use super::upload::FileUpload;
use super::{ConsentForm, ConsentSubject, TOO_LARGE};
use crate::actions::FieldError;
use crate::actions::record_consent::NewConsentRecord;
use crate::domain::consent::ConsentState;
use crate::domain::decide::{check_given_at, check_reason};
use crate::domain::evidence::{ConsentDocument, DocumentKind};
use crate::domain::intent::Refusal;
use crate::domain::time::Timestamp;
use crate::web::admin::civil_day::civil_day;
use crate::web::admin::revocations;
use crate::web::session::Calendars;
use crate::words::{refusal_for_person, refusal_text};

/// The update that the answers ask for, or everything that is wrong with them, at once.
pub(super) fn checked(
    given: &ConsentForm,
    file: &FileUpload,
    about: &ConsentSubject,
    now: Timestamp,
) -> Result<NewConsentRecord, Vec<FieldError>> {
    let reason = given.reason.trim().to_owned();
    let explained = check_reason(&reason).map_err(|why| vec![FieldError::new("reason", refusal_text(&why))]);
    match given.update.as_str() {
        "opt_in" => opt_in(given, reason, file, about, now),
        "opt_out" => opt_out(given, about.calendars, now),
        "reassigned" => explained.map(|()| NewConsentRecord::Reassigned(reason)),
        "do_not_text" => explained.map(|()| NewConsentRecord::SetDoNotText(reason)),
        "clear_do_not_text" => {
            let set_at = Timestamp::from_micros(given.flag_set_at.parse().unwrap_or_default());
            explained.map(|()| NewConsentRecord::ClearDoNotText { reason, set_at })
        }
        _ => Err(vec![FieldError::new("update", "Choose what to record.")]),
    }
}

fn opt_out(
    given: &ConsentForm,
    calendars: Calendars,
    now: Timestamp,
) -> Result<NewConsentRecord, Vec<FieldError>> {
    let confirm = given.confirm == "yes";
    let received_on = civil_day(&given.received_on, calendars, now);
    revocations::read(&given.channel, &given.reason, received_on, confirm, calendars, now)
        .map(NewConsentRecord::OptOut)
}

fn opt_in(
    given: &ConsentForm,
    reason: String,
    file: &FileUpload,
    about: &ConsentSubject,
    now: Timestamp,
) -> Result<NewConsentRecord, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, why: &str| errors.push(FieldError::new(field, why));
    if let ConsentState::OptedOut(since) = about.state {
        let refusal = Refusal::OptedOut { on: since.date(about.calendars.organization) };
        wrong("update", &refusal_for_person(&refusal, about.sender.as_deref()));
    }
    let document = DocumentKind::from_str(&given.document).ok();
    if document.is_none() {
        wrong("document", "Choose the kind of document.");
    }
    let organization = about.calendars.organization;
    let given_at = civil_day(&given.given_on, about.calendars, now).map(Timestamp::of_day);
    match given_at.map(|at| check_given_at(&about.number.consent, at, now, organization)) {
        None => wrong("given_on", NO_DAY),
        Some(Err(why)) => wrong("given_on", &refusal_text(&why)),
        Some(Ok(())) => {}
    }
    if check_reason(&reason).is_err() {
        wrong("reason", &refusal_text(&Refusal::ReferenceTooShort));
    }
    let file = match file {
        FileUpload::None => Ok(None),
        FileUpload::Empty => Err("The file is empty. Choose the document itself."),
        FileUpload::TooLarge => Err(TOO_LARGE),
        FileUpload::Unknown => Err(UNKNOWN_KIND),
        FileUpload::Received(received) => Ok(Some(received.file)),
    };
    let file = file.map_err(|why| wrong("file", why)).ok();
    if given.seen != "yes" {
        wrong("seen", "Confirm that you have seen the document.");
    }
    match (document, given_at, file) {
        (Some(document), Some(given_at), Some(file)) if errors.is_empty() => {
            let document = ConsentDocument { document, given_at, reason, file_sha256: None, file_type: None };
            Ok(NewConsentRecord::OptIn(document, file))
        }
        _ => Err(errors),
    }
}

const UNKNOWN_KIND: &str = "This kind of file cannot be kept. Choose a PDF, PNG, JPEG, TXT, WAV or MP3.";
const NO_DAY: &str = "Enter the day on the document as year, month and day, for example 2026-11-03.";
