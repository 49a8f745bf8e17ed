//! An installation moves up from SQLite to PostgreSQL.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::{PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::support::{database, run};

/// A SQLite installation with a secret key and words that COPY has to escape.
fn source(directory: &TempDir, contacts: &str) -> String {
    let path = directory.path().join("source.db");
    let url = format!("sqlite://{}", path.display());
    std::fs::write(directory.path().join("source.db.secret-key"), "a secret key of at least 32 characters")
        .unwrap();
    assert_eq!(run(&["seed", "--contacts", contacts, "--database-url", &url]).0, 0);
    // Words that COPY writes in another way, and a counter that is ahead of its rows.
    let awkward = "UPDATE contacts SET email = 'a' || char(9) || 'b' || char(10, 13, 8, 11, 12) || '\\N \\. \"é' WHERE row_id = 2;
        UPDATE sqlite_sequence SET seq = 777777 WHERE name = 'contacts';
        INSERT INTO documents (sha256, media_type, size, bytes, stored_at) VALUES (x'5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9', 'x', 1, x'30', 1);
        INSERT INTO stored_files VALUES (x'01', 'document', 1, NULL,
            x'fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603', 2, 'text/plain');
        INSERT INTO stored_file_chunks VALUES (x'01', 0, x'61'), (x'01', 1, x'62');
        INSERT INTO documents VALUES (x'fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603',
            'text/plain', 2, x'', 1, x'01')";
    SqliteConnection::establish(&path.to_string_lossy()).unwrap().batch_execute(awkward).unwrap();
    url
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn number(url: &str, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Number>(&mut PgConnection::establish(url).unwrap()).unwrap().n
}

#[test]
fn an_installation_moves_to_postgres_in_one_piece_and_goes_on_after_a_break() {
    let directory = TempDir::new().unwrap();
    let (source, target) = (source(&directory, "300"), database::fresh(&directory));
    let before = std::fs::read(source.strip_prefix("sqlite://").unwrap()).unwrap();
    let migrate = |target: &str| run(&["migrate-to", target, "--database-url", &source]);
    // Broken off by a trigger; everything before it stays.
    let stop = "CREATE TRIGGER planted BEFORE INSERT ON contacts FOR EACH STATEMENT EXECUTE FUNCTION refuse('broken off')";
    database::run(&target, stop).unwrap();
    let (code, said) = migrate(&target);
    assert!(
        code == 2 && said.contains("broken off") && said.contains("Run the same command again"),
        "{said}"
    );
    let arguments = ["serve", "--bind", "127.0.0.1:0", "--database-url", &target];
    let (code, said_by_server) = run(&arguments);
    assert!(code == 2 && said_by_server.contains("unfinished copy"), "{said_by_server}");
    database::run(&target, "DROP TRIGGER planted ON contacts").unwrap();
    let (code, said) = migrate(&target);
    assert!(
        code == 0 && said.contains("Continuing after") && said.contains("is the same on both sides"),
        "{said}"
    );
    assert_eq!(
        before,
        std::fs::read(source.strip_prefix("sqlite://").unwrap()).unwrap(),
        "the source is as it was"
    );
    assert_eq!(number(&target, "SELECT count(*) AS n FROM contacts_search"), 300);
    assert_eq!(number(&target, "SELECT nextval('contacts_row_id_seq') AS n"), 777_778);
    let secret =
        "SELECT count(*) AS n FROM settings WHERE key = 'secret_key' AND value LIKE 'a secret key of%'";
    assert_eq!(number(&target, secret), 1);
    assert_eq!(number(&target, "SELECT count(*) AS n FROM stored_file_chunks"), 2, "a document in chunks");
    let (_, said) = run(&["verify", "--database-url", &target]);
    assert!(said.contains("3 documents and wordings") && !said.contains("Document "), "{said}");
    let (code, said) = migrate(&target);
    assert!(code == 2 && said.contains("moved to"), "{said}");
    stays_behind(&directory, &source, &target);
    let (code, said) = migrate(&target);
    assert!(code == 2 && said.contains("is not empty"), "{said}");
}

/// The old copy is read, but neither started nor written, until the mark is taken back.
fn stays_behind(directory: &TempDir, source: &str, target: &str) {
    for command in [&["serve", "--bind", "127.0.0.1:0"][..], &["seed", "--contacts", "301"], &["migrate"]] {
        let (code, said) = run(&[command, &["--database-url", source]].concat());
        assert!(code == 2 && said.contains("this installation moved to 127.0.0.1"), "{command:?}: {said}");
    }
    let (code, said) = run(&["verify", "--database-url", source]);
    assert!(code == 0, "{said}");
    let copy = directory.path().join("copy.db");
    let (code, said) = run(&["backup", &copy.to_string_lossy(), "--database-url", source]);
    assert!(code == 0, "{said}");
    let undo = |more: &[&str]| run(&[&["migrate-to", "--undo", "--database-url", source], more].concat());
    let (code, said) = undo(&[]);
    assert!(code == 2 && said.contains("give the address of the copy at 127.0.0.1"), "{said}");
    let (code, said) = undo(&["postgres://127.0.0.1:9/elsewhere"]);
    assert!(code == 2 && said.contains("not to 127.0.0.1:9/elsewhere"), "{said}");
    let open = PgConnection::establish(target).unwrap();
    let (code, said) = undo(&[target]);
    assert!(code == 2 && said.contains("The copy is in use"), "{said}");
    drop(open);
    assert_eq!(run(&["serve", "--bind", "127.0.0.1:0", "--database-url", source]).0, 2, "it is still moved");
    let (code, said) = undo(&[target]);
    assert!(code == 0 && said.contains("is the installation again"), "{said}");
    for command in [&["serve", "--bind", "127.0.0.1:0"][..], &["migrate"]] {
        let (code, said) = run(&[command, &["--database-url", target]].concat());
        assert!(code == 2 && said.contains("this installation moved to sqlite://"), "{command:?}: {said}");
    }
    let (code, said) = undo(&[target]);
    assert!(code == 0 && said.contains("Nothing changed"), "{said}");
    let (code, said) = run(&["seed", "--contacts", "300", "--database-url", source]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_copy_that_was_used_is_not_left_behind() {
    let directory = TempDir::new().unwrap();
    let (source, target) = (source(&directory, "40"), database::fresh(&directory));
    let (code, said) = run(&["migrate-to", &target, "--database-url", &source]);
    assert_eq!(code, 0, "{said}");
    let undo = |more: &[&str]| run(&[&["migrate-to", "--undo", "--database-url", &source], more].concat());
    // What a server leaves when it starts.
    database::run(&target, "INSERT INTO settings (key, value) VALUES ('heartbeat', '1')").unwrap();
    let (code, said) = undo(&[&target]);
    assert!(code == 2 && said.contains("The copy was used since"), "{said}");
    database::run(&target, "DELETE FROM settings WHERE key = 'heartbeat'").unwrap();
    let made = ["api-key", "create", "--name", "n", "--scope", "messages", "--database-url", &target];
    let (code, said) = run(&made);
    assert_eq!(code, 0, "{said}");
    let (code, said) = undo(&[&target]);
    assert!(code == 2 && said.contains("The copy was used since") && said.contains("api_keys"), "{said}");
    let (code, said) = run(&["migrate", "--database-url", &target]);
    assert_eq!(code, 0, "the copy stays the installation: {said}");
    assert_eq!(run(&["migrate", "--database-url", &source]).0, 2);
    let (code, said) = undo(&["--without-copy"]);
    assert!(code == 0 && said.contains("Make sure that no server starts on 127.0.0.1"), "{said}");
    assert_eq!(run(&["migrate", "--database-url", &source]).0, 0);
}

#[test]
fn differences_are_found_and_another_copy_is_not_continued() {
    let directory = TempDir::new().unwrap();
    let (source, target) = (source(&directory, "40"), database::fresh(&directory));
    let planted = "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.wording = 'other'; RETURN new; END $$;
        CREATE TRIGGER planted BEFORE INSERT ON form_versions FOR EACH ROW EXECUTE FUNCTION planted()";
    database::run(&target, planted).unwrap();
    let migrate = || run(&["migrate-to", &target, "--database-url", &source]);
    let (code, said) = migrate();
    assert!(code == 1 && said.contains("form_versions: 1 rows on both sides, but they differ"), "{said}");
    assert!(said.contains("verify finds different problems"), "{said}");
    assert_eq!(run(&["seed", "--contacts", "60", "--database-url", &source]).0, 0);
    let (code, said) = migrate();
    assert!(code == 2 && said.contains("as it was before it changed"), "{said}");
}
