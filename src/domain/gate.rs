//! The gate: the one place that answers "may we text this number now?". It lists every check in order with its facts, so
//! that the page that explains and the code that sends are the same code. Only the gate makes a [`SendPermit`], and a
//! provider accepts nothing without one: sending ungated does not compile. Pure: no clock, no database, no network.

mod checks;
mod facts;
mod region;
mod timing;
mod unasked;
mod verdict;

pub use facts::{Appointment, CheckFacts, HoursFacts, PromiseFacts};
pub use timing::caps;
pub use verdict::{ClearedText, GateOutcome, SendPermit, Verdict};

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::calendar::LocalCalendar;
use super::consent::{ConsentState, NumberConsent};
use super::message::{Category, Lane};
use super::phone::Phone;
use super::program::Program;
use super::restore_hold::RestoreHold;
use super::schedule::{FrequencyCap, LegalCap, Location, Rulebook};
use super::texting_limits::TextingLimits;
use super::time::Timestamp;
use super::unasked::UnaskedTexts;
use super::words::words;

words! {
    /// The gate's checks, in the order in which support reads them (RULES §5).
    CheckName {
        /// Is the number opted in for this program?
        Consent = "consent",
        /// Did it opt out before, when and by what?
        OptOut = "opt_out",
        /// Did an administrator forbid texting?
        DoNotText = "do_not_text",
        /// Does an unclear reply wait for a person?
        Paused = "paused",
        /// Can the number receive texts?
        Number = "number",
        /// Is there a sender number, and do replies reach us?
        Sender = "sender",
        /// Is it an allowed hour at the recipient?
        QuietHours = "quiet_hours",
        /// Are the caps by law and the promised frequency kept?
        Frequency = "frequency",
        /// Is sending switched on?
        Operations = "operations",
        /// Does the program text numbers of this region and kind that have not texted it?
        Region = "region",
        /// Is there room for one more text that the contact did not ask for?
        UnaskedTexts = "unasked_texts",
    }
}

words! {
    /// How far an opt-in request is that the carrier has not taken yet.
    RequestProgress {
        /// It waits for its turn or for an allowed time.
        Scheduled = "scheduled",
        /// It is being handed over.
        Sending = "sending",
        /// The carrier did not answer, and is asked before anything else.
        Unknown = "unknown",
    }
}

/// An opt-in request on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingRequest {
    /// How far it is.
    pub progress: RequestProgress,
    /// When it is handed over, where that is later than now.
    pub due_at: Option<Timestamp>,
}

words! {
    /// How one check came out.
    Outcome {
        /// Nothing in the way.
        Pass = "pass",
        /// This blocks the text.
        Fail = "fail",
        /// Was not asked, in verdicts of earlier versions: it neither permits nor blocks.
        NotReached = "not_reached",
    }
}

/// One check with its facts. Kept with messages as a short list, because there are eleven for each.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "CheckRow", into = "CheckRow")]
pub struct GateCheck {
    /// Which check.
    pub name: CheckName,
    /// How it came out.
    pub outcome: Outcome,
    /// What it found.
    pub facts: CheckFacts,
}

impl GateCheck {
    /// True for a check that time passes by itself.
    pub fn is_about_time(&self) -> bool {
        match self.name {
            CheckName::QuietHours | CheckName::Frequency => true,
            CheckName::UnaskedTexts => !matches!(self.facts, CheckFacts::UnaskedUsedUp { .. }),
            _ => false,
        }
    }
}

/// How a check is kept. Earlier versions kept its facts and the next step as sentences, the first ones under names.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum CheckRow {
    Facts(CheckName, Outcome, CheckFacts),
    Sentences(CheckName, Outcome, String, Option<String>),
    Named { name: CheckName, outcome: Outcome, facts: String, next_step: Option<String> },
}

impl From<GateCheck> for CheckRow {
    fn from(GateCheck { name, outcome, facts }: GateCheck) -> CheckRow {
        CheckRow::Facts(name, outcome, facts)
    }
}

impl From<CheckRow> for GateCheck {
    fn from(row: CheckRow) -> GateCheck {
        let (name, outcome, facts) = match row {
            CheckRow::Facts(name, outcome, facts) => (name, outcome, facts),
            CheckRow::Sentences(name, outcome, facts, next_step)
            | CheckRow::Named { name, outcome, facts, next_step } => {
                (name, outcome, CheckFacts::Recorded { facts, next_step })
            }
        };
        GateCheck { name, outcome, facts }
    }
}

/// An opt-in request that the carrier did not take or did not deliver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedRequest {
    /// When it was handed over.
    pub sent_at: Timestamp,
    /// The carrier's code.
    pub code: String,
}

