//! What is on a simulated handset's screen. Used by the simulator and the page of the simulated phones; it writes nothing.

use serde::{Deserialize, Serialize};

use crate::domain::message::ReceiptStatus;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;

/// Who wrote a text on a handset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextDirection {
    /// We did.
    FromUs,
    /// The lead did.
    FromLead,
}

/// A text on a handset.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedText {
    /// The carrier's id.
    pub id: String,
    /// Who wrote it.
    pub direction: TextDirection,
    /// Our number in the conversation.
    pub ours: String,
    /// What it says.
    pub body: String,
    /// When.
    pub at: Timestamp,
    /// How far it got.
    pub status: ReceiptStatus,
}

/// A lead's phone, oldest text first.
#[derive(Clone, Debug, PartialEq)]
pub struct Handset {
    /// Its number.
    pub number: Phone,
    /// Its texts.
    pub texts: Vec<SimulatedText>,
}
