//! `backup`: a copy of the SQLite database to a new file, beside a running server.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::actions::{ActionError, seal};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{self, seals};

#[derive(Args)]
pub(super) struct BackupCommand {
    /// The file to make. It must not exist.
    file: PathBuf,
}

const ON_A_SERVER: &str = "\
A PostgreSQL database is backed up with PostgreSQL's own tools, while the server runs:
  pg_dump --format=custom --file=FILE DATABASE_URL     one database as it is now; pg_restore brings it back
  pg_basebackup --pgdata=FOLDER --wal-method=stream    the whole cluster; with archived WAL, any moment since
Keep with it the file of seals in DATA_DIR, and SECRET_KEY if you give one (otherwise it is in the database).";

pub(super) fn run(config: &Config, command: &BackupCommand) -> Result<ExitCode> {
    if !config.is_embedded() {
        eprintln!("{ON_A_SERVER}");
        return Ok(ExitCode::from(2));
    }
    let file = std::path::absolute(&command.file)?;
    let shown = file.display();
    // Made first and by nobody else, so that nothing is overwritten and nobody else can read it.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    let made = made.with_context(|| format!("The file {shown} cannot be made."))?;
    let copied = copy(config, &file.to_string_lossy());
    if let Err(error) = copied.and_then(|()| Ok(on_disk(&made, &file)?)) {
        let _ = std::fs::remove_file(&file);
        return Err(error.context("There is no backup"));
    }
    println!(
        "The database as it is now is in {shown}. Check it, with the SECRET_KEY of the installation: \
         sms-opt-in verify --database-url sqlite://{shown}"
    );
    println!("To it belong, and are not in it:");
    println!(
        "  {}  the secret key (unless SECRET_KEY is given): keep it apart",
        config.secret_key_file().display()
    );
    println!("  {}  the file of seals: keep the newest one", config.seal_file().display());
    Ok(ExitCode::SUCCESS)
}

/// What the server had not sealed yet is sealed in the copy: it can be checked at any later time.
fn copy(config: &Config, file: &str) -> Result<()> {
    store::copy_into(&config.database_url, file)?;
    let now = Clock::System.now();
    store::write_copy::<_, ActionError>(file, |tx| {
        let key = config.existing_secret_key().ok().flatten();
        let last = seals::last(tx)?;
        let Some(key) = key.filter(|key| last.is_some_and(|last| seal::goes_on_with(key, &last))) else {
            return Ok(());
        };
        while seal::seal(tx, &key, None, now)? > 0 {}
        Ok(())
    })?;
    Ok(())
}

/// The file, and its name in its folder.
fn on_disk(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
