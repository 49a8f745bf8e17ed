//! A person or an API client records what is known about consent: a document, an opt-out, a flag. Used by the contact page,
//! the Revocations page and the JSON API through `Commands`; it makes an upload a document, and writes consent through `transition`.

use std::sync::Arc;

use crate::domain::consent::Source;
use crate::domain::evidence::ConsentDocument;
use crate::domain::id::{FileId, NumberId};
use crate::domain::intent::{Intent, Revocation};
use crate::domain::ledger::LedgerEntry;
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::numbers::Number;
use crate::store::stored_files::FileFacts;
use crate::store::{Tx, documents, numbers, programs};
use data_encoding::HEXLOWER;

use super::transition::apply;
use super::uploads::no_longer_kept;
use super::{ActionContext, ActionError, check_shown};

/// A file that shows the consent, already recognized by its content. The content is an upload.
#[derive(Clone, Copy, Debug)]
pub struct EvidenceFile {
    /// The upload.
    pub upload: FileId,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// The size in bytes.
    pub size: i64,
    /// The media type.
    pub media_type: &'static str,
}

/// What a person wants recorded.
#[derive(Clone, Debug)]
pub enum NewConsentRecord {
    /// Consent, shown by a document.
    OptIn(ConsentDocument, Option<EvidenceFile>),
    /// A revocation by any channel.
    OptOut(Revocation),
    /// The number has another owner.
    Reassigned(String),
    /// No text may go to the number.
    SetDoNotText(String),
    /// The flag is lifted: the one that the page showed, by the moment it was set.
    ClearDoNotText {
        /// Why.
        reason: String,
        /// When the flag was set that is to be lifted.
        set_at: Timestamp,
    },
}

/// Records an update about a number. A document is about one program (the default one when `program` is `None`), a revocation
/// and a flag about all of them.
///
/// # Errors
/// The rules' refusal, what is wrong with a field, or [`ActionError::Conflict`] when another flag than the one shown stands.
pub fn record_consent(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: NumberId,
    program: Option<&str>,
    update: NewConsentRecord,
    source: Source,
) -> Result<LedgerEntry, ActionError> {
    let number = match &update {
        NewConsentRecord::OptOut(_) => numbers::get_locked_with_twin(tx, number, context.now)?,
        _ => numbers::get_locked(tx, number)?,
    };
    let mut number = number.ok_or(ActionError::NotFound("number"))?;
    let program: Arc<Program> = match &update {
        NewConsentRecord::OptOut(_) => confirming_program(tx, &number)?,
        _ => programs::find(tx, program)?,
    }
    .ok_or(ActionError::NotFound("program"))?;
    let intent = match update {
        NewConsentRecord::OptIn(mut document, file) => {
            if let Some(file) = file {
                keep(tx, &file, context.now)?;
                document.file_sha256 = Some(HEXLOWER.encode(&file.sha256));
                document.file_type = Some(file.media_type.to_owned());
            }
            Intent::ManualOptIn(document)
        }
        NewConsentRecord::OptOut(revocation) => Intent::OptOut(revocation, source),
        NewConsentRecord::Reassigned(reason) => Intent::Reassigned { reason },
        NewConsentRecord::SetDoNotText(reason) => Intent::SetDoNotText { reason },
        NewConsentRecord::ClearDoNotText { reason, set_at } => {
            let standing = number.consent.do_not_text.as_ref().map_or(set_at, |flag| flag.since);
            check_shown(&set_at.micros().to_string(), &standing.micros().to_string())?;
            Intent::ClearDoNotText { reason }
        }
    };
    let entry = apply(tx, context, &mut number, &program, intent)?;
    entry.ok_or_else(|| ActionError::Conflict("Nothing had to be recorded.".to_owned()))
}

/// Makes the file known as a document, in the transaction of the consent that rests on it.
fn keep(tx: &mut Tx<'_>, file: &EvidenceFile, now: Timestamp) -> Result<(), ActionError> {
    let facts = FileFacts { sha256: &file.sha256, size: file.size, media_type: file.media_type };
    if documents::keep(tx, file.upload, &facts, now)? { Ok(()) } else { Err(no_longer_kept()) }
}

/// As [`record_consent`], for an opt-out of a number that may be unknown.
///
/// # Errors
/// As [`record_consent`].
pub fn record_opt_out(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    phone: &Phone,
    revocation: Revocation,
    source: Source,
) -> Result<LedgerEntry, ActionError> {
    let number = numbers::find_or_create_with_twin(tx, phone, context.now)?.id;
    record_consent(tx, context, number, None, NewConsentRecord::OptOut(revocation), source)
}

/// The program that confirms a revocation of all of them: one that the lead knows, else the default one.
fn confirming_program(tx: &mut Tx<'_>, number: &Number) -> Result<Option<Arc<Program>>, ActionError> {
    let all = programs::all(tx)?;
    let known = all.iter().position(|program| number.consent.may_be_texted_in(program.id));
    Ok(all.get(known.unwrap_or(0)).cloned())
}
