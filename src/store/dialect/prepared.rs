//! Statements that are prepared once for each connection. Diesel prepares every UPDATE anew, and every statement with words of
//! our own, because their text may vary without end; the text of those that are wrapped here does not. On PostgreSQL half of
//! what a small write costs is reading and planning its statements.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;

/// A statement of few different texts, kept prepared under its text.
pub(in crate::store) struct Prepared<Q>(pub(in crate::store) Q);

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Db: Backend, Q: QueryFragment<Db>> QueryFragment<Db> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Db) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Connection, Q> RunQueryDsl<Connection> for Prepared<Q> {}
