//! Plans one row: the number, the contact and the consent in it, by the rules that everything else goes by. What it plans is
//! what `carry_out` writes in the same transaction. Only `import` uses it.

use crate::actions::transition::apply;
use crate::actions::{ActionContext, ActionError};
use crate::domain::consent::{EventKind, StateName};
use crate::domain::decide::decide;
use crate::domain::evidence::Evidence;
use crate::domain::import::{
    CellState, ImportColumn, ImportKind, ImportOutcome, ImportedConsent, ImportedOptOut, PhoneCellError,
    date_cell, phone_cell, state_cell, yes_cell,
};
use crate::domain::intent::Intent;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::numbers::{self, Number};
use crate::store::{ReadConn, StoreError, Tx, events, organization};
use crate::words::{import_text, refusal_text};

use super::contact::{self, ContactPlan};
use super::{FileRow, ImportOrder, RowReport};

/// As many of a number's events are looked through for what this file brought before.
const LOOKED_THROUGH: i64 = 50;

/// What a row will do.
pub struct RowPlan {
    /// What it does.
    pub outcome: ImportOutcome,
    /// Why, as sentences.
    pub notes: Vec<String>,
    /// The number, where the row has one.
    pub phone: Option<Phone>,
    contact: Option<ContactPlan>,
    consent: Option<Intent>,
}

/// The number of a row.
pub(super) fn phone(order: &ImportOrder, row: &FileRow, region: &str) -> Result<Phone, PhoneCellError> {
    phone_cell(order.columns.cell(&row.cells, ImportColumn::Phone), region)
}

/// Plans a row.
///
/// # Errors
/// When the database fails.
pub fn plan_row(
    conn: &mut ReadConn<'_>,
    context: &ActionContext<'_>,
    order: &ImportOrder,
    row: &FileRow,
) -> Result<RowPlan, ActionError> {
    let phone = match phone(order, row, context.region) {
        Ok(phone) => phone,
        Err(error) => return Ok(RowPlan::refused(vec![import_text::phone_cell(&error)])),
    };
    if row.cells.iter().skip(order.width).any(|cell| !cell.trim().is_empty()) {
        return Ok(RowPlan::refused(vec![import_text::TOO_MANY_CELLS.to_owned()]));
    }
    let number = numbers::find(conn, &phone)?;
    let mut plan = match state(order, row) {
        Err(why) => return Ok(RowPlan::refused(vec![why])),
        Ok(CellState::OptedOut) => opt_out(order, row, number.as_ref(), context.now),
        Ok(CellState::OptedIn) if order.kind == ImportKind::Consents => {
            opt_in(conn, context, order, row, number.as_ref())?
        }
        Ok(CellState::OptedIn) => {
            RowPlan::without_consent(number.as_ref(), Some(import_text::CONSENT_NOT_TAKEN.to_owned()))
        }
        Ok(CellState::NotAsked) => RowPlan::without_consent(number.as_ref(), None),
    };
    plan.phone = Some(phone.clone());
    if plan.outcome == ImportOutcome::Refused {
        return Ok(plan);
    }
    match contact::plan(conn, context, order, row, (&phone, number.as_ref())) {
        Ok(Some(contact)) => {
            plan.outcome = stronger(plan.outcome, contact.outcome);
            plan.notes.extend(contact.notes.iter().cloned());
            plan.contact = Some(contact);
        }
        Ok(None) => {}
        Err(ActionError::Invalid(errors)) => {
            let notes: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            // An opt-out is taken, whatever is wrong with the name beside it.
            if plan.outcome != ImportOutcome::Tightened {
                return Ok(RowPlan { phone: Some(phone), ..RowPlan::refused(notes) });
            }
            plan.notes.extend(notes);
        }
        Err(other) => return Err(other),
    }
    Ok(plan)
}

/// The outcome of a row with a contact and a consent in it: that of the consent where it changes something.
fn stronger(consent: ImportOutcome, contact: ImportOutcome) -> ImportOutcome {
    match consent {
        ImportOutcome::New | ImportOutcome::Unchanged => contact,
        _ => consent,
    }
}

impl RowPlan {
    fn new(outcome: ImportOutcome, notes: Vec<String>) -> RowPlan {
        RowPlan { outcome, notes, phone: None, contact: None, consent: None }
    }

    fn refused(notes: Vec<String>) -> RowPlan {
        RowPlan::new(ImportOutcome::Refused, notes)
    }

    fn without_consent(number: Option<&Number>, note: Option<String>) -> RowPlan {
        let outcome = if number.is_some() { ImportOutcome::Unchanged } else { ImportOutcome::New };
        RowPlan::new(outcome, note.into_iter().collect())
    }

    fn with(outcome: ImportOutcome, intent: Intent, notes: Vec<String>) -> RowPlan {
        RowPlan { consent: Some(intent), ..RowPlan::new(outcome, notes) }
    }

    /// True where it brings evidence of a consent.
    pub(super) fn brings_consent(&self) -> bool {
        matches!(self.consent, Some(Intent::ImportOptIn(_)))
    }

    /// True where it is about no contact, and changes no consent.
    pub(super) fn is_number_alone(&self) -> bool {
        self.contact.is_none() && self.consent.is_none()
    }

    /// What it says of the row in this line.
    pub fn report(&self, line: u64) -> RowReport {
        RowReport { line, outcome: self.outcome, notes: self.notes.clone() }
    }

    /// The same row, where an earlier one of the file made something else of it.
    pub(super) fn turned(self, outcome: ImportOutcome, note: String) -> RowPlan {
        RowPlan { phone: self.phone, ..RowPlan::new(outcome, vec![note]) }
    }

