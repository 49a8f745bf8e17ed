//! The rows of programs, their replies and their sender numbers, as the tables hold them. Read whole for the cache that
//! [`super::catalog`] keeps; written by [`super::programs`].

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::engine::on;
use super::schema::{program_replies, programs, senders};
use super::{ReadConn, StoreError};
use crate::domain::auto_reply::AutoReplies;
use crate::domain::id::ProgramId;
use crate::domain::language::Language;
use crate::domain::program::{Program, ProgramKind, WordList};
use crate::domain::schedule::OwnHours;
use crate::domain::time::Timestamp;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = programs)]
#[diesel(treat_none_as_null = true)]
pub(super) struct ProgramRow {
    pub(super) id: ProgramId,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) brand: String,
    pub(super) is_default: bool,
    pub(super) opt_in_template: String,
    pub(super) opt_in_reply: String,
    pub(super) opt_out_reply: String,
    pub(super) help_reply: String,
    pub(super) frequency: String,
    pub(super) contact_route: String,
    pub(super) hold_days: i32,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) privacy_url: Option<String>,
    pub(super) terms_url: Option<String>,
    pub(super) requires_basis: bool,
    pub(super) keeps_quiet_hours: bool,
    pub(super) keeps_frequency: bool,
    pub(super) hours: OwnHours,
    pub(super) code: Option<String>,
    pub(super) revoke_words: WordList,
    pub(super) help_words: WordList,
    pub(super) opt_in_words: WordList,
    pub(super) has_promised: bool,
    pub(super) kind: ProgramKind,
}

macro_rules! same_fields {
    ($from:expr => $to:ident $(, $more:ident: $value:expr)?) => {{
        let from = $from;
        $to {
            id: from.id,
            slug: from.slug,
            name: from.name,
            brand: from.brand,
            is_default: from.is_default,
            opt_in_template: from.opt_in_template,
            opt_in_reply: from.opt_in_reply,
            opt_out_reply: from.opt_out_reply,
            help_reply: from.help_reply,
            frequency: from.frequency,
            contact_route: from.contact_route,
            hold_days: from.hold_days,
            created_at: from.created_at,
            updated_at: from.updated_at,
            privacy_url: from.privacy_url,
            terms_url: from.terms_url,
            requires_basis: from.requires_basis,
            keeps_quiet_hours: from.keeps_quiet_hours,
            keeps_frequency: from.keeps_frequency,
            hours: from.hours,
            code: from.code,
            revoke_words: from.revoke_words,
            help_words: from.help_words,
            opt_in_words: from.opt_in_words,
            has_promised: from.has_promised,
            kind: from.kind,
            $($more: $value,)?
        }
    }};
}
pub(super) use same_fields;

/// Reads all programs with their replies, for the cache.
pub(super) fn load(conn: &mut ReadConn<'_>) -> Result<Vec<Program>, StoreError> {
    let mut replies = load_replies(conn)?;
    on!(conn, db => {
        let order = (programs::is_default.desc(), programs::name);
        let rows: Vec<ProgramRow> = programs::table.order(order).select(ProgramRow::as_select()).load(db)?;
        let program = |row: ProgramRow| {
            let replies = replies.remove(&row.id).unwrap_or_default();
            same_fields!(row => Program, replies: replies)
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
