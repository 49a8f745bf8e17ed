//! What was read under a lock. The store's writes that depend on what was read take `&Locked<T>`, and only a locking read
//! makes one, so that a write after an unlocked read does not compile. SQLite has one writer, so every read in a
//! transaction is a locking read there; on PostgreSQL the row is locked until the commit.
//!
//! Locks are taken in this order, so that two transactions never wait for each other: the users' guard, the catalog's guard
//! (programs, sender numbers, auto-replies, forms, rules, the sending switch), API keys, contacts, numbers (two numbers
//! in the order of their identifiers, a new one last), and after them the guard of the opt-in requests through forms.
//! A stored file may be locked after any of them: a transaction that deletes one locks nothing else.

use std::marker::PhantomData;
use std::ops::Deref;

use diesel::prelude::*;

use super::engine::first_locked;
use super::schema::guards;
use super::{StoreError, Tx};

/// A row, or a few, that no other transaction changes before this one ends. It cannot leave its transaction: it is not
/// `Send`, and what a write returns must be.
#[derive(Debug)]
pub struct LockedRow<T> {
    read: T,
    stays: PhantomData<*const ()>,
}

impl<T> LockedRow<T> {
    /// Only for what was read under a lock.
    pub(super) fn new(read: T) -> LockedRow<T> {
        LockedRow { read, stays: PhantomData }
    }

    /// The running copy of a row that this transaction itself changes.
    pub(super) fn running_copy(&mut self) -> &mut T {
        &mut self.read
    }

    /// What was read, without the right to write it.
    pub fn into_inner(self) -> T {
        self.read
    }
}

impl<T> Deref for LockedRow<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.read
    }
}

/// A rule about several rows, or about rows that are not there yet. Whoever changes one of them locks the guard first.
#[derive(Clone, Copy, Debug)]
pub(super) enum RuleGuard {
    /// Who may sign in, and the setup link.
    Users,
    /// What the catalog holds, and the forms.
    Catalog,
    /// Opt-in requests through forms, and their pauses.
    Requests,
}

impl RuleGuard {
    fn name(self) -> &'static str {
        match self {
            RuleGuard::Users => "users",
            RuleGuard::Catalog => "catalog",
            RuleGuard::Requests => "requests",
        }
    }
}

/// Waits until no other transaction holds the guard, and holds it until the commit.
pub(super) fn lock(tx: &mut Tx<'_>, guard: RuleGuard) -> Result<(), StoreError> {
    let row: Result<Option<String>, StoreError> =
        first_locked!(tx, guards::table.find(guard.name()).select(guards::name));
    let missing = || StoreError::NotWritten(format!("the table guards has no row {:?}", guard.name()));
    row?.map(drop).ok_or_else(missing)
}
