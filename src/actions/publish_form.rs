//! A form's consent language: an administrator writes a new version, or a change of the program makes one. Used by the Forms
//! page and the edits of a program; it writes versions and the admin log. Versions and the events that rest on them never
//! change; each is filled from the form's template when it is published.

use sha2::{Digest, Sha256};

use crate::domain::id::FormId;
use crate::domain::language::Language;
use crate::domain::program::{Program, check_placeholders, default_wording};
use crate::domain::schedule::promises;
use crate::domain::time::Timestamp;
use crate::store::forms::{self, FormVersion, HostedForm};
use crate::store::{LockedRow, Tx, admin_log, programs};
use crate::words::template_error_text;

use super::{ActionContext, ActionError, FieldError, change, check_revision, revision_tag};

/// The longest heading, in characters.
const LONGEST_TITLE: usize = 200;

/// What an administrator enters about a form.
#[derive(Clone, Debug)]
pub struct FormChange {
    /// Its heading.
    pub title: String,
    /// The consent language with its placeholders.
    pub template: String,
    /// True when the lead must also reply START.
    pub double_opt_in: bool,
    /// The [`form_revision`] when the page was opened.
    pub revision: String,
}

/// The [`revision_tag`] of a form.
pub fn form_revision(form: &HostedForm) -> String {
    let kind = if form.double_opt_in { "double" } else { "single" };
    revision_tag([form.version.to_string().as_str(), kind, &form.title, &form.template])
}

/// Changes a form; a new wording becomes a new version. Events that rest on older ones keep theirs.
///
/// # Errors
/// What is wrong with which field, or [`ActionError::Conflict`] when the form was changed since the page was opened.
pub fn publish_form(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    slug: &str,
    edited: &FormChange,
) -> Result<(), ActionError> {
    let (before, shown) = forms::find_locked(tx, slug)?.ok_or(ActionError::NotFound("form"))?;
    check_revision(&edited.revision, &form_revision(&before))?;
    let program = programs::get_locked(tx, before.program_id)?.ok_or(ActionError::NotFound("program"))?;
    // Browsers send line ends of two characters; the wording is kept byte for byte as it is shown.
    let template = edited.template.replace("\r\n", "\n").trim().to_owned();
    let title = edited.title.trim().to_owned();
    let wording = check(&program, &title, &template)?;
    let after = HostedForm { title, template, double_opt_in: edited.double_opt_in, ..(*before).clone() };
    forms::update(tx, &before, &after, context.now)?;
    let version = publish(tx, context, &before, &shown, &wording)?;
    let kind = |form: &HostedForm| if form.double_opt_in { "double" } else { "single" };
    let changes: Vec<String> = [
        change("heading", &before.title, &after.title),
        change("opt-in", kind(&before), kind(&after)),
        change("consent language", &before.template, &after.template),
        change("version", &shown.version.to_string(), &version.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !changes.is_empty() {
        note(tx, context, slug, &changes.join("; "))?;
    }
    Ok(())
}

/// Publishes what a changed program makes of its forms' consent language. Returns the headings of the forms whose
/// wording is a new one.
///
/// # Errors
/// When the database fails.
pub(super) fn republish(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    before: &LockedRow<Program>,
    program: &Program,
) -> Result<Vec<String>, ActionError> {
    let mut renewed = Vec::new();
    for form in forms::of_locked(tx, before)? {
        let Some(shown) = forms::version(tx, form.id, form.version)? else { continue };
        let version = publish(tx, context, &form, &shown, &program.fill(&form.template))?;
        if version == shown.version {
            continue;
        }
        let details = format!(
            "{}. The program was changed.",
            change("version", &shown.version.to_string(), &version.to_string()).unwrap_or_default()
        );
        note(tx, context, &form.slug, &details)?;
        renewed.push(form.title.clone());
    }
    Ok(renewed)
}

/// The version that is shown from now on: a new one if the wording is.
fn publish(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    form: &LockedRow<HostedForm>,
    shown: &FormVersion,
    wording: &str,
) -> Result<i32, ActionError> {
    if shown.wording == wording {
        return Ok(shown.version);
    }
    remember_promise(tx, form, wording)?;
    let number = shown.version + 1;
    forms::publish(tx, form, &FormVersion { version: number, ..first_version(form.id, wording, context) })?;
    Ok(number)
}

/// A number of texts that stands in the consent language alone is promised too.
fn remember_promise(tx: &mut Tx<'_>, form: &HostedForm, wording: &str) -> Result<(), ActionError> {
    let program = programs::get_locked(tx, form.program_id)?.ok_or(ActionError::NotFound("program"))?;
    if !program.has_promised && !promises(wording).is_empty() {
        let after = Program { has_promised: true, ..(*program).clone() };
        programs::update(tx, &program, after)?;
    }
    Ok(())
}

/// Makes a program's first hosted form, for double opt-in.
///
/// # Errors
/// When the database fails, or the slug is taken.
pub(super) fn first_form(
    tx: &mut Tx<'_>,
    program: &LockedRow<Program>,
    slug: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let title = if program.is_default {
        "Sign up for texts".to_owned()
    } else {
        format!("Sign up for {}", program.name)
    };
    let form = HostedForm {
        id: tx.new_id(now)?,
        program_id: program.id,
        slug: slug.to_owned(),
        title: title.chars().take(LONGEST_TITLE).collect(),
        double_opt_in: true,
        version: 1,
        created_at: now,
        updated_at: now,
        template: default_wording(Language::English).form_wording.clone(),
    };
    let form = forms::insert(tx, program, form)?;
    let wording = program.fill(&form.template);
    Ok(forms::publish(tx, &form, &first_version(form.id, &wording, &ActionContext::system(now)))?)
}

/// The first version of a form's consent language.
fn first_version(form: FormId, wording: &str, context: &ActionContext<'_>) -> FormVersion {
    FormVersion {
        form_id: form,
        version: 1,
        locale: "en".to_owned(),
        wording: wording.to_owned(),
        wording_sha256: Sha256::digest(wording.as_bytes()).to_vec(),
        published_at: context.now,
        published_by: context.actor.to_string(),
    }
}

fn check(program: &Program, title: &str, template: &str) -> Result<String, ActionError> {
    let errors = change_errors(program, title, template);
    if errors.is_empty() { Ok(program.fill(template)) } else { Err(ActionError::Invalid(errors)) }
}

/// Everything that is wrong with a heading and a consent language.
pub fn change_errors(program: &Program, title: &str, template: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if title.trim().is_empty() || title.trim().chars().count() > LONGEST_TITLE {
        errors.push(FieldError::new("title", "Enter a heading of at most 200 characters."));
    }
    let wording = program.fill(template);
    let upper = wording.to_uppercase();
    if let Err(error) = check_placeholders(template) {
        errors.push(FieldError::new("wording", template_error_text(&error)));
    } else if wording.chars().count() > 4000
        || !["STOP", "HELP", "RATES"].iter().all(|word| upper.contains(word))
    {
        let words =
            "The consent language must say STOP, HELP and that rates may apply, in at most 4,000 characters.";
        errors.push(FieldError::new("wording", words));
    }
    errors
}

fn note(tx: &mut Tx<'_>, context: &ActionContext<'_>, slug: &str, details: &str) -> Result<(), ActionError> {
    Ok(admin_log::add(tx, context.actor, "form.changed", &format!("form:{slug}"), details, context.now)?)
}
