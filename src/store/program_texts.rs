//! A program's answers in other languages than English. They are read with the programs, into the catalog.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::dialect::on;
use super::schema::program_texts;
use super::{Conn, StoreError, Tx, catalog};
use crate::domain::answers::Answers;
use crate::domain::id::ProgramId;
use crate::domain::language::Language;

/// Each program's answers by language.
pub(super) type OfPrograms = HashMap<ProgramId, BTreeMap<Language, Answers>>;

/// Reads the answers of all programs, for the catalog.
pub(super) fn load(conn: &mut Conn<'_>) -> Result<OfPrograms, StoreError> {
    type Row = (ProgramId, Language, String, String, String, String, String);
    let rows: Vec<Row> = on!(conn, db => program_texts::table.load(db))?;
    let mut found = OfPrograms::new();
    for (program, language, opt_in_reply, opt_out_reply, help_reply, frequency, contact_route) in rows {
        let answers = Answers { opt_in_reply, opt_out_reply, help_reply, frequency, contact_route };
        found.entry(program).or_default().insert(language, answers);
    }
    Ok(found)
}

/// Writes a program's answers in a language; `None` takes them away, and English answers again.
///
/// # Errors
/// When the database fails.
pub fn set(
    tx: &mut Tx<'_>,
    program: ProgramId,
    language: Language,
    answers: Option<&Answers>,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(program_texts::table.find((program, language))).execute(db)?;
        if let Some(answers) = answers {
            diesel::insert_into(program_texts::table)
                .values((
                    program_texts::program_id.eq(program),
                    program_texts::language.eq(language),
                    program_texts::opt_in_reply.eq(&answers.opt_in_reply),
                    program_texts::opt_out_reply.eq(&answers.opt_out_reply),
                    program_texts::help_reply.eq(&answers.help_reply),
                    program_texts::frequency.eq(&answers.frequency),
                    program_texts::contact_route.eq(&answers.contact_route),
                ))
                .execute(db)?;
        }
    });
    catalog::touch(tx)
}
