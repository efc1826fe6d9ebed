//! A TLS handshake and nothing else.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use reqwest::Method;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use slipway_core::{failure::Failure, trust::Pin};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
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
    let sent = Sent { label: label(url).into(), method: Method::GET, limit, mend: trusted.mend };
    let deadline = Instant::now() + limit;
    let greeted = timeout_at(deadline, async {
        let tcp = TcpStream::connect(addresses).await?;
        if url.scheme() != "https" {
            return Ok(None);
        }
        shake(url, tcp, trusted.config.clone()).await.map(Some)
    });
    let stream = greeted
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|error| diagnosis::of_greeting(&error, &sent))?;
    let Some(mut stream) = stream else { return Ok(None) };
    let pin = Certificate::shown(stream.get_ref().1);
    // The peer has proved itself; how it takes the farewell changes nothing.
    let _ = timeout_at(deadline, stream.shutdown()).await;
    Ok(pin)
}

/// Shakes hands with the host of the URL over a stream that leads to it.
pub(crate) async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
    url: &Url,
    stream: S,
    config: Arc<ClientConfig>,
) -> io::Result<TlsStream<S>> {
    // An IPv6 address stands in brackets in a URL.
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    TlsConnector::from(config).connect(name, stream).await
}
