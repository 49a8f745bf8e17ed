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
    /// The commit of this write was not confirmed: after a broken connection it may be there or not.
    #[error("the write was not confirmed: {0}")]
    Commit(String),
    /// The database was away or too busy for too long; nothing was written.
    #[error("the database does not answer, and nothing was written: {0}")]
    Unavailable(String),
    /// Nothing was written, and a second try would not help.
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
         the new one. As long as that was not used, sms-opt-in migrate-to TARGET --undo goes back"
    )]
    Moved(String),
    /// The writer stopped before it answered: the write may be there or not.
    #[error("the store is shutting down")]
    Closed,
    /// No randomness could be had from the operating system.
    #[error("the operating system gave no random bytes")]
    Randomness,
}

/// What a failure means for the one who asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureKind {
    /// Nothing was written. The database is away or busy: the same request may succeed in a moment.
    Busy,
    /// It may have been written. Only a look at the record, or the same `Idempotency-Key`, can tell.
    Unconfirmed,
    /// Nothing was written, and the cause is ours.
    Internal,
}

impl StoreError {
    /// What this failure means for the one who asked.
    pub fn kind(&self) -> FailureKind {
        match self {
            StoreError::Commit(_) | StoreError::Closed => FailureKind::Unconfirmed,
            StoreError::Unavailable(_)
            | StoreError::Busy
            | StoreError::NeverStill(_)
            | StoreError::Connection(_) => FailureKind::Busy,
            StoreError::Database(Error::DatabaseError(kind, why)) if is_away(kind, why.message()) => {
                FailureKind::Busy
            }
            _ => FailureKind::Internal,
        }
    }

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

/// True when the database is away or its lock is taken. SQLite's words are fixed; a broken connection to PostgreSQL is
/// noticed where it is used.
fn is_away(kind: &DatabaseErrorKind, message: &str) -> bool {
    use DatabaseErrorKind::{
        ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand, Unknown,
    };
    match kind {
        ClosedConnection | UnableToSendCommand | ReadOnlyTransaction | SerializationFailure => true,
        Unknown => message == "database is locked",
        _ => false,
    }
}

/// A failure that may be one of the store's.
pub trait StoreFailure: From<StoreError> + Send + 'static {
    /// The store's failure, if it is one.
    fn of_store(&self) -> Option<&StoreError>;
}

impl StoreFailure for StoreError {
    fn of_store(&self) -> Option<&StoreError> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_whether_a_second_try_helps_and_whether_the_first_may_be_there() {
        use DatabaseErrorKind::{ClosedConnection, ForeignKeyViolation, Unknown};
        let database =
            |kind, why: &str| StoreError::Database(Error::DatabaseError(kind, Box::new(why.to_owned())));
        let why = String::new;
        let cases = [
            (StoreError::Commit(why()), FailureKind::Unconfirmed),
            (StoreError::Closed, FailureKind::Unconfirmed),
            (StoreError::Unavailable(why()), FailureKind::Busy),
            (StoreError::Busy, FailureKind::Busy),
            (StoreError::NeverStill(why()), FailureKind::Busy),
            (StoreError::Connection(why()), FailureKind::Busy),
            (database(ClosedConnection, "gone"), FailureKind::Busy),
            (database(Unknown, "database is locked"), FailureKind::Busy),
            (database(Unknown, "no such table"), FailureKind::Internal),
            (database(ForeignKeyViolation, "no such row"), FailureKind::Internal),
            (StoreError::NotWritten(why()), FailureKind::Internal),
            (StoreError::Panicked, FailureKind::Internal),
        ];
        for (error, kind) in cases {
            assert_eq!(error.kind(), kind, "{error:?}");
        }
    }
}
