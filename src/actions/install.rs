//! What a new installation starts with: the time zone of its region, the default program, its sender number and its hosted
//! form. Used at each start; it writes only what is missing.

use crate::domain::calendar::LocalCalendar;
use crate::domain::language::Language;
use crate::domain::phone::Phone;
use crate::domain::program::{Program, RegionList};
use crate::domain::time::Timestamp;
use crate::store::{LockedRow, Tx, forms, messages, organization, programs, settings};

use super::ActionError;
use super::publish_form::first_form;

/// The slug of the first hosted form.
const FORM_SLUG: &str = "opt-in";

/// Makes what is missing of the defaults; changes nothing that is there.
///
/// # Errors
/// When the database fails.
pub fn install(
    tx: &mut Tx<'_>,
    sender: Option<&str>,
    region: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    if settings::get(tx, settings::TIME_ZONE)?.is_none() {
        organization::lock(tx)?;
        if settings::get(tx, settings::TIME_ZONE)?.is_none() {
            organization::set_calendar(tx, LocalCalendar::of_country(region))?;
        }
    }
    let program = match programs::find_locked(tx, None)? {
        Some(program) => program,
        None => first_program(tx, region, now)?,
    };
    let program = add_regions(tx, program, region)?;
    // Once for each number that is configured: what an administrator chose since stays chosen.
    if let Some(sender) = sender
        && settings::get(tx, settings::SENDER)?.as_deref() != Some(sender)
    {
        programs::text_from(tx, &program, sender, now)?;
        settings::set(tx, settings::SENDER, sender)?;
    }
    if forms::find(tx, FORM_SLUG)?.is_none() {
        first_form(tx, &program, FORM_SLUG, now)?;
    }
    Ok(())
}

/// The secret in the database; `fresh` becomes it where there is none.
///
/// # Errors
/// When the database fails.
pub fn shared_secret(tx: &mut Tx<'_>, fresh: &str) -> Result<Vec<u8>, ActionError> {
    Ok(settings::get_or_set(tx, settings::SECRET_KEY, fresh)?.into_bytes())
}

/// Programs of earlier versions text the home country with its territories, and the regions that were texted before.
fn add_regions(
    tx: &mut Tx<'_>,
    default: LockedRow<Program>,
    region: &str,
) -> Result<LockedRow<Program>, ActionError> {
    if programs::all(tx)?.iter().all(|program| !program.regions.is_empty()) {
        return Ok(default);
    }
    let texted = messages::texted_numbers(tx)?;
    let texted = texted.iter().filter_map(|number| Phone::from_e164(number)?.country_region());
    let regions = RegionList::of_country(region).with(texted);
    for slug in programs::all(tx)?.iter().map(|program| program.slug.clone()).collect::<Vec<_>>() {
        if let Some(program) = programs::find_locked(tx, Some(&slug))?.filter(|it| it.regions.is_empty()) {
            let after = Program { regions: regions.clone(), ..(*program).clone() };
            programs::update(tx, &program, after)?;
        }
    }
    programs::find_locked(tx, None)?.ok_or(ActionError::NotFound("program"))
}

fn first_program(tx: &mut Tx<'_>, region: &str, now: Timestamp) -> Result<LockedRow<Program>, ActionError> {
    let others = programs::all_locked(tx)?;
    let (name, brand, contact) = ("Account updates", "Example Company", "write to help@example.com");
    let program = Program::new(tx.new_id(now)?, "default", name, brand, contact, now);
    let regions = RegionList::of_country(region);
    let mut program = Program { is_default: true, regions, ..program };
    let contact = [(Language::Spanish, "escriba a"), (Language::French, "écrivez à")];
    for (language, write_to) in contact {
        if let Some(replies) = program.replies.get_mut(&language) {
            replies.contact_route = format!("{write_to} help@example.com");
        }
    }
    Ok(programs::insert(tx, &others, program)?)
}
