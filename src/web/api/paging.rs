//! Lists of the JSON API in pages: how many lines, of which state, in which program, and where a page begins. The lists of
//! contacts, numbers and events use it; it writes nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actions::ActionError;
use crate::domain::consent::StateName;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::contacts::{ContactFilter, ListSubject, SinceRange};
use crate::store::{ReadConn, backfill, programs};
use crate::web::cursor;

/// Lines a page has at most.
pub(super) const LARGEST_PAGE: i64 = 200;
/// Lines a page of contacts or numbers has where the caller asks for no number of them.
const USUAL_PAGE: i64 = 50;

/// How many lines the page has; `usual` where the caller asks for no number of them.
pub(super) fn page_limit(asked: Option<i64>, usual: i64) -> Result<i64, ActionError> {
    match asked.unwrap_or(usual) {
        limit if (1..=LARGEST_PAGE).contains(&limit) => Ok(limit),
        _ => Err(ActionError::field("limit", "limit is a number from 1 to 200.")),
    }
}

/// What a list by consent state is asked for.
pub(super) struct ListRequest {
    state: Option<StateName>,
    program: Option<String>,
    since: SinceRange,
    after: Option<String>,
    limit: i64,
}

/// A list by consent state, as the store is asked for it.
pub(super) struct RequestedList {
    pub(super) filter: ContactFilter,
    pub(super) program: Arc<Program>,
    /// The program is new and its lists are still being filled.
    pub(super) preparing: bool,
}

impl ListRequest {
    /// Reads the parameters.
    pub(super) fn new(
        state: Option<String>,
        program: Option<String>,
        after: Option<String>,
        limit: Option<i64>,
    ) -> Result<ListRequest, ActionError> {
        let state = state.filter(|state| !state.is_empty()).map(|state| state.parse::<StateName>());
        let state = state.transpose().map_err(|_| {
            ActionError::field("state", "state is one of not_asked, invited, opted_in, opted_out.")
        })?;
        let (since, limit) = (SinceRange::default(), page_limit(limit, USUAL_PAGE)?);
        Ok(ListRequest { state, program, since, after, limit })
    }

    /// The same for changes between these moments. A number that was not asked never changed.
    pub(super) fn since(
        self,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
    ) -> Result<ListRequest, ActionError> {
        let since = SinceRange { from: from.map(Timestamp::from), to: to.map(Timestamp::from) };
        if !since.is_open() && self.state.is_none_or(|state| state == StateName::NotAsked) {
            let words = "since_from and since_to need a state: invited, opted_in or opted_out.";
            return Err(ActionError::field("state", words));
        }
        Ok(ListRequest { since, ..self })
    }

    /// The list that is meant. A place of another list is refused.
    pub(super) fn list(
        self,
        conn: &mut ReadConn<'_>,
        of: ListSubject,
        search: Option<String>,
    ) -> Result<RequestedList, ActionError> {
        let ListRequest { state, program, since, after, limit } = self;
        let program = programs::find(conn, program.as_deref())?.ok_or(ActionError::NotFound("program"))?;
        let cursor = after.as_deref().and_then(cursor::read);
        let filter = ContactFilter {
            of,
            program: program.id,
            state,
            needs_review: false,
            since,
            search,
            home_code: None,
            by_name: false,
            cursor,
            backwards: false,
            limit,
        };
        if after.is_some() && filter.begins_at().is_none() {
            let words = "after is the next_after of an earlier page of the same list.";
            return Err(ActionError::field("after", words));
        }
        let preparing = backfill::preparing(conn, program.id)?.is_some();
        Ok(RequestedList { filter, program, preparing })
    }
}
