//! The seals against the history, against SECRET_KEY, and against the file that keeps them a second time.

use chrono::Duration;

use crate::actions::seal::{behind, mac};
use crate::domain::ledger::{GENESIS, Hash, fold_seal};
use crate::domain::time::Timestamp;
use crate::store::events::{self, Seal};
use crate::store::{Conn, StoreError, walk};

use super::Findings;

/// Hashes read at a time.
const STEP: i64 = 5000;
/// The server seals every ten seconds: what was recorded so long before the newest event has a seal.
const SEALED_WITHIN: Duration = Duration::minutes(1);

pub(super) fn check(
    conn: &mut Conn<'_>,
    key: &[u8],
    outside: Option<&[Seal]>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let seals = events::seals_after(conn, 0)?;
    check_history(conn, key, &seals, findings)?;
    check_outside(&seals, outside.unwrap_or_default(), findings);
    if !seals.is_empty() || outside.is_some_and(|outside| !outside.is_empty()) {
        check_rest(conn, seals.last().map_or(0, |seal| seal.through_position), findings)?;
    }
    Ok(())
}

fn check_history(
    conn: &mut Conn<'_>,
    key: &[u8],
    seals: &[Seal],
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let (mut position, mut digest): (i64, Hash) = (0, GENESIS);
    for seal in seals {
        let mut counted = 0;
        while counted < seal.events {
            let step = events::hashes_after(conn, position, (seal.events - counted).min(STEP))?;
            let Some((last, _)) = step.last() else { break };
            position = *last;
            counted += i64::try_from(step.len()).unwrap_or(0);
            digest = step.iter().fold(digest, |digest, (_, hash)| fold_seal(digest, hash));
        }
        findings.seals += 1;
        let when = seal.sealed_at.words();
        if position != seal.through_position || seal.digest != digest {
            findings.problem(format!("The history differs from the seal made on {when}."));
            return Ok(());
        }
        if seal.mac != mac(key, seal.through_position, &digest) {
            findings.problem(format!("The seal made on {when} was forged, or made with another SECRET_KEY."));
            return Ok(());
        }
    }
    Ok(())
}

/// The database may be ahead of the file by what a crash kept from it, never behind.
fn check_outside(seals: &[Seal], outside: &[Seal], findings: &mut Findings) {
    for kept in outside {
        let at = seals.binary_search_by_key(&kept.through_position, |seal| seal.through_position);
        match at.ok().and_then(|at| seals.get(at)) {
            Some(seal) if seal == kept => {}
            Some(_) => {
                let when = kept.sealed_at.words();
                findings
                    .problem(format!("The seal made on {when} differs from the one in the file of seals."));
                return;
            }
            None => {
                findings.problem(behind(outside.last().unwrap_or(kept).sealed_at));
                return;
            }
        }
    }
}

fn check_rest(conn: &mut Conn<'_>, through: i64, findings: &mut Findings) -> Result<(), StoreError> {
    let (count, Some(first), Some(newest)) = walk::recorded_after(conn, through)? else { return Ok(()) };
    let (first, newest) = (Timestamp::from_micros(first), Timestamp::from_micros(newest));
    if newest.since(first) > SEALED_WITHIN {
        findings.problem(format!(
            "{count} events are covered by no seal, the first recorded on {}: seals were deleted, or nothing sealed them.",
            first.words()
        ));
    }
    Ok(())
}
