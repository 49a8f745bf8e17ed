//! Rows sorted by number, handed out number by number. Used by `verify`.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::store::audit_rows::{AuditEventRow, ConsentRow, ContactsRow, MessageRow, StepRow, TextRow};

/// A row that belongs to a number.
pub(super) trait NumberOwned {
    fn number(&self) -> &[u8];
}

macro_rules! belongs {
    ($($row:ty),*) => {$(
        impl NumberOwned for $row {
            fn number(&self) -> &[u8] {
                &self.number_id
            }
        }
    )*};
}

belongs!(AuditEventRow, ConsentRow, MessageRow, StepRow, TextRow, ContactsRow);

pub(super) struct SortedRows<T>(Peekable<IntoIter<T>>);

impl<T: NumberOwned> SortedRows<T> {
    pub(super) fn new(rows: Vec<T>) -> Self {
        SortedRows(rows.into_iter().peekable())
    }

    /// The rows of a number; it is asked for each number in turn. Rows of numbers that do not exist are passed over.
    pub(super) fn of(&mut self, number: &[u8]) -> Vec<T> {
        while self.0.next_if(|row| row.number() < number).is_some() {}
        std::iter::from_fn(|| self.0.next_if(|row| row.number() == number)).collect()
    }
}