    /// Writes what was planned, in the transaction that planned it.
    pub(super) fn carry_out(
        self,
        tx: &mut Tx<'_>,
        context: &ActionContext<'_>,
        order: &ImportOrder,
    ) -> Result<(), ActionError> {
        let (Some(phone), true) = (self.phone, self.outcome != ImportOutcome::Refused) else { return Ok(()) };
        if let Some(contact) = self.contact {
            contact.carry_out(tx, context, &phone)?;
        }
        let mut number = match &self.consent {
            Some(Intent::ImportOptOut(_)) => numbers::find_or_create_with_twin(tx, &phone, context.now)?,
            _ => numbers::find_or_create(tx, &phone, context.now)?,
        };
        if let Some(intent) = self.consent {
            apply(tx, context, &mut number, &order.program, intent)?;
        }
        Ok(())
    }
}

/// What the row says about consent.
fn state(order: &ImportOrder, row: &FileRow) -> Result<CellState, String> {
    let cell = |column| order.columns.cell(&row.cells, column);
    let words = cell(ImportColumn::State);
    let stated = state_cell(words).ok_or_else(|| import_text::unknown_state(words))?;
    let is_out = yes_cell(cell(ImportColumn::OptedOut))
        .ok_or_else(|| import_text::unknown_yes(cell(ImportColumn::OptedOut)))?;
    let names_out = order.columns.place(ImportColumn::OptedOut).is_some();
    match (order.kind, stated) {
        (_, CellState::OptedOut) => Ok(CellState::OptedOut),
        _ if is_out => Ok(CellState::OptedOut),
        (ImportKind::Suppressions, CellState::OptedIn) => Err(import_text::NO_SUPPRESSION.to_owned()),
        (ImportKind::Suppressions, _) if names_out => Err(import_text::NO_SUPPRESSION.to_owned()),
        (ImportKind::Suppressions, _) => Ok(CellState::OptedOut),
        (_, stated) => Ok(stated),
    }
}

/// Always taken: a date that cannot be read is said, and the opt-out counts from now.
fn opt_out(order: &ImportOrder, row: &FileRow, number: Option<&Number>, now: Timestamp) -> RowPlan {
    if number.is_some_and(|number| number.consent.is_out_everywhere()) {
        return RowPlan::new(ImportOutcome::Unchanged, vec![import_text::OUT_ALREADY.to_owned()]);
    }
    let date = order.columns.cell(&row.cells, ImportColumn::Date);
    let (received_at, notes) = match date_cell(date, order.dates) {
        _ if date.is_empty() => (None, Vec::new()),
        Ok(at) if at <= now => (Some(at), Vec::new()),
        Ok(_) | Err(_) => (None, vec![import_text::date_not_taken(date)]),
    };
    let reason = order.columns.cell(&row.cells, ImportColumn::Reason).to_owned();
    let record = ImportedOptOut { from: order.line(row.line), received_at, reason };
    RowPlan::with(ImportOutcome::Tightened, Intent::ImportOptOut(record), notes)
}

/// Consent counts with its own method, date and wording or document; without them the number goes in as not asked.
fn opt_in(
    conn: &mut ReadConn<'_>,
    context: &ActionContext<'_>,
    order: &ImportOrder,
    row: &FileRow,
    number: Option<&Number>,
) -> Result<RowPlan, ActionError> {
    let cell = |column| order.columns.cell(&row.cells, column);
    let kept = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (method, date) = (cell(ImportColumn::Method), cell(ImportColumn::Date));
    let (wording, reference) = (kept(cell(ImportColumn::Wording)), kept(cell(ImportColumn::Reference)));
    let lacking =
        import_text::lacking(method.is_empty(), date.is_empty(), wording.is_none() && reference.is_none());
    if let Some(lacking) = lacking {
        return Ok(RowPlan::without_consent(number, Some(lacking)));
    }
    let given_at = match date_cell(date, order.dates) {
        Ok(given_at) => given_at,
        Err(error) => return Ok(RowPlan::refused(vec![import_text::date_cell(date, error)])),
    };
    let from = order.line(row.line);
    let consent = ImportedConsent { from, method: method.to_owned(), given_at, wording, reference };
    let unseen = Default::default();
    let record = number.map_or(&unseen, |number| &number.consent);
    if let Some(number) = number.filter(|_| record.state_in(order.program.id).name() == StateName::OptedIn)
        && brought_before(conn, number, order)?
    {
        return Ok(RowPlan::new(ImportOutcome::Unchanged, vec![import_text::TAKEN_ALREADY.to_owned()]));
    }
    let intent = Intent::ImportOptIn(consent);
    let calendar = organization::calendar(conn)?;
    Ok(match decide(record, order.program.id, intent.clone(), context.now, calendar) {
        Err(refusal) => RowPlan::refused(vec![refusal_text(&refusal)]),
        Ok(decision) if decision.event.as_ref().is_some_and(|event| event.kind == EventKind::OptedIn) => {
            RowPlan::with(ImportOutcome::OptedIn, intent, Vec::new())
        }
        Ok(_) => RowPlan::with(ImportOutcome::Changed, intent, vec![import_text::DOCUMENT_ADDED.to_owned()]),
    })
}

/// Whether this file brought a consent of the number before: an import that was interrupted is run again.
fn brought_before(conn: &mut ReadConn<'_>, number: &Number, order: &ImportOrder) -> Result<bool, StoreError> {
    let newest = events::newest(conn, number.id, None, LOOKED_THROUGH)?;
    Ok(newest.iter().any(|event| match serde_json::from_str(&event.facts) {
        Ok(Evidence::ImportedConsent(consent)) => consent.from.file_sha256 == order.file_sha256,
        _ => false,
    }))
}
