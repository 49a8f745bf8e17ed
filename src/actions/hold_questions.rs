//! Questions about messages that expired while they waited for START: asked when the lead opts in after all, withdrawn when
//! consent ends. Used by `effects`; it writes the questions that `expired_holds` answers.

use chrono::Duration;

use crate::domain::id::ProgramId;
use crate::domain::message::HoldDecision;
use crate::store::numbers::Number;
use crate::store::{StoreError, Tx, events, expired_holds};

use super::ActionContext;

/// Nothing is asked about a message that expired longer ago.
const LOOK_BACK: Duration = Duration::days(90);
/// Questions that are in memory at once.
const PORTION: usize = 200;

/// Asks about each message of the program that expired before this opt-in, but not about a message that was accepted under
/// an earlier consent: no START revives that.
pub(super) fn open(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &Number,
    program: ProgramId,
) -> Result<(), StoreError> {
    let mut ended = None;
    for message in expired_holds::ran_out(tx, number.id, program, context.now.plus(-LOOK_BACK))? {
        let superseded = match ended {
            Some((seq, ended)) if seq == message.accepted_seq => ended,
            _ => events::ended_after(tx, number.id, program, message.lane, message.accepted_seq)?.is_some(),
        };
        ended = Some((message.accepted_seq, superseded));
        if !superseded {
            expired_holds::ask(tx, message.id, number.id, context.now)?;
        }
    }
    Ok(())
}

/// Withdraws the open questions: consent has ended for the program, or for all.
pub(super) fn close(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &Number,
    program: Option<ProgramId>,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let portion = expired_holds::open_of(tx, number.id, after, PORTION)?;
        let is_last = portion.len() < PORTION;
        for (_, message) in portion {
            after = Some(message.id);
            if program.is_none_or(|program| program == message.program_id) {
                let withdrawn = HoldDecision::Withdrawn;
                expired_holds::decide(tx, message.id, withdrawn, None, context.actor, context.now)?;
            }
        }
        if is_last {
            return Ok(());
        }
    }
}
