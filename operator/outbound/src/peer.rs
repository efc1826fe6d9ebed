//! A peer for one burst of requests.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Client, Response, redirect, retry, tls::TlsInfo};
use rustls::ClientConfig;
use slipway_core::{failure::Failure, reason::Reason, trust::Pin};
use tokio::time::{Instant, timeout_at};
use tower::util::MapResultLayer;
use url::Url;

use crate::{
    answer::Answer,
    certificate::Certificate,
    connector::label,
    diagnosis::{self, Sent},
    download::Download,
    gate::Gate,
    proxy::Proxy,
    request::Request,
    trusted::Trusted,
    tunnel::{Line, ShownPin, Tunnel},
};

/// What we call ourselves to peers.
pub(crate) const USER_AGENT: &str = concat!("slipway/", env!("CARGO_PKG_VERSION"));

enum Way {
    Direct(Client),
    Through(Box<Tunnel>),
}

/// A peer whose addresses have been checked. Holds at most one idle connection, which closes when it is dropped.
pub struct Peer {
    way: Way,
    gate: Gate,
    origin: Url,
    label: Arc<str>,
    reports_pin: bool,
    mend: &'static str,
}

impl fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Peer").field("label", &self.label).finish_non_exhaustive()
    }
}

impl Peer {
    pub(crate) fn new(
        url: &Url,
        addresses: &[SocketAddr],
        trusted: &Trusted,
        connect_timeout: Duration,
        gate: &Gate,
    ) -> Result<Self, Failure> {
        let at_connection = gate.clone();
        let builder = Client::builder()
            .tls_backend_preconfigured(ClientConfig::clone(&trusted.config))
            .tls_info(trusted.reports_pin)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            .pool_max_idle_per_host(1)
            .connect_timeout(connect_timeout)
            .connector_layer(MapResultLayer::new(move |connection| at_connection.through(connection)))
            .user_agent(USER_AGENT)
            .resolve_to_addrs(url.host_str().unwrap_or_default(), addresses);
        let label = label(url);
        let client = builder.build().map_err(|error| {
            Failure::new(Reason::Internal, format!("no connection to {label} can be prepared: {error}"))
        })?;
        let way = Way::Direct(client);
        Ok(Self::by(way, url, trusted, gate))
    }

    pub(crate) fn through(url: &Url, proxy: Proxy, trusted: &Trusted, gate: &Gate) -> Self {
        let way = Way::Through(Box::new(Tunnel::new(proxy, trusted.clone(), gate.clone())));
        Self::by(way, url, trusted, gate)
    }

    fn by(way: Way, url: &Url, trusted: &Trusted, gate: &Gate) -> Self {
        let (label, origin) = (label(url).into(), url.clone());
        Self { way, gate: gate.clone(), origin, label, reports_pin: trusted.reports_pin, mend: trusted.mend }
    }

    /// Scheme, host and port; for messages.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Sends a request and reads the whole answer, whatever its status. Never sent twice.
    ///
    /// Errors: [`Reason::ConnectionRefused`], [`Reason::Unreachable`], [`Reason::CertificateUntrusted`],
    /// [`Reason::CertificateChanged`], [`Reason::AnswerTooLarge`]. The effect is unknown when a request that is not a mere
    /// reading may have been written and was not answered.
    pub async fn send(&self, request: Request) -> Result<Answer, Failure> {
        let sent = self.sent(&request);
        let deadline = Instant::now() + request.deadline;
        let cap = request.cap;
        let whole = async {
            let (response, line) = self.dispatch(request, &sent).await?;
            let answer = self.read(response, cap, &sent).await?;
            if let (Way::Through(tunnel), Some(line)) = (&self.way, line) {
                tunnel.keep(line);
            }
            Ok(answer)
        };
        timeout_at(deadline, whole).await.unwrap_or_else(|_| Err(diagnosis::too_slow(&sent)))
    }

    /// Sends a request and answers its body piece by piece; the cap is on the sum.
    ///
    /// `pause` is the longest time between two pieces; the deadline of the request is for everything up to the end of the headers.
    /// Errors as [`Peer::send`].
    pub async fn download(&self, request: Request, pause: Duration) -> Result<Download, Failure> {
        let sent = self.sent(&request);
        let deadline = Instant::now() + request.deadline;
        let cap = request.cap as u64;
        let (response, _) = timeout_at(deadline, self.dispatch(request, &sent))
            .await
            .unwrap_or_else(|_| Err(diagnosis::too_slow(&sent)))?;
        if response.content_length().is_some_and(|length| length > cap) {
            return Err(diagnosis::too_large(&sent, cap));
        }
        Ok(Download::new(response, cap, pause, sent))
    }

    fn sent(&self, request: &Request) -> Sent {
        let (label, method) = (self.label.clone(), request.method.clone());
        Sent { label, method, limit: request.deadline, mend: self.mend }
    }

    async fn dispatch(&self, request: Request, sent: &Sent) -> Result<(Response, Option<Line>), Failure> {
        self.gate.pass()?;
        let url = self.locate(&request.target)?;
        let client = match &self.way {
            Way::Direct(client) => client,
            Way::Through(tunnel) => {
                let parts = (request.method, request.headers, request.body);
                let (response, line) = tunnel.send(&url, parts, sent).await?;
                return Ok((response, Some(line)));
            }
        };
        let mut builder = client.request(request.method, url).headers(request.headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body);
        }
        let response = builder.send().await.map_err(|error| diagnosis::of(&error, sent))?;
        Ok((response, None))
    }

    /// The URL of a target; never one of another origin, whatever a peer's links say.
    fn locate(&self, target: &str) -> Result<Url, Failure> {
        let elsewhere = || {
            let message =
                format!("{} names a resource of another server; such links are not followed", self.label);
            Failure::new(Reason::NotRedfish, message)
        };
        let url = self.origin.join(target).map_err(|_| elsewhere())?;
        let credentials = !url.username().is_empty() || url.password().is_some();
        if url.origin() != self.origin.origin() || credentials { Err(elsewhere()) } else { Ok(url) }
    }

    async fn read(&self, mut response: Response, cap: usize, sent: &Sent) -> Result<Answer, Failure> {
        if response.content_length().is_some_and(|length| length > cap as u64) {
            return Err(diagnosis::too_large(sent, cap as u64));
        }
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|error| diagnosis::of(&error, sent))? {
            if body.len() + piece.len() > cap {
                return Err(diagnosis::too_large(sent, cap as u64));
            }
            body.extend_from_slice(&piece);
        }
        let pin = if self.reports_pin { shown_pin(&response) } else { None };
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status: response.status(), headers, body: Bytes::from(body), pin })
    }
}

fn shown_pin(response: &Response) -> Option<Pin> {
    if let Some(ShownPin(pin)) = response.extensions().get() {
        return Some(pin.clone());
    }
    let certificate = response.extensions().get::<TlsInfo>()?.peer_certificate()?;
    Certificate::read(certificate).map(|read| read.pin())
}
