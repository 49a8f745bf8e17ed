use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::*;

/// A message as libpq's first one: its length, and words.
const STARTED: &str = "\0\0\0\x15is anybody there?";

/// An authority with its certificate in a file.
struct TestAuthority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl TestAuthority {
    fn new() -> TestAuthority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("root.pem"), issuer.pem()).unwrap();
        TestAuthority { folder, issuer }
    }

    fn root(&self) -> String {
        self.folder.path().join("root.pem").display().to_string()
    }

    /// A server for one connection: it takes the SSLRequest and sends back what it is sent.
    fn server(&self, name: &str) -> u16 {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        listen(b'S', move |tcp| {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), tcp);
            let mut heard = [0; 64];
            while let Ok(length @ 1..) = tls.read(&mut heard) {
                tls.write_all(&heard[..length]).unwrap();
            }
        })
    }
}

/// Answers one SSLRequest.
fn listen(answer: u8, then: impl FnOnce(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        tcp.read_exact(&mut request).unwrap();
        assert_eq!(request, [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
        tcp.write_all(&[answer]).unwrap();
        then(tcp);
    });
    port
}

/// What comes back over the bridge, as far as it is text.
fn said_over(url: &str) -> String {
    let (_, bridge) = reach(url).unwrap();
    let mut libpq = Stream::connect(bridge.as_ref().unwrap().folder.join(SOCKET)).unwrap();
    libpq.write_all(STARTED.as_bytes()).unwrap();
    libpq.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    let _ = libpq.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn refused(url: &str) -> String {
    reach(url).err().unwrap().to_string()
}

#[test]
fn the_right_name_and_authority_are_let_through() {
    let authority = TestAuthority::new();
    for mode in ["verify-full", "verify-ca", "require"] {
        let port = authority.server("localhost");
        let url = format!("postgres://u@localhost:{port}/d?sslmode={mode}&sslrootcert={}", authority.root());
        assert_eq!(said_over(&url), STARTED, "{mode}");
    }
}

#[test]
fn the_wrong_name_is_refused_by_verify_full_alone() {
    let authority = TestAuthority::new();
    let url = |mode: &str| {
        let port = authority.server("other.example.com");
        format!("postgres://u@localhost:{port}/d?sslmode={mode}&sslrootcert={}", authority.root())
    };
    let said = said_over(&url("verify-full"));
    assert!(said.starts_with('E') && said.contains("subjectAltName"), "{said}");
    assert_eq!(said_over(&url("verify-ca")), STARTED);
}

#[test]
fn an_unknown_authority_is_refused_wherever_roots_are_given() {
    let (authority, other) = (TestAuthority::new(), TestAuthority::new());
    for mode in ["verify-full", "verify-ca", "require"] {
        let port = authority.server("localhost");
        let url = format!("postgres://u@localhost:{port}/d?sslmode={mode}&sslrootcert={}", other.root());
        let said = said_over(&url);
        assert!(said.contains("sslrootcert=FILE"), "{mode}: {said}");
    }
    let port = authority.server("localhost");
    let said = said_over(&format!("postgres://u@localhost:{port}/d?sslmode=verify-full"));
    assert!(said.contains("sslrootcert=FILE"), "the system does not know it: {said}");
    let port = authority.server("localhost");
    let said = said_over(&format!("postgres://u@localhost:{port}/d?sslmode=require"));
    assert_eq!(said, STARTED, "require without roots checks nothing");
}

#[test]
fn a_server_without_tls_is_refused_with_the_way_out() {
    let port = listen(b'N', drop);
    let said = said_over(&format!("postgres://u@localhost:{port}/d?sslmode=require"));
    assert!(said.contains("does not offer TLS") && said.contains("ssl = on"), "{said}");
    // A port that was free a moment ago may be another test's by now.
    let said = said_over("postgres://u@127.0.0.1:1/d?sslmode=require");
    assert!(said.contains("cannot be reached"), "{said}");
}

#[test]
fn the_folder_is_private_and_goes_with_the_bridge() {
    let (words, bridge) = reach("postgres://localhost/d?sslmode=require").unwrap();
    let folder = bridge.as_ref().unwrap().folder.clone();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(
        words,
        format!("dbname='d' host='{}' hostaddr='' port='5432' sslmode='disable'", folder.display())
    );
    drop(bridge);
    assert!(!folder.exists());
}

#[test]
fn what_a_killed_process_left_is_swept_away() {
    let temp = TempDir::new().unwrap();
    let (dead, living) = (temp.path().join("sms-opt-in-tls-1"), temp.path().join("sms-opt-in-tls-2"));
    std::fs::create_dir(&dead).unwrap();
    std::fs::create_dir(&living).unwrap();
    drop(Listener::bind(dead.join(SOCKET)).unwrap());
    let _listening = Listener::bind(living.join(SOCKET)).unwrap();
    sweep(temp.path());
    assert!(!dead.exists() && living.exists());
}

#[test]
fn a_wish_that_cannot_be_kept_is_refused() {
    for (query, words) in [
        ("sslmode=verify-all", "sslmode=verify-all"),
        ("sslmode=verify-ca", "sslrootcert=FILE"),
        ("sslmode=require&sslrootcert=system", "verify-full"),
        ("sslmode=require&sslcrl=/revoked.pem", "sslcrl is not supported"),
        ("sslmode=require&ssl_min_protocol_version=TLSv1.3", "ssl_min_protocol_version"),
        ("sslmode=require&channel_binding=require", "channel_binding"),
        ("sslmode=require&sslcert=/none.pem", "needed together"),
        ("sslmode=verify-full&sslrootcert=/none.pem", "/none.pem"),
        ("sslmode=require&host=/run/postgresql", "name of a host"),
        ("sslmode=require&host=a,b", "one host"),
        ("sslmode", "name=value"),
    ] {
        let said = refused(&format!("postgres://u@localhost/d?{query}"));
        assert!(said.contains(words), "{query}: {said}");
    }
    assert!(refused("postgres://u@/d?sslmode=require").contains("name of a host"));
}

#[test]
fn plain_addresses_go_to_libpq_with_no_more_than_the_wish_to_notice_a_server_that_is_gone() {
    for query in ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=allow"] {
        let url = format!("postgres://u:p@127.0.0.1,127.0.0.2:5433/d{query}");
        let (address, bridge) = reach(&url).unwrap();
        let added = address.strip_prefix(&url).unwrap();
        let joint = if query.is_empty() { '?' } else { '&' };
        assert!(added.starts_with(&format!("{joint}connect_timeout=5&keepalives_idle=5&")), "{address}");
        assert!(bridge.is_none());
    }
    let own = reach("postgres://localhost?connect_timeout=60").unwrap().0;
    assert!(own.contains("connect_timeout=60") && !own.contains("connect_timeout=5&"), "{own}");
}

#[test]
fn an_address_is_read_as_libpq_reads_it() {
    let words = |url: &str| ServerAddress::parse(url).unwrap().words();
    assert_eq!(
        words(
            "postgres://a%40b:p%27#?\\:x@db.example.com:6432/d%20e?application_name=x+y&options=-c%20a%3Db"
        ),
        r"application_name='x+y' dbname='d e' host='db.example.com' options='-c a=b' password='p\'#?\\:x' port='6432' user='a@b'"
    );
    assert_eq!(words("postgresql://[::1]:6432"), "host='::1' port='6432'");
    assert_eq!(words("postgres://u@h/d?host=i&ssl=true"), "dbname='d' host='i' sslmode='require' user='u'");
    assert_eq!(words("postgres:///d?user=a@b"), "dbname='d' user='a@b'");
    assert!(ServerAddress::parse("postgres://h/%FF").unwrap_err().contains("dbname"));
    assert!(ServerAddress::parse("postgres://localhost").unwrap().is_local());
    assert!(!ServerAddress::parse("postgres://u@db/x?hostaddr=192.0.2.1").unwrap().is_local());
}
