//! A file server that stands for the upstream of kernels and initrds.

use crate::body::{self, Body};
use crate::door::{Door, door};
use crate::fetch::hex;
use crate::guarded::Guarded;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What goes wrong with one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ImageFault {
    /// Other bytes of the same length.
    WrongContent,
    /// This status and no body.
    Status {
        /// HTTP status.
        code: u16,
    },
    /// The answer comes late.
    Slow {
        /// Delay in milliseconds.
        millis: u64,
    },
    /// The body ends before its announced length.
    CutMiddle,
}

#[derive(Debug)]
struct File {
    content: Bytes,
    sha256: String,
    requests: u64,
    fault: Option<ImageFault>,
}

impl File {
    fn new(content: Bytes) -> Self {
        let sha256 = hex(&Sha256::digest(&content));
        Self { content, sha256, requests: 0, fault: None }
    }
}

/// The file server. Starts with `vmlinuz`, `initrd` and `disk.img`.
#[derive(Debug)]
pub struct Images {
    address: SocketAddr,
    files: Arc<Guarded<BTreeMap<String, File>>>,
    door: Door,
}

impl Images {
    pub(crate) async fn start(tasks: &mut JoinSet<()>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let files = Arc::new(Guarded::new(first_files()));
        let served = Arc::clone(&files);
        let (door, attend) = door(listener, address, move |stream| serve(Arc::clone(&served), stream));
        tasks.spawn(attend);
        Ok(Self { address, files, door })
    }

    /// Base URL, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// URL of a file.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// SHA-256 of a file's true content in lower-case hexadecimal; empty for a file that is not there.
    #[must_use]
    pub fn sha256(&self, name: &str) -> String {
        self.files.lock().get(name).map(|file| file.sha256.clone()).unwrap_or_default()
    }

    /// Adds or replaces a file.
    pub fn put(&self, name: &str, content: impl Into<Bytes>) {
        self.files.lock().insert(name.to_owned(), File::new(content.into()));
    }

    /// Number of requests for a file, faults included.
    #[must_use]
    pub fn requests(&self, name: &str) -> u64 {
        self.files.lock().get(name).map_or(0, |file| file.requests)
    }

    /// Sets or clears the fault of a file.
    pub fn set_fault(&self, name: &str, fault: Option<ImageFault>) {
        if let Some(file) = self.files.lock().get_mut(name) {
            file.fault = fault;
        }
    }

    /// Down, connections are refused; returns when it is so.
    pub async fn set_down(&self, down: bool) {
        self.door.set_open(!down).await;
    }

    /// Names of the files.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.files.lock().keys().cloned().collect()
    }
}

fn first_files() -> BTreeMap<String, File> {
    [("vmlinuz", 64 << 10), ("initrd", 192 << 10), ("disk.img", 256 << 10)]
        .into_iter()
        .map(|(name, size)| (name.to_owned(), File::new(pattern(name, size))))
        .collect()
}

/// Bytes that follow from name and place, so that a piece served from a wrong offset has another digest.
fn pattern(name: &str, size: usize) -> Bytes {
    let mut content = Vec::with_capacity(size);
    let mut block = Sha256::digest(name.as_bytes());
    while content.len() < size {
        content.extend_from_slice(&block);
        block = Sha256::digest(block);
    }
    content.truncate(size);
    Bytes::from(content)
}

async fn serve(files: Arc<Guarded<BTreeMap<String, File>>>, stream: TcpStream) {
    let service = service_fn(move |request| answer(Arc::clone(&files), request));
    // A client that goes away in the middle is its own affair.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    files: Arc<Guarded<BTreeMap<String, File>>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let name = request.uri().path().trim_start_matches('/');
    let found = files.lock().get_mut(name).map(|file| {
        file.requests += 1;
        (file.content.clone(), file.fault)
    });
    let Some((content, fault)) = found else {
        return Ok(bare(StatusCode::NOT_FOUND));
    };
    Ok(match fault {
        None => whole(content),
        Some(ImageFault::WrongContent) => whole(content.iter().map(|byte| !byte).collect()),
        Some(ImageFault::Status { code }) => {
            bare(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        }
        Some(ImageFault::Slow { millis }) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            whole(content)
        }
        Some(ImageFault::CutMiddle) => cut(&content),
    })
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(body::whole(Bytes::new()));
    *response.status_mut() = status;
    response
}

fn whole(content: Bytes) -> Response<Body> {
    Response::new(body::whole(content))
}

fn cut(content: &Bytes) -> Response<Body> {
    let mut response = Response::new(body::cut(content));
    response.headers_mut().insert(http::header::CONTENT_LENGTH, content.len().into());
    response
}
