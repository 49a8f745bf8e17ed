//! Someone with access to the database file changes the record. `verify` finds it, and says nothing of an untouched one.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::Digest;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::record_consent::{EvidenceFile, NewConsentRecord, record_consent};
use sms_opt_in::actions::submit_form::{NewSubmission, submit_form};
use sms_opt_in::actions::uploads::add_to_upload;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::Source;
use sms_opt_in::domain::evidence::{ConsentDocument, DocumentKind};
use sms_opt_in::jobs::seal_all;
use sms_opt_in::store::integrity::APPEND_ONLY;
use sms_opt_in::store::numbers;
use tempfile::TempDir;

use crate::support::{World, by, database, seals, start, world};

pub const KEY: &str = "a secret key of at least 32 characters";

/// Every kind of evidence, of message and of number.
pub async fn installation() -> World {
    let world = world().await;
    for line in 50..53 {
        let lead = world.lead(line);
        lead.is_sent("hello").await;
        lead.texts("START").await;
        lead.texts("STOP").await;
    }
    let waiting = world.lead(53);
    waiting.is_sent("hello").await;
    waiting.texts("STOP").await;
    world.lead(54).texts("HELP").await;
    let (form, file) = (world.lead(55).phone, world.lead(56).phone);
    let now = world.clock.now();
    world
        .jobs
        .store
        .write(move |tx| {
            let number = numbers::find_or_create(tx, &file, now)?;
            let words = |words: &str| words.to_owned();
            let submission = NewSubmission {
                slug: words("opt-in"),
                version: 1,
                phone: form.clone(),
                name: None,
                page_url: words("https://consent.example.test/f/opt-in"),
                ip: words("192.0.2.1"),
                user_agent: words("a browser"),
                was_shown: true,
                stamp: None,
            };
            submit_form(tx, &submission, now)?;
            let document = ConsentDocument {
                document: DocumentKind::SignedForm,
                given_at: start(),
                reason: words("signed form in folder 7"),
                file_sha256: None,
                file_type: None,
            };
            let bytes = b"%PDF-1.4";
            let (upload, sha256) = (add_to_upload(tx, None, bytes, now)?, sha2::Sha256::digest(bytes).into());
            let file = EvidenceFile { upload, sha256, size: 8, media_type: "application/pdf" };
            let update = NewConsentRecord::OptIn(document, Some(file));
            record_consent(tx, &by(&Actor::Operator, now), number.id, None, update, Source::Manual)?;
            Ok::<_, ActionError>(())
        })
        .await
        .unwrap();
    world.deliver().await;
    seal_all(&world.jobs).await.unwrap();
    world
}

/// A copy of the database, and of the file of seals.
struct Copy {
    directory: TempDir,
    url: String,
}

impl Copy {
    fn of(world: &World) -> Copy {
        let directory = TempDir::new().unwrap();
        let url = database::copy(&world.database, &directory);
        Copy { directory, url }.with_seals_of(world)
    }

    fn again(&self) -> Copy {
        let directory = TempDir::new().unwrap();
        std::fs::copy(self.seals(), seals(directory.path())).unwrap();
        Copy { url: database::copy(&self.url, &directory), directory }
    }

    fn with_seals_of(self, world: &World) -> Copy {
        std::fs::copy(seals(world.directory.path()), self.seals()).unwrap();
        self
    }

    fn seals(&self) -> PathBuf {
        seals(self.directory.path())
    }

    fn tamper(&self, sql: &str) {
        database::tamper(&self.url, sql);
    }

    fn verify(&self) -> (i32, String) {
        verify(&self.url, self.directory.path(), Some(KEY))
    }
}

pub fn verify(url: &str, directory: &Path, key: Option<&str>) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"));
    command.args(["verify", "--database-url", url]).current_dir(directory);
    command.arg("--data-dir").arg(directory);
    command.env_remove("SECRET_KEY").args(key.map(|key| format!("--secret-key={key}")));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
}

#[actix_web::test]
async fn an_untouched_record_is_intact() {
    let world = installation().await;
    let (code, said) = verify(&world.database, world.directory.path(), Some(KEY));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Not covered:"), "{said}");
    assert_eq!(Copy::of(&world).verify(), (0, said));
}

