//! Finds the program that a page is about: the one in the address, else the default one. The pages of records and lists use
//! it; it writes nothing.

use actix_web::HttpRequest;
use serde::Deserialize;

use std::sync::Arc;

use crate::domain::consent::{ConsentState, NumberConsent};
use crate::domain::program::Program;
use crate::store::{ReadConn, programs};
use crate::web::error::PageError;
use crate::web::form;
use crate::web::routes;

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProgramQuery {
    program: String,
}

/// The slug that the address names; empty when it names none.
pub(super) fn program_from_query(request: &HttpRequest) -> String {
    form::query::<ProgramQuery>(request).program
}

/// All programs, and the one that is meant.
pub(super) struct ProgramScope {
    all: Arc<Vec<Arc<Program>>>,
    current: usize,
}

/// One of them, as a tab.
pub(super) struct ProgramTab {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) note: String,
    pub(super) current: bool,
}

impl ProgramScope {
    /// Reads them; a slug that no program has is an address that does not exist.
    pub(super) fn read(conn: &mut ReadConn<'_>, slug: &str) -> Result<ProgramScope, PageError> {
        let all = programs::all(conn)?;
        let is_meant =
            |program: &Arc<Program>| if slug.is_empty() { program.is_default } else { program.slug == slug };
        let current = all.iter().position(is_meant).ok_or(PageError::NotFound)?;
        Ok(ProgramScope { all, current })
    }

    /// Reads them for the page of a number: without a slug the first one in which something is known of the number is meant,
    /// the default one before the others.
    pub(super) fn of_number(
        conn: &mut ReadConn<'_>,
        slug: &str,
        known: &NumberConsent,
    ) -> Result<ProgramScope, PageError> {
        let mut programs = ProgramScope::read(conn, slug)?;
        if slug.is_empty() {
            programs.current = first_known(&programs.all, known).unwrap_or(programs.current);
        }
        Ok(programs)
    }

    /// The one that is meant.
    pub(super) fn selected(&self) -> Result<&Arc<Program>, PageError> {
        self.all.get(self.current).ok_or(PageError::NotFound)
    }

    pub(super) fn all(&self) -> &[Arc<Program>] {
        &self.all
    }

    /// The slug of the selected program, for an address. Empty with a single program: no address names it.
    pub(super) fn named(&self) -> &str {
        match self.all.get(self.current) {
            Some(program) if self.all.len() > 1 => &program.slug,
            _ => "",
        }
    }

    /// What an address without a query ends with to mean the selected program: `?program=rates`, or nothing.
    pub(super) fn query_suffix(&self) -> String {
        routes::with_query("", &[("program", self.named())])
    }

    /// A tab for each, when there are several.
    pub(super) fn tabs(&self, address: &str, note: impl Fn(&Program) -> String) -> Vec<ProgramTab> {
        if self.all.len() < 2 {
            return Vec::new();
        }
        let tab = |(n, program): (usize, &Arc<Program>)| ProgramTab {
            href: routes::with_query(address, &[("program", &program.slug)]),
            name: program.name.clone(),
            note: note(program),
            current: n == self.current,
        };
        self.all.iter().enumerate().map(tab).collect()
    }
}

/// The place of the first program in which something is known of a number; the default one stands before the others.
pub(in crate::web) fn first_known(all: &[Arc<Program>], known: &NumberConsent) -> Option<usize> {
    all.iter().position(|program| {
        known.state_in(program.id) != ConsentState::NotAsked || known.open_request(program.id).is_some()
    })
}
