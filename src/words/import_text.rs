//! What becomes of the rows of an import, in sentences for the person who has to mend the file.

use crate::domain::import::{DateCellError, ImportOutcome, PhoneCellError};

use super::phone_error_text;

/// More cells than headings.
pub const TOO_MANY_CELLS: &str = "This row has more cells than the file has headings. Put cells that hold a comma between quotation marks.";
/// A consent in a file of contacts.
pub const CONSENT_NOT_TAKEN: &str = "The consent in this row is not taken: this is an import of contacts. Import the file as consents to take it.";
/// A row of a list of suppressions that says the opposite.
pub const NO_SUPPRESSION: &str = "This row doesn't say that the number opted out. Remove it from the list.";
/// An opt-out of a number that is out.
pub const OUT_ALREADY: &str = "The number is opted out already.";
/// An opt-in below an opt-out of the same number.
pub const OUT_IN_THIS_FILE: &str =
    "Another row of this file opts the number out. Only a START from the handset itself can opt it in again.";
/// A row that an earlier import, or a row above, brought already.
pub const TAKEN_ALREADY: &str = "This was taken from this file already.";
/// Evidence for a number that is opted in.
pub const DOCUMENT_ADDED: &str = "The number is opted in already. The evidence is added to its history.";

/// What the rows of an outcome do.
pub fn outcome(outcome: ImportOutcome) -> &'static str {
    match outcome {
        ImportOutcome::New => "new",
        ImportOutcome::Changed => "changed",
        ImportOutcome::OptedIn => "opted in with evidence",
        ImportOutcome::Tightened => "opted out",
        ImportOutcome::Unchanged => "unchanged",
        ImportOutcome::Refused => "refused",
    }
}

/// A note without what it quotes, so that the same reasons are counted together.
pub fn in_general(note: &str) -> String {
    let mut general = String::new();
    for (n, part) in note.split(['“', '”']).enumerate() {
        general.push_str(if n % 2 == 0 { part } else { "…" });
    }
    general
}

/// What is wrong with the cell of a number.
pub fn phone_cell(error: &PhoneCellError) -> String {
    match error {
        PhoneCellError::Empty => "The number is missing.".to_owned(),
        PhoneCellError::Exponent => {
            "A spreadsheet has shortened this number, and digits are lost. Format the column as text, and enter the number \
             again."
                .to_owned()
        }
        PhoneCellError::Extension => {
            "This number has an extension, and a text reaches none. Enter the contact's own number.".to_owned()
        }
        PhoneCellError::Several => {
            "This cell holds several numbers. Put each of them into a row of its own.".to_owned()
        }
        PhoneCellError::Unreadable(error) => phone_error_text(*error).to_owned(),
    }
}

/// What is wrong with a date that a consent needs.
pub fn date_cell(text: &str, error: DateCellError) -> String {
    match error {
        DateCellError::Unreadable => format!("“{text}” is not a date. Write it like 2026-11-29."),
        DateCellError::OrderUnknown => {
            format!(
                "In “{text}”, the month or the day may come first. Say which with --dates, or write it like 2026-11-29."
            )
        }
    }
}

/// An opt-out whose date is of no use.
pub fn date_not_taken(text: &str) -> String {
    format!("“{text}” is not a date in the past. The opt-out counts from the import.")
}

/// A word for a consent that is not known.
pub fn unknown_state(text: &str) -> String {
    format!("“{text}” is not a known consent state. Write “opted in”, “opted out” or nothing.")
}

/// Neither yes nor no.
pub fn unknown_yes(text: &str) -> String {
    format!("“{text}” is neither yes nor no. Write yes where the number opted out.")
}

/// What a row lacks for a consent; none where it lacks nothing.
pub fn lacking(method: bool, date: bool, proof: bool) -> Option<String> {
    let missing: Vec<&str> = [(method, "its method"), (date, "its date"), (proof, "its wording or document")]
        .into_iter()
        .filter_map(|(lacks, what)| lacks.then_some(what))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "Not asked: the consent lacks {}. Without evidence a number isn't opted in.",
            missing.join(", ")
        )
    })
}
