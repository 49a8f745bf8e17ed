//! Tells the operator which files of the installation other accounts on this machine can read. Earlier versions created the
//! database readable for all. The server looks at its start; it changes no mode, because an operator may have chosen it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::config::ServerConfig;

/// What a group or other accounts may do.
const FOR_OTHERS: u32 = 0o077;

/// Logs a warning for each such file.
pub(super) fn warn(config: &ServerConfig) {
    for file in files(config).iter().filter(|file| is_exposed(file)) {
        let shown = file.display();
        log::warn!(
            "Other accounts on this machine can open {shown}. To prevent that, run: chmod 600 {shown}"
        );
    }
}

fn files(config: &ServerConfig) -> Vec<PathBuf> {
    let beside = [config.secret_key_file(), config.seal_file(), config.start_file(), config.simulator_file()];
    let database = config.database_file().into_iter().flat_map(|file| {
        ["", "-wal", "-shm"].map(|end| {
            let mut path = file.clone().into_os_string();
            path.push(end);
            PathBuf::from(path)
        })
    });
    database.chain(beside).collect()
}

/// A folder that is closed to others protects everything below it.
fn is_exposed(file: &Path) -> bool {
    let is_open =
        |path: &Path| path.metadata().is_ok_and(|found| found.permissions().mode() & FOR_OTHERS != 0);
    file.canonicalize().is_ok_and(|file| file.ancestors().all(is_open))
}
