//! Rows sorted by number, handed out number by number.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::store::walk::{ConsentRow, ContactsRow, EventRow, MessageRow, StepRow, TextRow};

/// A row that belongs to a number.
pub(super) trait Belongs {
    fn number(&self) -> &[u8];
}

macro_rules! belongs {
    ($($row:ty),*) => {$(
        impl Belongs for $row {
            fn number(&self) -> &[u8] {
                &self.number_id
            }
        }
    )*};
}

belongs!(EventRow, ConsentRow, MessageRow, StepRow, TextRow, ContactsRow);

pub(super) struct Sorted<T>(Peekable<IntoIter<T>>);

impl<T: Belongs> Sorted<T> {
    pub(super) fn new(rows: Vec<T>) -> Self {
        Sorted(rows.into_iter().peekable())
    }

    /// The rows of a number; it is asked for each number in turn. Rows of numbers that do not exist are passed over.
    pub(super) fn of(&mut self, number: &[u8]) -> Vec<T> {
        while self.0.next_if(|row| row.number() < number).is_some() {}
        std::iter::from_fn(|| self.0.next_if(|row| row.number() == number)).collect()
    }
}
