//! What evidence points at outside the history: documents by the SHA-256 of their content, and the consent language of
//! forms, version by version. Used by `verify`; it changes nothing.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::domain::evidence::{ConsentDocument, FormRecord};
use crate::store::{ReadConn, StoreError, audit_rows};

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
    while let Some((name, size, media_type, bytes)) = audit_rows::document(conn, &after)? {
        findings.papers += 1;
        if Sha256::digest(&bytes).as_slice() == name && usize::try_from(size) == Ok(bytes.len()) {
            sound.insert(HEXLOWER.encode(&name), media_type);
        } else {
            findings.problem(format!(
                "Document {}: its content is not what was stored under that name.",
                HEXLOWER.encode(&name)
            ));
        }
        after = name;
    }
    Ok(sound)
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
