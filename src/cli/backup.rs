//! `backup`: a copy of the SQLite database. Operators run it beside a running server; it writes a new file, nothing else.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::actions::{ActionError, seal};
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::store::seal_file::SealFile;
use crate::store::seals::BEFORE_ALL;
use crate::store::{self, seals};

#[derive(Args)]
pub(super) struct BackupCommand {
    /// The file to create. It must not exist.
    file: PathBuf,
}

const ON_A_SERVER: &str = "\
A PostgreSQL database is backed up with PostgreSQL's own tools, while the server runs:
  pg_dump --format=custom --file=FILE DATABASE_URL     one database as it is now; pg_restore brings it back
  pg_basebackup --pgdata=FOLDER --wal-method=stream    the whole cluster; with archived WAL, any moment since
Keep with it the file of seals in DATA_DIR, and SECRET_KEY if you give one (otherwise it is in the database).";

pub(super) fn run(config: &ServerConfig, command: &BackupCommand) -> Result<ExitCode> {
    if !config.is_embedded() {
        eprintln!("{ON_A_SERVER}");
        return Ok(ExitCode::from(2));
    }
    let file = std::path::absolute(&command.file)?;
    let shown = file.display();
    let copy_of_seals = SealFile::at(seals_beside(&file));
    if copy_of_seals.path().exists() {
        bail!("The file {} already exists. Choose another name.", copy_of_seals.path().display());
    }
    // Created first, so that no file is overwritten, and only for this user, so that no other user can read it.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    let made = made.with_context(|| format!("The file {shown} can't be created."))?;
    let copied = copy(config, &file.to_string_lossy(), &copy_of_seals);
    if let Err(error) = copied.and_then(|()| Ok(on_disk(&made, &file)?)) {
        let _ = std::fs::remove_file(copy_of_seals.path());
        let _ = std::fs::remove_file(&file);
        return Err(error.context("No backup was made"));
    }
    report(config, &file, copy_of_seals.path());
    Ok(ExitCode::SUCCESS)
}

fn report(config: &ServerConfig, file: &Path, seals: &Path) {
    let shown = file.display();
    let folder = file.parent().unwrap_or(file).display();
    if seals.exists() {
        println!("The database was copied to {shown}, and its seals to {}.", seals.display());
    } else {
        println!("The database was copied to {shown}. It has no seal file.");
    }
    println!(
        "Check the copy with the SECRET_KEY of the installation: \
         sms-opt-in verify --data-dir {folder} --database-url sqlite://{shown}"
    );
    println!("Keep apart from it:");
    println!("  {}  the secret key (unless SECRET_KEY is given)", config.secret_key_file().display());
    println!(
        "  {}  the newest seal file. After a restore, put this one beside the database, not the copy's",
        config.seal_file().display()
    );
}

/// Where `verify` looks for the seals of the copy.
fn seals_beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".seals");
    PathBuf::from(path)
}

/// What the server had not sealed yet is sealed in the copy: it can be checked at any later time. The seals come from the file
/// beside the database, not from the database, so that the copy is checked against what was sealed.
fn copy(config: &ServerConfig, file: &str, copy_of_seals: &SealFile) -> Result<()> {
    // Before the database: its copy may have newer seals than the file, never older ones.
    let known = SealFile::at(config.seal_file()).all()?;
    store::copy_into(&config.database_url, file)?;
    let now = Clock::System.now();
    let sealed = store::write_copy::<_, ActionError>(file, |tx| {
        let key = config.existing_secret_key().ok().flatten();
        let last = seals::last(tx)?;
        if let Some(key) = key.filter(|key| last.is_some_and(|last| seal::goes_on_with(key, &last))) {
            while seal::seal(tx, &key, None, now)? > 0 {}
        }
        Ok(seals::behind(tx, BEFORE_ALL)?)
    })?;
    if let Some(known) = known {
        copy_of_seals.add(known)?;
        copy_of_seals.add(sealed.unwrap_or_default())?;
    }
    Ok(())
}

/// The file, and its name in its folder.
fn on_disk(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
