//! Commands that record consent, and what people decide about replies. Each one is the action of its name. Used by pages,
//! public forms and the JSON API.

use crate::domain::consent::Source;
use crate::domain::evidence::ContactBasis;
use crate::domain::id::{InboundId, NumberId};
use crate::domain::intent::Revocation;
use crate::domain::ledger::LedgerEntry;
use crate::domain::limit_hit::LimitHit;
use crate::domain::phone::Phone;

use super::Commands;
use crate::actions::ActionError;
use crate::actions::close_notice::close_notice;
use crate::actions::mark_reachable::mark_reachable;
use crate::actions::record_consent::{NewConsentRecord, record_consent, record_opt_out};
use crate::actions::reinvite::reinvite;
use crate::actions::review::{ReviewDecision, ReviewedState, decide_review};
use crate::actions::submit_form::{NewSubmission, SubmitResult, submit_form};

impl Commands {
    /// Records consent, its end or a flag by hand.
    pub async fn record_consent(
        self,
        number: NumberId,
        program: String,
        update: NewConsentRecord,
    ) -> Result<LedgerEntry, ActionError> {
        let source = Source::Manual;
        self.run(move |tx, context| {
            record_consent(tx, context, number, Some(&program), update.clone(), source)
        })
        .await
    }

    /// Records an opt-out of a phone number that may be unknown.
    pub async fn record_opt_out(
        self,
        phone: Phone,
        revocation: Revocation,
        source: Source,
    ) -> Result<LedgerEntry, ActionError> {
        self.run(move |tx, context| record_opt_out(tx, context, &phone, revocation.clone(), source)).await
    }

    /// Records what a person decided about an unclear reply.
    pub async fn decide_review(
        self,
        number: NumberId,
        shown: ReviewedState,
        decision: ReviewDecision,
    ) -> Result<(), ActionError> {
        self.run(move |tx, context| decide_review(tx, context, number, shown, decision.clone())).await
    }

    /// Sends an opt-in request once more.
    pub async fn reinvite(
        self,
        number: NumberId,
        program: String,
        basis: Option<ContactBasis>,
    ) -> Result<(), ActionError> {
        self.run(move |tx, context| reinvite(tx, context, number, Some(&program), basis.clone())).await
    }

    /// Records that a number can receive texts again.
    pub async fn mark_reachable(self, number: NumberId, reason: String) -> Result<(), ActionError> {
        self.run(move |tx, context| mark_reachable(tx, context, number, &reason)).await
    }

    /// Closes a notice about a text.
    pub async fn close_notice(self, text: InboundId) -> Result<(), ActionError> {
        self.run(move |tx, context| close_notice(tx, context, text)).await
    }

    /// Records a submission of a hosted form.
    pub async fn submit_form(self, submission: NewSubmission) -> Result<SubmitResult, ActionError> {
        self.run(move |tx, context| submit_form(tx, &submission, context.now)).await
    }

    /// Counts and logs that a limit held a text back which never became a message.
    pub async fn record_hit(self, hit: LimitHit) -> Result<(), ActionError> {
        self.run(move |tx, _| {
            tx.record_hit(hit);
            Ok(())
        })
        .await
    }
}
