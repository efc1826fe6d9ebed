//! From a connection to an answer: TLS, the gate, faults, the service itself.

use super::Clock;
use super::clock::http_date;
use super::flushed::{Departure, Flushed};
use super::gate::{Gate, Position};
use super::reply::Reply;
use super::trouble::Trouble;
use crate::body::{Body, Cut};
use crate::door::{Door, door};
use crate::fault::FaultBook;
use crate::tls::Presented;
use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

const LONGEST_REQUEST: usize = 1 << 20;

/// One request, read whole.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path and query just as they were sent: what is signed.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    async fn read(request: Request<Incoming>) -> Result<Self, Cut> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, LONGEST_REQUEST).collect().await.map_err(|_| Cut)?.to_bytes();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Ok(Self { method: head.method, target, headers: head.headers, body })
    }
}

/// A JSON object; `None` for anything else.
pub(crate) fn parse_json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().filter(Value::is_object)
}

/// What every simulated service has.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) faults: FaultBook<Trouble>,
    pub(crate) gate: Gate,
    pub(crate) clock: Clock,
    pub(crate) presented: Presented,
}

/// A simulated service.
pub(crate) trait Service: Send + Sync + 'static {
    fn station(&self) -> &Station;

    /// Notes a call; its number is what the others take.
    fn begin(&self, asked: &Asked) -> u64;

    /// Does what is asked.
    fn handle(&self, number: u64, asked: &Asked) -> Reply;

    /// Adds what every answer carries, those of faults as well.
    fn dress(&self, asked: &Asked, reply: Reply) -> Reply;

    /// An error in the service's own words, for faults.
    fn error(&self, asked: &Asked, status: u16, code: &str, message: &str) -> Reply {
        let _ = asked;
        Reply::error(status, code, message)
    }

    /// The answer goes out with this status, or the call is cut.
    fn finish(&self, number: u64, status: Option<u16>);
}

/// How an answer leaves.
enum Delivery {
    Whole(Reply),
    Broken(Reply),
    Cut,
    Hang,
}

/// A socket that a service is served at.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) tls: bool,
}

/// Binds; port 0 asks the system.
pub(crate) async fn listen(address: SocketAddr, tls: bool) -> io::Result<Listening> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Listening { listener, address, tls })
}

impl Listening {
    /// Serves until the tasks are dropped.
    pub(crate) fn serve<S: Service>(self, service: &Arc<S>, tasks: &mut JoinSet<()>) -> Door {
        let (service, tls) = (Arc::clone(service), self.tls);
        let (door, task) =
            door(self.listener, self.address, move |stream| attend(Arc::clone(&service), stream, tls));
        tasks.spawn(task);
        door
    }
}

async fn attend<S: Service>(service: Arc<S>, stream: TcpStream, tls: bool) {
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    if !tls {
        return converse(service, stream).await;
    }
    let config = match service.station().presented.config() {
        Ok(config) => config,
        Err(error) => return tracing::error!(%error, "no certificate"),
    };
    match TlsAcceptor::from(config).accept(stream).await {
        Ok(stream) => converse(service, stream).await,
        Err(error) => tracing::debug!(%error, "handshake failed"),
    }
}

async fn converse<S, T>(service: Arc<S>, stream: T)
where
    S: Service,
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let departure = Departure::default();
    let stream = TokioIo::new(Flushed::new(stream, departure.clone()));
    let answer = service_fn(move |request| answer(Arc::clone(&service), departure.clone(), request));
    if let Err(error) = http1::Builder::new().serve_connection(stream, answer).await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn answer<S: Service>(
    service: Arc<S>,
    departure: Departure,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let asked = Asked::read(request).await?;
    // A task of its own: a request that is held goes on also when its caller is gone.
    let delivery = tokio::spawn(carry_out(service, departure, asked)).await.map_err(|_| Cut)?;
    match delivery {
        Delivery::Whole(reply) => Ok(reply.into_response()),
        Delivery::Broken(reply) => Ok(reply.into_cut_response()),
        Delivery::Cut => Err(Cut),
        Delivery::Hang => std::future::pending().await,
    }
}

async fn carry_out<S: Service>(service: Arc<S>, departure: Departure, asked: Asked) -> Delivery {
    let number = service.begin(&asked);
    let delivery = decide(&*service, &departure, number, &asked).await;
    let status = match &delivery {
        Delivery::Whole(reply) => Some(reply.status),
        Delivery::Broken(_) | Delivery::Cut | Delivery::Hang => None,
    };
    service.finish(number, status);
    delivery
}

async fn decide<S: Service>(service: &S, departure: &Departure, number: u64, asked: &Asked) -> Delivery {
    let station = service.station();
    let passage = station.gate.arrive(asked.method.as_str(), &asked.target);
    if !passage.pass(Position::BeforeEffect).await {
        return Delivery::Cut;
    }
    let verdict = station.faults.judge(asked.method.as_str(), &asked.target);
    if !verdict.delay.is_zero() {
        tokio::time::sleep(verdict.delay).await;
    }
    match &verdict.effect {
        Some(Trouble::CutBefore) => return Delivery::Cut,
        Some(Trouble::Hang) => return Delivery::Hang,
        _ => {}
    }
    let error = |status, code: &str, message: &str| service.error(asked, status, code, message);
    let date = |after| station.date_in(after);
    let effect = verdict.effect.as_ref();
    let instead = effect.and_then(|trouble| trouble.instead(date, error));
    let reply = instead.unwrap_or_else(|| {
        let reply = service.handle(number, asked);
        match effect {
            Some(trouble) => trouble.afterwards(reply, error),
            None => reply,
        }
    });
    let reply = service.dress(asked, reply);
    if !passage.pass(Position::AfterEffect).await {
        return Delivery::Cut;
    }
    if let Some(told) = passage.answered() {
        departure.then(told);
    }
    match verdict.effect {
        Some(Trouble::CutAfter) => Delivery::Cut,
        Some(Trouble::CutMiddle) => Delivery::Broken(reply),
        Some(Trouble::HangAfter) => Delivery::Hang,
        _ => Delivery::Whole(reply),
    }
}

impl Station {
    fn date_in(&self, seconds: u32) -> String {
        let now = self.clock.now();
        let then = now.checked_add(jiff::SignedDuration::from_secs(seconds.into()));
        http_date(then.unwrap_or(now))
    }

    /// The clock's time as every answer has it.
    pub(crate) fn dated(&self, reply: Reply) -> Reply {
        let date = http_date(self.clock.now());
        reply.with(DATE, date)
    }
}
