//! Who did it, as people know them: histories keep one word and an address, pages show a name. It must not change what is kept.

use std::collections::HashMap;

use crate::store::{Conn, StoreError, users};

/// The names of those who sign in, by e-mail address.
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// All names.
    pub(super) fn read(conn: &mut Conn<'_>) -> Result<Names, StoreError> {
        Ok(Names(users::all(conn)?.into_iter().map(|user| (user.email, user.name)).collect()))
    }

    /// The name of an actor as histories write it: `user:ada@example.com` is "Ada Abbott".
    pub(super) fn of(&self, actor: &str) -> String {
        let (kind, name) = actor.split_once(':').unwrap_or((actor, ""));
        match kind {
            "user" => {
                self.0.get(name).filter(|name| !name.is_empty()).map_or(name, String::as_str).to_owned()
            }
            "api-key" => format!("API key {name}"),
            "form" => format!("form {name}"),
            "provider" => format!("the provider {name}"),
            "lead" => "the lead".to_owned(),
            "operator" => "the operator of the server".to_owned(),
            "system" => "automatic".to_owned(),
            _ => actor.to_owned(),
        }
    }
}
