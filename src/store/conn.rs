//! A connection, as the store's files and those who read from them see it.

use super::dialect::Db;

/// A database connection. Reads take it directly; writes get it inside a [`super::Tx`].
pub struct Conn<'a> {
    pub(super) db: Db<'a>,
}
