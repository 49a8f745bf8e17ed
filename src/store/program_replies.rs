//! A program's auto-replies in other languages than English. Read with the programs into the configuration cache; written
//! with a program.

use diesel::prelude::*;

use super::engine::on;
use super::schema::program_replies;
use super::{LockedRow, StoreError, Tx, config_cache};
use crate::domain::auto_reply::AutoReplies;
use crate::domain::language::Language;
use crate::domain::program::Program;

/// Writes a program's auto-replies in a language; `None` takes them away, and English answers again.
///
/// # Errors
/// When the database fails.
pub fn set(
    tx: &mut Tx<'_>,
    program: &LockedRow<Program>,
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
    config_cache::touch(tx)
}
