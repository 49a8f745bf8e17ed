//! The rows of programs, their replies and their sender numbers, as the tables hold them. Read whole for the cache that
//! [`super::config_cache`] keeps; written by [`super::programs`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use diesel::prelude::*;

use super::engine::on;
use super::schema::{program_replies, programs, senders};
use super::{ReadConn, StoreError};
use crate::domain::auto_reply::AutoReplies;
use crate::domain::id::ProgramId;
use crate::domain::language::Language;
use crate::domain::program::{Program, ProgramKind, RegionList, WordList, program_fields};
use crate::domain::schedule::OwnHours;
use crate::domain::time::Timestamp;

macro_rules! program_row {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        #[derive(Queryable, Selectable, Insertable, AsChangeset)]
        #[diesel(table_name = programs)]
        #[diesel(treat_none_as_null = true)]
        pub(super) struct ProgramRow {
            $($field: $type,)*
        }

        impl From<Program> for ProgramRow {
            fn from(program: Program) -> Self {
                ProgramRow { $($field: program.$field,)* }
            }
        }

        impl ProgramRow {
            fn with_replies(self, replies: BTreeMap<Language, AutoReplies>) -> Program {
                Program { $($field: self.$field,)* replies }
            }
        }
    };
}
program_fields!(program_row);

/// Reads all programs with their replies, for the cache.
pub(super) fn load(conn: &mut ReadConn<'_>) -> Result<Vec<Arc<Program>>, StoreError> {
    let mut replies = load_replies(conn)?;
    on!(conn, db => {
        let order = (programs::is_default.desc(), programs::name);
        let rows: Vec<ProgramRow> = programs::table.order(order).select(ProgramRow::as_select()).load(db)?;
        let program = |row: ProgramRow| {
            let replies = replies.remove(&row.id).unwrap_or_default();
            Arc::new(row.with_replies(replies))
        };
        Ok(rows.into_iter().map(program).collect())
    })
}

/// Reads all sender numbers, for the cache.
pub(super) fn load_senders(conn: &mut ReadConn<'_>) -> Result<Vec<(ProgramId, String)>, StoreError> {
    on!(conn, db => Ok(senders::table.order((senders::created_at.desc(), senders::id.desc())).select((senders::program_id, senders::e164)).load(db)?))
}

/// Each program's auto-replies by language.
type RepliesByProgram = HashMap<ProgramId, BTreeMap<Language, AutoReplies>>;

fn load_replies(conn: &mut ReadConn<'_>) -> Result<RepliesByProgram, StoreError> {
    type ReplyRow = (ProgramId, Language, String, String, String, String, String);
    let rows: Vec<ReplyRow> = on!(conn, db => program_replies::table.load(db))?;
    let mut found = RepliesByProgram::new();
    for (program, language, opt_in_reply, opt_out_reply, help_reply, frequency, contact_route) in rows {
        let replies = AutoReplies { opt_in_reply, opt_out_reply, help_reply, frequency, contact_route };
        found.entry(program).or_default().insert(language, replies);
    }
    Ok(found)
}
