//! Commands about signing in: attempts, second factors and sessions. Each one is the action of its name. Used by the pages of
//! sign-in and of accounts.

use crate::domain::id::UserId;
use crate::domain::sign_in::SignInRules;
use crate::store::Tx;
use crate::store::sessions::{self, StoredSession};
use crate::store::users::User;

use super::Commands;
use crate::actions::second_factor::{self, NewSecondFactor, VerifiedCode};
use crate::actions::sessions::{end_all_sessions, end_other_sessions, end_session};
use crate::actions::set_failure_limits::{FailureLimitsChange, set_failure_limits};
use crate::actions::sign_in_limits::{AttemptBuckets, SpentBudget, count_attempt, forgive_attempt};
use crate::actions::sign_in_rules::set_sign_in_rules;
use crate::actions::users::{self, PasswordMatch};
use crate::actions::{ActionContext, ActionError};

impl Commands {
    /// Signs a person in whose password was verified against `verified_hash`.
    pub async fn sign_in(
        self,
        email: String,
        verified_hash: Option<String>,
        attempt: AttemptBuckets,
    ) -> Result<Option<PasswordMatch>, ActionError> {
        let sign_in = move |tx: &mut Tx<'_>, context: &ActionContext<'_>| {
            users::sign_in(tx, &email, verified_hash.as_deref(), &attempt, context.now)
        };
        self.run(sign_in).await
    }

    /// Counts an attempt as a failure until it turns out to be right.
    pub async fn count_attempt(
        self,
        attempt: AttemptBuckets,
    ) -> Result<Result<(), SpentBudget>, ActionError> {
        self.run(move |tx, context| count_attempt(tx, &attempt, context.now)).await
    }

    /// An attempt was right: it does not count.
    pub async fn forgive_attempt(self, attempt: AttemptBuckets) -> Result<(), ActionError> {
        self.run(move |tx, _| Ok(forgive_attempt(tx, &attempt)?)).await
    }

    /// Sets the organization's rules of signing in; `shown` is the tag of those on the page.
    pub async fn set_sign_in_rules(self, rules: SignInRules, shown: String) -> Result<(), ActionError> {
        self.run(move |tx, context| set_sign_in_rules(tx, context, &rules, &shown)).await
    }

    /// Changes the limits on failed sign-ins.
    pub async fn set_failure_limits(self, change: FailureLimitsChange) -> Result<(), ActionError> {
        self.run(move |tx, context| set_failure_limits(tx, context, &change)).await
    }

    /// Ends one of a person's sessions.
    pub async fn end_session_of(self, id: UserId, key_hash: Vec<u8>) -> Result<(), ActionError> {
        self.run(move |tx, context| end_session(tx, context, id, &key_hash)).await
    }

    /// Ends all of a person's sessions but their own one.
    pub async fn end_other_sessions(self, id: UserId, own: Vec<u8>) -> Result<usize, ActionError> {
        self.run(move |tx, context| end_other_sessions(tx, context, id, &own)).await
    }

    /// Ends all sessions of a person.
    pub async fn end_all_sessions(self, id: UserId) -> Result<User, ActionError> {
        self.run(move |tx, context| end_all_sessions(tx, context, id)).await
    }

    /// Notes that the person of a session is active.
    pub async fn note_activity(self, key_hash: Vec<u8>) -> Result<(), ActionError> {
        self.run(move |tx, context| Ok(sessions::note_activity(tx, &key_hash, context.now)?)).await
    }

    /// Begins a session.
    pub async fn begin_session(self, session: StoredSession) -> Result<(), ActionError> {
        self.run(move |tx, context| Ok(sessions::put(tx, &session, context.now)?)).await
    }

    /// Changes what a session remembers.
    pub async fn update_session(
        self,
        key_hash: Vec<u8>,
        user: Option<UserId>,
        state: String,
    ) -> Result<(), ActionError> {
        self.run(move |tx, _| Ok(sessions::update(tx, &key_hash, user, &state)?)).await
    }

    /// Ends a session.
    pub async fn end_session(self, key_hash: Vec<u8>) -> Result<(), ActionError> {
        self.run(move |tx, _| Ok(sessions::end(tx, &key_hash)?)).await
    }

    /// Signs a person in whose password was right, with a code that was verified.
    pub async fn sign_in_with_code(
        self,
        user: User,
        code: Option<VerifiedCode>,
        attempt: AttemptBuckets,
    ) -> Result<Option<User>, ActionError> {
        let sign_in = move |tx: &mut Tx<'_>, context: &ActionContext<'_>| {
            let (id, hash, now) = (user.id, &user.password_hash, context.now);
            second_factor::sign_in_with_code(tx, id, hash, code.as_ref(), &attempt, now)
        };
        self.run(sign_in).await
    }

    /// Turns a person's own second factor on.
    pub async fn set_up_second_factor(self, id: UserId, new: NewSecondFactor) -> Result<(), ActionError> {
        self.run(move |tx, context| second_factor::set_up_second_factor(tx, context, id, new.clone())).await
    }

    /// Gives a person new recovery codes.
    pub async fn replace_recovery_codes(self, id: UserId, hashes: Vec<Vec<u8>>) -> Result<(), ActionError> {
        self.run(move |tx, context| second_factor::replace_recovery_codes(tx, context, id, &hashes)).await
    }

    /// Turns a person's own second factor off.
    pub async fn turn_off_second_factor(self, id: UserId) -> Result<(), ActionError> {
        self.run(move |tx, context| second_factor::turn_off_second_factor(tx, context, id)).await
    }

    /// Takes away the second factor of someone who lost theirs.
    pub async fn remove_second_factor(self, id: UserId) -> Result<User, ActionError> {
        self.run(move |tx, context| second_factor::remove_second_factor(tx, context, id)).await
    }
}