/// What the gate is asked about.
#[derive(Debug)]
pub struct GateQuestion<'a> {
    /// What is known of the number.
    pub consent: &'a NumberConsent,
    /// The program's opt-in request to it that the carrier has not taken yet, if there is one.
    pub request: Option<PendingRequest>,
    /// The latest opt-in request, where it did not arrive and nothing came after it.
    pub failed_request: Option<FailedRequest>,
    /// The number itself.
    pub phone: &'a Phone,
    /// The carrier's code, when it said that the number cannot receive texts.
    pub unreachable: Option<&'a str>,
    /// The program that wants to text.
    pub program: &'a Program,
    /// Its sender number, if one is configured.
    pub sender: Option<&'a str>,
    /// False when an administrator switched all sending off.
    pub sending_on: bool,
    /// Why the installation itself stopped all sending, if it did.
    pub standstill: Option<RestoreHold>,
    /// Where the recipient may be, one place for each contact on the number; none when the program keeps no hours.
    pub places: &'a [Location],
    /// The dated rules.
    pub rulebook: &'a Rulebook,
    /// What was promised: see [`caps`].
    pub caps: &'a [FrequencyCap],
    /// When texts that count towards the promised frequency were handed over.
    pub sent: &'a [Timestamp],
    /// The caps by law where the recipient may be.
    pub legal_caps: &'a [UsedCap<'a>],
    /// What the text is: it decides which of the timing checks bind it.
    pub purpose: MessagePurpose,
    /// A person repeats an opt-in request: it has a budget of its own.
    pub is_by_hand: bool,
    /// What the number got without asking for it.
    pub unasked: &'a UnaskedTexts,
    /// The limits of the installation.
    pub limits: &'a TextingLimits,
    /// Now.
    pub now: Timestamp,
    /// The calendar of those who read the facts.
    pub calendar: LocalCalendar,
}

/// A cap by law, and when the texts that count towards it were handed over.
#[derive(Clone, PartialEq, Debug)]
pub struct UsedCap<'a> {
    /// The cap.
    pub cap: &'a LegalCap,
    /// In any order.
    pub sent: Vec<Timestamp>,
}

/// What a text is, as far as the timing checks care (RULES §3, §4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessagePurpose {
    /// An intended message that counts towards the promised frequency.
    Counted,
    /// A person types to a person: quiet hours and caps by law hold, the promised frequency is about the others.
    Conversation,
    /// The opt-in template: quiet hours and caps by law hold, it counts towards no promised frequency.
    Invitation,
    /// An answer to what the lead has just written: it goes at any hour.
    Reply,
    /// The confirmation of an opt-in: it goes at any hour, and nobody may have asked for it by text.
    Welcome,
}

impl MessagePurpose {
    /// What a message of this lane and category is.
    pub fn of(lane: Lane, category: Category) -> MessagePurpose {
        match (lane, category) {
            (Lane::Gated, Category::Conversation) => MessagePurpose::Conversation,
            (Lane::Gated, _) => MessagePurpose::Counted,
            (Lane::Invitation, _) => MessagePurpose::Invitation,
            (Lane::OptInConfirmation, _) => MessagePurpose::Welcome,
            (Lane::OptOutConfirmation | Lane::Help, _) => MessagePurpose::Reply,
        }
    }

    /// True for an answer, which goes at any hour.
    pub fn is_reply(self) -> bool {
        matches!(self, MessagePurpose::Reply | MessagePurpose::Welcome)
    }
}

/// Asks every check.
pub fn ask(question: &GateQuestion<'_>) -> Verdict {
    let state = question.consent.state_in(question.program.id);
    let cause = unasked::cause(question, state);
    let budget = cause.map(|cause| question.unasked.budget(cause, question.limits, question.now));
    let timing = timing::timing(question, budget);
    let checks = vec![
        checks::consent(question, state, timing.next),
        checks::opt_out(question, state),
        checks::do_not_text(question),
        checks::paused(question),
        checks::number(question),
        checks::sender(question),
        timing.quiet_hours,
        timing.frequency,
        checks::operations(question),
        region::check(question, state, cause.is_some()),
        unasked::check(question, budget),
    ];
    // A time is told only where nothing but the time is in the way.
    let waits = |check: &GateCheck| {
        check.outcome != Outcome::Fail || check.is_about_time() || check.name == CheckName::Operations
    };
    let next_allowed_at = timing.next.filter(|_| checks.iter().all(waits));
    Verdict {
        program: question.program.id,
        state: state.name(),
        since: state.since(),
        history_seq: question.consent.seq,
        request: question.request.map(|request| request.progress),
        request_seq: request_to_send(question, state),
        unasked: cause,
        asked_at: question.now,
        checks,
        next_allowed_at,
        next_zone: timing.zone,
        frees_at: timing.next,
        allowed_until: timing.until,
        fresh: true,
        calendar: question.calendar,
    }
}

/// The event that scheduled the opt-in request that may be handed over. Versions before called the number invited as soon as
/// the request was queued.
fn request_to_send(question: &GateQuestion<'_>, state: ConsentState) -> Option<i32> {
    match (question.consent.requests.get(&question.program.id), state) {
        // One that the carrier took and did not deliver is handed over again.
        (Some(request), _) => Some(request.seq),
        (None, ConsentState::Invited(since)) => Some(since.seq),
        (None, _) => None,
    }
}

fn pass(name: CheckName, facts: CheckFacts) -> GateCheck {
    GateCheck { name, outcome: Outcome::Pass, facts }
}

fn fail(name: CheckName, facts: CheckFacts) -> GateCheck {
    GateCheck { name, outcome: Outcome::Fail, facts }
}

#[cfg(test)]
mod tests;
