//! How far the carrier's own list of received texts has been read, and which of its texts are known. Used by the inbox job;
//! it writes a setting.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::engine::{CachedQuery, few_lengths, on};
use super::schema::inbound_texts;
use super::{ReadConn, StoreError, Tx, settings};
use crate::domain::time::Timestamp;

/// When the last complete reading began, in microseconds.
const COMPLETE: &str = "inbox_read_at";
/// Since when the list cannot be read, in microseconds, and why; absent while it can.
const SILENT: &str = "inbox_silent";
/// Texts that are asked about together at most.
pub const TOGETHER: usize = 500;

/// When the last complete reading began.
///
/// # Errors
/// When the database fails.
pub fn complete_until(conn: &mut ReadConn<'_>) -> Result<Option<Timestamp>, StoreError> {
    let micros = settings::get(conn, COMPLETE)?;
    Ok(micros.and_then(|micros| micros.parse().ok()).map(Timestamp::from_micros))
}

/// Writes down a complete reading.
///
/// # Errors
/// When the database fails.
pub fn set_complete(tx: &mut Tx<'_>, began: Timestamp) -> Result<(), StoreError> {
    settings::clear(tx, SILENT)?;
    settings::set(tx, COMPLETE, &began.micros().to_string())
}

/// A carrier whose list cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SilentCarrier {
    /// Since when.
    pub since: Timestamp,
    /// What it answered, in words.
    pub why: String,
}

/// Writes down that the carrier does not answer. Returns true when that, or the cause, is new.
///
/// # Errors
/// When the database fails.
pub fn set_silent(tx: &mut Tx<'_>, why: &str, now: Timestamp) -> Result<bool, StoreError> {
    let known = silent(tx)?;
    let is_new = known.as_ref().is_none_or(|known| known.why != why);
    if is_new {
        let since = known.map_or(now, |known| known.since);
        settings::set(tx, SILENT, &format!("{} {why}", since.micros()))?;
    }
    Ok(is_new)
}

/// Since when the carrier does not answer, and why.
///
/// # Errors
/// When the database fails.
pub fn silent(conn: &mut ReadConn<'_>) -> Result<Option<SilentCarrier>, StoreError> {
    let known = settings::get(conn, SILENT)?;
    Ok(known.and_then(|words| {
        let (micros, why) = words.split_once(' ')?;
        Some(SilentCarrier { since: Timestamp::from_micros(micros.parse().ok()?), why: why.to_owned() })
    }))
}

/// Those of the provider's identifiers that are known here; at most [`TOGETHER`] are asked about.
///
/// # Errors
/// When the database fails.
pub fn known(
    conn: &mut ReadConn<'_>,
    provider: &str,
    provider_ids: &[String],
) -> Result<BTreeSet<String>, StoreError> {
    on!(conn, db => {
        let query = inbound_texts::table
            .filter(inbound_texts::provider.eq(provider))
            .filter(inbound_texts::provider_id.eq_any(few_lengths(provider_ids.iter().cloned())));
        let found: Vec<String> = CachedQuery(query.select(inbound_texts::provider_id)).load(db)?;
        Ok(found.into_iter().collect())
    })
}
