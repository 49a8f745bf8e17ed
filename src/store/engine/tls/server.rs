//! The server behind the bridge: dialled, asked for TLS, and held to its certificate. A connection that is not made says
//! why and what to do, because its words reach the operator through libpq.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::CertificateError::{BadSignature, NotValidForName, NotValidForNameContext, UnknownIssuer};
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::ServerAddress;
use super::trust::{self, TlsMode};

/// Each address of the server may take this long to answer, and each step towards TLS as long again.
const PATIENCE: Duration = Duration::from_secs(5);
/// A server that is silent for so long is asked whether it is there, every few seconds, and given up after some.
const SILENCE: Duration = Duration::from_secs(30);
const ASK_AGAIN: Duration = Duration::from_secs(5);
const ASKED: u32 = 3;
/// PostgreSQL's SSLRequest: its length, and the number that stands for it.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A server, and how it must prove itself.
pub(super) struct TlsServer {
    place: String,
    port: u16,
    name: ServerName<'static>,
    tls: TlsConnector,
    /// No certificate is checked.
    pub(super) anybody: bool,
}

impl fmt::Display for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server {}:{}", self.place, self.port)
    }
}

impl TlsServer {
    /// Takes what says where it is and how it is trusted out of the address.
    pub(super) fn of(mode: TlsMode, address: &mut ServerAddress) -> Result<TlsServer, String> {
        let host = address.take("host").filter(|host| !host.starts_with(['/', '@']));
        let place = address.take("hostaddr").or_else(|| host.clone());
        let (Some(name), Some(place)) = (host.or_else(|| place.clone()), place) else {
            return Err(
                "TLS needs the name of a host; leave sslmode out for a socket on this machine".to_owned()
            );
        };
        if place.contains(',') || name.contains(',') {
            return Err("TLS goes to one host, not to a list of them".to_owned());
        }
        let port = address.take("port").unwrap_or_else(|| "5432".to_owned());
        let port = port.parse().map_err(|_| format!("{port} is no port"))?;
        let anybody = mode == TlsMode::Require && address.get("sslrootcert").is_none();
        let tls = TlsConnector::from(Arc::new(trust::client(mode, address)?));
        let name = ServerName::try_from(name.clone()).map_err(|_| format!("{name} is no name of a host"))?;
        Ok(TlsServer { place, port, name, tls, anybody })
    }

    /// A connection that keeps what the mode promises, or the reason why there is none.
    pub(super) async fn connect(&self) -> Result<TlsStream<TcpStream>, String> {
        let mut tcp = self.dial().await.map_err(|error| format!("{self} cannot be reached: {error}"))?;
        match timeout(PATIENCE, ask_for_tls(&mut tcp)).await {
            Ok(Ok(b'S')) => {}
            Ok(Ok(b'N')) => {
                return Err(format!(
                    "{self} does not offer TLS, and sslmode asks for it. Set ssl = on in its postgresql.conf; only where \
                     the network itself is trusted, write sslmode=disable"
                ));
            }
            Ok(Ok(_)) => {
                return Err(format!("{self} answered the wish for TLS as no PostgreSQL server does"));
            }
            Ok(Err(error)) => return Err(format!("{self} broke off when it was asked for TLS: {error}")),
            Err(_) => return Err(format!("{self} did not answer the wish for TLS")),
        }
        match timeout(PATIENCE, self.tls.connect(self.name.clone(), tcp)).await {
            Ok(connected) => {
                connected.map_err(|error| format!("TLS with {self} failed: {}", explain(&error)))
            }
            Err(_) => Err(format!("{self} did not finish the TLS handshake")),
        }
    }

    /// Tries every address of the name in turn; the last one's failure stands for all.
    async fn dial(&self) -> io::Result<TcpStream> {
        let mut failure = io::Error::other("its name has no address");
        for address in lookup_host((self.place.as_str(), self.port)).await? {
            match timeout(PATIENCE, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return watched(tcp),
                Ok(Err(error)) => failure = error,
                Err(_) => failure = io::Error::other(format!("{address} did not answer within 5 seconds")),
            }
        }
        Err(failure)
    }
}

/// A connection whose other end is noticed to be gone, whether we wait for it or have sent something.
fn watched(tcp: TcpStream) -> io::Result<TcpStream> {
    tcp.set_nodelay(true)?;
    let socket = SockRef::from(&tcp);
    let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(ASK_AGAIN).with_retries(ASKED);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(SILENCE + ASK_AGAIN * ASKED))?;
    Ok(tcp)
}

/// One byte and no more: whatever else came before the handshake would come from somebody in between.
async fn ask_for_tls(tcp: &mut TcpStream) -> io::Result<u8> {
    tcp.write_all(&SSL_REQUEST).await?;
    tcp.read_u8().await
}

fn explain(error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let way_out = match cause {
        Some(rustls::Error::InvalidCertificate(UnknownIssuer | BadSignature)) => {
            ". No authority we trust signed it: name its certificate with sslrootcert=FILE"
        }
        Some(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
            ". In the address of the database, call the server by a name that its certificate has as a subjectAltName"
        }
        _ => "",
    };
    format!("{error}{way_out}")
}
