//! Files: the same content at once, and a document at the moment in which its upload ends.

use sha2::{Digest, Sha256};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::record_consent::{EvidenceFile, NewConsentRecord};
use sms_opt_in::actions::uploads::{add_to_upload, delete_old_files, discard_upload};
use sms_opt_in::domain::id::{FileId, NumberId};
use sms_opt_in::store::Tx;

use super::consent::document;
use super::stage::{ROUNDS, Stage};
use crate::support::database;

/// A number, and a document about it whose content came in two chunks.
async fn upload(stage: &mut Stage, content: &'static str, round: usize) -> (NumberId, EvidenceFile) {
    let (_, phone) = stage.contact().await;
    let (number, now) = (stage.number(&phone).await.id, stage.now);
    let content = format!("{content} {round}").into_bytes();
    let (sha256, size) = (Sha256::digest(&content).into(), i64::try_from(content.len()).unwrap());
    let write = move |tx: &mut Tx<'_>| {
        let (first, second) = content.split_at(3);
        let upload = add_to_upload(tx, None, first, now)?;
        add_to_upload(tx, Some(upload), second, now)
    };
    let upload = stage.given(write).await;
    (number, EvidenceFile { upload, sha256, size, media_type: "text/plain" })
}

fn with_file(stage: &Stage, file: EvidenceFile) -> NewConsentRecord {
    match document(stage) {
        NewConsentRecord::OptIn(document, _) => NewConsentRecord::OptIn(document, Some(file)),
        other => other,
    }
}

fn discards(
    upload: FileId,
    stage: &Stage,
) -> impl Fn(&mut Tx<'_>) -> Result<bool, ActionError> + Send + use<> {
    let now = stage.now;
    move |tx| discard_upload(tx, upload, now)
}

fn rows(stage: &Stage, table: &str) -> usize {
    database::lines(&stage.world.database, &format!("SELECT 'row' AS line FROM {table}")).len()
}

/// Two people record the same document: it is kept once, and both consents rest on it.
pub async fn one_file_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (one, first) = upload(stage, "the same words", round).await;
        let (two, second) = upload(stage, "the same words", round).await;
        let records =
            (stage.records(one, with_file(stage, first)), stage.records(two, with_file(stage, second)));
        let (kept, also) = stage.both(records.0, records.1).await;
        kept.unwrap();
        also.unwrap();
        for upload in [first.upload, second.upload] {
            let _ = stage.given(discards(upload, stage)).await;
        }
        assert_eq!([rows(stage, "documents"), rows(stage, "stored_files")], [round + 1, round + 1]);
    }
}

/// A document and the deletion of its upload: there is a consent with its file, or neither.
pub async fn a_document_and_the_end_of_its_upload(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let before = rows(stage, "documents");
        let (number, file) = upload(stage, "words", round).await;
        let record = stage.records(number, with_file(stage, file));
        let (recorded, discarded) = stage.both(record, discards(file.upload, stage)).await;
        assert!(discarded.unwrap());
        assert_eq!(rows(stage, "documents") - before, usize::from(recorded.is_ok()));
        assert_eq!(rows(stage, "stored_files"), rows(stage, "documents"));
    }
}

/// Two instances tidy up while the next chunk arrives: the chunk is refused or goes with its file.
pub async fn a_chunk_and_the_end_of_its_upload(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (_, file) = upload(stage, "late words", round).await;
        let (begun, late) = (stage.now, stage.now.plus(chrono::Duration::hours(2)));
        let add = move |tx: &mut Tx<'_>| add_to_upload(tx, Some(file.upload), b"more", begun);
        let (_, tidied) = stage.both(add, move |tx| delete_old_files(tx, late)).await;
        tidied.unwrap();
        while !stage.given(move |tx| delete_old_files(tx, late)).await {}
        assert_eq!([rows(stage, "stored_files"), rows(stage, "stored_file_chunks")], [0, 0]);
    }
}
