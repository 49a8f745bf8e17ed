//! The rows of the invitation: once by itself, once more only by a person and long after, and what a failure means.

use chrono::Duration;

use super::{Case, checked_basis};
use crate::domain::consent::{EventKind, NumberConsent, Source, State};
use crate::domain::evidence::{Basis, Evidence};
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::intent::{Decision, Effect, Refusal};
use crate::domain::time::Timestamp;

/// An invitation without an answer may be repeated by a person after this time, never by itself (RULES §4).
const ASK_AGAIN_AFTER: Duration = Duration::days(30);

/// When a person may repeat an invitation of this time.
pub fn may_ask_again_from(invited_at: Timestamp) -> Timestamp {
    invited_at.plus(ASK_AGAIN_AFTER)
}

/// May a person ask this number once more now?
///
/// # Errors
/// The refusal that the attempt would meet.
pub fn check_reinvite(record: &NumberConsent, program: ProgramId, now: Timestamp) -> Result<(), Refusal> {
    Case { record, program, state: record.state_in(program), now }.may_be_asked_again()
}

impl Case<'_> {
    pub(super) fn invite(
        &self,
        message: MessageId,
        text: String,
        basis: Option<Basis>,
    ) -> Result<Decision, Refusal> {
        self.may_be_asked()?;
        match self.state {
            State::Invited(since) => Err(Refusal::AlreadyInvited { since: since.recorded_at }),
            _ => self.invitation(Source::System, message, text, basis),
        }
    }

    pub(super) fn reinvite(
        &self,
        message: MessageId,
        text: String,
        basis: Option<Basis>,
    ) -> Result<Decision, Refusal> {
        self.may_be_asked_again()?;
        self.invitation(Source::Manual, message, text, basis)
    }

    /// Late news about an earlier invitation says nothing about the one that is out. When a repeated one fails, the first
    /// one went out all the same: the number stays invited, or the next message would ask a third time by itself.
    pub(super) fn invitation_failed(&self, message: MessageId, seq: i32, why: String) -> Decision {
        let evidence = Evidence::Invitation { message, text: why, basis: None };
        match self.state {
            State::Invited(since) if since.seq != seq => Decision::default(),
            State::Invited(since) if since.source == Source::Manual => {
                self.event(EventKind::Recorded, Source::Provider, evidence, &[])
            }
            State::Invited(_) => {
                let effects = [Effect::CancelWaiting];
                self.event(EventKind::InvitationFailed, Source::Provider, evidence, &effects)
            }
            _ => Decision::default(),
        }
    }

    fn may_be_asked(&self) -> Result<(), Refusal> {
        match self.state {
            _ if self.record.do_not_text.is_some() => Err(Refusal::DoNotText),
            State::OptedOut(since) => Err(Refusal::OptedOut { since: since.occurred_at }),
            _ if self.record.paused.is_some() => Err(Refusal::Paused),
            State::OptedIn(_) => Err(Refusal::AlreadyOptedIn),
            State::NotAsked | State::Invited(_) => Ok(()),
        }
    }

    fn may_be_asked_again(&self) -> Result<(), Refusal> {
        self.may_be_asked()?;
        match self.state {
            State::Invited(since) if may_ask_again_from(since.recorded_at) <= self.now => Ok(()),
            State::Invited(since) => Err(Refusal::AlreadyInvited { since: since.recorded_at }),
            _ => Err(Refusal::NotInvited),
        }
    }

    fn invitation(
        &self,
        source: Source,
        message: MessageId,
        text: String,
        basis: Option<Basis>,
    ) -> Result<Decision, Refusal> {
        let basis = basis.map(checked_basis).transpose()?;
        let evidence = Evidence::Invitation { message, text, basis };
        Ok(self.event(EventKind::Invited, source, evidence, &[Effect::SendInvitation]))
    }
}
