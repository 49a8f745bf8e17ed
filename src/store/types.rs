//! How the domain's plain types are written into columns: ids as 16 bytes, times as BIGINT microseconds, words as text.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Nullable, SingleValue, Text};

use crate::domain::background_job::{JobKind, JobState};
use crate::domain::consent::{EventKind, Source, StateName};
use crate::domain::id::*;
use crate::domain::language::Language;
use crate::domain::message::{Category, HoldDecision, Lane, Status};
use crate::domain::note::NoteKind;
use crate::domain::notice::NoticeKind;
use crate::domain::phone::Phone;
use crate::domain::program::{ProgramKind, RegionList, WordList};
use crate::domain::question::{QuestionAnswer, QuestionKind};
use crate::domain::request_pause::PauseKind;
use crate::domain::role::Role;
use crate::domain::schedule::OwnHours;
use crate::domain::stored_file::FilePurpose;
use crate::domain::time::Timestamp;

macro_rules! column {
    ($name:ty, $sql:ty) => {
        impl AsExpression<$sql> for $name {
            type Expression = Bound<$sql, $name>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<$sql> for &'a $name {
            type Expression = Bound<$sql, &'a $name>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl AsExpression<Nullable<$sql>> for $name {
            type Expression = Bound<Nullable<$sql>, $name>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<Nullable<$sql>> for &'a $name {
            type Expression = Bound<Nullable<$sql>, &'a $name>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<DB: Backend> ToSql<Nullable<$sql>, DB> for $name
        where
            Self: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<$sql, DB>::to_sql(self, out)
            }
        }
        impl<DB: Backend, ST: SingleValue> Queryable<ST, DB> for $name
        where
            Self: FromSql<ST, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

macro_rules! id_columns {
    ($($name:ty),* $(,)?) => {$(
        column!($name, Binary);
        impl<DB: Backend> ToSql<Binary, DB> for $name
        where
            [u8]: ToSql<Binary, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<Binary, DB>::to_sql(self.as_bytes(), out)
            }
        }
        impl<DB: Backend> FromSql<Binary, DB> for $name
        where
            Vec<u8>: FromSql<Binary, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let bytes = <Vec<u8> as FromSql<Binary, DB>>::from_sql(bytes)?;
                <$name>::from_slice(&bytes).ok_or_else(|| "an id column does not hold 16 bytes".into())
            }
        }
    )*};
}

macro_rules! word_columns {
    ($($name:ty),* $(,)?) => {$(
        column!($name, Text);
        impl<DB: Backend> ToSql<Text, DB> for $name
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<Text, DB>::to_sql(self.as_str(), out)
            }
        }
        impl<DB: Backend> FromSql<Text, DB> for $name
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(word: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let word = <String as FromSql<Text, DB>>::from_sql(word)?;
                word.parse().map_err(|_| concat!("a column holds no ", stringify!($name)).into())
            }
        }
    )*};
}

id_columns!(
    NumberId, ProgramId, SenderId, ContactId, MessageId, InboundId, FormId, UserId, ApiKeyId, LogId, NoteId,
    JobId, FileId
);
word_columns!(
    StateName,
    EventKind,
    Source,
    Status,
    Lane,
    Category,
    HoldDecision,
    NoteKind,
    QuestionKind,
    QuestionAnswer,
    NoticeKind,
    JobKind,
    JobState,
    FilePurpose,
    Phone,
    Role,
    Language,
    OwnHours,
    PauseKind,
    ProgramKind,
    RegionList,
    WordList
);

column!(Timestamp, BigInt);
impl<DB: Backend> ToSql<BigInt, DB> for Timestamp
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        ToSql::<BigInt, DB>::to_sql(self.as_micros(), out)
    }
}
impl<DB: Backend> FromSql<BigInt, DB> for Timestamp
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(micros: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Timestamp::from_micros(<i64 as FromSql<BigInt, DB>>::from_sql(micros)?))
    }
}
