//! A connection, as the store's files and those who read from them see it.

use std::sync::Arc;

use super::catalog::{Catalog, Known};
use super::dialect::Db;

/// A database connection. Reads take it directly; writes get it inside a [`super::Tx`].
pub struct Conn<'a> {
    pub(super) db: Db<'a>,
    pub(super) known: &'a Known,
    /// The catalog as this connection's user sees it, once asked for.
    pub(super) catalog: Option<Arc<Catalog>>,
}

impl<'a> Conn<'a> {
    pub(super) fn new(db: Db<'a>, known: &'a Known) -> Conn<'a> {
        Conn { db, known, catalog: None }
    }
}
