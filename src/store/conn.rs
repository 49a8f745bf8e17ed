//! A connection, as the store's files and those who read from them see it. Used by every reader of the store.

use std::sync::Arc;

use super::config_cache::{CachedConfig, ConfigCache};
use super::engine::DbConn;

/// A database connection. Reads take it directly; writes get it inside a [`super::Tx`].
pub struct ReadConn<'a> {
    pub(super) db: DbConn<'a>,
    pub(super) known: &'a CachedConfig,
    /// The catalog as this connection's user sees it, once asked for.
    pub(super) catalog: Option<Arc<ConfigCache>>,
}

impl<'a> ReadConn<'a> {
    pub(super) fn new(db: DbConn<'a>, known: &'a CachedConfig) -> ReadConn<'a> {
        ReadConn { db, known, catalog: None }
    }
}
