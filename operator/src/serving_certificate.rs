//! The certificate of metrics and health: read from two files, and again when they change, as cert-manager changes them.

use std::{
    convert::Infallible,
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::serve::Listener;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs::default_provider,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::args::Args;

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_secs(5);
/// Time for one handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at once; whoever comes then waits.
const HANDSHAKES: usize = 64;

/// Why a certificate cannot be used. Says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateFault {
    /// A file cannot be read.
    #[error("{flag} {file} cannot be read: {source}")]
    Unreadable {
        /// Which flag names it.
        flag: &'static str,
        /// Where it should be.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file has no certificate, or a damaged one.
    #[error("--metrics-tls-cert {0} holds no usable certificate in PEM")]
    Certificate(String),
    /// The file has no key of a known kind, or an encrypted one.
    #[error("--metrics-tls-key {0} holds no usable private key in PEM; keys must not be encrypted")]
    Key(String),
    /// They are not a pair.
    #[error(
        "the private key in {key} is not that of the certificate in {certificate}; give the two files of one pair"
    )]
    Mismatch {
        /// Where the certificate is.
        certificate: String,
        /// Where the key is.
        key: String,
    },
}

/// The two files.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What the files held, without what must be kept secret.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Print(Vec<u8>);

/// What one look at the files brought.
struct Look {
    print: Print,
    pair: Result<Arc<CertifiedKey>, CertificateFault>,
}

impl Files {
    fn look(&self) -> Result<Look, CertificateFault> {
        let read = |flag, file: &Path| {
            let file_name = file.display().to_string();
            fs::read(file).map_err(|source| CertificateFault::Unreadable { flag, file: file_name, source })
        };
        let certificate = read("--metrics-tls-cert", &self.certificate)?;
        let key = read("--metrics-tls-key", &self.key)?;
        let prints = [digest(&SHA256, &certificate), digest(&SHA256, &key)];
        let print = Print(prints.iter().flat_map(AsRef::as_ref).copied().collect());
        Ok(Look { print, pair: self.pair(&certificate, &key).map(Arc::new) })
    }

    fn pair(&self, certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, CertificateFault> {
        let names = (self.certificate.display().to_string(), self.key.display().to_string());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| CertificateFault::Certificate(names.0.clone()))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateFault::Key(names.1.clone()))?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                CertificateFault::Mismatch { certificate: names.0, key: names.1 }
            }
            rustls::Error::InvalidCertificate(_) => CertificateFault::Certificate(names.0),
            _ => CertificateFault::Key(names.1),
        })
    }
}

/// The certificate that is served now.
pub(crate) struct ServingCertificate {
    files: Files,
    first: Print,
    current: RwLock<Arc<CertifiedKey>>,
}

impl fmt::Debug for ServingCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServingCertificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ServingCertificate {
    /// That of the arguments, if they name one.
    ///
    /// Errors: [`CertificateFault`].
    pub(crate) fn named(args: &Args) -> Result<Option<Arc<Self>>, CertificateFault> {
        let named = args.metrics_tls_cert.as_deref().zip(args.metrics_tls_key.as_deref());
        named.map(|(certificate, key)| Self::read(certificate, key)).transpose()
    }

