//! What can go wrong in the store. Never shown to a visitor; the log says it once with a reference.

use diesel::result::{DatabaseErrorKind, Error};

/// A failure of the database or of reading what it holds.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("the database said: {0}")]
    Database(#[from] diesel::result::Error),
    /// The database could not be opened.
    #[error("the database cannot be opened: {0}")]
    Connection(String),
    /// The address of the database is of no known kind.
    #[error("DATABASE_URL must begin with sqlite:// or postgres://; it begins with {0:?}")]
    UnknownScheme(String),
    /// The address of the database holds what is not known, in words for the operator.
    #[error("in the address of the database, {0}.")]
    Address(String),
    /// A migration failed.
    #[error("the tables could not be brought up to date: {0}")]
    Migration(String),
    /// A stored value could not be read back.
    #[error("a stored value is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The transaction's code panicked; it was rolled back.
    #[error("a transaction panicked and was rolled back")]
    Panicked,
    /// The commit of this write was not confirmed: after a broken connection nobody knows whether it is there.
    #[error("the write was not confirmed: {0}")]
    Commit(String),
    /// Nothing was written.
    #[error("the write was not made: {0}")]
    NotWritten(String),
    /// Another instance holds what this write needs; it is run again.
    #[error("another instance is writing the same; please try again")]
    Busy,
    /// Others were recording all the time, or hold what they recorded.
    #[error("the history did not stand still for a moment: {0}")]
    NeverStill(String),
    /// The file of seals beside the database cannot be read or written.
    #[error("the file of seals {0}")]
    SealFile(String),
    /// The file of starts beside the database cannot be read or written.
    #[error("the file of starts {0}")]
    StartFile(String),
    /// No pages can be read from the replica that was named, in words for the operator.
    #[error("DATABASE_REPLICA_URL: {0}")]
    Replica(String),
    /// A database cannot be copied into another, in words for the operator.
    #[error("{0}")]
    Move(String),
    /// The installation lives in another database now.
    #[error(
        "this installation moved to {0}, and this database is its old copy: it neither starts nor sends. Set DATABASE_URL to \
         the new one. To go back, run sms-opt-in migrate-to --undo"
    )]
    Moved(String),
    /// The writer has stopped.
    #[error("the store is shutting down")]
    Closed,
    /// No randomness could be had from the operating system.
    #[error("the operating system gave no random bytes")]
    Randomness,
}

impl StoreError {
    /// True when the same write may well succeed if it is run again, because somebody else wrote at the same moment.
    pub(super) fn is_passing(&self) -> bool {
        use DatabaseErrorKind::{SerializationFailure, UniqueViolation, Unknown};
        match self {
            StoreError::Busy => true,
            // Unknown: diesel's word for a deadlock and for a lock that took too long, among others.
            StoreError::Database(Error::DatabaseError(kind, _)) => {
                matches!(kind, SerializationFailure | UniqueViolation | Unknown)
            }
            _ => false,
        }
    }

    /// True when the database works but holds a value that means nothing.
    pub fn is_unreadable(&self) -> bool {
        use diesel::result::Error::DeserializationError;
        matches!(self, StoreError::Unreadable(_) | StoreError::Database(DeserializationError(_)))
    }
}

/// A failure that may be one of the store's.
pub trait Failure: From<StoreError> + Send + 'static {
    /// The store's failure, if it is one.
    fn of_store(&self) -> Option<&StoreError>;
}

impl Failure for StoreError {
    fn of_store(&self) -> Option<&StoreError> {
        Some(self)
    }
}
