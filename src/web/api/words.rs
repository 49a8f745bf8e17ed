//! The closed sets of words in the API's answers and requests. The API's description uses it; it writes nothing.

use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use crate::domain::consent::{EventKind, Source, StateName};
use crate::domain::evidence::{BasisKind, RevocationChannel};
use crate::domain::gate::{CheckName, Outcome, RequestProgress};
use crate::domain::message::{Category, Lane, Status};
use crate::web::words::codes::error_codes;

fn one_of(words: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(words)).build()
}

macro_rules! word_sets {
    ($($function:ident: $set:ty),* $(,)?) => {
        $(pub(super) fn $function() -> Object {
            one_of(<$set>::ALL.iter().map(|word| word.as_str()))
        })*
    };
}

word_sets! {
    state: StateName,
    event_kind: EventKind,
    source: Source,
    basis: BasisKind,
    channel: RevocationChannel,
    check: CheckName,
    outcome: Outcome,
    request: RequestProgress,
    category: Category,
    lane: Lane,
    status: Status,
}

/// Every code of an error of the API.
pub(super) fn error_code() -> Object {
    one_of(error_codes().iter().filter(|known| known.is_problem).map(|known| known.code.as_str()))
}
