//! The seals against the history, against SECRET_KEY, and against the file that keeps them a second time. Everything goes by
//! position and by number; clocks only say how late something was. Used by `verify`; it changes nothing.

use chrono::Duration;

use crate::actions::seal::{behind, head, is_start, mac};
use crate::domain::calendar::LocalCalendar;
use crate::domain::ledger::{EventHash, GENESIS, fold_position, fold_seal};
use crate::domain::time::Timestamp;
use crate::store::audit_rows::{self, SealableEvent};
use crate::store::seals::{self, PLAIN, Seal};
use crate::store::{ReadConn, StoreError, settings};

use super::{AuditFindings, SealInputs};

/// Events read at a time.
const STEP: i64 = 5000;
/// The server seals every ten seconds: after this long an event has a seal, and none comes before its seal's predecessor.
const SEALED_WITHIN: Duration = Duration::minutes(1);
/// A restored backup looks the same.
const NO_FILE: &str = "The file of seals is missing. What is here fits its seals, but newer ones may have been made: an older copy \
    of the database looks the same. Put the newest file of seals back, then verify.";

/// Who has no key can make seals that fit none, too; so it is never intact.
const OTHER_KEY: &str = "No seal was made with this SECRET_KEY. Give the key of the server that made them. If this is that \
    key, all seals were replaced: treat the record as tampered with.";

pub(super) fn check(
    conn: &mut ReadConn<'_>,
    sealing: &SealInputs<'_>,
    findings: &mut AuditFindings,
) -> Result<(), StoreError> {
    let seals = seals::all(conn)?;
    let outside = sealing.outside.unwrap_or_default();
    if seals.is_empty() && outside.is_empty() {
        return nothing_sealed(conn, findings);
    }
    if outside.is_empty() && seals.iter().any(|seal| !is_start(seal)) {
        findings.unsettled(NO_FILE);
    }
    check_numbers(&seals, findings);
    let key = match is_other_key(conn, sealing.key, &seals, outside)? {
        true => {
            findings.unsettled(OTHER_KEY);
            None
        }
        false => Some(sealing.key),
    };
    check_head(conn, key, &seals, findings)?;
    let mut walk = SealProgress { position: 0, digest: GENESIS, front: None, late: None };
    walk.history(conn, key, &seals, findings)?;
    check_outside(&seals, outside, findings);
    let through = seals.last().map_or(0, |seal| seal.through_position);
    walk.rest(conn, through, sealing.now, findings)?;
    if let Some(words) = walk.late {
        findings.problem(words);
    }
    Ok(())
}

/// An installation has a seal from its first moment on.
fn nothing_sealed(conn: &mut ReadConn<'_>, findings: &mut AuditFindings) -> Result<(), StoreError> {
    if findings.numbers == 0 && audit_rows::unsealed(conn, 0, 1)?.is_empty() {
        findings.unsettled("Nothing is recorded and nothing is sealed. Run sms-opt-in migrate, then verify.");
    } else {
        findings.problem("There are no seals, in the database or beside it: they were deleted.");
    }
    Ok(())
}

fn check_numbers(seals: &[Seal], findings: &mut AuditFindings) {
    let gap = (1..).zip(seals).find(|(n, seal)| seal.serial != *n);
    if let Some((n, _)) = gap {
        findings.problem(format!("Seal {n} is missing: it was deleted, or the seals were renumbered."));
    }
    let is_mixed = seals.windows(2).any(|pair| matches!(pair, [a, b] if b.version < a.version));
    if is_mixed {
        findings.problem("A seal of the oldest form comes after newer ones.");
    }
}

/// True if nothing fits the key: no seal, in the database or in the file, and not the name of the newest one.
fn is_other_key(
    conn: &mut ReadConn<'_>,
    key: &[u8],
    seals: &[Seal],
    outside: &[Seal],
) -> Result<bool, StoreError> {
    if seals.iter().chain(outside).any(|seal| seal.mac == mac(key, seal)) {
        return Ok(false);
    }
    let stored = settings::get(conn, settings::SEAL_HEAD)?;
    Ok(!seals.iter().chain(outside).any(|seal| stored == Some(head(key, seal))))
}

/// The newest seal is named a second time, under the key.
fn check_head(
    conn: &mut ReadConn<'_>,
    key: Option<&[u8]>,
    seals: &[Seal],
    findings: &mut AuditFindings,
) -> Result<(), StoreError> {
    let Some(key) = key else { return Ok(()) };
    let stored = settings::get(conn, settings::SEAL_HEAD)?;
    let expected = seals.last().filter(|seal| seal.version != PLAIN).map(|seal| head(key, seal));
    if stored != expected {
        let last = seals.last().map_or(0, |seal| seal.serial);
        findings.problem(format!(
            "The newest seal is {last}, but that is not the one made last: seals were deleted, or SECRET_KEY is another one."
        ));
    }
    Ok(())
}

