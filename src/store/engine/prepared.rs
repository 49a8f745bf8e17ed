//! Statements that are prepared once for each connection. Diesel prepares every UPDATE anew, and every statement with words of
//! our own, because their text may vary without end; the text of those that are wrapped here does not. Reading and planning
//! its statements is half of what a small write costs.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::deserialize::{self, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::query_dsl::methods::LoadQuery;
use diesel::row::NamedRow;
use diesel::sql_types::Untyped;

/// A question of few different texts.
pub(in crate::store) struct CachedQuery<Q>(pub(in crate::store) Q);

/// A change of few different texts; it returns nothing.
pub(in crate::store) struct CachedStatement<Q>(pub(in crate::store) Q);

/// The values of an `IN (…)`, the last one repeated until their number is a power of two: so that the texts are few, and the
/// statement can be kept.
pub(in crate::store) fn few_lengths<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

impl<Q> CachedStatement<Q> {
    /// Runs it. Not by `execute`, which asks Diesel's own opinion on whether to keep the statement.
    pub(in crate::store) fn run<'a, C>(self, db: &mut C) -> QueryResult<()>
    where
        Self: LoadQuery<'a, C, NoRow>,
    {
        self.load::<NoRow>(db).map(drop)
    }
}

/// A row of a statement that returns none.
pub(in crate::store) struct NoRow;

impl<Db: Backend> QueryableByName<Db> for NoRow {
    fn build<'a>(_: &impl NamedRow<'a, Db>) -> deserialize::Result<Self> {
        Ok(NoRow)
    }
}

impl<Q: Query> Query for CachedQuery<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> Query for CachedStatement<Q> {
    type SqlType = Untyped;
}

macro_rules! kept_under_its_text {
    ($name:ident) => {
        impl<Q> QueryId for $name<Q> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl<Db: Backend, Q: QueryFragment<Db>> QueryFragment<Db> for $name<Q> {
            fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
                self.0.walk_ast(out)
            }

            fn is_safe_to_cache_prepared(&self, _: &Db) -> QueryResult<bool> {
                Ok(true)
            }
        }

        impl<Connection, Q> RunQueryDsl<Connection> for $name<Q> {}
    };
}

kept_under_its_text!(CachedQuery);
kept_under_its_text!(CachedStatement);
