//! Walk the whole record and believe nothing: chains, commitments, projections, seals, and for every message that was
//! handed over the event that permitted it.

use crate::domain::consent::{NumberConsent, StateName, fold};
use crate::domain::ledger::{GENESIS, Hash, fold_seal};
use crate::domain::message::Lane;
use crate::store::messages::Message;
use crate::store::numbers::Number;
use crate::store::{Conn, StoreError, events, messages, numbers};

use super::seal::mac;

/// Rows read at a time.
const STEP: i64 = 500;

/// What the walk found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Numbers walked.
    pub numbers: usize,
    /// Events checked.
    pub events: usize,
    /// Messages matched with their permit.
    pub messages: usize,
    /// Seals checked.
    pub seals: usize,
    /// Everything that is wrong, as sentences. Numbers appear by identifier only.
    pub problems: Vec<String>,
}

/// Walks the whole record.
///
/// # Errors
/// When the database cannot be read: then nothing can be told.
pub fn verify(conn: &mut Conn<'_>, key: &[u8]) -> Result<Findings, StoreError> {
    let mut findings = Findings::default();
    let mut after = None;
    loop {
        let page = numbers::page(conn, after, STEP)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for number in &page {
            check_number(conn, number, &mut findings)?;
        }
    }
    let (count, _) = events::extent(conn)?;
    if count != i64::try_from(findings.events).unwrap_or(-1) {
        let problem = format!("{count} events are stored, but {} belong to a sound chain.", findings.events);
        findings.problems.push(problem);
    }
    check_seals(conn, key, &mut findings)?;
    check_messages(conn, &mut findings)?;
    Ok(findings)
}

fn check_number(conn: &mut Conn<'_>, number: &Number, findings: &mut Findings) -> Result<(), StoreError> {
    findings.numbers += 1;
    let (mut seq, mut hash) = (0, GENESIS);
    let mut history = Vec::new();
    for stored in events::of(conn, number.id)? {
        let place = stored.seq;
        match stored.check(&number.phone, seq, hash) {
            Ok(entry) => {
                (seq, hash) = (entry.event.seq, entry.hash);
                history.push(entry.event);
                findings.events += 1;
            }
            Err(flaw) => {
                findings.problems.push(format!("Number {}, event {place}: {flaw}.", number.id));
                return Ok(());
            }
        }
    }
    if fold(&history) != number.consent {
        let problem = format!("Number {}: its state is not what its history says.", number.id);
        findings.problems.push(problem);
    }
    if number.head_hash != hash {
        let problem =
            format!("Number {}: its history ends at event {seq}, not where it was left.", number.id);
        findings.problems.push(problem);
    }
    Ok(())
}

fn check_seals(conn: &mut Conn<'_>, key: &[u8], findings: &mut Findings) -> Result<(), StoreError> {
    let (mut position, mut digest): (i64, Hash) = (0, GENESIS);
    for seal in events::all_seals(conn)? {
        let mut counted = 0;
        while counted < seal.events {
            let step = events::hashes_after(conn, position, (seal.events - counted).min(STEP))?;
            let Some((last, _)) = step.last() else { break };
            position = *last;
            counted += i64::try_from(step.len()).unwrap_or(0);
            for (_, hash) in &step {
                digest = fold_seal(digest, hash);
            }
        }
        let sound = position == seal.through_position
            && seal.digest == digest
            && seal.mac == mac(key, seal.through_position, &digest);
        findings.seals += 1;
        if !sound {
            let when = seal.sealed_at.words();
            findings.problems.push(format!("The history differs from the seal made on {when}."));
            return Ok(());
        }
    }
    Ok(())
}

fn check_messages(conn: &mut Conn<'_>, findings: &mut Findings) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = messages::handed_over(conn, after, STEP)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for message in &page {
            findings.messages += 1;
            if let Some(problem) = check_message(conn, message)? {
                findings.problems.push(format!("Message {}: {problem}", message.id));
            }
        }
    }
}

/// The event that permitted a message must have been the one in force when the history was as long as it was then.
fn check_message(conn: &mut Conn<'_>, message: &Message) -> Result<Option<String>, StoreError> {
    let Some(number) = message.number_id else {
        return Ok(Some("it was handed over without a recipient.".to_owned()));
    };
    let wanted = match message.lane {
        Lane::Help => return Ok(None),
        Lane::Gated | Lane::OptInConfirmation => StateName::OptedIn,
        Lane::Invitation => StateName::Invited,
        Lane::OptOutConfirmation => StateName::OptedOut,
    };
    let (Some(permit), Some(length)) = (message.permit_seq, message.claimed_seq) else {
        return Ok(Some("no event permitted it.".to_owned()));
    };
    let Some(phone) = numbers::get(conn, number)?.map(|number| number.phone) else {
        return Ok(Some("its recipient's record is gone.".to_owned()));
    };
    let (mut seq, mut hash, mut record) = (0, GENESIS, NumberConsent::default());
    for stored in events::of(conn, number)?.into_iter().filter(|stored| stored.seq <= length) {
        let Ok(entry) = stored.check(&phone, seq, hash) else { break };
        (seq, hash) = (entry.event.seq, entry.hash);
        record.apply(&entry.event);
    }
    let state = record.state_in(message.program_id);
    let permitted =
        seq == length && state.name() == wanted && state.since().is_some_and(|since| since.seq == permit);
    Ok((!permitted).then(|| format!("event {permit} of its number's history did not permit it.")))
}
