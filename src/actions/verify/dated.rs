//! Rows that say when they were made, against the moment in their identifiers; names of contacts against the form they are
//! sorted by. Used by `verify`; it reads each table once and changes nothing.

use crate::store::{ReadConn, StoreError, contacts, dated};
use data_encoding::HEXLOWER;

use super::AuditFindings;

/// Rows read at a time.
const STEP: i64 = 5000;

pub(super) fn check(conn: &mut ReadConn<'_>, findings: &mut AuditFindings) -> Result<(), StoreError> {
    for (table, read) in dated::TABLES {
        let mut after = Vec::new();
        loop {
            let rows = read(conn, &after, STEP)?;
            let Some((last, _)) = rows.last() else { break };
            after.clone_from(last);
            for (id, _) in rows.iter().filter(|(id, at)| !is_minted_at(id, *at)) {
                findings
                    .problem(format!("Row {} of {table} was not made when it says.", HEXLOWER.encode(id)));
            }
        }
    }
    check_names(conn, findings)
}

fn check_names(conn: &mut ReadConn<'_>, findings: &mut AuditFindings) -> Result<(), StoreError> {
    let mut after = Vec::new();
    loop {
        let rows = dated::names(conn, &after, STEP)?;
        let Some((last, ..)) = rows.last() else { return Ok(()) };
        after.clone_from(last);
        for (id, ..) in rows.iter().filter(|(_, name, key)| contacts::name_key(name) != *key) {
            findings.problem(format!(
                "Contact {}: its name is not the one it is sorted by.",
                HEXLOWER.encode(id)
            ));
        }
    }
}

/// True when the identifier was minted in the microsecond of `at`: six bytes of milliseconds, then, behind the four bits of the
/// version, four times the microseconds within (see `store::Tx::new_id`).
pub(super) fn is_minted_at(id: &[u8], at: i64) -> bool {
    let Some(([a, b, c, d, e, f, high, low], _)) = id.split_first_chunk::<8>() else { return false };
    let millis = [a, b, c, d, e, f].into_iter().fold(0, |millis, byte| millis << 8 | i64::from(*byte));
    let within = (i64::from(high & 0x0f) << 8 | i64::from(*low)) / 4;
    (millis, within) == (at.div_euclid(1000), at.rem_euclid(1000))
}
