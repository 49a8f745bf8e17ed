//! Who did it. Always an argument, never ambient; kept in histories as one word and a name.

use std::fmt;

/// The person or machine behind an act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The person who holds the phone.
    Lead,
    /// Someone signed in, by e-mail address.
    User(String),
    /// A key to the JSON API, by name and by how its secret begins.
    ApiKey(String),
    /// A hosted form, by slug.
    Form(String),
    /// A texting provider, by name.
    Provider(String),
    /// The command line on the server itself.
    Operator,
    /// The system's own jobs.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Lead => f.write_str("lead"),
            Actor::User(email) => write!(f, "user:{email}"),
            Actor::ApiKey(name) => write!(f, "api-key:{name}"),
            Actor::Form(slug) => write!(f, "form:{slug}"),
            Actor::Provider(name) => write!(f, "provider:{name}"),
            Actor::Operator => f.write_str("operator"),
            Actor::System => f.write_str("system"),
        }
    }
}
