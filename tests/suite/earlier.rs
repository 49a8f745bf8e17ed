//! A database of each earlier version, as it was when its server was killed: it is brought up to date, is intact at once, runs,
//! and is intact after that. How each was made: `tests/fixtures/earlier/README.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use sms_opt_in::clock::Clock;
use sms_opt_in::jobs::seal_all;
use tempfile::TempDir;

use crate::support::{database, seals, world_at};
use crate::tampering::{KEY, verify};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/earlier");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(".db.gz")).collect();
    found.sort();
    found
}

fn unpack(from: &Path, to: &Path) {
    let unpacked = Command::new("gzip").arg("-dc").arg(from).output().unwrap();
    assert!(unpacked.status.success(), "gzip: {unpacked:?}");
    std::fs::write(to, unpacked.stdout).unwrap();
}

fn migrate(url: &str, directory: &Path) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"));
    command.args(["migrate", "--database-url", url, "--secret-key", KEY]).arg("--data-dir").arg(directory);
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[actix_web::test]
async fn a_database_of_every_earlier_version_is_intact_before_and_after_a_server_runs() {
    if database::is_postgres() {
        return; // They are files of SQLite.
    }
    let all = fixtures();
    assert_eq!(all.len(), 17, "one of each earlier schema");
    for fixture in all {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("test.db");
        unpack(&fixture, &path);
        let kept = PathBuf::from(fixture.to_string_lossy().replace(".db.gz", ".seals"));
        if kept.exists() {
            std::fs::copy(kept, seals(directory.path())).unwrap();
        }
        let url = format!("sqlite://{}", path.display());
        let (done, said) = migrate(&url, directory.path());
        assert!(done, "{fixture:?}: {said}");
        let (code, said) = verify(&url, directory.path(), Some(KEY));
        assert_eq!(code, 0, "{fixture:?} after migrate: {said}");
        let world = world_at(directory, url.clone(), Clock::System).await;
        world.lead(61).texts("START").await;
        world.lead(61).texts("STOP").await;
        seal_all(&world.jobs).await.unwrap();
        let (code, said) = verify(&url, world.directory.path(), Some(KEY));
        assert_eq!(code, 0, "{fixture:?} after a server: {said}");
    }
}
