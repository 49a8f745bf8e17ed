//! The gate's answer and what follows from it for each lane. Only this room makes a permit.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{Appointment, CheckFacts, CheckName, GateCheck, Outcome, RequestProgress};
use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::{StateName, StateSince};
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::message::Lane;
use crate::domain::phone::Phone;
use crate::domain::schedule::TimeZone;
use crate::domain::time::Timestamp;
use crate::domain::unasked::UnaskedCause;

/// The provider counts a text's validity from its own acceptance, which may be this much later.
const UNDER_WAY: Duration = Duration::seconds(5);
/// Where no allowed time is known, it is looked for again after this.
const LOOK_AGAIN: Duration = Duration::days(1);

/// The gate's answer, whole: every check in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The program asked about.
    pub program: ProgramId,
    /// The state it was decided on.
    pub state: StateName,
    /// The event that began that state.
    pub since: Option<StateSince>,
    /// How many events the number's history had.
    pub history_seq: i32,
    /// How far the opt-in request is, while the carrier has not taken it.
    #[serde(skip)]
    pub request: Option<RequestProgress>,
    /// The event that scheduled the opt-in request that may be handed over.
    #[serde(skip)]
    pub(super) request_seq: Option<i32>,
    /// Who caused the text, or the opt-in request before it, where the contact did not ask for it.
    #[serde(skip)]
    pub(super) unasked: Option<UnaskedCause>,
    /// When the gate was asked.
    pub asked_at: Timestamp,
    /// Every check, in order.
    pub checks: Vec<GateCheck>,
    /// When quiet hours, caps by law and the promised frequency next allow a text, if they do not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_allowed_at: Option<Timestamp>,
    /// On whose clock it is told, where the recipient's place is known.
    #[serde(skip)]
    pub(super) next_zone: Option<TimeZone>,
    /// When they all allow a text of the purpose that was asked about.
    #[serde(skip)]
    pub(super) frees_at: Option<Timestamp>,
    /// Until when quiet hours allow it: a text that is still on its way then must not arrive.
    #[serde(skip)]
    pub(super) allowed_until: Option<Timestamp>,
    /// Set by [`super::ask`] alone: a verdict that was stored and read back explains, but permits nothing.
    #[serde(skip)]
    pub(super) fresh: bool,
    /// The calendar of those who read it.
    #[serde(skip)]
    pub(super) calendar: LocalCalendar,
}

/// What to do with a message of a given lane.
#[derive(Debug, PartialEq)]
pub enum GateOutcome {
    /// It may go now.
    Send(SendPermit),
    /// It waits for the lead's START.
    Hold,
    /// It waits: until then, or without a time until sending is switched on again.
    Wait {
        /// When the gate is to be asked again.
        until: Option<Timestamp>,
    },
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
    unasked: Option<UnaskedCause>,
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

