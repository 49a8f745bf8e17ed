//! One server for each SQLite database file. Two of them would each have their own locks: a STOP that one of them acknowledged
//! would not stop the other.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use anyhow::{Context, Result};

use crate::config::{InvalidSetting, ServerConfig};
use crate::store::check_address;

/// Held while this process has the database file to itself.
pub struct SoleServer {
    _beside: LockedFile,
    #[cfg(target_os = "linux")]
    _itself: LockedDatabase,
}

impl SoleServer {
    /// Locks the database file: by its path, and by the file itself, so that a hard link is noticed too. Nothing to hold with
    /// PostgreSQL, where several servers share a database.
    ///
    /// # Errors
    /// In words, when another server has it, or the files cannot be made.
    pub fn hold(config: &ServerConfig) -> Result<Option<SoleServer>> {
        // First of all: an address that is refused leaves no file behind.
        check_address(&config.database_url)?;
        let (Some(path), Some(lock)) = (config.database_file(), config.lock_file()) else { return Ok(None) };
        let beside = OpenOptions::new().create(true).append(true).open(&lock);
        let beside = beside.with_context(|| format!("The file {} cannot be made", lock.display()))?;
        if beside.try_lock().is_err() {
            return Err(InvalidSetting(
                "Another server is running on this database. Stop it first; several instances share a PostgreSQL database."
                    .to_owned(),
            ))?;
        }
        #[cfg(target_os = "linux")]
        let itself = lock_itself(&path)?;
        #[cfg(not(target_os = "linux"))]
        let _unused = &path;
        Ok(Some(SoleServer {
            _beside: LockedFile(beside),
            #[cfg(target_os = "linux")]
            _itself: itself,
        }))
    }
}

/// Closing the file is not enough: a child that this process is just starting holds a copy of the handle until its program
/// runs, and the lock with it.
struct LockedFile(File);

impl Drop for LockedFile {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            log::error!("The lock beside the database could not be released: {error}");
        }
    }
}

/// SQLite drops its own locks when any handle of this process on the file is closed, so this one never is. On Linux SQLite's
/// locks and this one do not meet; elsewhere they might.
#[cfg(target_os = "linux")]
struct LockedDatabase(std::mem::ManuallyDrop<File>);

#[cfg(target_os = "linux")]
impl Drop for LockedDatabase {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            log::error!("The lock on the database file could not be released: {error}");
        }
    }
}

#[cfg(target_os = "linux")]
fn lock_itself(path: &Path) -> Result<LockedDatabase> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    let file = opened.with_context(|| format!("The database {} cannot be opened", path.display()))?;
    let file = LockedDatabase(std::mem::ManuallyDrop::new(file));
    match file.0.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(InvalidSetting(format!(
            "Another server is running on this database under another name: {} is a hard link to its file. Stop that server, \
             remove one of the two names, and give DATABASE_URL the name that the files beside it have.",
            path.display()
        )))?,
        // A file system without such locks.
        Err(std::fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("The database {} cannot be locked", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_handle_does_not_keep_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let open = || OpenOptions::new().create(true).append(true).open(folder.path().join("lock")).unwrap();
        let held = LockedFile(open());
        held.0.try_lock().unwrap();
        let _of_a_child = held.0.try_clone().unwrap();
        assert!(open().try_lock().is_err());
        drop(held);
        assert!(open().try_lock().is_ok());
    }
}
