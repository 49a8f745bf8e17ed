//! Hosted forms and the versions of their consent language. A published version never changes. Written by
//! `actions::publish_form`.

use diesel::prelude::*;

use super::engine::on;
use super::schema::{form_versions, forms};
use super::{LockedRow, ReadConn, StoreError, Tx, config_cache};
use crate::domain::id::{FormId, ProgramId};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;

/// A hosted form.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = forms)]
pub struct HostedForm {
    /// Its identifier.
    pub id: FormId,
    /// The program it signs up for.
    pub program_id: ProgramId,
    /// Its name in addresses.
    pub slug: String,
    /// Its heading.
    pub title: String,
    /// True when the lead must also reply START.
    pub double_opt_in: bool,
    /// The version that is shown.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Its consent language with placeholders; each version is filled from it.
    pub template: String,
}

/// One version of a form's consent language.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = form_versions)]
pub struct FormVersion {
    /// Whose.
    pub form_id: FormId,
    /// Its number, from 1.
    pub version: i32,
    /// Its language.
    pub locale: String,
    /// The words, byte for byte.
    pub wording: String,
    /// Their SHA-256.
    pub wording_sha256: Vec<u8>,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
}

/// Adds a form of the program. It shows nothing before its first version is published.
///
/// # Errors
/// When the database fails, or the slug is taken.
pub fn insert(
    tx: &mut Tx<'_>,
    _program: &LockedRow<Program>,
    form: HostedForm,
) -> Result<LockedRow<HostedForm>, StoreError> {
    on!(tx, db => diesel::insert_into(forms::table).values(&form).execute(db))?;
    Ok(LockedRow::new(form))
}

/// Publishes a version; it is shown from now on.
///
/// # Errors
/// When the database fails.
pub fn publish(
    tx: &mut Tx<'_>,
    form: &LockedRow<HostedForm>,
    version: &FormVersion,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(form_versions::table).values(version).execute(db)?;
        diesel::update(forms::table.find(form.id))
            .set((forms::version.eq(version.version), forms::updated_at.eq(version.published_at)))
            .execute(db)?;
        Ok(())
    })
}

/// Writes a form's heading, kind of opt-in and template.
///
/// # Errors
/// When the database fails.
pub fn update(
    tx: &mut Tx<'_>,
    before: &LockedRow<HostedForm>,
    form: &HostedForm,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, db => diesel::update(forms::table.find(before.id))
        .set((
            forms::title.eq(&form.title),
            forms::double_opt_in.eq(form.double_opt_in),
            forms::template.eq(&form.template),
            forms::updated_at.eq(now),
        ))
        .execute(db))?;
    Ok(())
}

/// A form by slug, with the version that is shown.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut ReadConn<'_>, slug: &str) -> Result<Option<(HostedForm, FormVersion)>, StoreError> {
    if slug.contains('\0') {
        return Ok(None); // PostgreSQL has no such text.
    }
    let found: Option<HostedForm> = on!(conn, db => {
        forms::table.filter(forms::slug.eq(slug)).select(HostedForm::as_select()).first(db).optional()?
    });
    let Some(form) = found else { return Ok(None) };
    Ok(version(conn, form.id, form.version)?.map(|version| (form, version)))
}

/// As [`find`]; no other transaction changes a form or its program before the commit.
///
/// # Errors
/// When the database fails.
pub fn find_locked(
    tx: &mut Tx<'_>,
    slug: &str,
) -> Result<Option<(LockedRow<HostedForm>, FormVersion)>, StoreError> {
    config_cache::lock(tx)?;
    Ok(find(tx, slug)?.map(|(form, version)| (LockedRow::new(form), version)))
}

/// One version of a form.
///
/// # Errors
/// When the database fails.
pub fn version(conn: &mut ReadConn<'_>, id: FormId, version: i32) -> Result<Option<FormVersion>, StoreError> {
    on!(conn, db => {
        let query = form_versions::table.find((id, version)).select(FormVersion::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// The versions of a form before this one, or the last ones: newest first.
///
/// # Errors
/// When the database fails.
pub fn versions(
    conn: &mut ReadConn<'_>,
    id: FormId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<FormVersion>, StoreError> {
    on!(conn, db => {
        let query = form_versions::table
            .filter(form_versions::form_id.eq(id))
            .filter(form_versions::version.lt(before.unwrap_or(i32::MAX)))
            .order(form_versions::version.desc());
        Ok(query.select(FormVersion::as_select()).limit(limit).load(db)?)
    })
}

/// The forms of a program, by slug, each with the version that is shown.
///
/// # Errors
/// When the database fails.
pub fn shown_of(
    conn: &mut ReadConn<'_>,
    program: ProgramId,
    limit: i64,
) -> Result<Vec<(HostedForm, FormVersion)>, StoreError> {
    on!(conn, db => {
        let is_shown = form_versions::form_id.eq(forms::id).and(form_versions::version.eq(forms::version));
        let query = forms::table
            .inner_join(form_versions::table.on(is_shown))
            .filter(forms::program_id.eq(program))
            .order(forms::slug)
            .select((HostedForm::as_select(), FormVersion::as_select()));
        Ok(query.limit(limit).load(db)?)
    })
}

/// The forms of a program, by slug: all of them, or at most so many.
///
/// # Errors
/// When the database fails.
pub fn of_program(
    conn: &mut ReadConn<'_>,
    program: ProgramId,
    most: Option<i64>,
) -> Result<Vec<HostedForm>, StoreError> {
    on!(conn, db => {
        let query = forms::table.filter(forms::program_id.eq(program)).order(forms::slug);
        Ok(query.select(HostedForm::as_select()).limit(most.unwrap_or(i64::MAX)).load(db)?)
    })
}

/// The forms of a locked program, by slug: locked with it.
///
/// # Errors
/// When the database fails.
pub fn of_locked(
    tx: &mut Tx<'_>,
    program: &LockedRow<Program>,
) -> Result<Vec<LockedRow<HostedForm>>, StoreError> {
    Ok(of_program(tx, program.id, None)?.into_iter().map(LockedRow::new).collect())
}

/// Forms by slug: those after this one, or the first ones where it is empty.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut ReadConn<'_>, after: &str, limit: i64) -> Result<Vec<HostedForm>, StoreError> {
    if after.contains('\0') {
        return Ok(Vec::new()); // PostgreSQL has no such text.
    }
    on!(conn, db => {
        let query = forms::table.filter(forms::slug.gt(after)).order(forms::slug);
        Ok(query.select(HostedForm::as_select()).limit(limit).load(db)?)
    })
}
