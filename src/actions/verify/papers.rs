//! What evidence points at outside the history: documents under the SHA-256 of their content, and the consent language of
//! forms, version by version.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::domain::evidence::{ConsentDocument, FormRecord};
use crate::domain::hex::hex;
use crate::store::{Conn, StoreError, walk};

use super::Findings;

/// What was found sound.
pub(super) struct Papers {
    documents: HashSet<String>,
    wordings: HashMap<(String, i32), (String, String)>,
}

impl Papers {
    pub(super) fn check(conn: &mut Conn<'_>, findings: &mut Findings) -> Result<Papers, StoreError> {
        let documents = documents(conn, findings)?;
        let wordings = wordings(conn, findings)?;
        Ok(Papers { documents, wordings })
    }

    /// What is wrong with the file behind a document.
    pub(super) fn file(&self, document: &ConsentDocument) -> Option<&'static str> {
        let lost = |name: &String| !self.documents.contains(name);
        document
            .file_sha256
            .as_ref()
            .is_some_and(lost)
            .then_some("the file it rests on is gone or was changed")
    }

    /// What is wrong with the consent language behind a form.
    pub(super) fn wording(&self, record: &FormRecord) -> Option<&'static str> {
        let Some((locale, wording)) = self.wordings.get(&(record.form.clone(), record.version)) else {
            return Some("the version of the form it rests on is gone or was changed");
        };
        let same = *wording == record.wording
            && *locale == record.locale
            && hex(&Sha256::digest(wording.as_bytes())) == record.wording_sha256;
        (!same).then_some("the form's version does not have the wording it rests on")
    }
}

fn documents(conn: &mut Conn<'_>, findings: &mut Findings) -> Result<HashSet<String>, StoreError> {
    let (mut sound, mut after) = (HashSet::new(), Vec::new());
    while let Some((name, size, bytes)) = walk::document(conn, &after)? {
        findings.papers += 1;
        if Sha256::digest(&bytes).as_slice() == name && usize::try_from(size) == Ok(bytes.len()) {
            sound.insert(hex(&name));
        } else {
            findings.problem(format!(
                "Document {}: its content is not what was stored under that name.",
                hex(&name)
            ));
        }
        after = name;
    }
    Ok(sound)
}

type Wordings = HashMap<(String, i32), (String, String)>;

fn wordings(conn: &mut Conn<'_>, findings: &mut Findings) -> Result<Wordings, StoreError> {
    let (mut sound, mut numbers) = (HashMap::new(), HashMap::<String, Vec<i32>>::new());
    for (slug, version, locale, wording, sha256) in walk::wordings(conn)? {
        findings.papers += 1;
        numbers.entry(slug.clone()).or_default().push(version);
        if Sha256::digest(wording.as_bytes()).as_slice() == sha256 {
            sound.insert((slug, version), (locale, wording));
        } else {
            findings.problem(format!("Form {slug}: the wording of version {version} was changed."));
        }
    }
    for (slug, shown) in walk::shown(conn)? {
        let versions = numbers.remove(&slug).unwrap_or_default();
        if versions != (1..=shown).collect::<Vec<i32>>() {
            findings.problem(format!(
                "Form {slug}: it shows version {shown}, but its versions are {versions:?}."
            ));
        }
    }
    Ok(sound)
}
