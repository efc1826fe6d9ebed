//! The machines' HTTP client: plain HTTP, one connection per request, redirects followed.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::net::TcpStream;
use url::{Host, Url};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("scheme not supported")]
    Scheme,
    #[error("connection refused or cut")]
    Connection,
    #[error("answer cut short")]
    Truncated,
    #[error("no answer in time")]
    Timeout,
    #[error("too many redirects")]
    Redirects,
}

/// An answer, its body hashed and counted, its beginning kept.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) kept: Bytes,
}

/// One request of a machine.
#[derive(Debug, Clone)]
pub(crate) struct Errand<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) agent: &'a str,
    pub(crate) body: Option<(&'static str, String)>,
    /// Bytes of the answer to keep.
    pub(crate) keep: usize,
}

impl<'a> Errand<'a> {
    pub(crate) fn get(url: &'a Url, agent: &'a str, keep: usize) -> Self {
        Self { method: Method::GET, url, agent, body: None, keep }
    }
}

/// A script or an answer file is never longer.
pub(crate) const TEXT_LIMIT: usize = 1 << 20;

// iPXE follows 302 and 307, absolute or relative (facts/boot.md §A6).
const REDIRECTS: usize = 5;

/// Runs one request within a time limit.
pub(crate) async fn fetch(errand: Errand<'_>, limit: Duration) -> Result<Fetched, FetchError> {
    tokio::time::timeout(limit, follow(errand)).await.unwrap_or(Err(FetchError::Timeout))
}

async fn follow(errand: Errand<'_>) -> Result<Fetched, FetchError> {
    let mut url = errand.url.clone();
    for _ in 0..=REDIRECTS {
        let response = send(&errand, &url).await?;
        match target(&response, &url) {
            Some(next) => url = next,
            None => return receive(response, errand.keep).await,
        }
    }
    Err(FetchError::Redirects)
}

fn target(response: &Response<Incoming>, url: &Url) -> Option<Url> {
    if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
        return None;
    }
    url.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

async fn send(errand: &Errand<'_>, url: &Url) -> Result<Response<Incoming>, FetchError> {
    if url.scheme() != "http" {
        return Err(FetchError::Scheme);
    }
    let host = url.host_str().ok_or(FetchError::Scheme)?;
    let port = url.port_or_known_default().unwrap_or(80);
    if !is_loopback(url) {
        return Err(FetchError::Connection);
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, port)).await.map_err(|_| FetchError::Connection)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| FetchError::Connection)?;
    // The connection's own error shows again at the sender or the body.
    tokio::spawn(connection);
    let request = request(errand, url, host, port)?;
    sender.send_request(request).await.map_err(|_| FetchError::Connection)
}

/// The simulated network ends at this machine, whatever address a script or an answer file names.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn request(
    errand: &Errand<'_>,
    url: &Url,
    host: &str,
    port: u16,
) -> Result<Request<Full<Bytes>>, FetchError> {
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::builder()
        .method(errand.method.clone())
        .uri(target)
        .header(HOST, format!("{host}:{port}"))
        .header(USER_AGENT, errand.agent);
    if let Some((content_type, _)) = &errand.body {
        request = request.header(CONTENT_TYPE, *content_type);
    }
    let body = errand.body.as_ref().map_or_else(Bytes::new, |(_, text)| Bytes::from(text.clone()));
    request.body(Full::new(body)).map_err(|_| FetchError::Scheme)
}

async fn receive(response: Response<Incoming>, keep: usize) -> Result<Fetched, FetchError> {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let (mut kept, mut bytes, mut hash) = (Vec::new(), 0, Sha256::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| FetchError::Truncated)?;
        let Some(data) = frame.data_ref() else { continue };
        bytes += data.len() as u64;
        hash.update(data);
        kept.extend_from_slice(&data[..data.len().min(keep.saturating_sub(kept.len()))]);
    }
    Ok(Fetched { status, bytes, sha256: hex(&hash.finalize()), kept: Bytes::from(kept) })
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0f] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
    }
    text
}
