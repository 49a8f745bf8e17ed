//! The people who sign in. Written by `actions::users`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::engine::{CachedQuery, few_lengths, on};
use super::locked::{self, RuleGuard};
use super::schema::{self, second_factors, settings, users};
use super::sessions::StoredSession;
use super::{LockedRow, ReadConn, StoreError, Tx, sessions};
use crate::domain::id::UserId;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;

/// A person who signs in.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub struct User {
    /// Its identifier.
    pub id: UserId,
    /// E-mail address, lower case.
    pub email: String,
    /// Name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Argon2id hash of the password (PHC string).
    pub password_hash: String,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was closed.
    pub disabled_at: Option<Timestamp>,
    /// The zone in which they read times (IANA); the organization's where there is none.
    pub time_zone: Option<String>,
    /// Who took their second factor away, until they have been told.
    pub second_factor_removed_by: Option<String>,
}

/// A user, and what each of their pages shows besides.
#[derive(Clone, Debug)]
pub struct SessionUser {
    /// Who.
    pub user: User,
    /// Why the installation switched sending off, if it did (as JSON).
    pub standstill: Option<String>,
    /// The organization's time zone, once one is chosen.
    pub time_zone: Option<String>,
    /// The organization's rules of signing in (as JSON), once they are chosen.
    pub sign_in_rules: Option<String>,
    /// True once they have a second factor.
    pub has_second_factor: bool,
}

/// How many can sign in: what the rules about all users ask for.
#[derive(Clone, Copy, Debug)]
pub struct UserCounts {
    /// True once there is any account.
    pub any: bool,
    /// The administrators that can sign in.
    pub administrators: i64,
}

/// Counts the users; no other transaction adds or changes one before the commit.
///
/// # Errors
/// When the database fails.
pub fn lock(tx: &mut Tx<'_>) -> Result<LockedRow<UserCounts>, StoreError> {
    locked::lock(tx, RuleGuard::Users)?;
    Ok(LockedRow::new(UserCounts { any: any(tx)?, administrators: administrators(tx)? }))
}

/// A user by identifier, among users that no other transaction changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn get_locked(
    tx: &mut Tx<'_>,
    _all: &LockedRow<UserCounts>,
    id: UserId,
) -> Result<Option<LockedRow<User>>, StoreError> {
    Ok(get(tx, id)?.map(LockedRow::new))
}

/// Adds a user.
///
/// # Errors
/// When the database fails, or the address is taken.
pub fn insert(tx: &mut Tx<'_>, _all: &LockedRow<UserCounts>, user: &User) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(users::table).values(user).execute(db)?;
        Ok(())
    })
}

/// True once anybody can sign in.
///
/// # Errors
/// When the database fails.
pub fn any(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    on!(conn, db => {
        Ok(users::table.select(users::id).first::<UserId>(db).optional()?.is_some())
    })
}

/// A user by address.
///
/// # Errors
/// When the database fails.
pub fn by_email(conn: &mut ReadConn<'_>, email: &str) -> Result<Option<User>, StoreError> {
    if email.contains('\0') {
        return Ok(None); // PostgreSQL has no such text.
    }
    on!(conn, db => {
        let query = users::table.filter(users::email.eq(email.trim().to_lowercase()));
        Ok(query.select(User::as_select()).first(db).optional()?)
    })
}

/// What each page of a person shows and asks for besides: why sending is off, the organization's time zone, its rules of
/// signing in, and since when they have a second factor.
type PageFacts = (Option<String>, Option<String>, Option<String>, Option<Timestamp>);

impl SessionUser {
    fn new(user: User, (standstill, time_zone, sign_in_rules, second_factor): PageFacts) -> Self {
        SessionUser { user, standstill, time_zone, sign_in_rules, has_second_factor: second_factor.is_some() }
    }
}

/// A session and the user it belongs to.
#[derive(Clone, Debug)]
pub struct SessionOfUser {
    /// The session.
    pub session: StoredSession,
    /// Whose it is, with what each of their pages shows.
    pub user: Option<SessionUser>,
}

/// The session under a key, if it has not ended, and its user with what each page shows besides, in one query.
///
/// # Errors
/// When the database fails.
pub fn of_session(
    conn: &mut ReadConn<'_>,
    key_hash: &[u8],
    now: Timestamp,
) -> Result<Option<SessionOfUser>, StoreError> {
    on!(conn, db => {
        let why = settings::table.find(super::settings::SENDING_OFF_BECAUSE).select(settings::value);
        let zone = settings::table.find(super::settings::TIME_ZONE).select(settings::value);
        let rules = settings::table.find(super::settings::SIGN_IN_RULES).select(settings::value);
        let query = schema::sessions::table
            .left_join(users::table.on(schema::sessions::user_id.eq(users::id.nullable())))
            .left_join(second_factors::table.on(schema::sessions::user_id.eq(second_factors::user_id.nullable())))
            .filter(schema::sessions::key_hash.eq(key_hash))
            .filter(schema::sessions::expires_at.gt(now))
            .select((
                StoredSession::as_select(),
                Option::<User>::as_select(),
                (
                    why.single_value(),
                    zone.single_value(),
                    rules.single_value(),
                    second_factors::since.nullable(),
                ),
            ));
        let found: Option<(StoredSession, Option<User>, PageFacts)> = query.first(db).optional()?;
        Ok(found.map(|(session, user, facts)| SessionOfUser {
            session,
            user: user.map(|user| SessionUser::new(user, facts)),
        }))
    })
}

