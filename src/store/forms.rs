//! Hosted forms and the versions of their consent language. A published version never changes.

use diesel::prelude::*;

use super::dialect::on;
use super::schema::{form_versions, forms};
use super::{Conn, Locked, StoreError, Tx, catalog};
use crate::domain::id::{FormId, ProgramId};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;

/// A hosted form.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = forms)]
pub struct Form {
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
pub struct Version {
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
pub fn insert(tx: &mut Tx<'_>, _program: &Locked<Program>, form: Form) -> Result<Locked<Form>, StoreError> {
    on!(tx, db => diesel::insert_into(forms::table).values(&form).execute(db))?;
    Ok(Locked::new(form))
}

/// Publishes a version; it is shown from now on.
///
/// # Errors
/// When the database fails.
pub fn publish(tx: &mut Tx<'_>, form: &Locked<Form>, version: &Version) -> Result<(), StoreError> {
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
pub fn update(tx: &mut Tx<'_>, before: &Locked<Form>, form: &Form, now: Timestamp) -> Result<(), StoreError> {
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
pub fn find(conn: &mut Conn<'_>, slug: &str) -> Result<Option<(Form, Version)>, StoreError> {
    if slug.contains('\0') {
        return Ok(None); // PostgreSQL has no such text.
    }
    let found: Option<Form> = on!(conn, db => {
        forms::table.filter(forms::slug.eq(slug)).select(Form::as_select()).first(db).optional()?
    });
    let Some(form) = found else { return Ok(None) };
    Ok(version(conn, form.id, form.version)?.map(|version| (form, version)))
}

/// As [`find`]; no other transaction changes a form or its program before the commit.
///
/// # Errors
/// When the database fails.
pub fn find_locked(tx: &mut Tx<'_>, slug: &str) -> Result<Option<(Locked<Form>, Version)>, StoreError> {
    catalog::lock(tx)?;
    Ok(find(tx, slug)?.map(|(form, version)| (Locked::new(form), version)))
}

/// One version of a form.
///
/// # Errors
/// When the database fails.
pub fn version(conn: &mut Conn<'_>, id: FormId, version: i32) -> Result<Option<Version>, StoreError> {
    on!(conn, db => {
        let query = form_versions::table.find((id, version)).select(Version::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// All versions of a form, newest first.
///
/// # Errors
/// When the database fails.
pub fn versions(conn: &mut Conn<'_>, id: FormId) -> Result<Vec<Version>, StoreError> {
    on!(conn, db => {
        let query = form_versions::table.filter(form_versions::form_id.eq(id));
        Ok(query.order(form_versions::version.desc()).select(Version::as_select()).load(db)?)
    })
}

/// The forms of a program, by slug.
///
/// # Errors
/// When the database fails.
pub fn of_program(conn: &mut Conn<'_>, program: ProgramId) -> Result<Vec<Form>, StoreError> {
    on!(conn, db => {
        let query = forms::table.filter(forms::program_id.eq(program)).order(forms::slug);
        Ok(query.select(Form::as_select()).load(db)?)
    })
}

/// The forms of a locked program, by slug: locked with it.
///
/// # Errors
/// When the database fails.
pub fn of_locked(tx: &mut Tx<'_>, program: &Locked<Program>) -> Result<Vec<Locked<Form>>, StoreError> {
    Ok(of_program(tx, program.id)?.into_iter().map(Locked::new).collect())
}

/// All forms by slug.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut Conn<'_>) -> Result<Vec<Form>, StoreError> {
    on!(conn, db => {
        Ok(forms::table.order(forms::slug).select(Form::as_select()).load(db)?)
    })
}
