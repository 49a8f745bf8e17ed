//! The gate: the one place that answers "may we text this number now?". It lists every check in order with its facts, so
//! that the page that explains and the code that sends are the same code. Only the gate makes a [`SendPermit`], and a
//! provider accepts nothing without one: sending ungated does not compile. Pure: no clock, no database, no network.

mod checks;
mod timing;

pub use timing::caps;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::consent::{NumberConsent, Since, StateName};
use super::id::{MessageId, ProgramId};
use super::message::Lane;
use super::phone::Phone;
use super::program::Program;
use super::rules::{Cap, Place, Rulebook};
use super::standstill::Standstill;
use super::time::Timestamp;
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
        /// Is the promised frequency kept?
        Frequency = "frequency",
        /// Is sending switched on?
        Operations = "operations",
    }
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

impl CheckName {
    /// The rule the check keeps, with its source.
    pub fn rule(self) -> &'static str {
        match self {
            CheckName::Consent => "47 CFR 64.1200(a)(1), (f)(9): prior express consent",
            CheckName::OptOut => "47 CFR 64.1200(a)(10): revocation by any reasonable means",
            CheckName::DoNotText => "House rule: an administrator's flag blocks even the invitation",
            CheckName::Paused => "47 CFR 64.1200(a)(10): an unclear reply may be a revocation",
            CheckName::Number => "ITU-T E.164; carrier error codes",
            CheckName::Sender => "CTIA Messaging Principles 5.1: replies must reach the sender",
            CheckName::QuietHours => "47 CFR 64.1200(c)(1)",
            CheckName::Frequency => "CTIA Messaging Principles 5.1",
            CheckName::Operations => "House rule: one switch stops everything",
        }
    }
}

/// One check with its facts. Kept with messages as a short list, because there are nine for each.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "CheckRow", into = "CheckRow")]
pub struct Check {
    /// Which check.
    pub name: CheckName,
    /// How it came out.
    pub outcome: Outcome,
    /// The facts, as a sentence.
    pub facts: String,
    /// What to do about a failure.
    pub next_step: Option<String>,
}

type CheckRow = (CheckName, Outcome, String, Option<String>);

impl From<Check> for CheckRow {
    fn from(Check { name, outcome, facts, next_step }: Check) -> CheckRow {
        (name, outcome, facts, next_step)
    }
}

impl From<CheckRow> for Check {
    fn from((name, outcome, facts, next_step): CheckRow) -> Check {
        Check { name, outcome, facts, next_step }
    }
}

/// What the gate is asked about.
#[derive(Debug)]
pub struct Question<'a> {
    /// What is known of the number.
    pub consent: &'a NumberConsent,
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
    pub standstill: Option<Standstill>,
    /// Where the recipient may be, one place for each contact on the number; none when the program keeps no hours.
    pub places: &'a [Place],
    /// The dated rules.
    pub rulebook: &'a Rulebook,
    /// What was promised: see [`caps`].
    pub caps: &'a [Cap],
    /// When texts that count towards the promised frequency were handed over.
    pub sent: &'a [Timestamp],
    /// A person types to a person: the promised frequency is about the others.
    pub is_conversation: bool,
    /// Now.
    pub now: Timestamp,
}

/// The gate's answer, whole: every check in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The program asked about.
    pub program: ProgramId,
    /// The state it was decided on.
    pub state: StateName,
    /// The event that began that state.
    pub since: Option<Since>,
    /// How many events the number's history had.
    pub history_seq: i32,
    /// When the gate was asked.
    pub asked_at: Timestamp,
    /// Every check, in order.
    pub checks: Vec<Check>,
    /// When quiet hours and the promised frequency next allow a text, if they do not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_allowed_at: Option<Timestamp>,
    /// Until when quiet hours allow it: a text that is still on its way then must not arrive.
    #[serde(skip)]
    allowed_until: Option<Timestamp>,
    /// Set by [`ask`] alone: a verdict that was stored and read back explains, but permits nothing.
    #[serde(skip)]
    fresh: bool,
}

/// What to do with a message of a given lane.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// It may go now.
    Send(SendPermit),
    /// It waits for the lead's START.
    Hold,
    /// It waits until sending is switched on again.
    Wait,
    /// It must not go. The check that says why.
    Refuse(CheckName),
}

/// The right to send one message now. Made by the gate alone.
#[derive(Debug, PartialEq)]
pub struct SendPermit {
    lane: Lane,
    seq: i32,
    history_seq: i32,
    valid_for: Option<i64>,
}

impl SendPermit {
    /// The event of the number's history that permits the text (0 where none is needed: the answer to HELP).
    pub fn seq(&self) -> i32 {
        self.seq
    }

    /// How many events the number's history had when the gate was asked.
    pub fn history_seq(&self) -> i32 {
        self.history_seq
    }

    /// Joins the permit to the one message it was given for.
    pub fn clear(self, message: MessageId, to: Phone, from: String, body: String) -> ClearedText {
        ClearedText { message, to, from, body, permit: self }
    }
}

/// A text that passed the gate: the only thing a provider sends.
#[derive(Debug, PartialEq)]
pub struct ClearedText {
    message: MessageId,
    to: Phone,
    from: String,
    body: String,
    permit: SendPermit,
}

impl ClearedText {
    /// Our identifier of the message.
    pub fn message(&self) -> MessageId {
        self.message
    }
    /// The recipient.
    pub fn to(&self) -> &Phone {
        &self.to
    }
    /// The sender number.
    pub fn from(&self) -> &str {
        &self.from
    }
    /// The text.
    pub fn body(&self) -> &str {
        &self.body
    }
    /// By which lane it goes.
    pub fn lane(&self) -> Lane {
        self.permit.lane
    }
    /// For how many seconds from the permit on it may arrive, where quiet hours begin.
    pub fn valid_for(&self) -> Option<i64> {
        self.permit.valid_for
    }
}

