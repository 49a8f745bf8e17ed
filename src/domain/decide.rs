//! The transitions: given what is known of a number and what somebody wants, which event is appended and what follows,
//! or why it is refused. The table of RULES §1, row by row.

mod invite;
mod order;
mod reason;
mod spelling;

use chrono::NaiveDate;

use super::calendar::LocalCalendar;
use super::consent::{ConsentState, EventKind, NumberConsent, Source, StateName};
use super::evidence::{ConsentDocument, Evidence, FormRecord, HandsetText};
use super::id::ProgramId;
use super::intent::{
    Decision, Effect, EventDraft, Intent, Refusal, RequestStatus, Revocation, RevocationScope,
};
use super::past_opt_out::StartArrival;
use super::time::Timestamp;

pub use invite::check_reinvite;
use order::stop_is_older;
pub use order::{StartOrder, may_be_older, newest_start, opt_outs_in_force, start_order};
pub use reason::check_reason;
use reason::{checked_basis, checked_reason};
pub use spelling::{inherit, share_opt_out};

/// December 20, 1991: the TCPA became law. An older date on a consent to be texted is a slip of the keyboard.
const TCPA: NaiveDate = match NaiveDate::from_ymd_opt(1991, 12, 20) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// Decides what follows from `intent` for a number about which `record` is known. Dates are those of the organization's
/// `calendar`.
///
/// # Errors
/// A [`Refusal`] that says what was refused and what to do instead.
pub fn decide(
    record: &NumberConsent,
    program: ProgramId,
    intent: Intent,
    now: Timestamp,
    calendar: LocalCalendar,
) -> Result<Decision, Refusal> {
    let case = Decider { record, program, state: record.state_in(program), now, calendar };
    match intent {
        Intent::Invite { message, text, basis } => case.invite(message, text, basis),
        Intent::Reinvite { message, text, basis } => case.reinvite(message, text, basis),
        Intent::RequestAccepted { message, seq, text, asked_at } => {
            Ok(case.request_accepted(message, seq, text, asked_at))
        }
        Intent::InvitationFailed { message, seq, why } => Ok(case.invitation_failed(message, seq, why)),
        Intent::Start(text, arrival) => Ok(case.start(text, &arrival)),
        Intent::Join(text, arrival) => Ok(match case.state {
            ConsentState::OptedOut(_) => case.handset(EventKind::Recorded, text, &[]),
            _ => case.start(text, &arrival),
        }),
        Intent::Keep(text) => Ok(case.handset(EventKind::Recorded, text, &[])),
        Intent::Yes { text, arrived_at, asked } => Ok(case.yes(text, arrived_at, asked)),
        Intent::Stop { text, scope, newest_start } => Ok(case.stop(text, scope, newest_start)),
        Intent::Unclear(text) => Ok(case.unclear(text)),
        Intent::Form { record, double_opt_in } => Ok(case.form(record, double_opt_in)),
        Intent::ManualOptIn(document) => case.manual_opt_in(document),
        Intent::ImportOptIn(consent) => {
            let given_at = consent.given_at;
            case.may_opt_in(given_at)?;
            Ok(case.documented(given_at, Source::Import, Evidence::ImportedConsent(consent)))
        }
        Intent::ImportOptOut(record) => {
            // Taken whatever the file says of its time.
            let (at, evidence) = (case.occurred_at(record.received_at), Evidence::ImportedOptOut(record));
            Ok(case.revoke(RevocationScope::Everywhere, Source::Import, evidence).at(at))
        }
        Intent::OptOut(revocation, source) => case.opt_out(revocation, source),
        Intent::ProviderBlock { provider, code, message, scope } => {
            let evidence = Evidence::ProviderBlock { provider, code, message };
            Ok(case.revoke(scope, Source::Provider, evidence))
        }
        Intent::Reassigned { reason } => case.reassigned(reason),
        Intent::EndSimulation { reason } => {
            let (kind, evidence) = (EventKind::SimulationEnded, Evidence::Note { reason });
            Ok(case.event(kind, Source::System, evidence, &[Effect::CancelWaiting]))
        }
        Intent::SetDoNotText { reason } => {
            let new = record.do_not_text.is_none();
            case.flag(EventKind::DoNotTextSet, new, reason, &[Effect::CancelWaiting])
        }
        Intent::ClearDoNotText { reason } => {
            case.flag(EventKind::DoNotTextCleared, record.do_not_text.is_some(), reason, &[])
        }
        Intent::Resume { reason } => {
            let effects = [Effect::ReleaseHeld];
            case.flag(EventKind::Resumed, record.paused.is_some(), reason, &effects)
        }
    }
}

impl Decision {
    /// The same, as something that happened then.
    fn at(mut self, occurred_at: Timestamp) -> Decision {
        self.event.iter_mut().for_each(|event| event.occurred_at = occurred_at);
        self
    }

