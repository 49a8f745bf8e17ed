//! Collects what the gate needs and asks it. Nothing here decides.

use crate::domain::gate::{Question, Verdict, ask};
use crate::domain::program::Program;
use crate::domain::standstill::Standstill;
use crate::domain::time::Timestamp;
use crate::store::numbers::Number;
use crate::store::{Conn, StoreError, programs, settings};

/// A program's means of sending, as they stand now.
#[derive(Debug)]
pub struct Standing {
    /// Its sender number.
    pub sender: Option<String>,
    /// False when an administrator switched all sending off.
    pub sending_on: bool,
    /// Why the installation itself switched it off, if it did.
    pub standstill: Option<Standstill>,
}

/// How a program stands: its sender, and the switch of the installation.
///
/// # Errors
/// When the database fails.
pub fn standing(conn: &mut Conn<'_>, program: &Program) -> Result<Standing, StoreError> {
    let (sender, sending_on) = (programs::sender(conn, program.id)?, settings::sending_on(conn)?);
    let standstill = if sending_on { None } else { settings::standstill(conn)? };
    Ok(Standing { sender, sending_on, standstill })
}

impl Standing {
    /// The gate's verdict on a number.
    pub fn verdict(&self, number: &Number, program: &Program, now: Timestamp) -> Verdict {
        ask(&Question {
            consent: &number.consent,
            phone: &number.phone,
            unreachable: number.unreachable.as_deref(),
            program,
            sender: self.sender.as_deref(),
            sending_on: self.sending_on,
            standstill: self.standstill,
            now,
        })
    }
}