#[actix_web::test]
async fn the_database_itself_refuses_to_change_history() {
    let world = installation().await;
    for sql in ["UPDATE consent_events SET kind='opted_in'", "DELETE FROM consent_events"] {
        let refused = database::run(&world.database, sql).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
}

/// Counts of ours: what is done to them, and a part of what `verify` says. The history is intact.
const FIGURES: &[(&str, &str, &str)] = &[
    ("figure", "UPDATE tallies SET n=n+1 WHERE state='invited'", "The lists count"),
    ("figure gone", "DELETE FROM tallies", "The lists count no lines"),
    (
        "figure of no state",
        "INSERT INTO tallies SELECT id, 'invitedx', 7, 0 FROM programs",
        "names no program or no state",
    ),
    ("contact count", "UPDATE numbers SET contact_count=contact_count+1", "contacts are counted"),
];

/// What is done to the record, and a part of what `verify` says.
const KINDS: &[(&str, &str, &str)] = &[
    ("edit", "UPDATE consent_events SET kind='recorded' WHERE seq=4", "was hashed"),
    ("evidence", "UPDATE consent_events SET facts=replace(facts,'STOP','WAIT') WHERE seq=4", "committed to"),
    ("delete", "DELETE FROM consent_events WHERE seq=2", "does not follow"),
    (
        "insert",
        "INSERT INTO consent_events SELECT NULL,number_id,seq+1,program_id,'opted_in',source,actor,occurred_at,recorded_at,salt,facts,commitment,hash,hash FROM consent_events WHERE seq=4",
        "was hashed",
    ),
    (
        "reorder",
        "UPDATE consent_events SET seq=seq+100; UPDATE consent_events SET seq=CASE seq WHEN 103 THEN 4 WHEN 104 THEN 3 ELSE seq-100 END",
        "previous hash",
    ),
    ("truncate", "DELETE FROM consent_events WHERE seq=4", "ends at event 3"),
    (
        "truncate with the projection",
        "DELETE FROM consent_events WHERE seq=4; UPDATE numbers SET head_seq=3, head_hash=(SELECT hash FROM consent_events e WHERE e.number_id=numbers.id AND seq=3) WHERE head_seq=4",
        "differs from the seal",
    ),
    ("projection", "UPDATE numbers SET consent=replace(consent,'opted_out','opted_in')", "its state"),
    ("number", "UPDATE numbers SET e164='+12065550177' WHERE e164='+12065550150'", "committed to"),
    ("permit", "UPDATE messages SET permit_seq=1 WHERE lane='gated'", "did not permit it"),
    (
        "permit from the future",
        "UPDATE messages SET claimed_seq=99 WHERE lane='gated' AND claimed_seq>0",
        "is not there",
    ),
    ("unknown kind", "UPDATE consent_events SET kind='maybe' WHERE seq=4", "no known word"),
    ("unreadable state", "UPDATE numbers SET consent='{'", "its state is not readable"),
    ("unreadable digits", "UPDATE numbers SET e164='nobody' WHERE e164='+12065550150'", "not readable"),
    ("unknown status", "UPDATE messages SET status='maybe'", "no known word"),
    ("unknown lane", "UPDATE messages SET lane='maybe'", "no known word"),
    ("unreadable program", "UPDATE programs SET id=x'00'", "not readable"),
    ("head", "UPDATE numbers SET head_seq=7 WHERE head_seq=4", "not where it was left"),
    ("pause in the lists", "UPDATE numbers SET paused=true", "flags in the lists"),
    ("do not text in the lists", "UPDATE numbers SET do_not_text=true", "flags in the lists"),
    ("state in the lists", "UPDATE consents SET state='opted_in'", "state in the lists"),
    ("time in the lists", "UPDATE consents SET since=since+1", "state in the lists"),
    ("state gone from the lists", "DELETE FROM consents", "state in the lists"),
    ("language", "UPDATE numbers SET language='xx'", "its language is not one of"),
    (
        "automatic replies",
        "UPDATE numbers SET replies='few'",
        "its count of automatic replies is not readable",
    ),
    ("unasked texts", "UPDATE numbers SET unasked='few'", "its count of unasked texts is not readable"),
    ("document", "UPDATE stored_file_chunks SET content=x'255044'", "its content is not"),
    ("document moved", "UPDATE stored_file_chunks SET n=1", "its content is not"),
    ("document cut", "DELETE FROM stored_file_chunks", "its content is not"),
    (
        "document over",
        "UPDATE stored_files SET delete_after=1 WHERE purpose='document'",
        "its content is not",
    ),
    ("document swapped", "UPDATE documents SET bytes=x'255044', file_id=NULL", "its content is not"),
    ("document gone", "DELETE FROM documents", "is gone or was changed"),
    ("wording", "UPDATE form_versions SET wording='x'", "the wording of version 1 was changed"),
    (
        "wording with its hash",
        "UPDATE form_versions SET wording='x', wording_sha256=x'2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'",
        "does not have the wording",
    ),
    ("wording gone", "DELETE FROM form_versions", "its versions are []"),
    ("recipient", "UPDATE messages SET to_text='+12065550188' WHERE lane='gated'", "its recipient"),
    (
        "claim",
        "UPDATE messages SET claimed_at=NULL, claimed_seq=NULL, permit_seq=NULL WHERE lane='gated' AND status='delivered'",
        "no event permitted it",
    ),
    (
        "claim's event",
        "UPDATE messages SET permit_seq=NULL WHERE status='delivered'",
        "no event permitted it",
    ),
    ("status", "UPDATE messages SET status='sent' WHERE status='cancelled'", "no event permitted it"),
    (
        "answer nobody asked for",
        "UPDATE messages SET lane='help' WHERE lane='gated'",
        "no text asked for help",
    ),
    ("question gone", "DELETE FROM inbound_texts WHERE body='HELP'", "no text asked for help"),
    ("invitation", "UPDATE messages SET body='Buy now' WHERE lane='invitation'", "words of its invitation"),
    ("invitation gone", "DELETE FROM messages WHERE lane='invitation'", "invitation it rests on is gone"),
    ("message to nobody", "UPDATE messages SET number_id=NULL WHERE lane='gated'", "without a recipient"),
    (
        "message to a number that is none",
        "UPDATE messages SET number_id=x'ff' WHERE lane='gated'",
        "messages are stored",
    ),
    ("text", "UPDATE inbound_texts SET body='WAIT' WHERE body='STOP'", "it rests on was changed"),
    ("text's identifier", "UPDATE inbound_texts SET provider_id=provider_id||'x'", "it rests on was changed"),
    ("text's sender", "UPDATE inbound_texts SET from_text='+12065550188'", "came from another number"),
    ("text gone", "DELETE FROM inbound_texts WHERE body='STOP'", "the text it rests on is gone"),
    (
        "STOP without an event",
        "INSERT INTO inbound_texts SELECT x'01',provider,'other',number_id,program_id,from_text,to_text,body,class,matched,sent_at,received_at FROM inbound_texts WHERE body='STOP' LIMIT 1",
        "no event says so",
    ),
    ("seals gone", "DELETE FROM seals", "was a backup restored, or were seals deleted?"),
    ("first seal gone", "DELETE FROM seals WHERE serial=1", "Seal 1 is missing"),
    ("last seal gone", "DELETE FROM seals WHERE serial=2", "seals were deleted"),
    ("seals renumbered", "DELETE FROM seals WHERE serial=1; UPDATE seals SET serial=1", "was forged"),
    ("seal head gone", "DELETE FROM settings WHERE key='seal_head'", "not the one made last"),
    (
        "rows of numbers that are gone",
        "DELETE FROM numbers WHERE contact_count=0",
        "of numbers that are gone",
    ),
    (
        "position",
        "UPDATE consent_events SET position=position+1000 WHERE position>3",
        "differs from the seal",
    ),
    ("seal forged", "UPDATE seals SET mac=x'00'", "was forged"),
    ("seal replaced", "UPDATE seals SET sealed_at=sealed_at+1", "differs from the one in the file"),
];

#[actix_web::test]
async fn every_kind_of_tampering_is_found() {
    let untouched = Copy::of(&installation().await);
    let mut missed = String::new();
    let kinds = KINDS.iter().map(|kind| (1, kind)).chain(FIGURES.iter().map(|kind| (3, kind)));
    for (expected, (what, sql, words)) in kinds {
        let copy = untouched.again();
        copy.tamper(sql);
        let (code, said) = copy.verify();
        if code != expected || !said.contains(words) || (code == 3 && said.contains("tampered")) {
            missed += &format!("{what}: exit code {code}\n{said}\n");
        }
    }
    assert!(missed.is_empty(), "{missed}");
}

/// The perfect crime: a whole, older database, in which the STOP never happened.
#[actix_web::test]
async fn an_older_database_is_noticed_and_not_sealed_over() {
    let world = world().await;
    let ana = world.lead(50);
    ana.texts("START").await;
    seal_all(&world.jobs).await.unwrap();
    let older = Copy::of(&world);
    assert_eq!(older.verify().0, 0);
    ana.texts("STOP").await;
    seal_all(&world.jobs).await.unwrap();
    let older = older.with_seals_of(&world);
    let (code, said) = older.verify();
    assert!(
        code == 1 && said.contains("older than the last seal of Nov 3, 2026, 6:00 PM UTC: was a backup"),
        "{said}"
    );
    let store = sms_opt_in::store::Store::open(&older.url).unwrap();
    let seals_of_older = sms_opt_in::store::seal_file::SealFile::at(older.seals());
    let jobs = sms_opt_in::jobs::JobContext { store, seals: seals_of_older, ..world.jobs.clone() };
    let refused = seal_all(&jobs).await.unwrap_err().to_string();
    assert!(refused.contains("was a backup restored"), "{refused}");
    std::fs::remove_file(older.seals()).unwrap();
    seal_all(&jobs).await.unwrap();
    assert_eq!(older.verify().0, 0, "moving the file away begins anew");
}

#[actix_web::test]
async fn what_ought_to_be_sealed_and_is_not_is_noticed() {
    let world = world().await;
    for line in 50..53 {
        world.lead(line).texts("START").await;
        if line == 50 {
            seal_all(&world.jobs).await.unwrap();
            assert_eq!(Copy::of(&world).verify().0, 0);
        }
        world.clock.advance(chrono::Duration::minutes(5));
    }
    let (code, said) = Copy::of(&world).verify();
    assert!(code == 1 && said.contains("2 events are covered by no seal"), "{said}");
    std::fs::write(seals(world.directory.path()), "nonsense\n").unwrap();
    let (code, said) = Copy::of(&world).verify();
    assert!(code == 1 && said.contains("a line that is no seal"), "{said}");
}

/// An event is recorded so long before the seal in front of it.
async fn recorded_before_its_seal(by: chrono::Duration) -> (i32, String) {
    let world = world().await;
    world.lead(50).texts("START").await;
    seal_all(&world.jobs).await.unwrap();
    world.clock.advance(-by);
    world.lead(51).texts("START").await;
    world.clock.advance(by);
    seal_all(&world.jobs).await.unwrap();
    Copy::of(&world).verify()
}

#[actix_web::test]
async fn an_event_over_a_minute_older_than_the_seal_in_front_of_it_is_found() {
    let minute = chrono::Duration::seconds(60);
    let (code, said) = recorded_before_its_seal(minute + chrono::Duration::microseconds(1)).await;
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("The event at position 2 says it was recorded on 2026-11-03T17:59:00.999999Z, but the seal in front of it \
             was sealed on 2026-11-03T18:00:01.000000Z"),
        "{said}"
    );
    let (code, said) = recorded_before_its_seal(minute).await;
    assert_eq!(code, 0, "{said}");
}

