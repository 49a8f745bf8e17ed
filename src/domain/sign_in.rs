//! Signing in: how many failures are allowed and by what they are counted, how long a session lasts without activity, and
//! who needs a second factor. Pure.

mod failures;
mod rules;

pub use failures::{FailureBudget, FailureLimits, FailureScope};
pub use rules::SignInRules;
