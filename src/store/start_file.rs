//! The file of starts beside the database: a mark that changes with every start and every heartbeat, here and in the database,
//! so that either of them put back to an older state is noticed. The mark is written here as begun, then in the database, then
//! here as done: a crash in between leaves a begun mark, and is no restore. It must not know what a difference means.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StoreError;

/// The file always has this length and is written in one piece, so that no crash leaves half of it.
const LENGTH: usize = 256;

/// Where the file is.
#[derive(Clone, Debug)]
pub struct StartFile {
    path: PathBuf,
}

/// What the file holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StartMark {
    /// Which file it is: several instances share a database, each with a file of its own.
    pub file: String,
    /// The last mark that the database has for certain.
    pub done: Option<String>,
    /// A mark that the database may have.
    pub begun: Option<String>,
}

impl StartMark {
    /// A file's first mark.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn first() -> Result<StartMark, StoreError> {
        Ok(StartMark { file: random()?, done: None, begun: None })
    }

    /// True when the database may hold this mark of the file.
    pub fn fits(&self, in_database: Option<&str>) -> bool {
        in_database == self.done.as_deref() || (in_database.is_some() && in_database == self.begun.as_deref())
    }

    /// The mark to write next: one that was begun and never confirmed comes again.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn next(&self) -> Result<String, StoreError> {
        self.begun.clone().map_or_else(random, Ok)
    }
}

/// The file, locked against other processes until this is dropped.
#[derive(Debug)]
pub struct LockedStartFile {
    file: File,
    path: PathBuf,
}

impl StartFile {
    /// The file at `path`; nothing is read or made yet.
    pub fn at(path: PathBuf) -> StartFile {
        StartFile { path }
    }

    /// Where it is, for the words of an error.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; `None` when there is no file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<Option<StartMark>, StoreError> {
        match File::open(&self.path) {
            Ok(file) => LockedStartFile { file, path: self.path.clone() }.read(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&self.path, &error)),
        }
    }

    /// Opens it to write, and makes it if it is not there. `None` while another process has it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn lock(&self) -> Result<Option<LockedStartFile>, StoreError> {
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.path);
        let file = opened.map_err(|error| failed(&self.path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(LockedStartFile { file, path: self.path.clone() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(&self.path, &error)),
        }
    }
}

/// As with the lock beside a database: a child that is just starting may hold a copy of the handle.
impl Drop for LockedStartFile {
    fn drop(&mut self) {
        // One that was opened to read has no lock to take off.
        let _ = self.file.unlock();
    }
}

impl LockedStartFile {
    /// What it holds; `None` when it was just made.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&mut self) -> Result<Option<StartMark>, StoreError> {
        let mut text = String::new();
        let read = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.read_to_string(&mut text));
        read.map_err(|error| failed(&self.path, &error))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let unreadable =
            |_| StoreError::StartFile(format!("{} holds no mark of a start", self.path.display()));
        Ok(Some(serde_json::from_str(text.trim()).map_err(unreadable)?))
    }

    /// Replaces what it holds; on the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, mark: &StartMark) -> Result<(), StoreError> {
        let mut line = serde_json::to_string(mark)?;
        line = format!("{line:width$}\n", width = LENGTH - 1);
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(line.as_bytes()));
        written.and_then(|()| self.file.sync_all()).map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError::StartFile(format!("{} cannot be used: {error}", path.display()))
}

fn random() -> Result<String, StoreError> {
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).map_err(|_| StoreError::Randomness)?;
    Ok(data_encoding::HEXLOWER.encode(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_kept_whole_and_by_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = StartFile::at(folder.path().join("x.db.starts"));
        assert_eq!(file.read().unwrap(), None);
        let mut locked = file.lock().unwrap().unwrap();
        assert_eq!(locked.read().unwrap(), None, "a new one is empty");
        assert!(file.lock().unwrap().is_none(), "it is locked");
        let mut mark = StartMark::first().unwrap();
        mark.begun = Some(mark.next().unwrap());
        locked.write(&mark).unwrap();
        assert_eq!(mark.next().unwrap(), mark.begun.clone().unwrap(), "it comes again");
        locked.write(&StartMark { done: mark.begun.clone(), begun: None, ..mark.clone() }).unwrap();
        drop(locked);
        assert_eq!(file.read().unwrap().unwrap().done, mark.begun);
        assert_eq!(std::fs::metadata(file.path()).unwrap().len(), 256);
        std::fs::write(file.path(), "nonsense").unwrap();
        assert!(file.read().is_err());
    }

    #[test]
    fn an_unfinished_start_fits_before_and_after_its_write() {
        let mark = |done: Option<&str>, begun: Option<&str>| StartMark {
            file: "f".to_owned(),
            done: done.map(str::to_owned),
            begun: begun.map(str::to_owned),
        };
        assert!(mark(Some("a"), Some("b")).fits(Some("a")) && mark(Some("a"), Some("b")).fits(Some("b")));
        assert!(
            mark(None, None).fits(None)
                && mark(None, Some("a")).fits(None)
                && mark(None, Some("a")).fits(Some("a"))
        );
        assert!(!mark(Some("b"), None).fits(Some("a")) && !mark(Some("b"), None).fits(None));
        assert!(!mark(None, None).fits(Some("a")));
    }
}
