//! Identifiers: 16 bytes, time-ordered (UUIDv7, RFC 9562), one type for each noun so that they cannot be mixed up.
//! Minted elsewhere, because this room has neither a clock nor randomness.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

use super::time::Timestamp;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier's bytes, as stored.
            pub fn as_bytes(&self) -> &[u8] { self.0.as_bytes() }
            /// The first identifier that can be minted at this moment; those of earlier moments are smaller.
            pub fn first_at(at: Timestamp) -> Self {
                let millis = u128::from(at.micros().div_euclid(1000).unsigned_abs()) & 0xFFFF_FFFF_FFFF;
                $name(Uuid::from_u128(if at.micros() < 0 { 0 } else { millis << 80 }))
            }
            /// From stored bytes; `None` unless there are 16.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> { Uuid::from_slice(bytes).ok().map($name) }
        }
        impl From<Uuid> for $name { fn from(id: Uuid) -> Self { $name(id) } }
        impl From<$name> for Uuid { fn from(id: $name) -> Self { id.0 } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.hyphenated().fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::parse_str(text).map($name) }
        }
    )*};
}

ids!(
    /// A phone number's record.
    NumberId,
    /// A texting program of one brand.
    ProgramId,
    /// A sender number of a program.
    SenderId,
    /// A note of what a person did to a number.
    NoteId,
    /// A person in the address book.
    ContactId,
    /// An outbound text.
    MessageId,
    /// A text a lead sent.
    InboundId,
    /// A hosted opt-in form.
    FormId,
    /// A person who signs in.
    UserId,
    /// A key to the JSON API.
    ApiKeyId,
    /// A line of the administration log.
    LogId,
    /// A background job.
    JobId,
    /// A file in the database.
    FileId,
);

/// The result of a background job is kept under the identifier of the job.
impl From<JobId> for FileId {
    fn from(job: JobId) -> FileId {
        FileId(job.0)
    }
}
