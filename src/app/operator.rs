//! The database as a command of the operator uses it: its tables up to date, its key there, and everything sealed before the
//! command ends. The server is put together in `app`.

use std::sync::Arc;

use anyhow::Result;

use crate::actions::seal;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::jobs::LedgerSealer;
use crate::store::seal_file::SealFile;
use crate::store::{Store, StoreError, seals, settings};

/// A database that a command may write.
pub struct OperatorStore {
    /// The database.
    pub store: Store,
    /// Absent when the command has another key than the server: nothing is sealed with a wrong one.
    sealer: Option<LedgerSealer>,
}

impl OperatorStore {
    /// Opens the database, makes it if it does not exist, brings its tables up to date, and seals what is there: of a new
    /// installation that nothing is there yet.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn open(config: &ServerConfig) -> Result<OperatorStore> {
        let store = Store::open(&config.database_url)?;
        let sealer = key(config, &store)?.map(|secret| LedgerSealer {
            store: store.clone(),
            clock: Clock::System,
            secret: Arc::new(secret),
            seals: SealFile::at(config.seal_file()),
        });
        let opened = OperatorStore { store, sealer };
        opened.seal();
        Ok(opened)
    }

    /// Seals what was recorded. What keeps it from that is said; it keeps nothing else from being done.
    pub fn seal(&self) {
        match self.sealer.as_ref().map(|sealer| wait_for(sealer.seal_all())) {
            None => eprintln!("{OTHER_KEY}"),
            Some(Err(error)) => eprintln!("The history is not sealed: {error}"),
            Some(Ok(())) => {}
        }
    }
}

const OTHER_KEY: &str = "The history is not sealed by this command: it has no SECRET_KEY, or another one than the server. The \
    server seals when it runs.";

/// The key that the seals were made with; a new one where nothing is sealed yet.
fn key(config: &ServerConfig, store: &Store) -> Result<Option<Vec<u8>>> {
    let (last, shared) = store.read_now::<_, StoreError>(|conn| {
        Ok((seals::last(conn)?, settings::get(conn, settings::SECRET_KEY)?))
    })?;
    let known = config.existing_secret_key()?.or(shared.map(String::into_bytes));
    match (last, known) {
        (None, _) => wait_for(super::secret_key(config, store)).map(Some),
        (Some(last), known) => Ok(known.filter(|key| seal::goes_on_with(key, &last))),
    }
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}
