//! Lists of contacts: what narrows them, in which order they stand, and a place in that order. Used by the contact pages and
//! the JSON API; it writes nothing.

use serde::{Deserialize, Serialize};

use crate::domain::consent::StateName;
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::time::Timestamp;

/// Which contacts, in which order.
#[derive(Clone, Debug)]
pub struct ContactFilter {
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
}

/// A place in a list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ListPlace {
    /// In [`ListOrder::Newest`].
    Newest(i64),
    /// In [`ListOrder::Name`].
    Name(String, i64),
    /// In [`ListOrder::LatestChange`]: when, which number, and which of its contacts.
    LatestChange(Timestamp, NumberId, i64),
}

impl ContactFilter {
    /// The order of the list. One state, or the review list, is walked by time: by name, its rows may lie anywhere.
    pub fn order(&self) -> ListOrder {
        match (self.search.is_none() && (self.state.is_some() || self.needs_review), self.by_name) {
            (true, _) => ListOrder::LatestChange,
            (false, true) => ListOrder::Name,
            (false, false) => ListOrder::Newest,
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
        }
    }

    /// The contact's row.
    pub(super) fn row(&self) -> i64 {
        match self {
            ListPlace::Newest(row) | ListPlace::Name(_, row) | ListPlace::LatestChange(_, _, row) => *row,
        }
    }
}
