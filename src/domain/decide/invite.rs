//! The rows of the opt-in request: scheduled once by itself, once more only by a person and long after; sent when the carrier
//! has taken it, and what a failure means.

use super::{Decider, checked_basis};
use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::{ConsentState, EventKind, NumberConsent, Source, StateSince};
use crate::domain::evidence::{ContactBasis, Evidence};
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::intent::{Decision, Effect, Refusal, may_ask_again_from};
use crate::domain::time::Timestamp;

/// May a person ask this number once more now?
///
/// # Errors
/// The refusal that the attempt would meet.
pub fn check_reinvite(
    record: &NumberConsent,
    program: ProgramId,
    now: Timestamp,
    calendar: LocalCalendar,
) -> Result<(), Refusal> {
    Decider { record, program, state: record.state_in(program), now, calendar }.may_be_asked_again()
}

impl Decider<'_> {
    pub(super) fn invite(
        &self,
        message: MessageId,
        text: String,
        basis: Option<ContactBasis>,
    ) -> Result<Decision, Refusal> {
        self.may_be_asked()?;
        match self.state {
            ConsentState::Invited(since) => Err(self.already_invited(since)),
            _ => self.schedule(Source::System, message, text, basis),
        }
    }

    pub(super) fn reinvite(
        &self,
        message: MessageId,
        text: String,
        basis: Option<ContactBasis>,
    ) -> Result<Decision, Refusal> {
        self.may_be_asked_again()?;
        self.schedule(Source::Manual, message, text, basis)
    }

    /// The carrier took the request that the event `seq` scheduled: only now is the number invited. News about an earlier
    /// request says nothing about the current one.
    pub(super) fn request_accepted(
        &self,
        message: MessageId,
        seq: i32,
        text: String,
        asked_at: Timestamp,
    ) -> Decision {
        if self.record.open_request(self.program).is_none_or(|request| request.seq != seq) {
            return Decision::default();
        }
        let evidence = Evidence::Invitation { message, text, basis: None };
        let mut decision = self.event(EventKind::Invited, Source::Provider, evidence, &[]);
        if let Some(event) = &mut decision.event {
            event.occurred_at = asked_at.min(self.now);
        }
        decision
    }

    /// A request that reached nobody leaves the number as it was: not asked, or after a repeated one invited by the first
    /// one, or the next message would ask a third time by itself.
    pub(super) fn invitation_failed(&self, message: MessageId, seq: i32, reason: String) -> Decision {
        let evidence = Evidence::RequestFailed { message, reason };
        let failed = |kind, effects: &[Effect]| self.event(kind, Source::Provider, evidence, effects);
        let cancels = [Effect::CancelWaiting];
        match (self.record.requests.get(&self.program), self.state) {
            (Some(request), _) if request.seq == seq => match request.source {
                Source::Manual => failed(EventKind::RequestFailed, &[]),
                _ => failed(EventKind::InvitationFailed, &cancels),
            },
            // Invited when it was scheduled, as versions before did it.
            (None, ConsentState::Invited(since)) if since.seq == seq => match since.source {
                Source::Manual => failed(EventKind::Recorded, &[]),
                _ => failed(EventKind::InvitationFailed, &cancels),
            },
            _ => Decision::default(),
        }
    }

    fn may_be_asked(&self) -> Result<(), Refusal> {
        match (self.state, self.record.open_request(self.program)) {
            _ if self.record.do_not_text.is_some() => Err(Refusal::DoNotText),
            (ConsentState::OptedOut(since), _) => Err(Refusal::OptedOut { on: since.date(self.calendar) }),
            _ if self.record.paused.is_some() => Err(Refusal::Paused),
            (ConsentState::OptedIn(_), _) => Err(Refusal::AlreadyOptedIn),
            (_, Some(request)) => {
                Err(Refusal::RequestOpen { since: self.calendar.date(request.scheduled_at) })
            }
            (ConsentState::NotAsked | ConsentState::Invited(_), None) => Ok(()),
        }
    }

    fn may_be_asked_again(&self) -> Result<(), Refusal> {
        self.may_be_asked()?;
        match self.state {
            ConsentState::Invited(since) if may_ask_again_from(since.occurred_at) <= self.now => Ok(()),
            ConsentState::Invited(since) => Err(self.already_invited(since)),
            _ => Err(Refusal::NotInvited),
        }
    }

    fn already_invited(&self, since: StateSince) -> Refusal {
        let after = self.calendar.date(may_ask_again_from(since.occurred_at));
        Refusal::AlreadyInvited { on: since.date(self.calendar), after }
    }

    fn schedule(
        &self,
        source: Source,
        message: MessageId,
        text: String,
        basis: Option<ContactBasis>,
    ) -> Result<Decision, Refusal> {
        let basis = basis.map(checked_basis).transpose()?;
        let evidence = Evidence::Invitation { message, text, basis };
        Ok(self.event(EventKind::RequestScheduled, source, evidence, &[Effect::SendInvitation]))
    }
}
