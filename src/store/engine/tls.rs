//! TLS to PostgreSQL. libpq is built without OpenSSL, so that a Rust toolchain and a C compiler are all a build needs;
//! where the address asks for TLS, libpq talks to a socket in a private folder instead, and a thread of this process
//! carries its bytes to the server with rustls. It must not know what the bytes mean. SCRAM works, without channel binding.

mod address;
mod login;
mod server;
#[cfg(test)]
mod tests;
mod trust;

use std::fs::{DirBuilder, read_dir, remove_dir, remove_file, rename};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::{UnixListener as Listener, UnixStream as Stream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::store::StoreError;
use address::ServerAddress;
use server::TlsServer;
use trust::TlsMode;

/// The name libpq looks for in a folder.
const SOCKET: &str = ".s.PGSQL.5432";
const FOLDER: &str = "sms-opt-in-tls-";
/// Within 11 seconds a server whose machine vanished is given up: in seconds, the last in milliseconds.
const NOTICED: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "11000"),
];
/// Wishes that need no doing.
const KEPT_ANYWAY: [(&str, &str); 5] = [
    ("sslcompression", "0"),
    ("sslsni", "1"),
    ("sslnegotiation", "postgres"),
    ("ssl_min_protocol_version", "TLSv1.2"),
    ("ssl_max_protocol_version", "TLSv1.3"),
];

/// Carries libpq's connections to the server while it lives; those that are open when it goes are carried to their end.
pub(in crate::store) struct Bridge {
    folder: PathBuf,
    _until_dropped: oneshot::Sender<()>,
}

impl Drop for Bridge {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// Where libpq connects to for `url`, and the bridge that must live as long, if the address asks for TLS.
pub(super) fn reach(url: &str) -> Result<(String, Option<Bridge>), StoreError> {
    let unusable = |why: String| StoreError::Connection(format!("in the address of the database, {why}."));
    let mut address = ServerAddress::parse(url).map_err(unusable)?;
    super::parameters::check_postgres(address.names())?;
    let Some(mode) = TlsMode::of(&address).map_err(unusable)? else {
        warn_in_the_clear(&address);
        return Ok((watched(url, &address), None));
    };
    let server = TlsServer::of(mode, &mut address).map_err(unusable)?;
    address.take("sslmode");
    refuse_what_is_not_kept(&mut address).map_err(unusable)?;
    if server.anybody {
        log::warn!(
            "The connection to PostgreSQL is encrypted, but its server's certificate is NOT checked, so an attacker on \
             the network could read it. Write sslmode=verify-full in DATABASE_URL."
        );
    }
    let bridge = Bridge::start(server)
        .map_err(|error| StoreError::Connection(format!("no way for TLS could be made: {error}")))?;
    // An empty hostaddr keeps PGHOSTADDR from leading past the bridge.
    let folder = bridge.folder.to_string_lossy();
    for (name, value) in [("host", &*folder), ("hostaddr", ""), ("port", "5432"), ("sslmode", "disable")] {
        address.put(name, value);
    }
    Ok((address.words(), Some(bridge)))
}

/// A wish about TLS that is not kept is refused: dropping it would weaken what somebody asked for.
fn refuse_what_is_not_kept(address: &mut ServerAddress) -> Result<(), String> {
    if address.get("channel_binding") == Some("require") {
        return Err(
            "channel_binding=require cannot be kept. Leave it out and use sslmode=verify-full".to_owned()
        );
    }
    for (name, value) in KEPT_ANYWAY {
        if address.get(name) == Some(value) {
            address.take(name);
        }
    }
    match address.names().find(|name| name.starts_with("ssl")) {
        Some(name) => Err(format!("{name} is not supported. Leave it out, if you can do without it")),
        None => Ok(()),
    }
}

/// The address with the wish to notice a server that is gone; what somebody chose otherwise stays.
fn watched(url: &str, address: &ServerAddress) -> String {
    let mut watched = url.to_owned();
    for (name, value) in NOTICED {
        if address.get(name).is_none() {
            let joint = if watched.contains('?') { '&' } else { '?' };
            watched.push_str(&format!("{joint}{name}={value}"));
        }
    }
    watched
}

fn warn_in_the_clear(address: &ServerAddress) {
    if !address.is_local() {
        let mode = address.get("sslmode").unwrap_or("prefer");
        log::warn!(
            "The connection to PostgreSQL is NOT encrypted (sslmode={mode} means plain here). Write sslmode=verify-full in \
             DATABASE_URL."
        );
    }
}

impl Bridge {
    fn start(server: TlsServer) -> io::Result<Bridge> {
        sweep(&std::env::temp_dir());
        let folder = private_folder()?;
        // It gets its name when somebody listens: until then another process would sweep it away.
        let socket = Listener::bind(folder.join("new"))?;
        rename(folder.join("new"), folder.join(SOCKET))?;
        socket.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (until_dropped, dropped) = oneshot::channel();
        std::thread::Builder::new().name("store-tls".to_owned()).spawn(move || {
            if let Err(error) = runtime.block_on(serve(socket, Arc::new(server), dropped)) {
                log::error!("The TLS connection to PostgreSQL ended: {error}");
            }
        })?;
        Ok(Bridge { folder, _until_dropped: until_dropped })
    }
}

/// Nobody but us can walk into it.
fn private_folder() -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let folder = std::env::temp_dir().join(format!("{FOLDER}{:016x}", u64::from_be_bytes(random)));
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// Removes what processes that were killed left behind: nobody answers there any more.
fn sweep(temp: &Path) {
    for entry in read_dir(temp).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(FOLDER) {
            let asked = Stream::connect(entry.path().join(SOCKET));
            if asked.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
                remove(&entry.path());
            }
        }
    }
}

fn remove(folder: &Path) {
    let _ = remove_file(folder.join(SOCKET)).and_then(|()| remove_dir(folder));
}

/// Takes libpq's connections until the bridge is dropped, and then waits for those that are open.
async fn serve(
    socket: Listener,
    server: Arc<TlsServer>,
    mut dropped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let socket = UnixListener::from_std(socket)?;
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut dropped => break,
            _ = open.join_next(), if !open.is_empty() => {}
            accepted = socket.accept() => match accepted {
                Ok((libpq, _)) => {
                    let server = Arc::clone(&server);
                    // An end that breaks off is noticed at the other one, and by libpq.
                    open.spawn(async move { carry(libpq, &server).await });
                }
                Err(error) => {
                    log::error!("A connection to PostgreSQL could not be opened: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    while open.join_next().await.is_some() {}
    Ok(())
}

/// One connection of libpq, from its beginning to its end.
async fn carry(mut libpq: UnixStream, server: &TlsServer) -> io::Result<()> {
    let start = login::start(&mut libpq).await?;
    match server.connect().await {
        Ok(mut reached) => {
            login::introduce(&start, &mut libpq, &mut reached).await?;
            copy_bidirectional(&mut libpq, &mut reached).await.map(drop)
        }
        Err(why) => refuse(&mut libpq, &why).await,
    }
}

/// Answers libpq as a server does that refuses a session, so that the reason reaches whoever asked.
async fn refuse(libpq: &mut UnixStream, why: &str) -> io::Result<()> {
    let fields = format!("SFATAL\0VFATAL\0C08001\0M{why}\0\0");
    let length = u32::try_from(fields.len() + 4).map_err(io::Error::other)?;
    let message = [&b"E"[..], &length.to_be_bytes(), fields.as_bytes()].concat();
    libpq.write_all(&message).await?;
    libpq.shutdown().await
}
