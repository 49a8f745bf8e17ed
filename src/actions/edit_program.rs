//! An administrator changes a program's wording. Wording that must not be texted is refused, field by field. Used by the
//! Programs page and the command line; it writes the program, new versions of its forms and the admin log.

use crate::domain::program::{Program, check_invitation};
use crate::domain::schedule::promises_none;
use crate::store::{Tx, programs};
use crate::words::template_error_text;

use super::publish_form::republish;
use super::settings_form::{differences, settings_form};
use super::wording::{line_error, template_error};
use super::{ActionContext, ActionError, FieldError, check_revision, edit_replies, save_program};

settings_form! {
    /// What an administrator enters about a program, as it was typed.
    ProgramChange of Program {
        name: String = "Name",
        brand: String = "Brand",
        opt_in_template: String = "Opt-in template",
        opt_in_reply: String = "Reply to START",
        opt_out_reply: String = "Reply to STOP",
        help_reply: String = "Reply to HELP",
        frequency: String = "Frequency",
        contact_route: String = "Support contact",
        hold_days: i32 = "Hold time in days",
        privacy_url: Option<String> = "Privacy policy",
        terms_url: Option<String> = "Terms",
        requires_basis: bool = "Ask how you got a number",
        keeps_quiet_hours: bool = "Enforce quiet hours",
        keeps_frequency: bool = "Enforce the promised frequency",
    }
}

/// Writes a program's wording and who changed what. Its forms promise what the program does, so in the same transaction
/// they get a new version where their wording follows. Returns the headings of those forms.
///
/// # Errors
/// What is wrong with which field, that there is no such program, or [`ActionError::Conflict`] when it was changed since the
/// page was opened.
pub fn edit_program(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    slug: &str,
    wording: &ProgramChange,
) -> Result<Vec<String>, ActionError> {
    let before = programs::find_locked(tx, Some(slug))?.ok_or(ActionError::NotFound("program"))?;
    check_revision(&wording.revision, &ProgramChange::of(&before).revision)?;
    let after = wording.over((*before).clone());
    let errors = wrong(&after);
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let changes = changes(&before, &after);
    match save_program(tx, context, &before, after, &changes)? {
        Some(program) => republish(tx, context, &before, &program),
        None => Ok(Vec::new()),
    }
}

/// Changes which of the dated rules a program keeps (the default one without a slug); `None` leaves one as it is.
///
/// # Errors
/// [`ActionError::NotFound`] when there is no such program.
pub fn keep_rules(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    slug: Option<&str>,
    quiet_hours: Option<bool>,
    frequency: Option<bool>,
) -> Result<Program, ActionError> {
    let before = programs::find_locked(tx, slug)?.ok_or(ActionError::NotFound("program"))?;
    let after = Program {
        keeps_quiet_hours: quiet_hours.unwrap_or(before.keeps_quiet_hours),
        keeps_frequency: frequency.unwrap_or(before.keeps_frequency),
        ..(*before).clone()
    };
    let changes = changes(&before, &after);
    Ok(save_program(tx, context, &before, after, &changes)?.unwrap_or_else(|| before.into_inner()))
}

/// What a program may not be, field by field.
pub(super) fn wrong(program: &Program) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let short: [(&str, &str); 4] = [
        ("name", &program.name),
        ("brand", &program.brand),
        ("frequency", &program.frequency),
        ("contact_route", &program.contact_route),
    ];
    for (field, text) in short {
        errors.extend(line_error(text).map(|words| FieldError::new(field, words)));
    }
    let promising = [("frequency", &program.frequency), ("opt_in_template", &program.opt_in_template)];
    for (field, _) in promising.iter().filter(|(_, words)| promises_none(words)) {
        errors.push(FieldError::new(
            field,
            "Zero texts are no frequency. Enter a larger number, or “message frequency varies”.",
        ));
    }
    let invitation = check_invitation(&program.opt_in_template).err();
    errors.extend(invitation.map(|error| FieldError::new("opt_in_template", template_error_text(&error))));
    if !errors.iter().any(|error| error.field == "opt_in_template") {
        let error = template_error(&program.opt_in_template, &program.invitation(), &[]);
        errors.extend(error.map(|error| FieldError::new("opt_in_template", error)));
    }
    errors.extend(edit_replies::wrong_in_english(program));
    for (language, replies) in &program.replies {
        errors.extend(edit_replies::wrong(program, replies, *language));
    }
    if !(1..=90).contains(&program.hold_days) {
        errors.push(FieldError::new("hold_days", "Enter a number of days from 1 to 90."));
    }
    for (field, url) in [("privacy_url", &program.privacy_url), ("terms_url", &program.terms_url)] {
        if url.as_ref().is_some_and(|url| !is_https(url)) {
            let words = "Enter an address that begins with https://, or leave it empty.";
            errors.push(FieldError::new(field, words));
        }
    }
    errors
}

/// An address that a browser opens safely.
fn is_https(url: &str) -> bool {
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.contains('.') && url.len() <= 500 && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// What became of what, for the log.
fn changes(before: &Program, after: &Program) -> Vec<String> {
    differences(&ProgramChange::of(before).answers(), &ProgramChange::of(after).answers())
}
