//! What refuses to move from SQLite to PostgreSQL, and a backup beside a running server. The move itself is a story of
//! `tests/postgres`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{database, run, world};

#[actix_web::test]
async fn a_copy_needs_a_source_at_rest_and_a_postgres_target() {
    if database::is_postgres() {
        return;
    }
    let world = world().await;
    let url = world.database.clone();
    let (code, said) = run(&["migrate-to", "sqlite://other.db", "--database-url", &url]);
    assert!(code == 2 && said.contains("only into PostgreSQL"), "{said}");
    let (code, said) = run(&["migrate-to", "postgres://nobody@127.0.0.1:9/x", "--database-url", &url]);
    assert!(code == 2 && said.contains("Stop the server"), "{said}");
}

#[actix_web::test]
async fn a_backup_is_made_beside_a_running_server() {
    let world = world().await;
    let file = world.directory.path().join("backup.db");
    let shown = file.to_string_lossy().into_owned();
    world.lead(50).texts("START").await;
    let key = "--secret-key=a secret key of at least 32 characters";
    let backup = || run(&["backup", &shown, "--database-url", &world.database, key]);
    let (code, said) = backup();
    if database::is_postgres() {
        assert!(code == 2 && said.contains("pg_dump") && said.contains("pg_basebackup"), "{said}");
        return;
    }
    assert!(code == 0 && said.contains("test.db.secret-key") && said.contains("test.db.seals"), "{said}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let check = || run(&["verify", "--database-url", &format!("sqlite://{shown}"), key]);
    let (code, said) = check();
    assert!(code == 0 && said.contains("1 events"), "{said}");
    let copied_seals = format!("{shown}.seals");
    let kept = std::fs::read(&copied_seals).unwrap();
    std::fs::remove_file(&copied_seals).unwrap();
    let (code, said) = check();
    assert!(
        code == 2 && said.contains("The file of seals is missing") && said.contains(&copied_seals),
        "{said}"
    );
    std::fs::write(&copied_seals, kept).unwrap();
    let before = std::fs::read(&file).unwrap();
    let (code, said) = backup();
    assert!(code == 2 && said.contains("already exists"), "{said}");
    assert_eq!(before, std::fs::read(&file).unwrap(), "nothing is overwritten");
    let nowhere = Path::new(&shown).with_file_name("nowhere.db");
    let missing = database::missing(&world.directory);
    let (code, said) = run(&["backup", &nowhere.to_string_lossy(), "--database-url", &missing]);
    assert!(code == 2 && said.contains("there is no file") && !nowhere.exists(), "{said}");
}
