//! Who acts, when, and where numbers are read as national ones. Every verb that needs two of these takes this one argument.
//! Made by `Commands`, the jobs and the command line; it writes nothing.

use crate::domain::actor::Actor;
use crate::domain::time::Timestamp;

/// The circumstances of one action. Never ambient: the caller states them.
#[derive(Clone, Copy, Debug)]
pub struct ActionContext<'a> {
    /// The person or machine behind the action.
    pub actor: &'a Actor,
    /// The time of the action.
    pub now: Timestamp,
    /// The country of phone numbers that are entered without a country code, such as `US`.
    pub region: &'a str,
}

impl<'a> ActionContext<'a> {
    /// An action of `actor` at `now`; numbers without a country code belong to `region`.
    pub fn new(actor: &'a Actor, now: Timestamp, region: &'a str) -> Self {
        ActionContext { actor, now, region }
    }

    /// An action of the system's own jobs. They read no entered number, so a number without a country code is refused.
    pub fn system(now: Timestamp) -> ActionContext<'static> {
        ActionContext { actor: &Actor::System, now, region: "" }
    }

    /// The same moment, in the name of another actor.
    pub fn by(self, actor: &'a Actor) -> Self {
        ActionContext { actor, ..self }
    }
}
