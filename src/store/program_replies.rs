//! A program's auto-replies in other languages than English. They are read with the programs, into the catalog.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::dialect::on;
use super::schema::program_replies;
use super::{Conn, Locked, StoreError, Tx, catalog};
use crate::domain::auto_reply::AutoReplies;
use crate::domain::id::ProgramId;
use crate::domain::language::Language;
use crate::domain::program::Program;

/// Each program's auto-replies by language.
pub(super) type OfPrograms = HashMap<ProgramId, BTreeMap<Language, AutoReplies>>;

/// Reads the auto-replies of all programs, for the catalog.
pub(super) fn load(conn: &mut Conn<'_>) -> Result<OfPrograms, StoreError> {
    type Row = (ProgramId, Language, String, String, String, String, String);
    let rows: Vec<Row> = on!(conn, db => program_replies::table.load(db))?;
    let mut found = OfPrograms::new();
    for (program, language, opt_in_reply, opt_out_reply, help_reply, frequency, contact_route) in rows {
        let replies = AutoReplies { opt_in_reply, opt_out_reply, help_reply, frequency, contact_route };
        found.entry(program).or_default().insert(language, replies);
    }
    Ok(found)
}

/// Writes a program's auto-replies in a language; `None` takes them away, and English answers again.
///
/// # Errors
/// When the database fails.
pub fn set(
    tx: &mut Tx<'_>,
    program: &Locked<Program>,
    language: Language,
    replies: Option<&AutoReplies>,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(program_replies::table.find((program.id, language))).execute(db)?;
        if let Some(replies) = replies {
            diesel::insert_into(program_replies::table)
                .values((
                    program_replies::program_id.eq(program.id),
                    program_replies::language.eq(language),
                    program_replies::opt_in_reply.eq(&replies.opt_in_reply),
                    program_replies::opt_out_reply.eq(&replies.opt_out_reply),
                    program_replies::help_reply.eq(&replies.help_reply),
                    program_replies::frequency.eq(&replies.frequency),
                    program_replies::contact_route.eq(&replies.contact_route),
                ))
                .execute(db)?;
        }
    });
    catalog::touch(tx)
}