#[actix_web::test]
async fn without_the_file_of_seals_it_cannot_be_told_whether_newer_ones_were_made() {
    let world = world().await;
    world.lead(50).texts("START").await;
    seal_all(&world.jobs).await.unwrap();
    let copy = Copy::of(&world);
    assert_eq!(copy.verify().0, 0);
    std::fs::write(copy.seals(), "").unwrap();
    let (code, said) = copy.verify();
    assert!(code == 2 && said.contains("The file of seals is missing"), "{said}");
    std::fs::remove_file(copy.seals()).unwrap();
    let (code, said) = copy.verify();
    let path = copy.seals().display().to_string();
    assert!(code == 2 && said.contains("The file of seals is missing") && said.contains(&path), "{said}");
    assert!(said.contains("not everything can be told"), "{said}");
}

#[actix_web::test]
async fn a_wrong_key_and_a_file_that_cannot_be_read_leave_it_open_and_hide_nothing() {
    let world = world().await;
    for line in 50..53 {
        world.lead(line).texts("START").await;
        seal_all(&world.jobs).await.unwrap();
    }
    let copy = Copy::of(&world);
    let other = "another secret key of at least 32 characters";
    let with_key = |copy: &Copy, key| verify(&copy.url, copy.directory.path(), Some(key));
    let (code, said) = with_key(&copy, other);
    assert!(code == 2 && said.contains("No seal was made with this SECRET_KEY"), "{said}");
    // A wrong key never hides what the digests tell, and is never the answer for one bad seal among good ones.
    let changed = copy.again();
    changed.tamper("UPDATE seals SET digest = mac WHERE through_position = 2");
    assert_eq!(with_key(&changed, other).0, 1);
    let forged = copy.again();
    forged.tamper("UPDATE seals SET mac = digest WHERE through_position = 2");
    let (code, said) = forged.verify();
    assert_eq!(code, 1, "{said}");
    // A line that is no seal is not known, and the other lines are compared all the same.
    let garbage = copy.again();
    let kept = std::fs::read_to_string(garbage.seals()).unwrap();
    std::fs::write(garbage.seals(), format!("{kept}nonsense\n")).unwrap();
    let (code, said) = garbage.verify();
    assert!(code == 2 && said.contains("a line that is no seal"), "{said}");
    std::fs::write(garbage.seals(), [kept.as_bytes(), b"\xff\xfe\n"].concat()).unwrap();
    assert_eq!(garbage.verify().0, 2);
    garbage.tamper("DELETE FROM seals WHERE through_position = 3");
    let (code, said) = garbage.verify();
    assert!(code == 1, "the seals that can be read tell that one is gone: {said}");
    std::fs::remove_file(copy.seals()).unwrap();
    std::fs::create_dir(copy.seals()).unwrap();
    let (code, said) = copy.verify();
    assert!(code == 2 && said.contains("cannot be used"), "{said}");
}