/// A user by identifier with what each page shows besides, in one query.
///
/// # Errors
/// When the database fails.
pub fn for_session(conn: &mut ReadConn<'_>, id: UserId) -> Result<Option<SessionUser>, StoreError> {
    on!(conn, db => {
        let why = settings::table.find(super::settings::SENDING_OFF_BECAUSE).select(settings::value);
        let zone = settings::table.find(super::settings::TIME_ZONE).select(settings::value);
        let rules = settings::table.find(super::settings::SIGN_IN_RULES).select(settings::value);
        let query = users::table
            .left_join(second_factors::table.on(users::id.eq(second_factors::user_id)))
            .filter(users::id.eq(id))
            .select((
                User::as_select(),
                (
                    why.single_value(),
                    zone.single_value(),
                    rules.single_value(),
                    second_factors::since.nullable(),
                ),
            ));
        let found: Option<(User, PageFacts)> = query.first(db).optional()?;
        Ok(found.map(|(user, facts)| SessionUser::new(user, facts)))
    })
}

/// A user by identifier.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    on!(conn, db => {
        Ok(users::table.find(id).select(User::as_select()).first(db).optional()?)
    })
}

/// Users by name: those after this one, or the first ones.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut ReadConn<'_>, after: Option<UserId>, limit: i64) -> Result<Vec<User>, StoreError> {
    let after = after.map(|id| get(conn, id)).transpose()?.flatten();
    on!(conn, db => {
        let mut query = users::table
            .order((users::name, users::id))
            .select(User::as_select())
            .limit(limit)
            .into_boxed();
        if let Some(User { name, id, .. }) = after {
            let is_behind = users::name.gt(name.clone()).or(users::name.eq(name).and(users::id.gt(id)));
            query = query.filter(is_behind);
        }
        Ok(CachedQuery(query).load(db)?)
    })
}

/// Which users have these addresses.
///
/// # Errors
/// When the database fails.
pub fn ids_of<'a>(
    conn: &mut ReadConn<'_>,
    emails: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, UserId>, StoreError> {
    let emails = few_lengths(emails);
    on!(conn, db => {
        let query = users::table.filter(users::email.eq_any(emails)).select((users::email, users::id));
        let found: Vec<(String, UserId)> = CachedQuery(query).load(db)?;
        Ok(found.into_iter().collect())
    })
}

/// The e-mail address and the name of everybody who signs in: what a list needs to name who did something.
///
/// # Errors
/// When the database fails.
pub fn names(conn: &mut ReadConn<'_>) -> Result<Vec<(String, String)>, StoreError> {
    on!(conn, db => Ok(users::table.select((users::email, users::name)).limit(1000).load(db)?))
}

fn administrators(conn: &mut ReadConn<'_>) -> Result<i64, StoreError> {
    on!(conn, db => {
        let query = users::table.filter(users::role.eq(Role::Administrator)).filter(users::disabled_at.is_null());
        Ok(query.count().get_result(db)?)
    })
}

/// Changes a user's role; their sessions end.
///
/// # Errors
/// When the database fails.
pub fn set_role(tx: &mut Tx<'_>, user: &LockedRow<User>, role: Role) -> Result<(), StoreError> {
    on!(tx, db => diesel::update(users::table.find(user.id)).set(users::role.eq(role)).execute(db))?;
    sessions::end_all(tx, user.id)
}

/// Closes an account at a time, or opens it again (`None`); the user's sessions end.
///
/// # Errors
/// When the database fails.
pub fn set_disabled(
    tx: &mut Tx<'_>,
    user: &LockedRow<User>,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    on!(tx, db => diesel::update(users::table.find(user.id)).set(users::disabled_at.eq(at)).execute(db))?;
    sessions::end_all(tx, user.id)
}

/// Changes a user's password; their sessions end.
///
/// # Errors
/// When the database fails.
pub fn set_password(tx: &mut Tx<'_>, user: &LockedRow<User>, hash: &str) -> Result<(), StoreError> {
    on!(tx, db => diesel::update(users::table.find(user.id)).set(users::password_hash.eq(hash)).execute(db))?;
    sessions::end_all(tx, user.id)
}

/// Changes the zone in which a user reads times; their sessions go on.
///
/// # Errors
/// When the database fails.
pub fn set_time_zone(
    tx: &mut Tx<'_>,
    user: &LockedRow<User>,
    time_zone: Option<&str>,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::update(users::table.find(user.id)).set(users::time_zone.eq(time_zone)).execute(db)?;
        Ok(())
    })
}

/// Notes who took a user's second factor away, and their sessions end; or (`None`) that they have been told.
///
/// # Errors
/// When the database fails.
pub fn set_second_factor_removed(
    tx: &mut Tx<'_>,
    user: &LockedRow<User>,
    by: Option<&str>,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::update(users::table.find(user.id)).set(users::second_factor_removed_by.eq(by)).execute(db)
    })?;
    if by.is_some() { sessions::end_all(tx, user.id) } else { Ok(()) }
}
