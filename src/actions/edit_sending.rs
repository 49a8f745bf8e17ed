//! An administrator changes from which number and when a program texts, and which words reply to it. Used by the Programs
//! page through `Commands`; it writes the program, its sender number and the admin log.

use crate::domain::id::ProgramId;
use crate::domain::phone::Phone;
use crate::domain::program::{
    Program, ProgramKind, RegionList, UnknownRegion, WordList, check_code, check_words,
};
use crate::domain::reply::ReplyIntent;
use crate::domain::time::Timestamp;
use crate::store::{LockedRow, Tx, programs};
use crate::words::{phone_error_text, rule_error_text, word_error_text};

use super::settings_form::{differences, settings_form};
use super::{ActionContext, ActionError, FieldError, check_revision, save_program};

const OF_ANOTHER: &str = "Another program texts from this number: a reply to it would not say which one is meant. Enter a \
    number of its own.";

settings_form! {
    /// What an administrator enters, as it was typed. An empty sender number or kind leaves it as it is.
    SendingChange {
        sender: String = "Sender number",
        regions: String = "Regions",
        hours: String = "Sending hours",
        kind: String = "Kind of texts",
        code: String = "STOP code",
        revoke_words: String = "Extra STOP keywords",
        help_words: String = "Extra HELP keywords",
        opt_in_words: String = "Extra START keywords",
    }
}

impl SendingChange {
    /// As it stands.
    pub fn of(program: &Program, sender: Option<&str>) -> SendingChange {
        let sending = SendingChange {
            sender: sender.unwrap_or_default().to_owned(),
            regions: program.regions.as_str().to_owned(),
            hours: program.hours.as_str().to_owned(),
            kind: program.kind.to_string(),
            code: program.code.clone().unwrap_or_default(),
            revoke_words: program.revoke_words.as_str().to_owned(),
            help_words: program.help_words.as_str().to_owned(),
            opt_in_words: program.opt_in_words.as_str().to_owned(),
            revision: String::new(),
        };
        sending.tagged()
    }
}

/// Writes a program's sender number, hours, code and keywords, and who changed what.
///
/// # Errors
/// What is wrong with which field, that there is no such program, or [`ActionError::Conflict`] when it was changed since the
/// page was opened.
pub fn edit_sending(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    slug: &str,
    sending: &SendingChange,
) -> Result<(), ActionError> {
    let before = programs::find_locked(tx, Some(slug))?.ok_or(ActionError::NotFound("program"))?;
    let was = programs::sender(tx, before.id)?;
    check_revision(&sending.revision, &SendingChange::of(&before, was.as_deref()).revision)?;
    let mut errors = Vec::new();
    let code = code(tx, &before, &sending.code, &mut errors)?;
    let revoke = ReplyIntent::Revoke { program_code: None };
    let revoke_words =
        words(("revoke_words", &before.revoke_words), &sending.revoke_words, &revoke, &mut errors);
    let help_words =
        words(("help_words", &before.help_words), &sending.help_words, &ReplyIntent::Help, &mut errors);
    let opt_in_words = words(
        ("opt_in_words", &before.opt_in_words),
        &sending.opt_in_words,
        &ReplyIntent::OptIn,
        &mut errors,
    );
    let hours = sending.hours.parse().unwrap_or_else(|error: crate::domain::schedule::RuleError| {
        errors.push(FieldError::new("hours", rule_error_text(error)));
        before.hours.clone()
    });
    let kind = kind(&before, &sending.kind, &mut errors);
    let regions = regions(&before, &sending.regions, &mut errors);
    let after =
        Program { hours, kind, regions, code, revoke_words, help_words, opt_in_words, ..(*before).clone() };
    errors.extend(said_twice(&after));
    let sender = sender(tx, before.id, &sending.sender, context.region, &mut errors)?;
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let is = sender.as_deref().or(was.as_deref());
    let (was, is) = (SendingChange::of(&before, was.as_deref()), SendingChange::of(&after, is));
    let changes = differences(&was.answers(), &is.answers());
    if let Some(sender) = sender {
        text_from(tx, &before, &sender, context.now)?;
    }
    save_program(tx, context, &before, after, &changes)?;
    Ok(())
}