#[actix_web::test]
async fn what_cannot_be_read_is_not_called_intact_and_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let (code, said) = verify(&database::missing(&folder), folder.path(), Some(KEY));
    assert!(code == 2 && (said.contains("there is no file") || said.contains("does not exist")), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    let world = installation().await;
    let copy = Copy::of(&world);
    let key = |key| verify(&copy.url, copy.directory.path(), key);
    let (code, said) = key(None);
    assert!(code == 2 && said.contains("but no secret key"), "{said}");
    assert_eq!(key(Some("short")).0, 2);
    let never_sealed = copy.again();
    never_sealed.tamper("DELETE FROM seals");
    std::fs::remove_file(never_sealed.seals()).unwrap();
    let (code, said) = verify(&never_sealed.url, never_sealed.directory.path(), None);
    assert!(code == 1 && said.contains("There are no seals, in the database or beside it"), "{said}");
    copy.tamper("DROP TABLE tallies");
    let (code, said) = copy.verify();
    assert!(code == 2 && (said.contains("no such table") || said.contains("does not exist")), "{said}");
}

/// The tables whose triggers refuse changes, each with its triggers.
fn guarded(url: &str) -> Vec<(String, String)> {
    let query = match database::is_postgres() {
        true => {
            "SELECT t.tgrelid::regclass::text || ' ' || t.tgname AS line FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid \
             WHERE NOT t.tgisinternal AND f.prosrc LIKE '%RAISE%' ORDER BY 1"
        }
        false => {
            "SELECT tbl_name || ' ' || name AS line FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE%' ORDER BY 1"
        }
    };
    let words =
        |line: String| line.split_once(' ').map(|(table, name)| (table.to_owned(), name.to_owned())).unwrap();
    database::lines(url, query).into_iter().map(words).collect()
}

