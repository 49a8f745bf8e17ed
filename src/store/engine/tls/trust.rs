//! What each sslmode asks of the server's certificate, and with which one of ours we answer. It must not know connections.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::address::ServerAddress;

/// The modes that mean TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TlsMode {
    /// Encrypted; the certificate is checked only where there is an `sslrootcert`, as libpq does it.
    Require,
    /// The certificate leads to one of the roots, whatever name it is for.
    VerifyCa,
    /// And it is for the name we call the server by.
    VerifyFull,
}

impl TlsMode {
    /// The address's mode; none when it asks for no TLS.
    pub(super) fn of(address: &ServerAddress) -> Result<Option<TlsMode>, String> {
        Ok(Some(match address.get("sslmode") {
            // libpq: who names the system's roots and no mode means the strictest one.
            None if address.get("sslrootcert") == Some("system") => TlsMode::VerifyFull,
            None | Some("disable" | "allow" | "prefer") => return Ok(None),
            Some("require") => TlsMode::Require,
            Some("verify-ca") => TlsMode::VerifyCa,
            Some("verify-full") => TlsMode::VerifyFull,
            Some(other) => return Err(format!("there is no sslmode={other}. Write sslmode=verify-full")),
        }))
    }
}

/// What the handshake needs; takes the names of the files out of the address.
pub(super) fn client(mode: TlsMode, address: &mut ServerAddress) -> Result<ClientConfig, String> {
    let (cert, key) = (address.take("sslcert"), address.take("sslkey"));
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let chain = chain(mode, address.take("sslrootcert"))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match (mode, chain) {
        (TlsMode::VerifyFull, Some(roots)) => builder.with_root_certificates(roots),
        (_, chain) => {
            let verifier = AnyName { chain, algorithms };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    match (cert, key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(cert), Some(key)) => {
            let private = PrivateKeyDer::from_pem_file(&key)
                .map_err(|error| format!("the sslkey {key} cannot be used: {error}"))?;
            builder
                .with_client_auth_cert(certificates(&cert)?, private)
                .map_err(|error| format!("the sslcert {cert} and its key cannot be used: {error}"))
        }
        _ => Err("sslcert and sslkey are needed together".to_owned()),
    }
}

/// The roots a certificate must lead to; none where nobody asked for a check.
fn chain(mode: TlsMode, root_file: Option<String>) -> Result<Option<RootCertStore>, String> {
    let mut roots = RootCertStore::empty();
    match (root_file.as_deref(), mode) {
        (None, TlsMode::Require) => return Ok(None),
        (None | Some("system"), TlsMode::VerifyFull) => {
            let found = rustls_native_certs::load_native_certs();
            if roots.add_parsable_certificates(found.certs).0 == 0 {
                return Err("this machine has no root certificates. Install ca-certificates, or name the authority's \
                    certificate with sslrootcert=FILE"
                    .to_owned());
            }
        }
        // Anybody can have a certificate of a public authority: without the name it says nothing. libpq refuses it, too.
        (None | Some("system"), TlsMode::Require | TlsMode::VerifyCa) => {
            return Err(
                "verify-ca, or the system's roots with require, would take any server with a public \
                certificate. Give sslrootcert=FILE, or use sslmode=verify-full"
                    .to_owned(),
            );
        }
        (Some(file), _) => {
            for certificate in certificates(file)? {
                roots
                    .add(certificate)
                    .map_err(|error| format!("a certificate in {file} cannot be used: {error}"))?;
            }
        }
    }
    Ok(Some(roots))
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(Path::new(file)).and_then(Iterator::collect);
    match read {
        Ok(read) if !read.is_empty() => Ok(read),
        Ok(_) => Err(format!("there is no PEM certificate in {file}")),
        Err(error) => Err(format!("the certificates in {file} cannot be read: {error}")),
    }
}

/// Checks the chain, if there are roots to lead to, and never the name. That the server holds the certificate's key is
/// checked always.
#[derive(Debug)]
struct AnyName {
    chain: Option<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.chain {
            let parsed = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
