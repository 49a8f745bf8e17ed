//! Which program a page is about: the one the address names, else the default one. With a single program nothing of this
//! shows.

use actix_web::HttpRequest;
use serde::Deserialize;

use crate::domain::consent::{NumberConsent, State};
use crate::domain::program::Program;
use crate::store::{Conn, programs};
use crate::web::error::PageError;
use crate::web::form;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    program: String,
}

/// The slug that the address names; empty when it names none.
pub(super) fn asked(request: &HttpRequest) -> String {
    form::query::<Asked>(request).program
}

/// All programs, and the one that is meant.
pub(super) struct Programs {
    all: Vec<Program>,
    current: usize,
    /// Addresses name the default one as well.
    names_default: bool,
}

/// One of them, as a tab.
pub(super) struct ProgramTab {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) note: String,
    pub(super) current: bool,
}

impl Programs {
    /// Reads them; a slug that no program has is an address that does not exist.
    pub(super) fn read(conn: &mut Conn<'_>, slug: &str) -> Result<Programs, PageError> {
        let all = programs::all(conn)?;
        let is_meant =
            |program: &Program| if slug.is_empty() { program.is_default } else { program.slug == slug };
        let current = all.iter().position(is_meant).ok_or(PageError::NotFound)?;
        Ok(Programs { all, current, names_default: false })
    }

    /// Reads them for the page of a number: without a slug the first one in which something is known of the number is meant,
    /// the default one before the others.
    pub(super) fn of_number(
        conn: &mut Conn<'_>,
        slug: &str,
        known: &NumberConsent,
    ) -> Result<Programs, PageError> {
        let mut programs = Programs::read(conn, slug)?.named();
        let is_known = |program: &Program| known.state_in(program.id) != State::NotAsked;
        if slug.is_empty() {
            programs.current = programs.all.iter().position(is_known).unwrap_or(programs.current);
        }
        Ok(programs)
    }

    /// The same, with addresses that name the default one as well: where no name may mean another one.
    pub(super) fn named(self) -> Programs {
        Programs { names_default: self.all.len() > 1, ..self }
    }

    /// The one that is meant.
    pub(super) fn one(&self) -> Result<&Program, PageError> {
        self.all.get(self.current).ok_or(PageError::NotFound)
    }

    pub(super) fn all(&self) -> &[Program] {
        &self.all
    }

    /// What an address ends with to mean the same program, with the sign that joins it: `?program=rates`, or nothing.
    pub(super) fn suffix(&self, sign: char) -> String {
        self.all.get(self.current).map(|program| self.ending(program, sign)).unwrap_or_default()
    }

    /// A tab for each, when there are several.
    pub(super) fn tabs(&self, address: &str, note: impl Fn(&Program) -> String) -> Vec<ProgramTab> {
        if self.all.len() < 2 {
            return Vec::new();
        }
        let sign = if address.contains('?') { '&' } else { '?' };
        let tab = |(n, program): (usize, &Program)| ProgramTab {
            href: format!("{address}{}", self.ending(program, sign)),
            name: program.name.clone(),
            note: note(program),
            current: n == self.current,
        };
        self.all.iter().enumerate().map(tab).collect()
    }

    fn ending(&self, program: &Program, sign: char) -> String {
        if program.is_default && !self.names_default {
            return String::new();
        }
        format!("{sign}program={}", program.slug)
    }
}
