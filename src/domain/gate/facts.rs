//! What the gate's checks find: facts without sentences. `words::checks` puts them into English. They are kept with each
//! message, so they hold all that a sentence needs, and a new variant or field must leave stored ones readable.

use serde::{Deserialize, Serialize};

use super::{MessagePurpose, RequestProgress};
use crate::domain::consent::StateSince;
use crate::domain::restore_hold::RestoreHold;
use crate::domain::schedule::{FrequencyCap, LegalCapFacts, Location, RuleFacts, TimeZone};
use crate::domain::time::Timestamp;

/// What one check found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckFacts {
    /// Opted in to the program.
    OptedIn { program: String, since: StateSince },
    /// An opt-in request is on its way; `at` is when it is handed over, where that is later than now.
    RequestUnderWay { progress: RequestProgress, at: Option<Appointment> },
    /// The carrier took the opt-in request then, and no answer came.
    NoAnswer { asked_at: Timestamp },
    /// The opt-in request did not arrive.
    RequestFailed { sent_at: Timestamp, code: String },
    /// Never invited to the program.
    NotInvited { program: String },
    /// Not opted in, because the number opted out.
    EndedByOptOut { program: String },
    /// The number opted out; the contact's way back is a START to `sender`.
    OptedOut { since: StateSince, sender: Option<String> },
    /// No opt-out is on record.
    NoOptOut,
    /// On the Do Not Text list.
    DoNotText { since: Timestamp, reason: String },
    /// Not on it.
    MayText,
    /// An unclear reply waits for a person.
    Paused { since: Timestamp },
    /// No reply waits.
    NotPaused,
    /// The carrier said that the number cannot receive texts.
    Unreachable { code: String },
    /// The number plan has no such number.
    NotInNumberPlan,
    /// Nothing speaks against the number.
    Reachable,
    /// The contact texted first, or gets an answer: no region is asked about.
    AnyRegion,
    /// The program texts numbers of this region.
    RegionAllowed { region: String },
    /// It does not; the region is empty where the number plan names none.
    RegionNotAllowed { region: String, program: String },
    /// A toll-free, premium-rate or personal number.
    SpecialNumber,
    /// The sender number.
    Sender { number: String },
    /// The program has no sender number.
    NoSender,
    /// The program keeps no quiet hours.
    NoQuietHours,
    /// An answer to the contact's own text goes out at any hour.
    AnyHour,
    /// No place was asked about.
    NoPlace,
    /// The hours at the recipient.
    Hours(HoursFacts),
    /// The texts so far, beside the promised frequency, and a cap by law that still has room.
    Frequency { promise: PromiseFacts, law: Option<LegalCapFacts> },
    /// A cap by law is used up.
    LegalCap(LegalCapFacts),
    /// No text would go that the contact did not ask for.
    NoUnaskedText,
    /// There is room for an unasked text: so many went in 24 hours and in all, and so many may go in all.
    UnaskedRoom { today: u32, ever: u32, most: u32 },
    /// The day's budget of unasked texts is used up.
    UnaskedToday { today: u32 },
    /// No unasked text goes any more.
    UnaskedUsedUp { ever: u32 },
    /// Sending is on.
    SendingOn,
    /// An administrator turned sending off.
    SendingOff,
    /// The installation itself turned it off.
    Held(RestoreHold),
    /// Sentences: earlier versions kept these with their messages.
    Recorded { facts: String, next_step: Option<String> },
}

/// A moment, and the zone of the recipient who is to read it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Appointment {
    /// When.
    pub at: Timestamp,
    /// On whose clock, where a place is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<TimeZone>,
}

/// What the hours at the recipient say.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HoursFacts {
    /// May a text arrive now?
    pub is_open: bool,
    /// Quiet hours begin in a moment, so that it could arrive too late.
    pub closes_soon: bool,
    /// The rule that decides; none when no rule closes for long.
    pub rule: Option<RuleFacts>,
    /// Where the recipient may be.
    pub place: Location,
}

impl HoursFacts {
    /// True when no text goes out now.
    pub fn is_quiet(&self) -> bool {
        !self.is_open || self.closes_soon
    }
}

/// What the promised frequency says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseFacts {
    /// It is not enforced for the program; caps by law are not either where quiet hours are off.
    Off { keeps_law: bool },
    /// Texts of this purpose do not count.
    Uncounted(MessagePurpose),
    /// The program's words promise no number.
    None { words: String },
    /// These promises are kept.
    Kept(Vec<FrequencyCap>),
    /// One of these promises is used up.
    Reached(Vec<FrequencyCap>),
}
