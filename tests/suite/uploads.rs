//! Files of manual updates: written to the database in chunks while they arrive, kept once, read back in chunks, and deleted when
//! nothing names them.

use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use reqwest::Method;
use sha2::{Digest, Sha256};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::record_consent::{EvidenceFile, NewConsentRecord, record_consent};
use sms_opt_in::actions::uploads::{add_to_upload, delete_old_files, discard_upload};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::Source;
use sms_opt_in::domain::evidence::{ConsentDocument, DocumentKind};
use sms_opt_in::domain::id::FileId;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::store::{Tx, numbers};

use crate::support::person::{Answer, Person};
use crate::support::{World, by, database, world};

/// The form of a document, filled in.
fn fields(day: &str) -> [(&'static str, &str); 5] {
    [
        ("update", "opt_in"),
        ("document", "signed_form"),
        ("given_on", day),
        ("reason", "Signed form in folder 7"),
        ("seen", "yes"),
    ]
}

fn today(world: &World) -> String {
    world.clock.now().rfc3339().chars().take(10).collect()
}

async fn uploads(sam: &mut Person, world: &World, contact: &str, file: (&str, &[u8])) -> Answer {
    let (day, form) = (today(world), format!("{contact}/consents/new"));
    sam.upload(&form, &format!("{contact}/consents"), &fields(&day), Some(file)).await
}

/// A file that no chunk of which is as another one.
fn pdf(size: usize) -> Vec<u8> {
    let blocks = (0..size / 32).flat_map(|n| Sha256::digest(n.to_be_bytes()));
    b"%PDF-1.7 ".iter().copied().chain(blocks).collect()
}

fn name(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

/// The rows of a table: how many there are.
fn count(world: &World, table: &str) -> String {
    database::lines(&world.database, &format!("SELECT CAST(count(*) AS TEXT) AS line FROM {table}")).concat()
}

/// Waits until so many uploads are there that nothing names.
async fn until_unnamed(world: &World, uploads: &str) {
    let begun = Instant::now();
    while count(world, "stored_files WHERE delete_after IS NOT NULL") != uploads {
        assert!(begun.elapsed() < Duration::from_secs(30), "never {uploads} uploads that nothing names");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn is_served(sam: &Person, content: &[u8]) {
    let answer = sam.request(Method::GET, &format!("/documents/{}", name(content))).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(content.len() as u64)));
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert!(answer.bytes().await.unwrap() == content, "byte for byte");
}

#[actix_web::test]
async fn a_file_is_kept_in_chunks_and_comes_back_byte_for_byte() {
    let world = world().await;
    let (ana, ben) = (world.lead(1).contact("Ana").await, world.lead(2).contact("Ben").await);
    let mut sam = world.sam().await;
    let large = pdf(700_000);
    assert_eq!(uploads(&mut sam, &world, &ana, ("a.pdf", &large)).await.status, 303);
    assert_eq!(count(&world, "stored_file_chunks"), "3", "of at most 256 KB each");
    assert_eq!(count(&world, "documents WHERE octet_length(bytes) > 0"), "0");
    is_served(&sam, &large).await;
    // Characters of three bytes: chunks end within them.
    let words = "€".repeat(200_000);
    assert_eq!(uploads(&mut sam, &world, &ben, ("b.txt", words.as_bytes())).await.status, 303);
    let chunk = vec![b'x'; 256 * 1024];
    let whole = world.lead(3).contact("Cy").await;
    assert_eq!(uploads(&mut sam, &world, &whole, ("c.txt", &chunk)).await.status, 303);
    is_served(&sam, words.as_bytes()).await;
    is_served(&sam, &chunk).await;
    let kinds = "SELECT media_type AS line FROM documents ORDER BY size";
    assert_eq!(database::lines(&world.database, kinds), ["text/plain", "text/plain", "application/pdf"]);
    until_unnamed(&world, "0").await;
    assert_eq!((count(&world, "documents"), count(&world, "stored_files")), ("3".to_owned(), "3".to_owned()));
    world.is_intact().await;
}

#[actix_web::test]
async fn the_same_content_is_kept_once() {
    let world = world().await;
    let (ana, ben) = (world.lead(1).contact("Ana").await, world.lead(2).contact("Ben").await);
    let mut sam = world.sam().await;
    let content = pdf(300_000);
    for contact in [&ana, &ben, &ana] {
        assert_eq!(uploads(&mut sam, &world, contact, ("a.pdf", &content)).await.status, 303);
    }
    until_unnamed(&world, "0").await;
    assert_eq!(
        ["documents", "stored_files", "stored_file_chunks"].map(|table| count(&world, table)),
        ["1", "1", "2"]
    );
    assert_eq!(world.lead(2).history().await[0]["evidence"]["file_sha256"], name(&content));
    is_served(&sam, &content).await;
    world.is_intact().await;
}

#[actix_web::test]
async fn an_upload_that_is_cut_off_leaves_nothing() {
    let world = world().await;
    let ana = world.lead(1).contact("Ana").await;
    let mut sam = world.sam().await;
    let (day, form) = (today(&world), format!("{ana}/consents/new"));
    let (content, path) = (pdf(2_000_000), format!("{ana}/consents"));
    let connection = sam.begin_upload(&form, &path, &fields(&day), ("a.pdf", &content), 1_000_000).await;
    until_unnamed(&world, "1").await;
    drop(connection);
    until_unnamed(&world, "0").await;
    assert_eq!(
        ["documents", "stored_files", "stored_file_chunks"].map(|table| count(&world, table)),
        ["0", "0", "0"]
    );
    assert_eq!(world.lead(1).state().await, "not_asked");
    assert_eq!(uploads(&mut sam, &world, &ana, ("a.pdf", &content)).await.status, 303);
    world.is_intact().await;
}

#[actix_web::test]
async fn what_is_refused_leaves_nothing() {
    let world = world().await;
    let ana = world.lead(1).contact("Ana").await;
    let mut sam = world.sam().await;
    let late_surprise = [vec![b'a'; 400_000], vec![0]].concat();
    let too_large = vec![b'a'; 10 * 1024 * 1024 + 1];
    let cut_character = "€".as_bytes().split_last().unwrap().1;
    for (file, why) in [
        (late_surprise.as_slice(), "This kind of file cannot be kept."),
        (cut_character, "This kind of file cannot be kept."),
        (&too_large, "larger than 10 MB"),
        (&[], "The file is empty."),
    ] {
        let answer = uploads(&mut sam, &world, &ana, ("a.txt", file)).await;
        assert_eq!(answer.status, 422);
        answer.says(why);
    }
    let (form, path) = (format!("{ana}/consents/new"), format!("{ana}/consents"));
    let no_day = sam.upload(&form, &path, &fields(""), Some(("a.txt", b"words"))).await;
    assert_eq!(no_day.status, 422, "the answers are wrong, not the file");
    let other = sam.upload(&form, &path, &[("update", "opt_out")], Some(("a.txt", b"words"))).await;
    assert_eq!(other.status, 422);
    until_unnamed(&world, "0").await;
    assert_eq!(
        ["documents", "stored_files", "stored_file_chunks"].map(|table| count(&world, table)),
        ["0", "0", "0"]
    );
    world.is_intact().await;
}

/// What a server that was killed leaves behind.
async fn left_behind(world: &World) -> FileId {
    let now = world.clock.now();
    let begin = move |tx: &mut Tx<'_>| {
        let upload = add_to_upload(tx, None, b"%PDF-1.7", now)?;
        (0..20).try_for_each(|_| add_to_upload(tx, Some(upload), b"chunk", now).map(drop))?;
        Ok::<_, ActionError>(upload)
    };
    world.jobs.store.write(begin).await.unwrap()
}

/// Makes an upload the document of a number.
fn names(tx: &mut Tx<'_>, phone: &Phone, upload: FileId, now: Timestamp) -> Result<(), ActionError> {
    let number = numbers::find_or_create(tx, phone, now)?.id;
    let document = ConsentDocument {
        document: DocumentKind::SignedForm,
        given_at: now,
        reason: "Signed form in folder 7".to_owned(),
        file_sha256: None,
        file_type: None,
    };
    let sha256 = Sha256::digest(upload.as_bytes()).into();
    let file = EvidenceFile { upload, sha256, size: 108, media_type: "application/pdf" };
    let update = NewConsentRecord::OptIn(document, Some(file));
    record_consent(tx, &by(&Actor::Operator, now), number, None, update, Source::Manual).map(drop)
}

#[actix_web::test]
async fn housekeeping_deletes_what_nothing_named_within_an_hour() {
    let world = world().await;
    let (left, named) = (left_behind(&world).await, left_behind(&world).await);
    let store = world.jobs.store.clone();
    let (ana, ben, begun) = (world.lead(1).phone, world.lead(2).phone, world.clock.now());
    store.write(move |tx| names(tx, &ana, named, begun)).await.unwrap();
    let tidy = |now| store.write(move |tx| delete_old_files(tx, now));
    world.clock.advance(chrono::Duration::minutes(59));
    assert!(tidy(world.clock.now()).await.unwrap(), "there is nothing to delete yet");
    world.clock.advance(chrono::Duration::minutes(1));
    let now = world.clock.now();
    let late = store.write(move |tx| add_to_upload(tx, Some(left), b"more", now)).await;
    assert!(matches!(late, Err(ActionError::Conflict(_))), "{late:?}");
    let late = store.write(move |tx| names(tx, &ben, left, now)).await;
    assert!(matches!(late, Err(ActionError::Conflict(_))), "{late:?}");
    assert_eq!(world.lead(2).state().await, "not_asked", "no consent without its document");
    world.clock.advance(chrono::Duration::seconds(1));
    assert!(!tidy(world.clock.now()).await.unwrap(), "a part at a time");
    assert_eq!(count(&world, "stored_file_chunks"), "26", "21 of one file, and what is left of the other");
    while !tidy(world.clock.now()).await.unwrap() {}
    assert_eq!(
        (count(&world, "stored_files"), count(&world, "stored_file_chunks")),
        ("1".to_owned(), "21".to_owned())
    );
    // Nobody deletes what a document names.
    assert!(store.write(move |tx| discard_upload(tx, named, now)).await.unwrap());
    assert_eq!(count(&world, "stored_file_chunks"), "21");
}

#[actix_web::test]
async fn a_document_of_an_earlier_version_is_served_and_kept_once() {
    let world = world().await;
    let ana = world.lead(1).contact("Ana").await;
    let mut sam = world.sam().await;
    let content = b"%PDF-1.4 an old one".as_slice();
    let (literal, hash) = (HEXLOWER.encode(content), name(content));
    let bytes = |hex: &str| match database::is_postgres() {
        true => format!("'\\x{hex}'"),
        false => format!("x'{hex}'"),
    };
    let row = format!(
        "INSERT INTO documents (sha256, media_type, size, bytes, stored_at) VALUES ({}, 'application/pdf', {}, {}, 1)",
        bytes(&hash),
        content.len(),
        bytes(&literal)
    );
    database::run(&world.database, &row).unwrap();
    is_served(&sam, content).await;
    assert_eq!(uploads(&mut sam, &world, &ana, ("again.pdf", content)).await.status, 303);
    until_unnamed(&world, "0").await;
    assert_eq!((count(&world, "documents"), count(&world, "stored_files")), ("1".to_owned(), "0".to_owned()));
    is_served(&sam, content).await;
    world.is_intact().await;
}

/// An installation goes back to the version before, and forward again: the content comes along.
#[actix_web::test]
async fn a_document_survives_the_way_back_to_an_earlier_version() {
    let world = world().await;
    let ana = world.lead(1).contact("Ana").await;
    let mut sam = world.sam().await;
    let content = pdf(300_000);
    assert_eq!(uploads(&mut sam, &world, &ana, ("a.pdf", &content)).await.status, 303);
    until_unnamed(&world, "0").await;
    let folder = tempfile::TempDir::new().unwrap();
    let copy = database::copy(&world.database, &folder);
    let (down, up, kept) = match database::is_postgres() {
        true => (
            include_str!("../../migrations/postgres/2026-11-30-000700_stored_files/down.sql"),
            include_str!("../../migrations/postgres/2026-11-30-000700_stored_files/up.sql"),
            "SELECT encode(bytes, 'hex') AS line FROM documents",
        ),
        false => (
            include_str!("../../migrations/sqlite/2026-11-30-000700_stored_files/down.sql"),
            include_str!("../../migrations/sqlite/2026-11-30-000700_stored_files/up.sql"),
            "SELECT lower(hex(bytes)) AS line FROM documents",
        ),
    };
    for way in [down, up] {
        database::run(&copy, way).unwrap();
        assert!(database::lines(&copy, kept) == [HEXLOWER.encode(&content)], "byte for byte");
    }
    database::discard(&copy);
}
