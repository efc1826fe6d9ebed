//! A server that answers each request as a script says, and remembers what it was sent.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// One request.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

/// What is done with a request.
pub(crate) enum Act {
    /// These bytes, then the next request.
    Answer(String),
    /// These bytes, and the connection is closed.
    Cut(String),
    /// Nothing.
    Hang,
}

/// An answer in JSON with more headers, each ended by a line break.
pub(crate) fn json(status: u16, headers: &str, body: &str) -> Act {
    answer(status, &format!("Content-Type: application/json\r\n{headers}"), body)
}

/// OCI's own form of a refusal.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Act {
    let body = serde_json::json!({"code": code, "message": message}).to_string();
    json(status, "opc-request-id: ORACLE/ID/7\r\n", &body)
}

/// A page of a proxy.
pub(crate) fn html(status: u16) -> Act {
    answer(status, "Content-Type: text/html; charset=utf-8\r\n", "<html>canary</html>")
}

pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Act {
    Act::Answer(format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()))
}

type Script = Arc<dyn Fn(usize, &Seen) -> Act + Send + Sync>;

/// A running server; stops when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Its certificate in PEM, over TLS.
    pub(crate) certificate: Option<String>,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Over plain HTTP. The script is given how many requests came before.
    pub(crate) async fn start(script: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static) -> Self {
        Self::run(None, Arc::new(script)).await
    }

    /// Over TLS, with a certificate that it signed itself.
    pub(crate) async fn start_tls(script: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self::run(Some((certificate.pem(), key.serialize_pem())), Arc::new(script)).await
    }

    async fn run(identity: Option<(String, String)>, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = identity.as_ref().map(|(certificate, key)| acceptor(certificate, key));
        let seen = Arc::new(Mutex::default());
        let (connections, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let shared = (Arc::clone(&seen), Arc::clone(&connections), Arc::clone(&open));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.1.fetch_add(1, Ordering::SeqCst);
                shared.2.fetch_add(1, Ordering::SeqCst);
                let (script, seen, acceptor) = (script.clone(), Arc::clone(&shared.0), acceptor.clone());
                let open = Arc::clone(&shared.2);
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, script, &seen).await;
                            }
                        }
                        None => serve(stream, script, &seen).await,
                    }
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            address,
            certificate: identity.map(|(certificate, _)| certificate),
            seen,
            connections,
            open,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Connections that are open.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Connections that were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(certificate: &str, key: &str) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, script: Script, seen: &Mutex<Vec<Seen>>) {
    let mut read = Vec::new();
    while let Some(request) = next(&mut stream, &mut read).await {
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        let (bytes, goes_on) = match script(before, &request) {
            Act::Answer(bytes) => (bytes, true),
            Act::Cut(bytes) => (bytes, false),
            Act::Hang => std::future::pending().await,
        };
        if stream.write_all(bytes.as_bytes()).await.is_err() || !goes_on {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

async fn next<S: AsyncRead + Unpin>(stream: &mut S, read: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(read[..end].to_vec()).unwrap();
            let mut lines = head.lines();
            let mut first = lines.next()?.split(' ').map(str::to_owned);
            let headers: BTreeMap<_, _> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
            if read.len() >= end + 4 + length {
                let body = String::from_utf8(read[end + 4..end + 4 + length].to_vec()).unwrap();
                read.drain(..end + 4 + length);
                return Some(Seen {
                    method: first.next()?,
                    target: first.next()?,
                    headers,
                    body,
                    at: Instant::now(),
                });
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(length @ 1..) => read.extend_from_slice(&part[..length]),
            _ => return None,
        }
    }
}
