//! Lists of contacts and numbers: what narrows them, in which order they stand, and a place in that order. Used by the contact
//! pages and the JSON API; it writes nothing.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::consent::StateName;
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::time::Timestamp;

/// What the lines of a list are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListSubject {
    /// Contacts alone.
    Contacts,
    /// Contacts, and each number that no contact has.
    Everyone,
    /// Numbers alone, each once.
    Numbers,
}

/// Between which moments a change lies: the first is in, the last is not.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SinceRange {
    /// From then on.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

impl SinceRange {
    /// True where it leaves nothing out.
    pub fn is_open(&self) -> bool {
        *self == SinceRange::default()
    }

    /// True for a moment in it.
    pub(super) fn has(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
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
    /// Only those whose latest change lies between, in [`ListOrder::LatestChange`].
    pub since: SinceRange,
    /// Words, digits, an address or an identifier to look for.
    pub search: Option<String>,
    /// The calling code that numbers here are written without, for example "+1".
    pub home_code: Option<String>,
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
    /// The same, with numbers that no contact has at the place where each was met.
    Added,
    /// By name; numbers that no contact has come last, in the order of their digits.
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
    /// In [`ListOrder::Added`]: the identifier of the contact or of the number. Both say when they were made.
    Added(Uuid),
    /// In [`ListOrder::Name`].
    Name(String, i64),
    /// In [`ListOrder::Name`], behind all names: the digits of a number that no contact has.
    Digits(String),
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
            _ if self.by_name => ListOrder::Name,
            ListSubject::Contacts => ListOrder::Newest,
            ListSubject::Everyone => ListOrder::Added,
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
            ListPlace::Added(_) => ListOrder::Added,
            ListPlace::Name(..) | ListPlace::Digits(_) => ListOrder::Name,
            ListPlace::LatestChange(..) => ListOrder::LatestChange,
            ListPlace::Number(_) => ListOrder::Number,
        }
    }
}

/// What a line of a list is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum LineSubject {
    /// A contact, by its row.
    Contact(i64),
    /// A number that no contact has.
    Number(NumberId),
}

/// A line that stands on the page, before it is read.
pub(super) type FoundLine = (ListPlace, LineSubject);
