//! Checkpoints of SQLite's write-ahead log, on a connection of their own: the writer commits on while pages are copied into the
//! database file and synced. Used by the writer, which says how much it has committed.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::sqlite;
use crate::store::StoreError;

/// After so many writes the log is copied.
const WRITES: usize = 2_000;
/// After this time it is copied, however few they were.
const SOON: Duration = Duration::from_secs(10);
/// A log of more pages (200 MB) begins anew, for which the writer waits a moment. It does so by itself whenever everything was
/// copied between two commits, which under load never happens.
const LONG: i32 = 50_000;
/// Little is kept in memory, and a reader that is slow to end is not waited for: there is a next time.
const SETTINGS: &str = "PRAGMA cache_size = -2000; PRAGMA busy_timeout = 20;";

/// Takes note of commits.
pub(in crate::store) struct Checkpoints {
    committed: Sender<usize>,
}

impl Checkpoints {
    pub(super) fn start(path: &str) -> Result<Checkpoints, StoreError> {
        let mut db = sqlite::connect(path)?;
        db.batch_execute(SETTINGS)?;
        let (committed, commits) = channel();
        std::thread::Builder::new()
            .name("store-checkpoints".to_owned())
            .spawn(move || serve(&mut db, &commits))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(Checkpoints { committed })
    }

    /// So many writes were committed.
    pub(in crate::store) fn committed(&self, writes: usize) {
        let _ = self.committed.send(writes);
    }
}

/// Ends with the writer. What is left in the log is copied when the last connection closes.
fn serve(db: &mut SqliteConnection, commits: &Receiver<usize>) {
    let (mut writes, mut latest) = (0, Instant::now());
    loop {
        match commits.recv_timeout(SOON) {
            Ok(more) => writes += more + commits.try_iter().sum::<usize>(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if writes >= WRITES || writes > 0 && latest.elapsed() >= SOON {
            if let Err(error) = copy(db) {
                log::warn!(
                    "The write-ahead log was not copied into the database and is tried again: {error}"
                );
            }
            (writes, latest) = (0, Instant::now());
        }
    }
}

#[derive(QueryableByName)]
struct Progress {
    /// Pages in the log.
    #[diesel(sql_type = Integer)]
    log: i32,
}

fn copy(db: &mut SqliteConnection) -> QueryResult<()> {
    let passive: Progress = diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(db)?;
    if passive.log > LONG {
        let _: Progress = diesel::sql_query("PRAGMA wal_checkpoint(RESTART)").get_result(db)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_committed_is_copied_while_the_writer_is_connected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let mut writer = sqlite::connect(path.to_str().unwrap()).unwrap();
        writer.batch_execute("PRAGMA wal_autocheckpoint = 0; CREATE TABLE texts (body TEXT)").unwrap();
        let checkpoints = Checkpoints::start(path.to_str().unwrap()).unwrap();
        let words = "x".repeat(100_000);
        writer.batch_execute(&format!("INSERT INTO texts VALUES ('{words}')")).unwrap();
        let size = || std::fs::metadata(&path).unwrap().len();
        assert!(size() < 100_000, "it is in the log alone");
        checkpoints.committed(WRITES);
        let begun = Instant::now();
        while size() < 100_000 {
            assert!(begun.elapsed() < Duration::from_secs(20), "nothing was copied");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
