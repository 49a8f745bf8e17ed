//! Someone with access to the database file changes history. `verify` finds it.

use std::process::Command;

use crate::support::{World, world};

async fn installation() -> World {
    let world = world().await;
    for line in 50..53 {
        let lead = world.lead(line);
        lead.is_sent("hello").await;
        lead.texts("START").await;
        lead.texts("STOP").await;
    }
    let (secret, now) = (world.jobs.secret.clone(), world.clock.now());
    world.jobs.store.write(move |tx| sms_opt_in::actions::seal::seal(tx, &secret, now)).await.unwrap();
    world
}

fn verify(world: &World) -> (i32, String) {
    let url = format!("sqlite://{}", world.directory.path().join("test.db").display());
    let output = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"))
        .args(["verify", "--database-url", &url, "--secret-key", "a secret key of at least 32 characters"])
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn tamper(world: &World, sql: &str) {
    let path = world.directory.path().join("test.db");
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\n\
         [c.execute('DROP TRIGGER '+t) for t in ('consent_events_no_update','consent_events_no_delete')]\n\
         c.execute('PRAGMA foreign_keys=OFF')\nc.executescript(sys.argv[2])\nc.commit()";
    let done = Command::new("python3").args(["-c", script]).arg(path).arg(sql).status().unwrap();
    assert!(done.success());
}

#[actix_web::test]
async fn an_untouched_record_is_intact() {
    let world = installation().await;
    let (code, said) = verify(&world);
    assert_eq!(code, 0, "{said}");
}

#[actix_web::test]
async fn the_database_itself_refuses_to_change_history() {
    let world = installation().await;
    let path = world.directory.path().join("test.db");
    for sql in ["UPDATE consent_events SET kind='opted_in'", "DELETE FROM consent_events"] {
        let script = "import sqlite3,sys\nsqlite3.connect(sys.argv[1]).execute(sys.argv[2])";
        let output = Command::new("python3").args(["-c", script]).arg(&path).arg(sql).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).contains("append-only"), "{sql}");
    }
}

#[actix_web::test]
async fn every_kind_of_tampering_is_found() {
    for (what, sql) in [
        ("edit", "UPDATE consent_events SET kind='recorded' WHERE seq=3"),
        ("evidence", "UPDATE consent_events SET facts=replace(facts,'STOP','WAIT') WHERE seq=3"),
        ("delete", "DELETE FROM consent_events WHERE seq=2"),
        (
            "insert",
            "INSERT INTO consent_events SELECT NULL,number_id,seq+1,program_id,'opted_in',source,actor,occurred_at,recorded_at,salt,facts,commitment,hash,hash FROM consent_events WHERE seq=3",
        ),
        (
            "reorder",
            "UPDATE consent_events SET seq=seq+100; UPDATE consent_events SET seq=CASE seq WHEN 102 THEN 3 WHEN 103 THEN 2 ELSE seq-100 END",
        ),
        ("truncate", "DELETE FROM consent_events WHERE seq=3"),
        (
            "truncate with the projection",
            "DELETE FROM consent_events WHERE seq=3; UPDATE numbers SET head_seq=2, head_hash=(SELECT hash FROM consent_events e WHERE e.number_id=numbers.id AND seq=2)",
        ),
        ("projection", "UPDATE numbers SET consent=replace(consent,'opted_out','opted_in')"),
        ("number", "UPDATE numbers SET e164='+12065550177' WHERE e164='+12065550150'"),
        ("permit", "UPDATE messages SET permit_seq=1 WHERE lane='gated'"),
    ] {
        let world = installation().await;
        tamper(&world, sql).await;
        let (code, said) = verify(&world);
        assert_eq!(code, 1, "{what}: {said}");
    }
}
