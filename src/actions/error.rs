//! How an action fails. Used by every action and by all who call one.

use crate::domain::intent::Refusal;
use crate::store::{FailureKind, StoreError, StoreFailure};

/// What is wrong with one field of what was sent.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// What is wrong and the way out, as a sentence.
    pub message: String,
}

impl FieldError {
    /// An error of one field.
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        FieldError { field: field.to_owned(), message: message.into() }
    }
}

/// How an action can fail. Only `Internal` is our fault; nothing was recorded in all cases but `Unconfirmed`.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Fields are wrong.
    #[error("some fields are not right")]
    Invalid(Vec<FieldError>),
    /// The rules of consent refuse it.
    #[error("the rules of consent refuse it: {}", .0.code())]
    Refused(Refusal),
    /// It collides with something that exists.
    #[error("{0}")]
    Conflict(String),
    /// The database did not confirm the change: it may be recorded or not.
    #[error(transparent)]
    Unconfirmed(StoreError),
    /// The database is away or busy: the same request may succeed in a moment.
    #[error(transparent)]
    Busy(StoreError),
    /// Something broke.
    #[error(transparent)]
    Internal(StoreError),
}

impl From<Refusal> for ActionError {
    fn from(refusal: Refusal) -> Self {
        ActionError::Refused(refusal)
    }
}

impl From<StoreError> for ActionError {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            FailureKind::Unconfirmed => ActionError::Unconfirmed(error),
            FailureKind::Busy => ActionError::Busy(error),
            FailureKind::Internal => ActionError::Internal(error),
        }
    }
}

impl ActionError {
    /// One wrong field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        ActionError::Invalid(vec![FieldError::new(field, message)])
    }
}

impl StoreFailure for ActionError {
    fn of_store(&self) -> Option<&StoreError> {
        match self {
            ActionError::Unconfirmed(error) | ActionError::Busy(error) | ActionError::Internal(error) => {
                Some(error)
            }
            _ => None,
        }
    }
}
