//! The organization's calendar and limits, as every process keeps them in memory. The gate, the actions and pages read it; the settings
//! page and the first start write it.

use super::{ReadConn, StoreError, Tx, config_cache, settings};
use crate::domain::calendar::LocalCalendar;
use crate::domain::texting_limits::TextingLimits;

/// The organization's calendar; UTC before the first start.
///
/// # Errors
/// When the database fails.
pub fn calendar(conn: &mut ReadConn<'_>) -> Result<LocalCalendar, StoreError> {
    Ok(config_cache::read(conn)?.calendar)
}

/// The limits on unasked texts and automatic replies.
///
/// # Errors
/// When the database fails.
pub fn limits(conn: &mut ReadConn<'_>) -> Result<TextingLimits, StoreError> {
    Ok(config_cache::read(conn)?.limits)
}

/// Changes the limits, for every process from its next transaction on.
///
/// # Errors
/// When the database fails.
pub fn set_limits(tx: &mut Tx<'_>, limits: &TextingLimits) -> Result<(), StoreError> {
    settings::set(tx, settings::LIMITS, &serde_json::to_string(limits)?)?;
    config_cache::touch(tx)
}

/// Locks the settings that processes keep in memory: what is read of them from now on stays as it is until the commit.
///
/// # Errors
/// When the database fails.
pub fn lock(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    config_cache::lock(tx)
}

/// Changes the organization's calendar, for every process from its next transaction on.
///
/// # Errors
/// When the database fails.
pub fn set_calendar(tx: &mut Tx<'_>, calendar: LocalCalendar) -> Result<(), StoreError> {
    settings::set(tx, settings::TIME_ZONE, calendar.name())?;
    config_cache::touch(tx)
}