#[actix_web::test]
async fn every_trigger_that_protects_history_is_missed_when_it_is_gone_or_weakened() {
    let world = world().await;
    seal_all(&world.jobs).await.unwrap();
    let copy = Copy::of(&world);
    let guarded = guarded(&copy.url);
    let mut tables: Vec<&str> = guarded.iter().map(|(table, _)| table.as_str()).collect();
    tables.dedup();
    assert_eq!(tables, APPEND_ONLY, "verify looks for the triggers of each such table");
    let (mut drops, mut weak) = (String::new(), String::new());
    for (table, name) in &guarded {
        let change = name.rsplit_once("_no_").unwrap().1;
        match database::is_postgres() {
            true => {
                drops += &format!("DROP TRIGGER {name} ON {table};");
                weak += &format!(
                    "CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION refuse('no');"
                );
            }
            false => {
                drops += &format!("DROP TRIGGER {name};");
                weak += &format!(
                    "CREATE TRIGGER {name} BEFORE {change} ON {table} WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END;"
                );
            }
        }
    }
    for sql in [&drops, &weak] {
        database::run(&copy.url, sql).unwrap();
        let (code, said) = copy.verify();
        assert_eq!(code, 1, "{said}");
        for (_, name) in &guarded {
            assert!(said.contains(&format!("The trigger {name} no longer protects")), "{said}");
        }
    }
}