/// The number as E.164, if the program may text from it; none where nothing is entered.
///
/// # Errors
/// When the database fails. What is wrong with the number goes to `errors`.
pub(super) fn sender(
    tx: &mut Tx<'_>,
    program: ProgramId,
    text: &str,
    region: &str,
    errors: &mut Vec<FieldError>,
) -> Result<Option<String>, ActionError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match Phone::parse(text, region) {
        Ok(phone) => {
            if programs::of_sender(tx, phone.as_str())?.is_some_and(|owner| owner != program) {
                errors.push(FieldError::new("sender", OF_ANOTHER));
            }
            Ok(Some(phone.as_str().to_owned()))
        }
        Err(error) => {
            errors.push(FieldError::new("sender", phone_error_text(error)));
            Ok(None)
        }
    }
}

/// Makes the number the program's.
///
/// # Errors
/// [`ActionError::Invalid`] when it is another program's.
pub(super) fn text_from(
    tx: &mut Tx<'_>,
    program: &LockedRow<Program>,
    sender: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let is_its_own = programs::text_from(tx, program, sender, now)?;
    if is_its_own { Ok(()) } else { Err(ActionError::field("sender", OF_ANOTHER)) }
}

/// The regions as they were typed. Nothing typed leaves them as they are.
fn regions(before: &Program, text: &str, errors: &mut Vec<FieldError>) -> RegionList {
    match text.parse::<RegionList>() {
        Ok(regions) if regions.is_empty() => before.regions.clone(),
        Ok(regions) => regions,
        Err(UnknownRegion(word)) => {
            errors.push(FieldError::new("regions", unknown_region(&word)));
            before.regions.clone()
        }
    }
}

fn unknown_region(word: &str) -> String {
    format!("“{word}” is not a country code. Enter codes of two letters, such as US, PR or CA.")
}

/// Changes the regions of a program (the default one without a slug).
///
/// # Errors
/// [`ActionError::NotFound`] when there is no such program, [`ActionError::Invalid`] for a word that is no region.
pub fn set_regions(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    slug: Option<&str>,
    text: &str,
) -> Result<Program, ActionError> {
    let before = programs::find_locked(tx, slug)?.ok_or(ActionError::NotFound("program"))?;
    let mut errors = Vec::new();
    let regions = regions(&before, text, &mut errors);
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let changes = super::change("Regions", before.regions.as_str(), regions.as_str());
    let after = Program { regions, ..(*before).clone() };
    let changes: Vec<String> = changes.into_iter().collect();
    Ok(save_program(tx, context, &before, after, &changes)?.unwrap_or_else(|| before.into_inner()))
}

fn kind(before: &Program, text: &str, errors: &mut Vec<FieldError>) -> ProgramKind {
    if text.is_empty() {
        return before.kind;
    }
    text.parse().unwrap_or_else(|_| {
        errors.push(FieldError::new("kind", "Choose marketing or informational."));
        before.kind
    })
}

fn code(
    tx: &mut Tx<'_>,
    program: &Program,
    text: &str,
    errors: &mut Vec<FieldError>,
) -> Result<Option<String>, ActionError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match check_code(text, program.code.as_deref()) {
        Ok(code) => {
            if programs::of_code(tx, &code)?.is_some_and(|other| other.id != program.id) {
                errors.push(FieldError::new("code", "Another program has this code. Choose another word."));
            }
            Ok(Some(code))
        }
        Err(error) => {
            errors.push(FieldError::new("code", word_error_text(&error)));
            Ok(None)
        }
    }
}

/// The words of a field. Those that the program has already stay.
fn words(
    (field, kept): (&str, &WordList),
    text: &str,
    meaning: &ReplyIntent,
    errors: &mut Vec<FieldError>,
) -> WordList {
    let parsed = text.parse::<WordList>();
    let checked = parsed.and_then(|words| check_words(&words, kept, meaning).map(|()| words));
    checked.unwrap_or_else(|error| {
        errors.push(FieldError::new(field, word_error_text(&error)));
        WordList::default()
    })
}

/// A word in two lists is refused: it would take the stricter meaning without saying why.
fn said_twice(program: &Program) -> Option<FieldError> {
    let (revoke, help) = (program.revoke_words.words(), program.help_words.words());
    let twice = |word: &String| revoke.contains(word) || help.contains(word);
    let opt_in = program.opt_in_words.words();
    let word =
        opt_in.iter().find(|word| twice(word)).or_else(|| help.iter().find(|word| revoke.contains(word)))?;
    let field = if opt_in.contains(word) { "opt_in_words" } else { "help_words" };
    Some(FieldError::new(field, format!("“{word}” stands in another list too. Leave it in one.")))
}
