//! Keeps who a session belongs to while one request is answered, so that it is read once. `session` uses it; it writes
//! nothing.

use std::cell::RefCell;

use crate::store::users::SessionUser;

tokio::task_local! {
    static LOADED: RefCell<Option<SessionUser>>;
}

/// Answers one request.
pub(super) async fn while_answering<F: Future>(answer: F) -> F::Output {
    LOADED.scope(RefCell::new(None), answer).await
}

/// Keeps who was read.
pub(super) fn keep(found: Option<SessionUser>) {
    // Outside of a request there is nothing to keep it for.
    let _ = LOADED.try_with(|loaded| loaded.replace(found));
}

/// Who was read, if it was in this request.
pub(super) fn found() -> Option<SessionUser> {
    LOADED.try_with(|loaded| loaded.borrow().clone()).ok().flatten()
}
