//! The memory's file: one JSON line for each change, so that the phones are the same after a restart and a look-up does not
//! deny a text that was taken. A file that cannot be written costs the memory after a restart, nothing else.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::memory::{CarrierMemory, JournalEntry};

/// A longer file is cut down to its newest half.
const LARGEST: u64 = 5 * 1024 * 1024;

pub(super) struct MemoryJournal {
    path: PathBuf,
    file: File,
    length: u64,
}

impl MemoryJournal {
    /// Opens the file, makes it if it is new, and takes in what it holds. Lines that cannot be read are passed over: the
    /// last one may have been torn by a crash.
    pub(super) fn open(path: PathBuf, memory: &mut CarrierMemory) -> std::io::Result<MemoryJournal> {
        let (file, length) = open(&path)?;
        let mut journal = MemoryJournal { path, file, length };
        if journal.length > LARGEST {
            journal.cut_down()?;
        }
        read(&journal.path, memory)?;
        Ok(journal)
    }

    /// Writes down a change.
    pub(super) fn write(&mut self, line: &JournalEntry) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.length += u64::try_from(text.len()).unwrap_or(0);
        if self.length > LARGEST { self.cut_down() } else { Ok(()) }
    }

    fn cut_down(&mut self) -> std::io::Result<()> {
        let mut old = File::open(&self.path)?;
        old.seek(SeekFrom::Start(self.length.saturating_sub(LARGEST / 2)))?;
        let mut newest = Vec::new();
        old.read_to_end(&mut newest)?;
        let whole = newest.iter().position(|byte| *byte == b'\n').map_or(newest.len(), |end| end + 1);
        let aside = self.path.with_extension("new");
        let _left_by_a_crash = std::fs::remove_file(&aside);
        open(&aside)?.0.write_all(newest.get(whole..).unwrap_or_default())?;
        std::fs::rename(&aside, &self.path)?;
        (self.file, self.length) = open(&self.path)?;
        Ok(())
    }
}

/// Takes in what a file holds; nothing is made or changed.
pub(super) fn read(path: &Path, memory: &mut CarrierMemory) -> std::io::Result<()> {
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        if let Ok(line) = serde_json::from_slice::<JournalEntry>(&line?) {
            memory.apply(&line);
        }
    }
    Ok(())
}

/// Opens a file to write at its end, which is made the beginning of a line.
fn open(path: &Path) -> std::io::Result<(File, u64)> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    let length = file.metadata()?.len();
    Ok((file, length))
}
