//! What a file from another system may bring: contacts, consents, and numbers that are not to be texted. The evidence that such
//! a file leaves in a history, and how its headings and cells are read.

mod cells;
mod columns;

use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::time::Timestamp;
use super::words::words;

pub use cells::{
    CellState, DateCellError, DateOrder, PhoneCellError, date_cell, phone_cell, state_cell, yes_cell,
};
pub use columns::{ColumnMap, ImportColumn};

words! {
    /// What the rows of a file are about.
    ImportKind {
        /// People for the address book. An opt-out in them counts, a consent does not.
        Contacts = "contacts",
        /// Consents with their evidence, and opt-outs.
        Consents = "consents",
        /// Numbers that are not to be texted, every one.
        Suppressions = "suppressions",
    }
}

words! {
    /// What a row does.
    ImportOutcome {
        /// It brings a number or a contact that is not known.
        New = "new",
        /// It changes a contact, or adds a document to a consent.
        Changed = "changed",
        /// It opts a number in, with evidence.
        OptedIn = "opted_in",
        /// It opts a number out.
        Tightened = "tightened",
        /// It says nothing new.
        Unchanged = "unchanged",
        /// It is not taken, for a reason.
        Refused = "refused",
    }
}

/// The line of a file that a record came from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ImportLine {
    /// The system that the file was exported from, as the operator names it.
    pub source: String,
    /// The day of the export, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exported_on: Option<NaiveDate>,
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub file_sha256: String,
    /// The line, counted from 1.
    pub line: u64,
}

/// A consent in a file: how and when it was given, and the words that the lead agreed to or the document that shows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ImportedConsent {
    /// Where it stands.
    pub from: ImportLine,
    /// How the lead opted in, in the file's words.
    pub method: String,
    /// When the lead gave the consent.
    pub given_at: Timestamp,
    /// The consent language, byte for byte.
    pub wording: Option<String>,
    /// The document that shows the consent.
    pub reference: Option<String>,
}

/// A number that a file says is not to be texted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ImportedOptOut {
    /// Where it stands.
    pub from: ImportLine,
    /// When the lead opted out, where the file says so.
    pub received_at: Option<Timestamp>,
    /// Why, in the file's words; may be empty.
    pub reason: String,
}
