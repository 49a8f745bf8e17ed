//! Shows people and programs by name, where histories keep a word or an address. All pages use it; it writes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::id::ProgramId;
use crate::domain::program::Program;
use crate::store::{ReadConn, StoreError, programs, users};

/// The names of those who sign in, by e-mail address, and of the programs.
pub(super) struct DisplayNames {
    people: HashMap<String, String>,
    programs: Arc<Vec<Arc<Program>>>,
}

impl DisplayNames {
    /// All names.
    pub(super) fn read(conn: &mut ReadConn<'_>) -> Result<DisplayNames, StoreError> {
        let people = users::names(conn)?.into_iter().collect();
        Ok(DisplayNames { people, programs: programs::all(conn)? })
    }

    /// The name of a program, where there are several: a single one goes without saying.
    pub(super) fn of_program(&self, id: ProgramId) -> Option<String> {
        let several = self.programs.len() > 1;
        let named = self.programs.iter().find(|program| several && program.id == id);
        named.map(|program| program.name.clone())
    }

    /// The name of an actor as histories write it: `user:ada@example.com` is "Ada Abbott".
    pub(super) fn of(&self, actor: &str) -> String {
        let (kind, name) = actor.split_once(':').unwrap_or((actor, ""));
        match kind {
            "user" => {
                self.people.get(name).filter(|name| !name.is_empty()).map_or(name, String::as_str).to_owned()
            }
            "api-key" => format!("API key {name}"),
            "form" => format!("form {name}"),
            "provider" => format!("the provider {name}"),
            "lead" => "the contact".to_owned(),
            "operator" => "the operator of the server".to_owned(),
            "system" => "automatic".to_owned(),
            _ => actor.to_owned(),
        }
    }
}
