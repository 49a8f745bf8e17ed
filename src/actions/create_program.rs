//! An administrator adds a program. Used by the Programs page through `Commands`; it writes the program with its first
//! wording, its sender number, a hosted form, and a state for every number on record.

use serde::Deserialize;

use crate::domain::background_job::JobTask;
use crate::domain::program::{Program, RegionList};
use crate::store::{Tx, admin_log, backfill, background_jobs, forms, programs};

use super::edit_sending::{sender, text_from};
use super::publish_form::first_form;
use super::{ActionContext, ActionError, FieldError, one_line};

/// What an administrator enters about a new program.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewProgram {
    /// Its name in addresses and in the API.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The brand that texts.
    pub brand: String,
    /// How to reach a person.
    pub contact_route: String,
    /// The number its texts come from, in any format.
    pub sender: String,
}

/// Adds the program and its hosted form, whose address has the same slug.
///
/// # Errors
/// What is wrong with which field.
pub fn create_program(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    new: &NewProgram,
) -> Result<(), ActionError> {
    let others = programs::all_locked(tx)?;
    let slug = new.slug.trim();
    let (name, brand, contact) = (one_line(&new.name), one_line(&new.brand), one_line(&new.contact_route));
    let program = Program::new(tx.new_id(context.now)?, slug, &name, &brand, &contact, context.now);
    let program = Program { regions: RegionList::of_country(context.region), ..program };
    let mut errors = super::edit_program::wrong(&program);
    errors.extend(check_slug(tx, slug)?);
    let sender = sender(tx, program.id, &new.sender, context.region, &mut errors)?;
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let program = programs::insert(tx, &others, program)?;
    if let Some(sender) = &sender {
        text_from(tx, &program, sender, context.now)?;
    }
    backfill::begin_program(tx, &program)?;
    let rows = JobTask::ProgramRows { program: program.id };
    background_jobs::queue(tx, &rows, context.actor, None, context.now)?;
    first_form(tx, &program, slug, context.now)?;
    let details = format!("“{name}” of {brand}, texts from {}", sender.as_deref().unwrap_or("no number yet"));
    admin_log::add(tx, context.actor, "program.added", &format!("program:{slug}"), &details, context.now)?;
    Ok(())
}

fn check_slug(tx: &mut Tx<'_>, slug: &str) -> Result<Option<FieldError>, ActionError> {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let words = if !(2..=40).contains(&slug.len())
        || !slug.chars().all(is_plain)
        || slug.starts_with('-')
        || slug.ends_with('-')
        || slug == "new"
    {
        "Enter 2 to 40 small letters, figures and hyphens, for example: rate-alerts"
    } else if programs::find(tx, Some(slug))?.is_some() || forms::find(tx, slug)?.is_some() {
        "A program or a form has this address already. Choose another one."
    } else {
        return Ok(None);
    };
    Ok(Some(FieldError::new("slug", words)))
}
