//! Lists of contacts and numbers: what narrows them, in which order they stand, and a place in that order. Used by the contact
//! pages and the JSON API; it writes nothing.

use serde::{Deserialize, Serialize};

use crate::domain::consent::StateName;
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::time::Timestamp;

/// What the lines of a list are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListSubject {
    /// Contacts alone.
    Contacts,
    /// Numbers alone, each once.
    Numbers,
}

/// Which contacts or numbers, in which order.
#[derive(Clone, Debug)]
pub struct ContactFilter {
    /// What the lines are.
    pub of: ListSubject,
    /// The program whose state is shown.
    pub program: ProgramId,
    /// Only this state.
    pub state: Option<StateName>,
    /// Only numbers that wait for a person.
    pub needs_review: bool,
    /// Words, digits, an address or an identifier to look for.
    pub search: Option<String>,
    /// By name instead of newest first, where the list can be.
    pub by_name: bool,
    /// Continue after this place; before it when `backwards`. One of another order is ignored.
    pub cursor: Option<ListPlace>,
    /// Towards the beginning of the list.
    pub backwards: bool,
    /// At most so many.
    pub limit: i64,
}

/// In which order a list stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListOrder {
    /// The contact that was added last comes first.
    Newest,
    /// By name.
    Name,
    /// The latest change of consent comes first; what was never asked, by the age of the number.
    LatestChange,
    /// Numbers by their identifiers: the one that was met first comes first.
    Number,
}

/// A place in a list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ListPlace {
    /// In [`ListOrder::Newest`].
    Newest(i64),
    /// In [`ListOrder::Name`].
    Name(String, i64),
    /// In [`ListOrder::LatestChange`]: when, which number, and which of its contacts; 0 is the number itself.
    LatestChange(Timestamp, NumberId, i64),
    /// In [`ListOrder::Number`].
    Number(NumberId),
}

impl ContactFilter {
    /// The order of the list. One state, or the review list, is walked by time: by name, its rows may lie anywhere.
    pub fn order(&self) -> ListOrder {
        let is_by_time = self.search.is_none() && (self.state.is_some() || self.needs_review);
        match self.of {
            _ if is_by_time => ListOrder::LatestChange,
            ListSubject::Numbers => ListOrder::Number,
            ListSubject::Contacts if self.by_name => ListOrder::Name,
            ListSubject::Contacts => ListOrder::Newest,
        }
    }

    /// The place to continue from, if it is one of this list's order.
    pub fn begins_at(&self) -> Option<&ListPlace> {
        self.cursor.as_ref().filter(|place| place.order() == self.order())
    }
}

impl ListPlace {
    /// The order it is a place in.
    pub fn order(&self) -> ListOrder {
        match self {
            ListPlace::Newest(_) => ListOrder::Newest,
            ListPlace::Name(..) => ListOrder::Name,
            ListPlace::LatestChange(..) => ListOrder::LatestChange,
            ListPlace::Number(_) => ListOrder::Number,
        }
    }

    /// The contact's row.
    pub(super) fn row(&self) -> i64 {
        match self {
            ListPlace::Newest(row) | ListPlace::Name(_, row) | ListPlace::LatestChange(_, _, row) => *row,
            ListPlace::Number(_) => 0,
        }
    }
}
