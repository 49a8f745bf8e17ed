//! Keeps who a session belongs to while one request is answered, so that it is read once. `session` uses it; it writes
//! nothing.

use std::cell::RefCell;

use crate::domain::sign_in::SignInRules;
use crate::domain::time::Timestamp;
use crate::store::sessions::StoredSession;
use crate::store::users::SessionUser;

/// Who was read with the session of a request.
#[derive(Clone)]
pub(super) struct LoadedUser {
    pub(super) user: SessionUser,
    pub(super) key_hash: Vec<u8>,
    /// When they were active last.
    pub(super) seen_at: Timestamp,
}

impl LoadedUser {
    pub(super) fn new(user: SessionUser, session: &StoredSession) -> Self {
        LoadedUser { user, key_hash: session.key_hash.clone(), seen_at: session.seen_at }
    }

    /// The minutes without activity after which the session ended, if it did.
    pub(super) fn idle_end(&self, now: Timestamp) -> Option<u32> {
        let idle = SignInRules::read(self.user.sign_in_rules.as_deref()).idle(self.user.user.role);
        let is_over = now.since(self.seen_at) >= idle;
        is_over.then(|| u32::try_from(idle.num_minutes()).unwrap_or(u32::MAX))
    }
}

/// What was found out about the session of a request.
#[derive(Clone, Default)]
enum LoadedSession {
    #[default]
    Nothing,
    Of(Box<LoadedUser>),
    EndedIdle(u32),
}

tokio::task_local! {
    static LOADED: RefCell<LoadedSession>;
}

/// Answers one request.
pub(super) async fn while_answering<F: Future>(answer: F) -> F::Output {
    LOADED.scope(RefCell::default(), answer).await
}

/// Keeps who was read.
pub(super) fn keep(found: LoadedUser) {
    put(LoadedSession::Of(Box::new(found)));
}

/// Keeps that the session ended after so many minutes without activity.
pub(super) fn keep_idle_end(minutes: u32) {
    put(LoadedSession::EndedIdle(minutes));
}

/// Who was read, if anyone was in this request.
pub(super) fn found() -> Option<LoadedUser> {
    match read() {
        LoadedSession::Of(found) => Some(*found),
        LoadedSession::Nothing | LoadedSession::EndedIdle(_) => None,
    }
}

/// The hash of the key of the session of this request, if a person is signed in.
pub fn session_key_hash() -> Option<Vec<u8>> {
    found().map(|found| found.key_hash)
}

/// The minutes without activity after which the session of this request ended, if it did.
pub fn idle_end() -> Option<u32> {
    match read() {
        LoadedSession::EndedIdle(minutes) => Some(minutes),
        LoadedSession::Nothing | LoadedSession::Of(_) => None,
    }
}

fn put(session: LoadedSession) {
    // Outside of a request there is nothing to keep it for.
    let _ = LOADED.try_with(|loaded| loaded.replace(session));
}

fn read() -> LoadedSession {
    LOADED.try_with(|loaded| loaded.borrow().clone()).unwrap_or_default()
}
