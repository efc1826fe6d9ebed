//! A proxy between the operator and the API server that counts calls and breaks them where a test says so.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use futures::TryStreamExt as _;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::{ApiCall, ControlPlane, Moment, Rule, Then, Verb};

type Body = UnsyncBoxBody<Bytes, reqwest::Error>;

/// An HTTPS reverse proxy with a certificate authority of its own. Tokens pass through it; client certificates cannot.
/// It ends when it is dropped.
#[derive(Debug)]
pub struct ApiProxy {
    url: String,
    ca_pem: String,
    shared: Arc<Shared>,
    _listening: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    client: reqwest::Client,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<ApiCall>,
    writes: u64,
    rules: Vec<Rule>,
}

impl ApiProxy {
    /// Starts a proxy before this control plane, on a free port.
    pub async fn start(control_plane: &ControlPlane) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (acceptor, ca_pem) = tls(address)?;
        let upstream_ca = reqwest::Certificate::from_pem(control_plane.ca_pem()?.as_bytes())?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([upstream_ca])
            .build()?;
        let upstream = control_plane.url().to_owned();
        let shared = Arc::new(Shared { upstream, client, state: Mutex::default() });
        let mut listening = JoinSet::new();
        listening.spawn(accept_all(listener, acceptor, Arc::clone(&shared)));
        Ok(Self { url: format!("https://{address}"), ca_pem, shared, _listening: listening })
    }

    /// The proxy's address, `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate authority to trust, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Adds a rule to those in force.
    pub fn install(&self, rule: Rule) {
        self.shared.state().rules.push(rule);
    }

    /// Removes all rules.
    pub fn clear_rules(&self) {
        self.shared.state().rules.clear();
    }

    /// Forgets all calls; numbers begin at 1 again. Rules stay.
    pub fn reset(&self) {
        let mut state = self.shared.state();
        state.calls.clear();
        state.writes = 0;
    }

    /// All calls so far, in the order in which they came.
    #[must_use]
    pub fn calls(&self) -> Vec<ApiCall> {
        self.shared.state().calls.clone()
    }

    /// How many writes came so far, refused and cut ones too, but those of Leases.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.shared.state().writes
    }

    /// How many calls came so far by verb and resource, the latter with `/status` and such.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(Verb, String), u64> {
        let mut counts = BTreeMap::new();
        for call in &self.shared.state().calls {
            let mut resource = call.resource.clone();
            if !call.subresource.is_empty() {
                resource = format!("{resource}/{}", call.subresource);
            }
            *counts.entry((call.verb, resource)).or_default() += 1;
        }
        counts
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, mut call: ApiCall) -> ApiCall {
        let mut state = self.state();
        call.number = state.calls.len() as u64 + 1;
        // Leases are written for as long as an operator runs, whatever it does.
        if call.verb.is_write() && call.resource != "leases" {
            state.writes += 1;
            call.write_number = Some(state.writes);
        }
        state.calls.push(call.clone());
        call
    }

    fn decide(&self, moment: Moment, call: &ApiCall) -> Then {
        // The rules are called without the lock: a hook may ask the proxy.
        let rules = self.state().rules.clone();
        let said: Vec<Then> = rules.iter().map(|rule| rule.apply(moment, call)).collect();
        said.into_iter().find(|then| *then != Then::GoOn).unwrap_or(Then::GoOn)
    }

    async fn pass(&self, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        let call = self.count(ApiCall::read(request.method(), request.uri()));
        if let Some(answer) = settled(self.decide(Moment::BeforeForwarding, &call))? {
            return Ok(answer);
        }
        let answer = self.forward(request, &call).await.unwrap_or_else(|_| empty(StatusCode::BAD_GATEWAY));
        match settled(self.decide(Moment::BeforeAnswering, &call))? {
            Some(instead) => Ok(instead),
            None => Ok(answer),
        }
    }

    async fn forward(&self, request: Request<Incoming>, call: &ApiCall) -> anyhow::Result<Response<Body>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let answer = self
            .client
            .request(head.method, format!("{}{}", self.upstream, call.path))
            .headers(end_to_end(head.headers))
            .body(body)
            .send()
            .await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = end_to_end(answer.headers().clone());
        }
        // Piece by piece, so that a watch's event arrives when it happens.
        let pieces = StreamBody::new(answer.bytes_stream().map_ok(Frame::data));
        Ok(response.body(pieces.boxed_unsync())?)
    }
}

/// The caller's connection is to be closed without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut by a rule")
    }
}

impl std::error::Error for Cut {}

fn settled(then: Then) -> Result<Option<Response<Body>>, Cut> {
    match then {
        Then::GoOn => Ok(None),
        Then::Cut => Err(Cut),
        Then::Answer(status) => Ok(Some(empty(status))),
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let body = Empty::new().map_err(|never: Infallible| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response
}

/// Headers that are not about one connection only.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for own in
        [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::UPGRADE]
    {
        headers.remove(own);
    }
    headers
}

async fn accept_all(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, acceptor.clone(), Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    // A caller that does not get through sees it itself; the proxy has nothing to add.
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { shared.pass(request).await }
    });
    let _cut_or_gone =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn tls(address: SocketAddr) -> anyhow::Result<(TlsAcceptor, String)> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new([address.ip().to_string()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .context("the proxy's certificate")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), authority.pem()))
}
