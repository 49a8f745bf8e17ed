//! Deterministic demo data: fictional numbers only (555-0100 to 555-0199), all states, real evidence and real chains. Used
//! by the `seed` command; it writes contacts, numbers and histories.

use std::sync::LazyLock;

use chrono::Duration;
use serde::Deserialize;

use crate::domain::actor::Actor;
use crate::domain::consent::Source;
use crate::domain::evidence::{ConsentDocument, DocumentKind, HandsetText, RevocationChannel};
use crate::domain::intent::{Intent, Revocation, RevocationScope};
use crate::domain::past_opt_out::StartArrival;
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, ContactDetails};
use crate::store::numbers::Number;
use crate::store::{LockedRow, Tx, numbers, programs};

use super::transition::apply_answered;
use super::{ActionContext, ActionError};

/// Texts in demo data have no sender; `verify` looks for no record of them.
pub(super) const PROVIDER: &str = "demo";
/// What the reason of a demo document begins with.
pub(super) const DEMO_REASON: &str = "Demo: ";

/// The people of the demo, from `seed/demo.toml`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct DemoPeople {
    first_names: Vec<String>,
    last_names: Vec<String>,
    area_codes: Vec<u16>,
}

/// A file that cannot be read does not pass the tests.
static PEOPLE: LazyLock<DemoPeople> = LazyLock::new(|| toml::from_str(DEMO).unwrap_or_default());

const DEMO: &str = include_str!("seed/demo.toml");

/// Makes contacts `from..to` of the demo. The same range gives the same people in the same states.
///
/// # Errors
/// When the database fails.
pub fn seed(tx: &mut Tx<'_>, from: usize, to: usize, now: Timestamp) -> Result<(), ActionError> {
    let program = programs::find(tx, None)?.ok_or(ActionError::NotFound("program"))?;
    for n in from..to {
        let Some(phone) = phone(n) else { continue };
        let external_id = format!("demo-{n:07}");
        if contacts::by_external_id(tx, &external_id)?.is_some() {
            continue;
        }
        let mut number = numbers::find_or_create(tx, &phone, now)?;
        let name = name(n);
        let email = format!("{}.{n}@example.com", name.to_lowercase().replace(' ', "."));
        let details = ContactDetails {
            name,
            email: Some(email),
            external_id: Some(external_id),
            ..ContactDetails::default()
        };
        contacts::insert(tx, &mut number, &details, now)?;
        if number.consent.seq == 0 {
            history(tx, &mut number, &program, n, now)?;
        }
    }
    Ok(())
}

fn phone(n: usize) -> Option<Phone> {
    let areas = &PEOPLE.area_codes;
    let area = areas.get(n.checked_rem(areas.len())?)?;
    let line = 100 + (n / areas.len()) % 100;
    Phone::from_e164(&format!("+1{area}5550{line}"))
}

fn name(n: usize) -> String {
    let pick = |names: &'static [String], n: usize| names.get(n % names.len().max(1));
    let words = [pick(&PEOPLE.first_names, n), pick(&PEOPLE.last_names, n / 7)];
    words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Of eight numbers two have no history, one opted out, one has a revoked document; the rest is consent. Everything is
/// recorded now: only what happened lies back.
fn history(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    n: usize,
    now: Timestamp,
) -> Result<(), ActionError> {
    let ago = |days: i64| now.plus(Duration::minutes(-(days * 1440) - i64::try_from(n % 997).unwrap_or(0)));
    let document = || ConsentDocument {
        document: DocumentKind::SignedForm,
        given_at: ago(40),
        reason: format!("{DEMO_REASON}signed form, folder {}", n % 100),
        file_sha256: None,
        file_type: None,
    };
    let lead = |text: &str, at: Timestamp, tx: &mut Tx<'_>| {
        Ok::<_, ActionError>(HandsetText {
            inbound: tx.new_id(at)?,
            provider: PROVIDER.to_owned(),
            provider_message_id: format!("demo-{n}-{text}"),
            body: text.to_owned(),
            to: "demo".to_owned(),
            matched: text.to_owned(),
            sent_at: Some(at),
            asked_sent_at: None,
        })
    };
    let (by_lead, by_operator) =
        (ActionContext::system(now).by(&Actor::Lead), ActionContext::system(now).by(&Actor::Operator));
    let first = |at| StartArrival { at, opt_outs: Vec::new() };
    match n % 8 {
        0 | 1 => {}
        2 => {
            let start = lead("START", ago(30), tx)?;
            apply_answered(tx, &by_lead, number, program, Intent::Start(start, first(now)), false)?;
            let stop = lead("STOP", ago(9), tx)?;
            let scope = RevocationScope::Everywhere;
            let stop = Intent::Stop { text: stop, scope, newest_start: None };
            apply_answered(tx, &by_lead, number, program, stop, false)?;
        }
        3 => {
            apply_answered(tx, &by_operator, number, program, Intent::ManualOptIn(document()), false)?;
            let channel = RevocationChannel::Call;
            let reason = "Demo: asked on the phone to stop".to_owned();
            let revocation = Revocation { received_at: Some(ago(5)), ..Revocation::now(channel, reason) };
            apply_answered(
                tx,
                &by_operator,
                number,
                program,
                Intent::OptOut(revocation, Source::Manual),
                false,
            )?;
        }
        4 | 5 => {
            apply_answered(tx, &by_operator, number, program, Intent::ManualOptIn(document()), false)?;
        }
        _ => {
            let start = lead("START", ago(20), tx)?;
            apply_answered(tx, &by_lead, number, program, Intent::Start(start, first(now)), false)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_file_can_be_read_and_its_people_are_fictional() {
        let people: DemoPeople = toml::from_str(DEMO).unwrap();
        assert!(
            people.first_names.len() > 20 && people.last_names.len() > 20 && people.area_codes.len() > 200
        );
        for (n, area) in people.area_codes.iter().enumerate() {
            let phone = phone(n).expect("every area code makes a number");
            assert_eq!(phone.as_str(), format!("+1{area}5550100"));
        }
        assert_eq!((name(0).as_str(), name(7).as_str()), ("Ana Abbott", "Hal Baker"));
    }
}
