//! Requests by way of a proxy.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use reqwest::{
    Body, Method, Response, StatusCode,
    header::{ACCEPT, HOST, HeaderMap, HeaderValue, USER_AGENT},
};
use slipway_core::{failure::Failure, reason::Reason, trust::Pin};
use tokio::time::timeout;
use url::{Position, Url};

use crate::{
    certificate::Certificate,
    connector::label,
    diagnosis::{self, Sent},
    gate::Gate,
    greeting::shake,
    peer,
    proxy::{Proxy, Stream},
    trusted::Trusted,
};

/// The way to one origin through one proxy. An https origin is behind `CONNECT` and judged end to end; an http one gets its requests
/// from the proxy. Holds at most one idle connection.
pub(crate) struct Tunnel {
    proxy: Proxy,
    trusted: Trusted,
    gate: Gate,
    idle: Mutex<Option<Line>>,
}

/// One connection to the origin.
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    pin: Option<Pin>,
}

/// Key that the origin showed, carried by its answers.
#[derive(Clone)]
pub(crate) struct ShownPin(pub(crate) Pin);

impl Tunnel {
    pub(crate) fn new(proxy: Proxy, trusted: Trusted, gate: Gate) -> Self {
        Self { proxy, trusted, gate, idle: Mutex::default() }
    }

    /// Sends a request over the idle connection or a new one. The line may be given back by [`Tunnel::keep`] when the whole answer is
    /// read.
    pub(crate) async fn send(
        &self,
        url: &Url,
        (method, headers, body): (Method, HeaderMap, Bytes),
        sent: &Sent,
    ) -> Result<(Response, Line), Failure> {
        let request = written(url, method, headers, body)?;
        let mut line = self.line(url, sent).await?;
        self.gate.pass()?;
        let answer = line.sender.send_request(request).await;
        let mut answer = answer.map_err(|error| diagnosis::of_exchange(&error, sent))?;
        if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED && url.scheme() == "http" {
            return Err(self.proxy.wants_login());
        }
        if let Some(pin) = &line.pin {
            answer.extensions_mut().insert(ShownPin(pin.clone()));
        }
        Ok((Response::from(answer.map(Body::wrap)), line))
    }

    /// Keeps a connection for the next request.
    pub(crate) fn keep(&self, line: Line) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    async fn line(&self, url: &Url, sent: &Sent) -> Result<Line, Failure> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut line) = kept
            && line.sender.ready().await.is_ok()
        {
            return Ok(line);
        }
        let (stream, pin) = self.establish(url).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| diagnosis::of_exchange(&error, sent))?;
        // It ends with its sender, or with the other side; whoever waits for an answer is told.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Line { sender, pin })
    }

    async fn establish(&self, url: &Url) -> Result<(Box<dyn Stream>, Option<Pin>), Failure> {
        let mut stream = self.proxy.reach().await?;
        if url.scheme() != "https" {
            return Ok((stream, None));
        }
        let limit = self.proxy.connect_timeout;
        let label: Arc<str> = format!("{} (through {})", label(url), self.proxy.label()).into();
        let sent = Sent { label, method: Method::GET, limit, mend: self.trusted.mend };
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let tunnel = timeout(limit, self.proxy.tunnel(&mut *stream, url)).await;
        tunnel.unwrap_or_else(|_| Err(diagnosis::of_greeting(&late(), &sent)))?;
        let greeted = timeout(limit, shake(url, stream, self.trusted.config.clone())).await;
        let stream =
            greeted.unwrap_or_else(|_| Err(late())).map_err(|error| diagnosis::of_greeting(&error, &sent))?;
        let pin = if self.trusted.reports_pin { Certificate::shown(stream.get_ref().1) } else { None };
        Ok((Box::new(stream), pin))
    }
}

/// The request as it goes on the wire: the whole URL to a proxy that forwards it, else the path alone.
fn written(
    url: &Url,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Result<http::Request<Full<Bytes>>, Failure> {
    let unfit = || Failure::new(Reason::InvalidSpec, format!("no request can be written for {}", label(url)));
    let from = if url.scheme() == "https" { Position::BeforePath } else { Position::BeforeScheme };
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = url[from..Position::AfterQuery].parse().map_err(|_| unfit())?;
    *request.headers_mut() = headers;
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| unfit())?);
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(peer::USER_AGENT));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(request)
}
