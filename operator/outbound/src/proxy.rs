//! A proxy, judged and ready to be connected to.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use reqwest::Method;
use rustls::ClientConfig;
use slipway_core::{failure::Failure, reason::Reason};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use url::Url;

use crate::{
    connector::label,
    diagnosis::{self, Sent},
    greeting::shake,
};

/// Longest head of an answer to `CONNECT` that is read, in bytes.
const LONGEST_HEAD: usize = 8192;

/// Bytes to and from somebody, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A proxy whose addresses have been checked.
pub(crate) struct Proxy {
    pub(crate) url: Url,
    pub(crate) addresses: Vec<SocketAddr>,
    /// For an https proxy.
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) connect_timeout: Duration,
    pub(crate) mend: &'static str,
}

/// What came back in place of a tunnel.
enum Refusal {
    Status(u16),
    NotHttp,
    Closed(io::Error),
}

impl Proxy {
    /// Only scheme, host and port: a login would be sent in clear, and a path has no meaning.
    pub(crate) fn judge_form(url: &Url) -> Result<(), Failure> {
        let what = if !matches!(url.scheme(), "http" | "https") {
            "must start with http:// or https://"
        } else if url.host().is_none() {
            "lacks a host"
        } else if !url.username().is_empty() || url.password().is_some() {
            "must not hold a user name or password; a proxy is never sent a login"
        } else if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            "must have no path, query or fragment"
        } else {
            return Ok(());
        };
        Err(Failure::new(Reason::InvalidSpec, format!("the address of the proxy, {}, {what}", label(url))))
    }

    pub(crate) fn label(&self) -> String {
        format!("the proxy {}", label(&self.url))
    }

    /// Connects to the proxy itself; an https proxy proves itself first.
    pub(crate) async fn reach(&self) -> Result<Box<dyn Stream>, Failure> {
        let sent = Sent {
            label: self.label().into(),
            method: Method::CONNECT,
            limit: self.connect_timeout,
            mend: self.mend,
        };
        let connected = timeout(self.connect_timeout, async {
            let tcp = TcpStream::connect(&self.addresses[..]).await?;
            tcp.set_nodelay(true)?;
            Ok::<Box<dyn Stream>, io::Error>(match self.url.scheme() {
                "https" => Box::new(shake(&self.url, tcp, self.tls.clone()).await?),
                _ => Box::new(tcp),
            })
        });
        let connected = connected.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        connected.map_err(|error| diagnosis::of_greeting(&error, &sent))
    }

    /// Asks the proxy for a tunnel to the target (RFC 9110 §9.3.6).
    pub(crate) async fn tunnel(&self, stream: &mut dyn Stream, target: &Url) -> Result<(), Failure> {
        connect(stream, target).await.map_err(|refusal| self.refused(target, &refusal))
    }

    fn refused(&self, target: &Url, refusal: &Refusal) -> Failure {
        let (proxy, target) = (self.label(), label(target));
        let message = match refusal {
            Refusal::Status(407) => return self.wants_login(),
            Refusal::Status(status) => format!(
                "{proxy} does not connect to {target}: it answered {status}; have it allow the target, or correct the addresses"
            ),
            Refusal::NotHttp => {
                format!("what answers at {proxy} is no HTTP proxy; correct its address")
            }
            Refusal::Closed(error) if error.kind() == io::ErrorKind::TimedOut => {
                format!("{proxy} did not connect to {target} within {:?}", self.connect_timeout)
            }
            Refusal::Closed(_) => {
                format!("{proxy} closed the connection when it was asked to connect to {target}")
            }
        };
        Failure::new(Reason::Unreachable, message)
    }

    /// It answered 407.
    pub(crate) fn wants_login(&self) -> Failure {
        let message = format!(
            "{} wants a login (407), and none is ever sent to a proxy; have it let the operator through without one",
            self.label()
        );
        Failure::new(Reason::Unreachable, message)
    }
}

async fn connect(stream: &mut dyn Stream, target: &Url) -> Result<(), Refusal> {
    let host = target.host_str().unwrap_or_default();
    let port = target.port_or_known_default().unwrap_or(443);
    let asked = format!(
        "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {}\r\n\r\n",
        crate::peer::USER_AGENT
    );
    stream.write_all(asked.as_bytes()).await.map_err(Refusal::Closed)?;
    stream.flush().await.map_err(Refusal::Closed)?;
    match status(stream).await? {
        200..=299 => Ok(()),
        status => Err(Refusal::Status(status)),
    }
}

/// The status of an answer that must end with its head: whoever is behind the tunnel does not speak first.
async fn status(stream: &mut dyn Stream) -> Result<u16, Refusal> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    loop {
        let length = stream.read(&mut part).await.map_err(Refusal::Closed)?;
        if length == 0 {
            return Err(Refusal::Closed(io::ErrorKind::UnexpectedEof.into()));
        }
        head.extend_from_slice(part.get(..length).unwrap_or_default());
        let begun = head.len().min(b"HTTP/1.".len());
        if !b"HTTP/1.".starts_with(head.get(..begun).unwrap_or_default()) || head.len() > LONGEST_HEAD {
            return Err(Refusal::NotHttp);
        }
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            let status = status_of(&head).ok_or(Refusal::NotHttp)?;
            let alone = end + 4 == head.len();
            return if alone || status > 299 { Ok(status) } else { Err(Refusal::NotHttp) };
        }
    }
}

fn status_of(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let status = std::str::from_utf8(line).ok()?.split(' ').nth(1)?;
    status.parse().ok().filter(|status| (100..600).contains(status))
}