    /// Who caused the text, where the contact did not ask for it: then it is counted.
    pub fn unasked(&self) -> Option<UnaskedCause> {
        self.unasked
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
    /// True for an opt-in request.
    pub fn is_opt_in_request(&self) -> bool {
        self.permit.lane == Lane::Invitation
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

impl Verdict {
    /// The verdict for a reader who may know the state of a number but not what people wrote about it.
    #[must_use]
    pub fn without_reasons(mut self) -> Verdict {
        for check in self.checks.iter_mut().filter(|check| check.name == CheckName::DoNotText) {
            match &mut check.facts {
                CheckFacts::DoNotText { reason, .. } => reason.clear(),
                // Stored as a sentence by earlier versions: the reason stands behind the colon.
                CheckFacts::Recorded { facts, .. } => facts.truncate(facts.find(':').unwrap_or(facts.len())),
                _ => {}
            }
        }
        self
    }

    /// May an intended text go now? Nothing failed; what was not checked does not block.
    pub fn can_text(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != Outcome::Fail)
    }

    /// True when the check failed.
    pub fn fails(&self, name: CheckName) -> bool {
        self.checks.iter().any(|check| check.name == name && check.outcome == Outcome::Fail)
    }

    /// True when the text, or the opt-in request before it, is unasked and the number gets no unasked text any more.
    fn is_used_up(&self) -> bool {
        let fails_for_good = |check: &GateCheck| check.outcome == Outcome::Fail && !check.is_about_time();
        self.checks.iter().any(|check| check.name == CheckName::UnaskedTexts && fails_for_good(check))
    }

    /// What stands in the way, for people: what somebody said or set before consent that was never asked for, and the hour
    /// last, because it passes.
    pub fn cause(&self) -> Option<&GateCheck> {
        let failed = self.checks.iter().filter(|check| check.outcome == Outcome::Fail);
        failed.min_by_key(|check| match check.name {
            _ if check.is_about_time() => 2,
            CheckName::Consent => 1,
            _ => 0,
        })
    }

    /// A verdict that was kept with a message, for these readers: none when it cannot be read.
    pub fn recorded(json: &str, calendar: LocalCalendar) -> Option<Verdict> {
        let kept: Verdict = serde_json::from_str(json).ok()?;
        Some(Verdict { calendar, frees_at: kept.next_allowed_at, ..kept })
    }

    /// The calendar of those who read it.
    pub fn calendar(&self) -> LocalCalendar {
        self.calendar
    }

    /// When time itself allows a text again, of a verdict that was asked for now.
    pub fn frees_at(&self) -> Option<Timestamp> {
        self.frees_at
    }

    /// The same, for the recipient's clock.
    pub fn next_appointment(&self) -> Option<Appointment> {
        self.frees_at.map(|at| Appointment { at, zone: self.next_zone })
    }

    /// What to do with a message of `lane`.
    pub fn answer(&self, lane: Lane) -> GateOutcome {
        let permit = || SendPermit {
            lane,
            seq: match lane {
                Lane::Invitation => self.request_seq.unwrap_or(0),
                _ => self.since.map_or(0, |since| since.seq),
            },
            history_seq: self.history_seq,
            unasked: self.unasked,
            valid_for: self
                .allowed_until
                .filter(|_| !lane.is_reply())
                .map(|until| (until.since(self.asked_at) - UNDER_WAY).num_seconds().max(1)),
        };
        let blocking = |names: &[CheckName]| {
            names.iter().copied().find(|name| self.fails(*name)).map(GateOutcome::Refuse)
        };
        let (gates, wants): (&[CheckName], Option<StateName>) = match lane {
            Lane::Gated => (&PERSON_AND_NUMBER, Some(StateName::OptedIn)),
            Lane::Invitation => (&PERSON_AND_NUMBER, None),
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
                // It would wait for an opt-in request that cannot go.
                Lane::Gated if self.is_used_up() => GateOutcome::Refuse(CheckName::UnaskedTexts),
                Lane::Gated => GateOutcome::Hold,
                _ => GateOutcome::Refuse(CheckName::Consent),
            };
        }
        if lane == Lane::Invitation && self.request_seq.is_none() {
            return GateOutcome::Refuse(CheckName::Consent);
        }
        if self.is_used_up() {
            return GateOutcome::Refuse(CheckName::UnaskedTexts);
        }
        if binding_times(lane).iter().any(|name| self.fails(*name)) {
            let until = self.frees_at.unwrap_or_else(|| self.asked_at.plus(LOOK_AGAIN));
            return GateOutcome::Wait { until: Some(until) };
        }
        if !self.fresh || self.fails(CheckName::Operations) {
            return GateOutcome::Wait { until: None };
        }
        GateOutcome::Send(permit())
    }
}

/// The checks that let a text of this lane wait. What answers the lead goes out at any hour (RULES §3).
fn binding_times(lane: Lane) -> &'static [CheckName] {
    match lane {
        Lane::Gated | Lane::Invitation => {
            &[CheckName::QuietHours, CheckName::Frequency, CheckName::UnaskedTexts]
        }
        Lane::OptInConfirmation => &[CheckName::UnaskedTexts],
        Lane::OptOutConfirmation | Lane::Help => &[],
    }
}

const PERSON_AND_NUMBER: [CheckName; 6] = [
    CheckName::OptOut,
    CheckName::DoNotText,
    CheckName::Paused,
    CheckName::Number,
    CheckName::Region,
    CheckName::Sender,
];
/// The narrow lanes of RULES §3: a confirmation goes out although the number is now opted out.
const FLAG_AND_NUMBER: [CheckName; 3] = [CheckName::DoNotText, CheckName::Number, CheckName::Sender];

#[cfg(test)]
impl Verdict {
    /// The same of a number with an opt-in request on its way, where quiet hours begin at `until`.
    pub(crate) fn invited_until(self, until: Timestamp) -> Verdict {
        Verdict { request_seq: Some(1), allowed_until: Some(until), ..self }
    }

    /// A verdict on nobody, for tests of rooms that need a permit.
    pub(crate) fn on_nobody(program: ProgramId) -> Verdict {
        Verdict {
            program,
            state: StateName::NotAsked,
            since: None,
            history_seq: 0,
            request: None,
            request_seq: None,
            unasked: None,
            asked_at: Timestamp::default(),
            checks: Vec::new(),
            next_allowed_at: None,
            next_zone: None,
            frees_at: None,
            allowed_until: None,
            fresh: true,
            calendar: LocalCalendar::UTC,
        }
    }
}