/// The database may be ahead of the file by what a crash kept from it, never behind.
fn check_outside(seals: &[Seal], outside: &[Seal], findings: &mut AuditFindings) {
    let last = outside.last().map(|seal| seal.sealed_at);
    for kept in outside {
        let at = seals.binary_search_by_key(&kept.place(), Seal::place);
        match at.ok().and_then(|at| seals.get(at)) {
            Some(seal) if seal.is_same(kept) => {}
            Some(_) => {
                let when = LocalCalendar::UTC.time(kept.sealed_at);
                findings
                    .problem(format!("The seal made on {when} differs from the one in the file of seals."));
                return;
            }
            None => {
                findings.problem(behind(last.unwrap_or(kept.sealed_at)));
                return;
            }
        }
    }
}

/// How far the history was walked in the order of recording.
struct SealProgress {
    position: i64,
    digest: EventHash,
    /// When the newest seal in front of here was made that left no event unsealed.
    front: Option<Timestamp>,
    /// The first event that is older than the seal in front of it, in words.
    late: Option<String>,
}

impl SealProgress {
    fn history(
        &mut self,
        conn: &mut ReadConn<'_>,
        key: Option<&[u8]>,
        seals: &[Seal],
        findings: &mut AuditFindings,
    ) -> Result<(), StoreError> {
        for (at, seal) in seals.iter().enumerate() {
            self.cover(conn, seal)?;
            findings.seals += 1;
            let when = LocalCalendar::UTC.time(seal.sealed_at);
            if self.position != seal.through_position || seal.digest != self.digest {
                findings.problem(format!("The history differs from the seal made on {when}."));
                return Ok(());
            }
            // An installation that got its key after its first seal has another first seal behind it.
            let is_replaced = is_start(seal) && seals.get(at + 1).is_some_and(is_start);
            if !is_replaced && key.is_some_and(|key| seal.mac != mac(key, seal)) {
                findings
                    .problem(format!("The seal made on {when} was forged, or made with another SECRET_KEY."));
                return Ok(());
            }
            if seal.caught_up {
                self.front = Some(seal.sealed_at);
            }
        }
        Ok(())
    }

    /// Walks the events of a seal.
    fn cover(&mut self, conn: &mut ReadConn<'_>, seal: &Seal) -> Result<(), StoreError> {
        let mut counted = 0;
        while counted < seal.events {
            let step = audit_rows::unsealed(conn, self.position, (seal.events - counted).min(STEP))?;
            if step.is_empty() {
                return Ok(());
            }
            counted += i64::try_from(step.len()).unwrap_or(0);
            for event in step {
                self.position = event.position;
                self.digest = match seal.version {
                    PLAIN => fold_seal(self.digest, &event.hash),
                    _ => fold_position(self.digest, event.position, &event.hash),
                };
                self.see(&event);
            }
        }
        Ok(())
    }

    fn see(&mut self, event: &SealableEvent) {
        let recorded = Timestamp::from_micros(event.recorded_at);
        let Some(sealed) = self.front.filter(|sealed| sealed.since(recorded) > SEALED_WITHIN) else { return };
        self.late.get_or_insert_with(|| {
            format!(
                "The event at position {} says it was recorded on {}, but the seal in front of it was sealed on {}: it was \
                 put in later, or a clock was set back.",
                event.position,
                recorded.rfc3339(),
                sealed.rfc3339()
            )
        });
    }

    /// What comes after the last seal.
    fn rest(
        &mut self,
        conn: &mut ReadConn<'_>,
        through: i64,
        now: Timestamp,
        findings: &mut AuditFindings,
    ) -> Result<(), StoreError> {
        let (mut position, mut count, mut first, mut newest) = (through, 0, None, None);
        loop {
            let step = audit_rows::unsealed(conn, position, STEP)?;
            for event in &step {
                self.see(event);
                first = first.or(Some(event.recorded_at));
                newest = Some(event.recorded_at);
                (position, count) = (event.position, count + 1);
            }
            if step.is_empty() {
                break;
            }
        }
        let (Some(first), Some(newest)) = (first, newest) else { return Ok(()) };
        let (first, newest) = (Timestamp::from_micros(first), Timestamp::from_micros(newest));
        let events = if count == 1 { "1 event is".to_owned() } else { format!("{count} events are") };
        let what =
            format!("{events} covered by no seal, the first recorded on {}", LocalCalendar::UTC.time(first));
        if newest.since(first) > SEALED_WITHIN {
            findings.problem(format!("{what}: seals were deleted, or nothing sealed them."));
        } else if now.since(first) > SEALED_WITHIN {
            findings.unsettled(format!(
                "{what}: the server was killed before it sealed them, this is a copy of a running server's database, or \
                 seals were deleted. Start the server once; it seals what is there."
            ));
        }
        Ok(())
    }
}
