//! Readers for a walk through everything that believe nothing: identifiers as bytes and words as text, so that a value
//! which means nothing is found and named instead of ending the walk. What belongs to a number is read for many numbers at
//! once, in the order of their identifiers.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::engine::on;
use super::schema::{
    consent_events, consents, contacts, documents, form_versions, forms, inbound_texts, message_steps,
    messages, numbers, programs, stored_file_chunks, stored_files, tallies,
};
use super::{ReadConn, StoreError};

/// A number's row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = numbers)]
#[allow(missing_docs)]
pub struct AuditNumberRow {
    pub id: Vec<u8>,
    pub e164: String,
    pub consent: String,
    pub do_not_text: bool,
    pub paused: bool,
    pub paused_at: Option<i64>,
    pub contact_count: i32,
    pub head_seq: i32,
    pub head_hash: Vec<u8>,
    pub created_at: i64,
    pub language: Option<String>,
    pub unasked: Option<String>,
    pub replies: Option<String>,
}

/// An event's row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = consent_events)]
#[allow(missing_docs)]
pub struct AuditEventRow {
    pub number_id: Vec<u8>,
    pub seq: i32,
    pub program_id: Option<Vec<u8>>,
    pub kind: String,
    pub source: String,
    pub actor: String,
    pub occurred_at: i64,
    pub recorded_at: i64,
    pub salt: Vec<u8>,
    pub facts: String,
    pub commitment: Vec<u8>,
    pub prev_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// What lists know of a number's state.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = consents)]
#[allow(missing_docs)]
pub struct ConsentRow {
    pub number_id: Vec<u8>,
    pub program_id: Vec<u8>,
    pub state: String,
    pub since: i64,
}

/// A message's row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
#[allow(missing_docs)]
pub struct MessageRow {
    #[diesel(select_expression = messages::number_id.assume_not_null())]
    pub number_id: Vec<u8>,
    pub id: Vec<u8>,
    pub program_id: Vec<u8>,
    pub to_text: String,
    pub lane: String,
    pub body: String,
    pub status: String,
    pub created_at: i64,
    pub permit_seq: Option<i32>,
    pub claimed_seq: Option<i32>,
    pub claimed_at: Option<i64>,
    pub provider_id: Option<String>,
    pub steps: i32,
}

/// A step of a message's life.
#[derive(Debug, Queryable)]
#[allow(missing_docs)]
pub struct StepRow {
    pub number_id: Vec<u8>,
    pub message_id: Vec<u8>,
    pub n: i32,
    pub status: String,
    pub at: i64,
}

/// The row of a text from a lead.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = inbound_texts)]
#[allow(missing_docs)]
pub struct TextRow {
    #[diesel(select_expression = inbound_texts::number_id.assume_not_null())]
    pub number_id: Vec<u8>,
    pub id: Vec<u8>,
    pub provider: String,
    pub provider_id: String,
    pub from_text: String,
    pub to_text: String,
    pub body: String,
    pub class: String,
    pub sent_at: Option<i64>,
    pub received_at: i64,
}

/// How many contacts point at a number.
#[derive(Debug, Queryable)]
#[allow(missing_docs)]
pub struct ContactsRow {
    pub number_id: Vec<u8>,
    pub contacts: i64,
}

/// Numbers after `after` in the order of their identifiers.
///
/// # Errors
/// When the database fails.
pub fn numbers(conn: &mut ReadConn<'_>, after: &[u8], limit: i64) -> Result<Vec<AuditNumberRow>, StoreError> {
    on!(conn, db => {
        let query = numbers::table.filter(numbers::id.gt(after)).order(numbers::id);
        Ok(query.select(AuditNumberRow::as_select()).limit(limit).load(db)?)
    })
}

macro_rules! belongings {
    ($($(#[$doc:meta])* $name:ident: $table:ident by $order:expr => $row:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// When the database fails.
        pub fn $name(conn: &mut ReadConn<'_>, after: &[u8], last: &[u8]) -> Result<Vec<$row>, StoreError> {
            on!(conn, db => {
                let query = $table::table.filter($table::number_id.gt(after)).filter($table::number_id.le(last));
                Ok(query.order($order).select(<$row>::as_select()).load(db)?)
            })
        }
    )*};
}

belongings! {
    /// The events of the numbers after `after` up to `last`.
    events: consent_events by (consent_events::number_id, consent_events::seq) => AuditEventRow;
    /// Their states, as lists know them.
    states: consents by consents::number_id => ConsentRow;
    /// Messages to them.
    messages: messages by (messages::number_id, messages::id) => MessageRow;
    /// Texts from them.
    texts: inbound_texts by (inbound_texts::number_id, inbound_texts::id) => TextRow;
}

/// The steps of the messages to the numbers after `after` up to `last`.
///
/// # Errors
/// When the database fails.
pub fn steps(conn: &mut ReadConn<'_>, after: &[u8], last: &[u8]) -> Result<Vec<StepRow>, StoreError> {
    on!(conn, db => {
        use message_steps as s;
        let query = messages::table.inner_join(s::table.on(s::message_id.eq(messages::id)));
        let query = query.filter(messages::number_id.gt(after)).filter(messages::number_id.le(last));
        let query = query.order((messages::number_id, messages::id, s::n));
        Ok(query.select((messages::number_id.assume_not_null(), messages::id, s::n, s::status, s::at)).load(db)?)
    })
}

/// How many contacts point at each of the numbers after `after` up to `last`.
///
/// # Errors
/// When the database fails.
pub fn contacts(conn: &mut ReadConn<'_>, after: &[u8], last: &[u8]) -> Result<Vec<ContactsRow>, StoreError> {
    on!(conn, db => {
        let query = contacts::table.filter(contacts::number_id.gt(after)).filter(contacts::number_id.le(last));
        let query = query.group_by(contacts::number_id).order(contacts::number_id);
        Ok(query.select((contacts::number_id, count_star())).load(db)?)
    })
}

/// How many rows there are, whether they belong to a number or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RowCounts {
    pub events: i64,
    pub states: i64,
    pub messages: i64,
    pub texts: i64,
    /// Messages to nobody that were handed over all the same.
    pub stray: i64,
}

/// Counts everything that must belong to a number.
///
/// # Errors
/// When the database fails.
pub fn counts(conn: &mut ReadConn<'_>) -> Result<RowCounts, StoreError> {
    on!(conn, db => {
        let stray = messages::table
            .filter(messages::number_id.is_null())
            .filter(messages::claimed_at.is_not_null().or(messages::provider_id.is_not_null()))
            .count();
        let messages = messages::table.filter(messages::number_id.is_not_null()).count();
        let texts = inbound_texts::table.filter(inbound_texts::number_id.is_not_null()).count();
        Ok(RowCounts {
            events: consent_events::table.count().get_result(db)?,
            states: consents::table.count().get_result(db)?,
            messages: messages.get_result(db)?,
            texts: texts.get_result(db)?,
            stray: stray.get_result(db)?,
        })
    })
}

/// What a seal needs of an event.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = consent_events)]
#[allow(missing_docs)]
pub struct SealableEvent {
    pub position: i64,
    pub hash: Vec<u8>,
    pub recorded_at: i64,
}

/// The events after `position`, in the order of recording.
///
/// # Errors
/// When the database fails.
pub fn unsealed(
    conn: &mut ReadConn<'_>,
    position: i64,
    limit: i64,
) -> Result<Vec<SealableEvent>, StoreError> {
    on!(conn, db => {
        let query = consent_events::table.filter(consent_events::position.gt(position));
        Ok(query.order(consent_events::position).select(SealableEvent::as_select()).limit(limit).load(db)?)
    })
}

/// A document and, where it has one, the file that holds its content.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = documents)]
#[allow(missing_docs)]
pub struct AuditDocumentRow {
    pub sha256: Vec<u8>,
    pub size: i32,
    pub media_type: String,
    pub bytes: Vec<u8>,
    pub file_id: Option<Vec<u8>>,
}

/// The document after `after`, in the order of their names.
///
/// # Errors
/// When the database fails.
pub fn document(conn: &mut ReadConn<'_>, after: &[u8]) -> Result<Option<AuditDocumentRow>, StoreError> {
    on!(conn, db => {
        let query = documents::table.filter(documents::sha256.gt(after)).order(documents::sha256);
        Ok(query.select(AuditDocumentRow::as_select()).first(db).optional()?)
    })
}

/// What a file says about itself: SHA-256, size, media type, and when it is deleted.
pub type StoredFileRow = (Option<Vec<u8>>, Option<i64>, Option<String>, Option<i64>);

/// A file.
///
/// # Errors
/// When the database fails.
pub fn stored_file(conn: &mut ReadConn<'_>, id: &[u8]) -> Result<Option<StoredFileRow>, StoreError> {
    on!(conn, db => {
        use stored_files as f;
        let query = f::table.find(id).select((f::sha256, f::size, f::media_type, f::delete_after));
        Ok(query.first(db).optional()?)
    })
}

/// The chunk of a file with the number `from`, or the next one that is there.
///
/// # Errors
/// When the database fails.
pub fn file_chunk(
    conn: &mut ReadConn<'_>,
    file: &[u8],
    from: i64,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    on!(conn, db => {
        use stored_file_chunks as c;
        let query = c::table.filter(c::file_id.eq(file)).filter(c::n.ge(from)).order(c::n);
        Ok(query.select((c::n, c::content)).first(db).optional()?)
    })
}

/// One version of a form: slug, number, language, wording, SHA-256.
pub type WordingRow = (String, i32, String, String, Vec<u8>);

/// All versions of all forms, by slug and number.
///
/// # Errors
/// When the database fails.
pub fn wordings(conn: &mut ReadConn<'_>) -> Result<Vec<WordingRow>, StoreError> {
    on!(conn, db => {
        use form_versions as v;
        let query =
            forms::table.inner_join(v::table.on(v::form_id.eq(forms::id))).order((forms::slug, v::version));
        let query = query.select((forms::slug, v::version, v::locale, v::wording, v::wording_sha256));
        Ok(query.load(db)?)
    })
}

/// The slugs of all forms with the version each shows.
///
/// # Errors
/// When the database fails.
pub fn shown(conn: &mut ReadConn<'_>) -> Result<Vec<(String, i32)>, StoreError> {
    on!(conn, db => {
        Ok(forms::table.select((forms::slug, forms::version)).load(db)?)
    })
}

/// All programs with the time at which each was made.
///
/// # Errors
/// When the database fails.
pub fn programs(conn: &mut ReadConn<'_>) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    on!(conn, db => {
        Ok(programs::table.select((programs::id, programs::created_at)).load(db)?)
    })
}

/// All figures of the lists.
///
/// # Errors
/// When the database fails.
pub fn figures(conn: &mut ReadConn<'_>) -> Result<Vec<(Vec<u8>, String, i64)>, StoreError> {
    on!(conn, db => {
        let sum = sql::<BigInt>("CAST(sum(n) AS BIGINT)");
        let key = (tallies::program_id, tallies::state);
        Ok(tallies::table.group_by(key).select((tallies::program_id, tallies::state, sum)).load(db)?)
    })
}
