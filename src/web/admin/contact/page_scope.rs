//! Which program and which pages of its parts the page of a contact or a number shows, as its address says. Only that page uses
//! it; it writes nothing.

use actix_web::HttpRequest;

use super::part_links::PartsQuery;
use crate::web::admin::program_scope;

/// Which program and which pages of its parts a contact's page shows.
pub(super) struct ContactPageScope {
    pub(super) program: String,
    pub(super) parts: PartsQuery,
}

impl ContactPageScope {
    pub(super) fn of(request: &HttpRequest) -> ContactPageScope {
        ContactPageScope {
            program: program_scope::program_from_query(request),
            parts: PartsQuery::of(request),
        }
    }

    /// The newest of all.
    pub(super) fn newest(program: String) -> ContactPageScope {
        ContactPageScope { program, parts: PartsQuery::default() }
    }
}