/// Asks every check.
pub fn ask(question: &Question<'_>) -> Verdict {
    let state = question.consent.state_in(question.program.id);
    let timing = timing::timing(question);
    let checks = vec![
        checks::consent(question, state),
        checks::opt_out(question, state),
        checks::do_not_text(question),
        checks::paused(question),
        checks::number(question),
        checks::sender(question),
        timing.quiet_hours,
        timing.frequency,
        checks::operations(question),
    ];
    Verdict {
        program: question.program.id,
        state: state.name(),
        since: state.since(),
        history_seq: question.consent.seq,
        asked_at: question.now,
        checks,
        next_allowed_at: timing.next,
        allowed_until: timing.until,
        fresh: true,
    }
}

impl Verdict {
    /// May an intended text go now? Nothing failed; what was not checked does not block.
    pub fn can_text(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != Outcome::Fail)
    }

    /// True when the check failed.
    pub fn fails(&self, name: CheckName) -> bool {
        self.checks.iter().any(|check| check.name == name && check.outcome == Outcome::Fail)
    }

    /// The first check, after consent itself, that blocks; consent only when nothing else does.
    pub fn cause(&self) -> Option<&Check> {
        let failed = || self.checks.iter().filter(|check| check.outcome == Outcome::Fail);
        failed().find(|check| check.name != CheckName::Consent).or_else(|| failed().next())
    }

    /// The answer in one sentence, for the top of a page.
    pub fn headline(&self) -> String {
        match self.cause() {
            None => self.since.map_or("Yes.".to_owned(), |since| {
                format!("Yes: opted in on {} by {}.", since.occurred_at.day(), since.source.label())
            }),
            Some(check) if Verdict::waits(check.name) => {
                let when =
                    self.next_allowed_at.map_or(String::new(), |next| format!(" Next on {}.", next.words()));
                format!("Not now: {}{when}", decapitalise(&check.facts))
            }
            Some(check) => format!("No: {}", decapitalise(&check.facts)),
        }
    }

    /// True for a check that time passes by itself.
    fn waits(name: CheckName) -> bool {
        matches!(name, CheckName::QuietHours | CheckName::Frequency)
    }

    /// What to do with a message of `lane`.
    pub fn answer(&self, lane: Lane) -> Answer {
        let permit = || SendPermit {
            lane,
            seq: self.since.map_or(0, |since| since.seq),
            history_seq: self.history_seq,
            valid_for: self
                .allowed_until
                .filter(|_| !lane.is_reply())
                .map(|until| until.since(self.asked_at).num_seconds()),
        };
        let blocking =
            |names: &[CheckName]| names.iter().copied().find(|name| self.fails(*name)).map(Answer::Refuse);
        let (gates, wants): (&[CheckName], Option<StateName>) = match lane {
            Lane::Gated => (&PERSON_AND_NUMBER, Some(StateName::OptedIn)),
            Lane::Invitation => (&PERSON_AND_NUMBER, Some(StateName::Invited)),
            Lane::OptInConfirmation => (&PERSON_AND_NUMBER, Some(StateName::OptedIn)),
            Lane::OptOutConfirmation => (&FLAG_AND_NUMBER, Some(StateName::OptedOut)),
            Lane::Help => (&FLAG_AND_NUMBER, None),
        };
        if let Some(refusal) = blocking(gates) {
            return refusal;
        }
        if let Some(state) = wants
            && state != self.state
        {
            return match lane {
                Lane::Gated => Answer::Hold,
                _ => Answer::Refuse(CheckName::Consent),
            };
        }
        // What answers the lead goes out at any hour (RULES §3); the invitation counts towards no frequency.
        let waits_for: &[CheckName] = match lane {
            Lane::Gated => &[CheckName::QuietHours, CheckName::Frequency, CheckName::Operations],
            Lane::Invitation => &[CheckName::QuietHours, CheckName::Operations],
            Lane::OptInConfirmation | Lane::OptOutConfirmation | Lane::Help => &[CheckName::Operations],
        };
        if !self.fresh || waits_for.iter().any(|name| self.fails(*name)) {
            return Answer::Wait;
        }
        Answer::Send(permit())
    }
}

const PERSON_AND_NUMBER: [CheckName; 5] =
    [CheckName::OptOut, CheckName::DoNotText, CheckName::Paused, CheckName::Number, CheckName::Sender];
/// The narrow lanes of RULES §3: a confirmation goes out although the number is now opted out.
const FLAG_AND_NUMBER: [CheckName; 3] = [CheckName::DoNotText, CheckName::Number, CheckName::Sender];

/// The number to which a lead must text START, as it is read out on the phone and as it is typed.
pub fn number_to_text(sender: Option<&str>) -> String {
    match sender.and_then(Phone::from_e164) {
        Some(phone) => format!("{} ({})", phone.national(), phone.as_str()),
        None => "your sender number".to_owned(),
    }
}

fn decapitalise(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
impl Verdict {
    /// The same of somebody invited, where quiet hours begin at `until`.
    pub(crate) fn invited_until(self, until: Timestamp) -> Verdict {
        Verdict { state: StateName::Invited, allowed_until: Some(until), ..self }
    }

    /// A verdict on nobody, for tests of rooms that need a permit.
    pub(crate) fn on_nobody(program: ProgramId) -> Verdict {
        Verdict {
            program,
            state: StateName::NotAsked,
            since: None,
            history_seq: 0,
            asked_at: Timestamp::default(),
            checks: Vec::new(),
            next_allowed_at: None,
            allowed_until: None,
            fresh: true,
        }
    }
}
