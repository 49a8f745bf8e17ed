//! The seals' second home: a file beside the database, one JSON line for each seal, so that seals deleted from the database
//! are still known. It must not know what a seal proves.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::seals::{BEFORE_ALL, NUMBERED, PLAIN, Seal};
use crate::domain::time::Timestamp;

/// Far longer than a line; the last one is found in the last so many bytes.
const TAIL: u64 = 4096;

/// Where the file is.
#[derive(Clone, Debug)]
pub struct SealFile {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct SealLine {
    /// Absent in the oldest seals, which had no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    serial: Option<i64>,
    through_position: i64,
    events: i64,
    digest: String,
    mac: String,
    sealed_at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    caught_up: bool,
}

impl SealFile {
    /// The file at `path`; nothing is read or made yet.
    pub fn at(path: PathBuf) -> SealFile {
        SealFile { path }
    }

    /// Where it is, for the words of an error.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every seal in it, oldest first; none when there is no file. A last line without its end was torn by a crash: the
    /// database has that seal, and it is written again.
    ///
    /// # Errors
    /// When the file cannot be read, or a whole line of it is no seal.
    pub fn all(&self) -> Result<Option<Vec<Seal>>, StoreError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        whole.lines().map(|line| self.read(line)).collect::<Result<_, _>>().map(Some)
    }

    /// Every seal in it that can be read, and what cannot: a line that is no seal hides no other one.
    pub fn readable(&self) -> (Option<Vec<Seal>>, Option<StoreError>) {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (None, None),
            Err(error) => return (None, Some(self.failed(&error))),
        };
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        let (mut seals, mut unreadable) = (Vec::new(), None);
        for line in whole.lines() {
            match self.read(line) {
                Ok(seal) => seals.push(seal),
                Err(error) => unreadable = Some(error),
            }
        }
        (Some(seals), unreadable)
    }

    /// The last seal in it.
    ///
    /// # Errors
    /// As [`SealFile::all`].
    pub fn last(&self) -> Result<Option<Seal>, StoreError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        self.last_of(&mut file)
    }

    /// Adds the seals it lacks, and returns those once they are on the disk. Another process may be adding the same ones.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, seals: Vec<Seal>) -> Result<Vec<Seal>, StoreError> {
        let failed = |error| self.failed(&error);
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).append(true).create(true).mode(0o600).open(&self.path).map_err(failed)?;
        file.lock().map_err(failed)?;
        let last = self.last_of(&mut file)?.map_or(BEFORE_ALL, |seal| seal.place());
        let fresh: Vec<Seal> = seals.into_iter().filter(|seal| seal.place() > last).collect();
        let mut lines = String::new();
        for seal in &fresh {
            lines.push_str(&line(seal)?);
            lines.push('\n');
        }
        if !fresh.is_empty() {
            self.drop_torn_line(&mut file).map_err(failed)?;
            file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Ok(fresh)
    }

    fn last_of(&self, file: &mut File) -> Result<Option<Seal>, StoreError> {
        let tail = tail(file).map_err(|error| self.failed(&error))?;
        let whole = tail.rfind('\n').and_then(|end| tail.get(..end)).unwrap_or_default();
        whole.lines().last().map(|line| self.read(line)).transpose()
    }

    fn drop_torn_line(&self, file: &mut File) -> std::io::Result<()> {
        let tail = tail(file)?;
        let torn = tail.len() - tail.rfind('\n').map_or(0, |end| end + 1);
        let length = file.metadata()?.len();
        file.set_len(length.saturating_sub(u64::try_from(torn).unwrap_or(0)))
    }

    fn read(&self, line: &str) -> Result<Seal, StoreError> {
        let read = || {
            let line: SealLine = serde_json::from_str(line).ok()?;
            Some(Seal {
                serial: line.serial.unwrap_or(0),
                version: if line.serial.is_some() { NUMBERED } else { PLAIN },
                through_position: line.through_position,
                events: line.events,
                digest: HEXLOWER_PERMISSIVE.decode(line.digest.as_bytes()).ok()?,
                mac: HEXLOWER_PERMISSIVE.decode(line.mac.as_bytes()).ok()?,
                sealed_at: line.sealed_at,
                caught_up: line.caught_up,
            })
        };
        read().ok_or_else(|| self.said("holds a line that is no seal"))
    }

    fn failed(&self, error: &std::io::Error) -> StoreError {
        self.said(&format!("cannot be used: {error}"))
    }

    fn said(&self, what: &str) -> StoreError {
        StoreError::SealFile(format!("{} {what}", self.path.display()))
    }
}

fn tail(file: &mut File) -> std::io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(String::from_utf8_lossy(&tail).into_owned())
}

fn line(seal: &Seal) -> Result<String, StoreError> {
    let (digest, mac) = (seal.digest_words(), seal.mac_words());
    let Seal { through_position, events, sealed_at, .. } = *seal;
    let (serial, caught_up) =
        if seal.version == PLAIN { (None, false) } else { (Some(seal.serial), seal.caught_up) };
    Ok(serde_json::to_string(&SealLine {
        serial,
        through_position,
        events,
        digest,
        mac,
        sealed_at,
        caught_up,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(through_position: i64) -> Seal {
        let (digest, mac) = (vec![7; 32], vec![0xab; 32]);
        let (serial, sealed_at) = (through_position, Timestamp::from_micros(5));
        let version = if through_position < 20 { PLAIN } else { NUMBERED };
        Seal {
            serial,
            version,
            through_position,
            events: 1,
            digest,
            mac,
            sealed_at,
            caught_up: version == NUMBERED,
        }
    }

    fn positions(seals: &[Seal]) -> Vec<i64> {
        seals.iter().map(|seal| seal.through_position).collect()
    }

    #[test]
    fn seals_are_kept_once_and_a_torn_line_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = SealFile::at(folder.path().join("x.db.seals"));
        assert!(file.all().unwrap().is_none());
        assert!(file.last().unwrap().is_none());
        assert_eq!(positions(&file.add(vec![seal(1), seal(2)]).unwrap()), [1, 2]);
        assert_eq!(positions(&file.add(vec![seal(1), seal(2)]).unwrap()), [0i64; 0]);
        let mut torn = OpenOptions::new().append(true).open(file.path()).unwrap();
        torn.write_all(b"{\"through_position\":3,").unwrap();
        assert_eq!(file.last().unwrap().unwrap().mac, seal(2).mac);
        file.add((1..40).map(seal).collect()).unwrap();
        let kept = file.all().unwrap().unwrap();
        assert_eq!(positions(&kept), (1..40).collect::<Vec<i64>>());
        assert!(kept.iter().zip(1..40).all(|(kept, n)| kept.is_same(&seal(n))));
        std::fs::write(file.path(), "nonsense\n").unwrap();
        assert!(file.all().is_err() && file.last().is_err());
    }
}
