//! What waited when a restored database was noticed is canceled: it may have gone out since the backup. Sending was switched off
//! when the job was queued, and stays off until it is done. Used by the runner of background jobs; it writes messages, and
//! a file with a line for each message that was canceled.

use crate::domain::id::MessageId;
use crate::domain::message::Status;
use crate::domain::time::Timestamp;
use crate::store::background_jobs::BackgroundJob;
use crate::store::messages::Message;
use crate::store::{LockedRow, ReadConn, StoreError, Tx, programs};

use super::{JobPiece, append_result};
use crate::actions::{ActionError, restore};

const HEADING: &str = "message,number,program,status,accepted_at,due_at\r\n";
/// Where every piece but the first begins.
const BEGUN: &str = "begun";

pub(super) fn piece(
    tx: &mut Tx<'_>,
    job: &LockedRow<BackgroundJob>,
    until: MessageId,
    limit: i64,
    now: Timestamp,
) -> Result<JobPiece, ActionError> {
    let mut lines = if job.cursor.is_none() { HEADING.to_owned() } else { String::new() };
    let withdrawn = restore::withdraw_some(tx, limit, now)?;
    if withdrawn > 0 {
        append_result(tx, job, lines.as_bytes(), now)?;
        return Ok(JobPiece::goes_on(withdrawn, BEGUN));
    }
    let cancelled = restore::cancel_some(tx, restore::RESTORED, Some(until), limit, now)?;
    for message in &cancelled.messages {
        lines.push_str(&line(tx, message)?);
    }
    append_result(tx, job, lines.as_bytes(), now)?;
    // What is canceled waits no longer, so the next piece begins anew: the cursor only says that one was done.
    Ok(JobPiece::up_to(cancelled.looked_at, limit, Some(BEGUN)))
}

/// A line of the file. Only the number may hold what a spreadsheet would read as a formula.
fn line(conn: &mut ReadConn<'_>, message: &Message) -> Result<String, StoreError> {
    let program = programs::slug(conn, message.program_id)?.unwrap_or_default();
    let number = message.to_text.replace('"', "\"\"");
    let (accepted, due) = (message.created_at.rfc3339(), message.due_at.rfc3339());
    let due = if message.status == Status::Scheduled { due } else { String::new() };
    Ok(format!("{},\"'{number}\",{program},{},{accepted},{due}\r\n", message.id, message.status))
}
