//! What evidence points at outside the history: documents by the SHA-256 of their content, and the consent language of
//! forms, version by version. Used by `verify`; it changes nothing.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::domain::evidence::{ConsentDocument, FormRecord};
use crate::store::audit_rows::{self, AuditDocumentRow};
use crate::store::{ReadConn, StoreError};

use super::AuditFindings;

/// What was found sound.
pub(super) struct Documents {
    /// Media types by SHA-256.
    documents: HashMap<String, String>,
    wordings: HashMap<(String, i32), (String, String)>,
}

impl Documents {
    pub(super) fn check(
        conn: &mut ReadConn<'_>,
        findings: &mut AuditFindings,
    ) -> Result<Documents, StoreError> {
        let documents = documents(conn, findings)?;
        let wordings = wordings(conn, findings)?;
        Ok(Documents { documents, wordings })
    }

    /// What is wrong with the file behind a document.
    pub(super) fn file(&self, document: &ConsentDocument) -> Option<&'static str> {
        let name = document.file_sha256.as_ref()?;
        match self.documents.get(name) {
            None => Some("the file it rests on is gone or was changed"),
            Some(media_type) if document.file_type.as_ref().is_some_and(|named| named != media_type) => {
                Some("the file it rests on is of another kind now")
            }
            Some(_) => None,
        }
    }

    /// What is wrong with the consent language behind a form.
    pub(super) fn wording(&self, record: &FormRecord) -> Option<&'static str> {
        let Some((locale, wording)) = self.wordings.get(&(record.form.clone(), record.version)) else {
            return Some("the version of the form it rests on is gone or was changed");
        };
        let same = *wording == record.wording
            && *locale == record.locale
            && HEXLOWER.encode(&Sha256::digest(wording.as_bytes())) == record.wording_sha256;
        (!same).then_some("the form's version does not have the wording it rests on")
    }
}

fn documents(
    conn: &mut ReadConn<'_>,
    findings: &mut AuditFindings,
) -> Result<HashMap<String, String>, StoreError> {
    let (mut sound, mut after) = (HashMap::new(), Vec::new());
    while let Some(row) = audit_rows::document(conn, &after)? {
        findings.papers += 1;
        let name = HEXLOWER.encode(&row.sha256);
        let content = match &row.file_id {
            None => Some(FileContent::of(&row.bytes)),
            Some(file) => file_content(conn, file, &row)?,
        };
        if content.is_some_and(|content| content.is_of(&row)) {
            sound.insert(name, row.media_type);
        } else {
            findings.problem(format!("Document {name}: its content is not what was stored under that name."));
        }
        after = row.sha256;
    }
    Ok(sound)
}

/// What a document's content comes to.
struct FileContent {
    sha256: Vec<u8>,
    size: i64,
}

impl FileContent {
    fn of(bytes: &[u8]) -> FileContent {
        FileContent { sha256: Sha256::digest(bytes).to_vec(), size: i64::try_from(bytes.len()).unwrap_or(-1) }
    }

    fn is_of(&self, row: &AuditDocumentRow) -> bool {
        self.sha256 == row.sha256 && self.size == i64::from(row.size)
    }
}

/// What the chunks of a file come to; `None` when the file says something else about itself than its document, is to be deleted,
/// or misses a chunk.
fn file_content(
    conn: &mut ReadConn<'_>,
    file: &[u8],
    row: &AuditDocumentRow,
) -> Result<Option<FileContent>, StoreError> {
    let told = (Some(row.sha256.clone()), Some(i64::from(row.size)), Some(row.media_type.clone()), None);
    if !row.bytes.is_empty() || audit_rows::stored_file(conn, file)? != Some(told) {
        return Ok(None);
    }
    let (mut hash, mut size, mut next) = (Sha256::new(), 0, 0);
    while let Some((n, content)) = audit_rows::file_chunk(conn, file, next)? {
        if n != next {
            return Ok(None);
        }
        hash.update(&content);
        (size, next) = (size + i64::try_from(content.len()).unwrap_or_default(), n + 1);
    }
    Ok(Some(FileContent { sha256: hash.finalize().to_vec(), size }))
}

type WordingHashes = HashMap<(String, i32), (String, String)>;

fn wordings(conn: &mut ReadConn<'_>, findings: &mut AuditFindings) -> Result<WordingHashes, StoreError> {
    let (mut sound, mut numbers) = (HashMap::new(), HashMap::<String, Vec<i32>>::new());
    for (slug, version, locale, wording, sha256) in audit_rows::wordings(conn)? {
        findings.papers += 1;
        numbers.entry(slug.clone()).or_default().push(version);
        if Sha256::digest(wording.as_bytes()).as_slice() == sha256 {
            sound.insert((slug, version), (locale, wording));
        } else {
            findings.problem(format!("Form {slug}: the wording of version {version} was changed."));
        }
    }
    for (slug, shown) in audit_rows::shown(conn)? {
        let versions = numbers.remove(&slug).unwrap_or_default();
        if versions != (1..=shown).collect::<Vec<i32>>() {
            findings.problem(format!(
                "Form {slug}: it shows version {shown}, but its versions are {versions:?}."
            ));
        }
    }
    Ok(sound)
}
