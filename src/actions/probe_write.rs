//! A write that changes nothing that anyone reads: it shows that the database takes writes. Used by `/readyz`; it writes one
//! setting.

use crate::store::{Tx, settings};

use super::{ActionContext, ActionError};

/// Writes when it was asked.
///
/// # Errors
/// When the database takes no writes.
pub fn probe_write(tx: &mut Tx<'_>, context: &ActionContext<'_>) -> Result<(), ActionError> {
    Ok(settings::set(tx, settings::WRITE_PROBE, &context.now.rfc3339())?)
}
