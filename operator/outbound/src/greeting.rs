//! A TLS handshake and nothing else.

use std::{io, net::SocketAddr, time::Duration};

use reqwest::Method;
use rustls_pki_types::ServerName;
use slipway_core::{failure::Failure, trust::Pin};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Url;

use crate::{
    certificate::Certificate,
    connector::label,
    diagnosis::{self, Sent},
    trusted::Trusted,
};

/// Connects to the first address that takes the connection, shakes hands, and closes.
pub(crate) async fn exchange(
    url: &Url,
    addresses: &[SocketAddr],
    trusted: &Trusted,
    limit: Duration,
) -> Result<Option<Pin>, Failure> {
    let sent = Sent { label: label(url).into(), method: Method::GET, limit };
    let deadline = Instant::now() + limit;
    let greeted = timeout_at(deadline, shake(url, addresses, trusted)).await;
    let stream = greeted
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|error| diagnosis::of_greeting(&error, &sent))?;
    let Some(mut stream) = stream else { return Ok(None) };
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let pin = shown.and_then(|certificate| Certificate::read(certificate)).map(|read| read.pin());
    // The peer has proved itself; how it takes the farewell changes nothing.
    let _ = timeout_at(deadline, stream.shutdown()).await;
    Ok(pin)
}

async fn shake(
    url: &Url,
    addresses: &[SocketAddr],
    trusted: &Trusted,
) -> io::Result<Option<TlsStream<TcpStream>>> {
    let tcp = TcpStream::connect(addresses).await?;
    if url.scheme() != "https" {
        return Ok(None);
    }
    // An IPv6 address stands in brackets in a URL.
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    TlsConnector::from(trusted.config.clone()).connect(name, tcp).await.map(Some)
}
