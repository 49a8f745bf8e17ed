//! What a new installation starts with: the default program, its sender number and its hosted form.

use crate::domain::actor::Actor;
use crate::domain::answers;
use crate::domain::program::{Program, defaults};
use crate::domain::time::Timestamp;
use crate::store::forms::{self, Form};
use crate::store::{Tx, program_texts, programs, settings};

use super::ActionError;
use super::publish_form::first_version;

/// The slug of the first hosted form.
const FORM_SLUG: &str = "opt-in";

/// Makes what is missing of the defaults; changes nothing that is there.
///
/// # Errors
/// When the database fails.
pub fn install(tx: &mut Tx<'_>, sender: Option<&str>, now: Timestamp) -> Result<(), ActionError> {
    let program = match programs::find(tx, None)? {
        Some(program) => program,
        None => first_program(tx, now)?,
    };
    if let Some(sender) = sender {
        programs::text_from(tx, program.id, sender, now)?;
    }
    if forms::find(tx, FORM_SLUG)?.is_none() {
        let form = Form {
            id: tx.new_id(now)?,
            program_id: program.id,
            slug: FORM_SLUG.to_owned(),
            title: "Sign up for texts".to_owned(),
            double_opt_in: true,
            version: 1,
            created_at: now,
            updated_at: now,
            template: defaults::FORM_WORDING.to_owned(),
        };
        forms::insert(tx, &form)?;
        let wording = program.fill(&form.template);
        forms::publish(tx, &first_version(form.id, &wording, &Actor::System, now))?;
    }
    Ok(())
}

/// The secret in the database; `fresh` becomes it where there is none.
///
/// # Errors
/// When the database fails.
pub fn shared_secret(tx: &mut Tx<'_>, fresh: &str) -> Result<Vec<u8>, ActionError> {
    if let Some(known) = settings::get(tx, settings::SECRET_KEY)? {
        return Ok(known.into_bytes());
    }
    settings::set(tx, settings::SECRET_KEY, fresh)?;
    Ok(fresh.as_bytes().to_vec())
}

fn first_program(tx: &mut Tx<'_>, now: Timestamp) -> Result<Program, ActionError> {
    let program = Program {
        id: tx.new_id(now)?,
        slug: "default".to_owned(),
        name: "Account updates".to_owned(),
        brand: "Example Company".to_owned(),
        is_default: true,
        opt_in_template: defaults::OPT_IN_TEMPLATE.to_owned(),
        opt_in_reply: defaults::OPT_IN_REPLY.to_owned(),
        opt_out_reply: defaults::OPT_OUT_REPLY.to_owned(),
        help_reply: defaults::HELP_REPLY.to_owned(),
        frequency: "msg frequency varies".to_owned(),
        contact_route: "write to help@example.com".to_owned(),
        hold_days: 7,
        created_at: now,
        updated_at: now,
        privacy_url: None,
        terms_url: None,
        requires_basis: false,
        keeps_quiet_hours: true,
        keeps_frequency: true,
        translations: answers::defaults().into(),
    };
    programs::insert(tx, program.clone())?;
    for (language, answers) in &program.translations {
        program_texts::set(tx, program.id, *language, Some(answers))?;
    }
    Ok(program)
}