    /// The same, for all programs.
    fn everywhere(mut self) -> Decision {
        self.event.iter_mut().for_each(|event| event.program = None);
        self
    }
}

/// One number in one program at one moment.
struct Decider<'a> {
    record: &'a NumberConsent,
    program: ProgramId,
    state: ConsentState,
    now: Timestamp,
    calendar: LocalCalendar,
}

impl Decider<'_> {
    fn start(&self, text: HandsetText, arrival: &StartArrival) -> Decision {
        match (self.state, start_order(text.time(), arrival)) {
            (ConsentState::OptedIn(_), _) | (_, StartOrder::Older) => {
                self.handset(EventKind::Recorded, text, &[])
            }
            (_, StartOrder::Unknown) => self.handset(EventKind::Recorded, text, &[Effect::AskOrder]),
            (_, StartOrder::Later) => self.handset(EventKind::OptedIn, text, &self.welcome()),
        }
    }

    fn yes(&self, text: HandsetText, arrived_at: Timestamp, asked: RequestStatus) -> Decision {
        // A YES from before the request answers something else.
        let answers = |asked_at| text.time().unwrap_or(arrived_at) >= asked_at;
        match (self.state, asked) {
            (ConsentState::Invited(_), RequestStatus::At(asked_at)) if answers(asked_at) => {
                self.handset(EventKind::OptedIn, text, &self.welcome())
            }
            (ConsentState::NotAsked | ConsentState::Invited(_), RequestStatus::UnderWay { since })
                if answers(since) =>
            {
                self.handset(EventKind::Recorded, text, &[Effect::AwaitRequest])
            }
            _ => Decision::default(),
        }
    }

    /// What opting in sets off; under a flag nothing leaves, not even the confirmation.
    fn welcome(&self) -> Vec<Effect> {
        if self.record.do_not_text.is_some() || self.record.paused.is_some() {
            Vec::new()
        } else {
            vec![Effect::ConfirmOptIn, Effect::ReleaseHeld]
        }
    }

    fn stop(&self, text: HandsetText, scope: RevocationScope, newest_start: Option<Timestamp>) -> Decision {
        if let ConsentState::OptedIn(_) = self.state {
            let clearly_older = stop_is_older(text.time(), newest_start);
            // It may be older than this program's START and still be news to another one.
            let is_news =
                scope == RevocationScope::Everywhere && self.record.may_be_texted_beside(self.program);
            if clearly_older && !is_news {
                return self.handset(EventKind::Recorded, text, &[]);
            }
        }
        let occurred_at = self.occurred_at(text.time());
        let mut decision = self.revoke(scope, Source::Handset, Evidence::HandsetText(text)).at(occurred_at);
        // Also where only another program was left to end: the lead is told once that it has.
        let ends_another = scope == RevocationScope::Everywhere && self.record.may_be_texted();
        if self.state.name() != StateName::OptedOut || ends_another {
            decision.effects.push(Effect::ConfirmOptOut);
        }
        decision
    }

    fn unclear(&self, text: HandsetText) -> Decision {
        // Nothing can be sent to who is out of everything: there is nothing to decide.
        if self.record.paused.is_some() || self.record.is_out_everywhere() {
            return self.handset(EventKind::Recorded, text, &[]);
        }
        self.handset(EventKind::Paused, text, &[]).everywhere()
    }

    fn form(&self, record: FormRecord, double_opt_in: bool) -> Decision {
        let flagged = self.record.do_not_text.is_some() || self.record.paused.is_some();
        let is_open = self.record.open_request(self.program).is_some();
        let (kind, effects) = match self.state {
            ConsentState::NotAsked if double_opt_in && (flagged || is_open) => (EventKind::Recorded, vec![]),
            ConsentState::NotAsked if double_opt_in => {
                (EventKind::RequestScheduled, vec![Effect::SendInvitation])
            }
            ConsentState::NotAsked => (EventKind::OptedIn, self.welcome()),
            ConsentState::Invited(_) | ConsentState::OptedIn(_) | ConsentState::OptedOut(_) => {
                (EventKind::Recorded, vec![])
            }
        };
        self.event(kind, Source::WebForm, Evidence::WebForm(record), &effects)
    }

    fn manual_opt_in(&self, document: ConsentDocument) -> Result<Decision, Refusal> {
        let given_at = document.given_at;
        self.may_opt_in(given_at)?;
        let reason = checked_reason(document.reason).map_err(|_| Refusal::ReferenceTooShort)?;
        let evidence = Evidence::Document(ConsentDocument { reason, ..document });
        Ok(self.documented(given_at, Source::Manual, evidence))
    }

    /// Only the lead's own START brings back a number that opted out, and no record from before an opt-out counts.
    fn may_opt_in(&self, given_at: Timestamp) -> Result<(), Refusal> {
        match self.state {
            ConsentState::OptedOut(since) => Err(Refusal::OptedOut { on: since.date(self.calendar) }),
            _ => check_given_at(self.record, given_at, self.now, self.calendar),
        }
    }

    /// Consent by a record of it: what waits is released, and the lead gets no confirmation of a thing of the past.
    fn documented(&self, given_at: Timestamp, source: Source, evidence: Evidence) -> Decision {
        let released =
            || self.welcome().into_iter().filter(|effect| *effect != Effect::ConfirmOptIn).collect();
        let (kind, effects) = match self.state {
            ConsentState::OptedIn(_) => (EventKind::Recorded, vec![]),
            _ => (EventKind::OptedIn, released()),
        };
        // East of UTC the day may have begun before midnight in UTC.
        self.event(kind, source, evidence, &effects).at(given_at.min(self.now))
    }

    fn opt_out(&self, revocation: Revocation, source: Source) -> Result<Decision, Refusal> {
        let Revocation { channel, reason, received_at, confirm } = revocation;
        let reason = reason.replace('\0', "").trim().to_owned();
        if reason.is_empty() {
            return Err(Refusal::ReasonTooShort);
        }
        let occurred_at = received_at.unwrap_or(self.now);
        let (on, today) = (self.calendar.record_date(occurred_at), self.calendar.date(self.now));
        // West of UTC the midnight of tomorrow's date may be past already.
        let is_ahead = source == Source::Manual && on > today;
        if occurred_at > self.now || is_ahead || on < TCPA {
            return Err(Refusal::RevocationDate { floor: TCPA });
        }
        let evidence = Evidence::Revocation { channel, reason };
        let mut decision = self.revoke(RevocationScope::Everywhere, source, evidence).at(occurred_at);
        if confirm && self.record.may_be_texted() {
            decision.effects.push(Effect::ConfirmOptOut);
        }
        Ok(decision)
    }

    /// Any revocation: always allowed, and recorded even where nothing is left to revoke.
    fn revoke(&self, scope: RevocationScope, source: Source, evidence: Evidence) -> Decision {
        let already_out = match scope {
            RevocationScope::Everywhere => self.record.is_out_everywhere(),
            RevocationScope::Program => self.state.name() == StateName::OptedOut,
        };
        let kind = if already_out { EventKind::OptOutRepeated } else { EventKind::OptedOut };
        let decision = self.event(kind, source, evidence, &[Effect::CancelWaiting]);
        if scope == RevocationScope::Everywhere { decision.everywhere() } else { decision }
    }

    fn reassigned(&self, reason: String) -> Result<Decision, Refusal> {
        let reason = checked_reason(reason)?;
        // Also where nothing is left to end: no document of the owner before may opt in the next one.
        let (kind, evidence) = (EventKind::ConsentEnded, Evidence::Note { reason });
        Ok(self.event(kind, Source::Manual, evidence, &[Effect::CancelWaiting]).everywhere())
    }

    fn flag(
        &self,
        kind: EventKind,
        changes: bool,
        reason: String,
        effects: &[Effect],
    ) -> Result<Decision, Refusal> {
        if !changes {
            return Err(Refusal::NothingToDo);
        }
        let evidence = Evidence::Note { reason: checked_reason(reason)? };
        Ok(self.event(kind, Source::Manual, evidence, effects).everywhere())
    }

    fn handset(&self, kind: EventKind, text: HandsetText, effects: &[Effect]) -> Decision {
        let occurred_at = self.occurred_at(text.time());
        self.event(kind, Source::Handset, Evidence::HandsetText(text), effects).at(occurred_at)
    }

    /// The provider's time, never later than now: a clock that is ahead must not push events into the future.
    fn occurred_at(&self, sent_at: Option<Timestamp>) -> Timestamp {
        sent_at.unwrap_or(self.now).min(self.now)
    }

    fn event(&self, kind: EventKind, source: Source, evidence: Evidence, effects: &[Effect]) -> Decision {
        let draft = EventDraft { kind, program: Some(self.program), source, occurred_at: self.now, evidence };
        Decision { event: Some(draft), effects: effects.to_vec() }
    }
}

/// Can a consent for this number have been given then? A document has a day and no time: it covers its whole day.
///
/// # Errors
/// The refusal that a document of that day would meet.
pub fn check_given_at(
    record: &NumberConsent,
    given_at: Timestamp,
    now: Timestamp,
    calendar: LocalCalendar,
) -> Result<(), Refusal> {
    let given_on = calendar.record_date(given_at);
    match record.last_opt_out.map(|at| calendar.record_date(at)) {
        _ if given_on > calendar.date(now) => Err(Refusal::ConsentInFuture),
        _ if given_on < TCPA => Err(Refusal::ConsentTooOld { floor: TCPA }),
        Some(last_opt_out) if given_on < last_opt_out => Err(Refusal::ConsentBeforeOptOut { last_opt_out }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
