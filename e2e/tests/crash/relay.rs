//! Between the machine and the boot service: holds a request until an operator answers, and kills one at a chosen request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use slipway_e2e::{Moment, wait_for};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::life::Kill;
use crate::point::Point;

/// How long a request is held while no operator listens: firmware and installers ask for minutes.
const HELD: Duration = Duration::from_secs(40);

/// A relay; it ends when it is dropped.
pub(crate) struct Relay {
    url: String,
    shared: Arc<Shared>,
    _listening: JoinSet<()>,
}

struct Shared {
    upstream: SocketAddr,
    client: reqwest::Client,
    state: Mutex<State>,
}

/// A kill that is to come.
struct Strike {
    point: Point,
    kill: Kill,
}

#[derive(Default)]
struct State {
    requests: u64,
    strike: Option<Strike>,
}

impl Relay {
    /// Starts a relay to the boot service at this address.
    pub(crate) async fn start(upstream: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let client =
            reqwest::Client::builder().no_proxy().tls_certs_only([]).pool_max_idle_per_host(0).build()?;
        let state = Mutex::default();
        let shared = Arc::new(Shared { upstream, client, state });
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { url, shared, _listening: listening })
    }

    /// What the network's DHCP announces.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many requests came so far.
    pub(crate) fn requests(&self) -> u64 {
        self.shared.state.lock().unwrap().requests
    }

    /// Kills at this point.
    pub(crate) fn arm(&self, point: Point, kill: Kill) {
        self.shared.state.lock().unwrap().strike = Some(Strike { point, kill });
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { shared.pass(request).await }
            });
            let _cut_or_gone = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Shared {
    async fn pass(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let strike = self.count();
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let mut after = None;
        match strike {
            Some(strike) if strike.point.moment == Moment::BeforeForwarding => strike.kill.strike(),
            other => after = other,
        }
        let answer = wait_for("an operator's answer", HELD, || {
            let strike = after.take();
            let forwarded = self.forward(&head, &body);
            async move {
                let answer = forwarded.await?;
                let Some(strike) = strike else { return Ok(answer) };
                strike.kill.strike();
                anyhow::bail!("the answer was lost")
            }
        });
        Ok(answer.await.unwrap_or_else(|_| {
            let mut none = Response::default();
            *none.status_mut() = StatusCode::BAD_GATEWAY;
            none
        }))
    }

    fn count(&self) -> Option<Strike> {
        let mut state = self.state.lock().unwrap();
        state.requests += 1;
        let number = state.requests;
        state.strike.take_if(|strike| strike.point.number == number)
    }

    async fn forward(&self, head: &Parts, body: &Bytes) -> anyhow::Result<Response<Full<Bytes>>> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("http://{}{path}", self.upstream);
        let request = self.client.request(head.method.clone(), url);
        let answer = request.headers(head.headers.clone()).body(body.clone()).send().await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
            headers.remove(CONTENT_LENGTH);
            headers.remove(TRANSFER_ENCODING);
        }
        Ok(response.body(Full::new(answer.bytes().await?))?)
    }
}