    /// Reads a certificate with its chain, and its unencrypted key, both in PEM.
    ///
    /// Errors: [`CertificateFault`].
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Arc<Self>, CertificateFault> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let Look { print, pair } = files.look()?;
        Ok(Arc::new(Self { files, first: print, current: RwLock::new(pair?) }))
    }

    /// Takes what the files hold whenever they change. What cannot be used is logged once, and the old pair is kept.
    pub(crate) async fn follow(&self) -> Infallible {
        let mut last = Ok(self.first.clone());
        loop {
            tokio::time::sleep(PAUSE).await;
            last = self.look_again(last);
        }
    }

    /// Looks at the files; `last` is what the look before said.
    fn look_again(&self, last: Result<Print, String>) -> Result<Print, String> {
        match self.files.look() {
            Ok(Look { print, .. }) if last.as_ref() == Ok(&print) => last,
            Ok(Look { print, pair: Ok(pair) }) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = pair;
                tracing::info!("The certificate of metrics was read again");
                Ok(print)
            }
            Ok(Look { print, pair: Err(fault) }) => {
                tracing::warn!(%fault, "The new certificate of metrics cannot be used; the old one is kept");
                Ok(print)
            }
            Err(fault) => {
                let said = fault.to_string();
                if last.as_ref() != Err(&said) {
                    tracing::warn!(%fault, "The certificate of metrics cannot be read again; the old one is kept");
                }
                Err(said)
            }
        }
    }

    fn server_config(self: &Arc<Self>) -> Arc<ServerConfig> {
        let resolver = Arc::clone(self);
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

impl ResolvesServerCert for ServingCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// A listener whose connections have shaken hands. A client that is slow with that holds up no other.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl TlsListener {
    /// Listens with this certificate, TLS 1.2 and newer.
    pub(crate) fn new(tcp: TcpListener, certificate: &Arc<ServingCertificate>) -> Self {
        Self { tcp, acceptor: TlsAcceptor::from(certificate.server_config()), handshakes: JoinSet::new() }
    }

    fn begin(&mut self, stream: TcpStream, address: SocketAddr) {
        let handshake = self.acceptor.accept(stream);
        self.handshakes.spawn(async move {
            let done = timeout(HANDSHAKE, handshake).await.map_err(io::Error::from).flatten();
            done.inspect_err(|error| tracing::debug!(%address, %error, "No TLS handshake"))
                .ok()
                .map(|stream| (stream, address))
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp), if self.handshakes.len() < HANDSHAKES => {
                    self.begin(stream, address);
                }
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = done {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use rcgen::{CertifiedKey as Made, generate_simple_self_signed};
    use tempfile::TempDir;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// A folder with a pair, and the pair.
    struct Pair {
        folder: TempDir,
        certificate: String,
    }

    fn make() -> (String, String) {
        let Made { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    impl Pair {
        fn new() -> Self {
            let mut pair = Self { folder: TempDir::new().unwrap(), certificate: String::new() };
            pair.renew();
            pair
        }

        fn renew(&mut self) {
            let (certificate, key) = make();
            fs::write(self.path("tls.crt"), &certificate).unwrap();
            fs::write(self.path("tls.key"), key).unwrap();
            self.certificate = certificate;
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn read(&self) -> Result<Arc<ServingCertificate>, CertificateFault> {
            ServingCertificate::read(&self.path("tls.crt"), &self.path("tls.key"))
        }
    }

    async fn serve(certificate: &Arc<ServingCertificate>) -> SocketAddr {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let listener = TlsListener::new(tcp, certificate);
        tokio::spawn(axum::serve(listener, Router::new().route("/", get(async || "ok"))).into_future());
        address
    }

    /// Whether a client that trusts this certificate alone is answered.
    async fn answers(address: SocketAddr, trusted: &str) -> bool {
        let root = reqwest::Certificate::from_pem(trusted.as_bytes()).unwrap();
        let client =
            reqwest::Client::builder().no_proxy().tls_certs_only([root]).resolve("localhost", address);
        let url = format!("https://localhost:{}/", address.port());
        client.build().unwrap().get(url).send().await.is_ok_and(|answer| answer.status() == 200)
    }

    #[tokio::test]
    async fn a_new_pair_is_served_and_a_broken_one_is_not() {
        default_provider().install_default().ok();
        let mut pair = Pair::new();
        let old = pair.certificate.clone();
        let serving = pair.read().unwrap();
        let address = serve(&serving).await;
        assert!(answers(address, &old).await);
        let last = serving.look_again(Ok(serving.first.clone()));
        assert!(last == Ok(serving.first.clone()));

        // Half of a pair has come, then rubbish, then the file is gone.
        let (certificate, _) = make();
        for content in [certificate.as_str(), "rubbish"] {
            fs::write(pair.path("tls.crt"), content).unwrap();
            let last = serving.look_again(last.clone());
            assert!(last.is_ok() && last != Ok(serving.first.clone()));
            assert!(answers(address, &old).await);
        }
        fs::remove_file(pair.path("tls.crt")).unwrap();
        let gone = serving.look_again(last);
        assert!(gone.clone().unwrap_err().contains("tls.crt"));
        assert!(answers(address, &old).await);

        pair.renew();
        assert!(serving.look_again(gone).is_ok());
        assert!(answers(address, &pair.certificate).await);
        assert!(!answers(address, &old).await);
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_and_one_that_speaks_plainly_hold_up_nobody() {
        default_provider().install_default().ok();
        let pair = Pair::new();
        let address = serve(&pair.read().unwrap()).await;
        let _silent = TcpStream::connect(address).await.unwrap();
        let mut plain = TcpStream::connect(address).await.unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert!(answers(address, &pair.certificate).await);
    }

    #[test]
    fn what_cannot_be_used_names_flag_and_file() {
        let pair = Pair::new();
        let told = |name: &str, content: Option<&str>| {
            let file = pair.path(name);
            let before = fs::read(&file).unwrap();
            match content {
                Some(content) => fs::write(&file, content).unwrap(),
                None => fs::remove_file(&file).unwrap(),
            }
            let told = pair.read().unwrap_err().to_string();
            fs::write(&file, before).unwrap();
            assert!(told.contains(name), "{told}");
            told
        };
        assert!(told("tls.crt", None).contains("--metrics-tls-cert"));
        assert!(told("tls.key", None).contains("--metrics-tls-key"));
        assert!(told("tls.crt", Some("")).contains("no usable certificate"));
        assert!(told("tls.key", Some("rubbish")).contains("no usable private key"));
        assert!(told("tls.key", Some(&make().1)).contains("is not that of the certificate"));
        assert!(pair.read().is_ok());
    }
}
