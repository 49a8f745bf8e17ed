//! An administrator changes a program's wording. Wording that must not be texted is refused, field by field. Used by the
//! Programs page and the command line; it writes the program, new versions of its forms and the admin log.

use crate::domain::program::{Program, check_invitation};
use crate::domain::schedule::promises_none;
use crate::store::{Tx, programs};

use super::publish_form::republish;
use super::wording::{clean, line_error, template_error};
use super::{
    ActionContext, ActionError, FieldError, change, check_revision, edit_replies, revision_tag, save_program,
};

/// What an administrator enters about a program.
#[derive(Clone, Debug, Default)]
pub struct ProgramChange {
    /// Its name for people.
    pub name: String,
    /// The brand that texts.
    pub brand: String,
    /// The text that asks for START.
    pub opt_in_template: String,
    /// The confirmation of a START.
    pub opt_in_reply: String,
    /// The one confirmation of a STOP.
    pub opt_out_reply: String,
    /// The reply to HELP.
    pub help_reply: String,
    /// How often texts are promised at most, in words.
    pub frequency: String,
    /// How to reach a person.
    pub contact_route: String,
    /// Hold time in days; `None` when it was no number.
    pub hold_days: Option<i32>,
    /// Where the privacy policy stands; may be empty.
    pub privacy_url: String,
    /// Where the terms stand; may be empty.
    pub terms_url: String,
    /// Asks how we got a number before its opt-in template goes out.
    pub requires_basis: bool,
    /// False when its texts keep no quiet hours.
    pub keeps_quiet_hours: bool,
    /// False when the promised frequency caps nothing.
    pub keeps_frequency: bool,
    /// The [`wording_revision`] when the page was opened.
    pub revision: String,
}

/// The [`revision_tag`] of what [`edit_program`] changes.
pub fn wording_revision(program: &Program) -> String {
    let url = |url: &Option<String>| url.clone().unwrap_or_default();
    let kept = [program.requires_basis, program.keeps_quiet_hours, program.keeps_frequency];
    revision_tag([
        program.name.as_str(),
        &program.brand,
        &program.opt_in_template,
        &program.opt_in_reply,
        &program.opt_out_reply,
        &program.help_reply,
        &program.frequency,
        &program.contact_route,
        &program.hold_days.to_string(),
        &url(&program.privacy_url),
        &url(&program.terms_url),
        &format!("{kept:?}"),
    ])
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
    check_revision(&wording.revision, &wording_revision(&before))?;
    let after = Program {
        name: clean(&wording.name),
        brand: clean(&wording.brand),
        opt_in_template: clean(&wording.opt_in_template),
        opt_in_reply: clean(&wording.opt_in_reply),
        opt_out_reply: clean(&wording.opt_out_reply),
        help_reply: clean(&wording.help_reply),
        frequency: clean(&wording.frequency),
        contact_route: clean(&wording.contact_route),
        hold_days: wording.hold_days.unwrap_or_default(),
        privacy_url: Some(clean(&wording.privacy_url)).filter(|url| !url.is_empty()),
        terms_url: Some(clean(&wording.terms_url)).filter(|url| !url.is_empty()),
        requires_basis: wording.requires_basis,
        keeps_quiet_hours: wording.keeps_quiet_hours,
        keeps_frequency: wording.keeps_frequency,
        ..(*before).clone()
    };
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
    errors.extend(invitation.map(|words| FieldError::new("opt_in_template", words)));
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

fn kept(is_kept: bool) -> &'static str {
    if is_kept { "kept" } else { "not kept" }
}

/// What became of what, for the log.
fn changes(before: &Program, after: &Program) -> Vec<String> {
    let url = |url: &Option<String>| url.clone().unwrap_or_default();
    let asked = |program: &Program| if program.requires_basis { "asked" } else { "not asked" };
    [
        change("name", &before.name, &after.name),
        change("brand", &before.brand, &after.brand),
        change("opt-in template", &before.opt_in_template, &after.opt_in_template),
        change("START reply", &before.opt_in_reply, &after.opt_in_reply),
        change("STOP reply", &before.opt_out_reply, &after.opt_out_reply),
        change("HELP reply", &before.help_reply, &after.help_reply),
        change("frequency", &before.frequency, &after.frequency),
        change("contact route", &before.contact_route, &after.contact_route),
        change("days to hold", &before.hold_days.to_string(), &after.hold_days.to_string()),
        change("privacy policy", &url(&before.privacy_url), &url(&after.privacy_url)),
        change("terms", &url(&before.terms_url), &url(&after.terms_url)),
        change("how we got a number", asked(before), asked(after)),
        change("quiet hours", kept(before.keeps_quiet_hours), kept(after.keeps_quiet_hours)),
        change("promised frequency", kept(before.keeps_frequency), kept(after.keeps_frequency)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
