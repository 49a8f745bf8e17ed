//! Checkpoints of SQLite's write-ahead log, on a connection of their own: the writer commits on while pages are copied into the
//! database file and synced. Used by the writer, which says how much it has committed.

use std::sync::mpsc::{Receiver, Sender, channel};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::sqlite;
use crate::store::StoreError;

/// After so many writes the log is copied. What fewer of them left in it is copied when the last connection closes.
const WRITES: usize = 2_000;
/// A log of more pages (80 MB) begins anew, for which the writer waits a moment. It does so by itself whenever everything was
/// copied between two commits, which under load never happens; and a log that grows costs more at each sync than one that is
/// written over.
const LONG: i32 = 20_000;
/// Little is kept in memory, and a reader that is slow to end is not waited for: there is a next time.
const SETTINGS: &str = "PRAGMA cache_size = -2000; PRAGMA busy_timeout = 20;";

/// Counts commits, and has the log copied from time to time.
pub(in crate::store) struct Checkpoints {
    writes: usize,
    due: Sender<()>,
}

impl Checkpoints {
    pub(super) fn start(path: &str) -> Result<Checkpoints, StoreError> {
        let mut db = sqlite::connect(path)?;
        db.batch_execute(SETTINGS)?;
        let (due, asked) = channel();
        std::thread::Builder::new()
            .name("store-checkpoints".to_owned())
            .spawn(move || serve(&mut db, &asked))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(Checkpoints { writes: 0, due })
    }

    /// So many writes were committed.
    pub(in crate::store) fn committed(&mut self, writes: usize) {
        self.writes += writes;
        if self.writes >= WRITES {
            self.writes = 0;
            let _ = self.due.send(());
        }
    }
}

/// Ends with the writer.
fn serve(db: &mut SqliteConnection, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        // What was asked for meanwhile is done with this copy.
        asked.try_iter().for_each(drop);
        if let Err(error) = copy(db) {
            log::warn!("The checkpoint of the write-ahead log failed and will be retried: {error}");
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
        let mut checkpoints = Checkpoints::start(path.to_str().unwrap()).unwrap();
        let words = "x".repeat(100_000);
        writer.batch_execute(&format!("INSERT INTO texts VALUES ('{words}')")).unwrap();
        let size = || std::fs::metadata(&path).unwrap().len();
        assert!(size() < 100_000, "it is in the log alone");
        checkpoints.committed(WRITES);
        let begun = std::time::Instant::now();
        while size() < 100_000 {
            assert!(begun.elapsed().as_secs() < 20, "nothing was copied");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}
