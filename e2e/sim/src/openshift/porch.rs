//! TLS in front of the service, where client certificates are looked at.

use crate::tls::{Authority, TlsError};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::crypto::aws_lc_rs;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Takes TLS connections and leads each to the entrance for users with or without a client certificate.
///
/// A certificate of another CA ends the handshake; an API server would answer 401 (Kubernetes "Authenticating").
pub(super) struct Porch(TlsAcceptor);

impl Porch {
    pub(super) fn new(authority: &Authority) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let unusable = |_| rustls::Error::General("the CA cannot be read".to_owned());
        let mut roots = RootCertStore::empty();
        roots.add(certificate(authority.pem())?)?;
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(unusable)?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let own = certificate(&authority.sign(params, &key)?)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![own], key)?;
        // A resumed session would not show the client's certificate again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Accepts until it is dropped, and its connections with it.
    pub(super) async fn attend(self, listener: TcpListener, unknown: SocketAddr, certified: SocketAddr) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(lead(self.0.clone(), stream, unknown, certified));
                    }
                    Err(error) => tracing::warn!(%error, "connection not accepted"),
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn lead(acceptor: TlsAcceptor, stream: TcpStream, unknown: SocketAddr, certified: SocketAddr) {
    let _ = stream.set_nodelay(true);
    let mut stream = match acceptor.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(%error, "handshake failed"),
    };
    let known = stream.get_ref().1.peer_certificates().is_some();
    let Ok(mut room) = TcpStream::connect(if known { certified } else { unknown }).await else { return };
    let _ = room.set_nodelay(true);
    let _ = copy_bidirectional(&mut stream, &mut room).await;
}

fn certificate(pem: &str) -> Result<CertificateDer<'static>, TlsError> {
    let unreadable = |_| rustls::Error::General("a certificate cannot be read".to_owned());
    Ok(CertificateDer::from_pem_slice(pem.as_bytes()).map_err(unreadable)?)
}
