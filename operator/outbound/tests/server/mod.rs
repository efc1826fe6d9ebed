//! A server of one certificate that answers every request with the same bytes and counts what it was sent.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    },
};

/// An authority that issues certificates for servers.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Test authority");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap()
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a name, valid or expired long ago.
    pub(crate) fn issue(&self, name: &str, expired: bool) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A certificate and its key, in PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Identity {
    pub(crate) fn self_signed(name: &str, authority: bool) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        Self { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    /// `clients`: whose certificates a client must show.
    fn acceptor(&self, clients: Option<&Authority>) -> TlsAcceptor {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(
                clients.map_or_else(WebPkiClientVerifier::no_client_auth, Authority::verifier),
            )
            .with_single_cert(vec![certificate.unwrap()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// What the server does once it has read a request.
#[derive(Clone)]
pub(crate) enum Conduct {
    /// Writes these bytes and waits for the next request.
    Answer(&'static str),
    /// Writes these bytes, then more of them for ever.
    Endless(&'static str),
    /// Writes these bytes and closes.
    Cut(&'static str),
    /// Never answers.
    Hang,
    /// Takes the first request for `CONNECT`, and leads to this address whatever it asked for.
    Tunnel(SocketAddr),
}

/// A running server; stops when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(identity: Option<&Identity>, conduct: Conduct) -> Self {
        Self::listen(identity.map(|identity| identity.acceptor(None)), conduct).await
    }

    /// One that speaks only to clients of an authority.
    pub(crate) async fn start_for(clients: &Authority, identity: &Identity, conduct: Conduct) -> Self {
        Self::listen(Some(identity.acceptor(Some(clients))), conduct).await
    }

    async fn listen(acceptor: Option<TlsAcceptor>, conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heads, connections) = (Arc::<Mutex<_>>::default(), Arc::new(AtomicUsize::new(0)));
        let counters = (heads.clone(), connections.clone());
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counters.1.fetch_add(1, Ordering::SeqCst);
                let (acceptor, conduct, heads) = (acceptor.clone(), conduct.clone(), counters.0.clone());
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &conduct, &heads).await;
                            }
                        }
                        None => serve(stream, &conduct, &heads).await,
                    }
                });
            }
        });
        Self { address, heads, connections, task }
    }

    /// Requests whose headers arrived.
    pub(crate) fn requests(&self) -> usize {
        self.heads().len()
    }

    /// What arrived of each request up to the end of its headers.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Connections that were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    conduct: &Conduct,
    heads: &Mutex<Vec<String>>,
) {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4096];
        let Ok(length @ 1..) = stream.read(&mut part).await else {
            return;
        };
        read.extend_from_slice(&part[..length]);
        if !read.windows(4).any(|window| window == b"\r\n\r\n") {
            continue;
        }
        heads.lock().unwrap().push(String::from_utf8(std::mem::take(&mut read)).unwrap());
        match conduct {
            Conduct::Answer(bytes) => stream.write_all(bytes.as_bytes()).await.unwrap(),
            Conduct::Tunnel(to) => {
                stream.write_all(b"HTTP/1.1 200 Connected\r\nVia: test\r\n\r\n").await.unwrap();
                let mut target = TcpStream::connect(to).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut target).await;
                return;
            }
            Conduct::Hang => std::future::pending().await,
            Conduct::Cut(bytes) => {
                stream.write_all(bytes.as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
                return;
            }
            Conduct::Endless(bytes) => {
                stream.write_all(bytes.as_bytes()).await.unwrap();
                while stream.write_all(&[b' '; 16_384]).await.is_ok() {}
                return;
            }
        }
    }
}
