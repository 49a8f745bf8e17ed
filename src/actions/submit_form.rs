//! A visitor submits a hosted form with the box checked. What the visitor sees is the same for every number. Used by the
//! public form through `Commands`; it writes a contact, the spent stamp, and consent through `transition`.

use crate::domain::actor::Actor;
use crate::domain::evidence::FormRecord;
use crate::domain::intent::Intent;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, ContactDetails};
use crate::store::forms::{self, FormVersion, HostedForm};
use crate::store::{Tx, numbers, programs, spent_stamps};
use data_encoding::HEXLOWER;

use super::transition::apply;
use super::{ActionContext, ActionError};

/// What came with the submission.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    /// The form's slug.
    pub slug: String,
    /// The version of the consent language that it is about.
    pub version: i32,
    /// True when our own page is known to have shown it. A box ticked elsewhere is a wish, never consent by itself.
    pub was_shown: bool,
    /// The stamp of the page that it was sent from, which counts once.
    pub stamp: Option<PageStamp>,
    /// The number.
    pub phone: Phone,
    /// The name, if given.
    pub name: Option<String>,
    /// The page's public address.
    pub page_url: String,
    /// The visitor's address.
    pub ip: String,
    /// The visitor's browser, as it names itself.
    pub user_agent: String,
}

/// The stamp of a page that was shown.
#[derive(Clone, Debug)]
pub struct PageStamp {
    /// Its SHA-256.
    pub sha256: Vec<u8>,
    /// It need not be remembered longer than this.
    pub expires_at: Timestamp,
}

/// What became of a submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubmitResult {
    /// It is recorded.
    Recorded,
    /// Nothing is recorded: another submission was sent from the same page.
    StampSpent,
}

/// Records a submission and what follows from it.
///
/// # Errors
/// [`ActionError::NotFound`] for an unknown form, [`ActionError::Conflict`] when the consent language changed meanwhile.
pub fn submit_form(
    tx: &mut Tx<'_>,
    submission: &NewSubmission,
    now: Timestamp,
) -> Result<SubmitResult, ActionError> {
    let (form, version) = forms::find(tx, &submission.slug)?.ok_or(ActionError::NotFound("form"))?;
    if version.version != submission.version {
        return Err(ActionError::Conflict(
            "The wording of this form was changed while you were reading it. Please read it again."
                .to_owned(),
        ));
    }
    if let Some(PageStamp { sha256, expires_at }) = &submission.stamp
        && !spent_stamps::spend(tx, sha256, *expires_at, now)?
    {
        return Ok(SubmitResult::StampSpent);
    }
    let program = programs::get(tx, form.program_id)?.ok_or(ActionError::NotFound("program"))?;
    let mut number = numbers::find_or_create(tx, &submission.phone, now)?;
    if contacts::of_number(tx, number.id)?.is_empty() {
        let name = submission.name.clone().unwrap_or_default();
        contacts::insert(tx, &mut number, &ContactDetails { name, ..ContactDetails::default() }, now)?;
    }
    let actor = Actor::Form(form.slug.clone());
    let double_opt_in = form.double_opt_in || !submission.was_shown;
    let record = record(form, version, submission);
    let intent = Intent::Form { record, double_opt_in };
    apply(tx, &ActionContext::system(now).by(&actor), &mut number, &program, intent)?;
    Ok(SubmitResult::Recorded)
}

fn record(form: HostedForm, version: FormVersion, submission: &NewSubmission) -> FormRecord {
    FormRecord {
        form: form.slug,
        version: version.version,
        locale: version.locale,
        wording: version.wording,
        wording_sha256: HEXLOWER.encode(&version.wording_sha256),
        checkbox_ticked: true,
        page_shown: Some(submission.was_shown),
        page_url: submission.page_url.clone(),
        ip: submission.ip.clone(),
        user_agent: submission.user_agent.chars().take(400).collect(),
        name: submission.name.clone(),
    }
}
