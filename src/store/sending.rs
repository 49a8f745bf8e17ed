//! The switch of all sending. Read by the gate and by every claim, so it is part of the cache that `config_cache` keeps.
//! Written by `actions::switch_sending` and `actions::restore`.

use super::{LockedRow, ReadConn, StoreError, Tx, config_cache, settings};
use crate::domain::restore_hold::RestoreHold;

/// True unless an administrator switched all sending off.
///
/// # Errors
/// When the database fails.
pub fn is_on(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    Ok(config_cache::read(conn)?.sending_on)
}

/// Why the installation itself switched sending off, if it did.
///
/// # Errors
/// When the database fails, or the value is not readable.
pub fn standstill(conn: &mut ReadConn<'_>) -> Result<Option<RestoreHold>, StoreError> {
    let known = settings::get(conn, settings::SENDING_OFF_BECAUSE)?;
    Ok(known.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// The switch of all sending.
#[derive(Clone, Debug)]
pub struct SendingSwitch {
    /// False when nothing is sent.
    pub on: bool,
    /// Why the installation itself switched it off, if it did.
    pub standstill: Option<RestoreHold>,
    /// How often it was turned.
    pub turns: String,
}

/// The switch of all sending, which no other transaction turns before the commit.
///
/// # Errors
/// When the database fails, or the value is not readable.
pub fn locked(tx: &mut Tx<'_>) -> Result<LockedRow<SendingSwitch>, StoreError> {
    config_cache::lock(tx)?;
    let (on, standstill, turns) = (is_on(tx)?, standstill(tx)?, turns(tx)?);
    Ok(LockedRow::new(SendingSwitch { on, standstill, turns }))
}

/// How often the switch of all sending was turned: a page that shows it is out of date once it was.
///
/// # Errors
/// When the database fails.
pub fn turns(conn: &mut ReadConn<'_>) -> Result<String, StoreError> {
    Ok(settings::get(conn, settings::SENDING_TURNS)?.unwrap_or_default())
}

/// Turns the switch of all sending, and keeps why the installation itself did it.
///
/// # Errors
/// When the database fails.
pub fn switch(
    tx: &mut Tx<'_>,
    before: &LockedRow<SendingSwitch>,
    on: bool,
    because: Option<RestoreHold>,
) -> Result<(), StoreError> {
    settings::set(tx, settings::SENDING, if on { "on" } else { "off" })?;
    let turns = before.turns.parse().unwrap_or(0u64).wrapping_add(1);
    settings::set(tx, settings::SENDING_TURNS, &turns.to_string())?;
    match because {
        Some(why) => settings::set(tx, settings::SENDING_OFF_BECAUSE, &serde_json::to_string(&why)?)?,
        None => settings::clear(tx, settings::SENDING_OFF_BECAUSE)?,
    }
    config_cache::touch(tx)
}
