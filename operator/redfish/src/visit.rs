//! One verb at one BMC: its turn, its one connection, its requests.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;
use slipway_core::{clock::Timestamp, failure::Failure, host::Endpoint, reason::Reason, trust::Trust};
use slipway_outbound::{
    HeaderName, HeaderValue, Method, Peer, Plaintext, Request, StatusCode, Trusted, code_class,
};
use tokio::sync::OwnedMutexGuard;

use crate::{
    etag::ETag,
    limits::Limits,
    quirk::Quirk,
    refusal,
    reply::Reply,
    resource::Resource,
    session::{Login, TicketKind},
    worker::{Memory, Surroundings, Worker},
};

/// Has the turn at a BMC for as long as it lives. Dropping it gives the turn on and closes the connection.
pub(crate) struct Visit<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) memory: OwnedMutexGuard<Memory>,
    pub(crate) peer: Peer,
    pub(crate) trusted: Trusted,
    surroundings: Arc<Surroundings>,
    worker: Arc<Worker>,
    started: Instant,
    /// A request failed in a way that speaks against the BMC's health.
    sick: bool,
}

/// One request to be made.
pub(crate) struct Call<'a> {
    op: &'static str,
    method: Method,
    path: &'a str,
    body: Option<String>,
    if_match: Option<HeaderValue>,
    limit: Duration,
}

impl<'a> Call<'a> {
    pub(crate) fn new(op: &'static str, method: Method, path: &'a str, limit: Duration) -> Self {
        Self { op, method, path, body: None, if_match: None, limit }
    }

    pub(crate) fn with_body(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    pub(crate) fn with_if_match(mut self, if_match: Option<HeaderValue>) -> Self {
        self.if_match = if_match;
        self
    }
}

impl<'a> Visit<'a> {
    /// Waits for the turn and prepares the connection; fails at once while the circuit is open.
    pub(crate) async fn begin(
        surroundings: Arc<Surroundings>,
        worker: Arc<Worker>,
        endpoint: &'a Endpoint,
    ) -> Result<Self, Failure> {
        worker.breaker().look(surroundings.clock.now(), &surroundings.limits)?;
        let mut memory = worker.memory.clone().lock_owned().await;
        if worker.breaker().admit(surroundings.clock.now(), &surroundings.limits)? {
            memory.forget_paths();
        }
        let trust = match (&endpoint.trust, &memory.pin) {
            (Trust::FirstUse, Some(pin)) => &Trust::Pin(pin.clone()),
            (trust, _) => trust,
        };
        let trusted = surroundings.connector.trust(trust)?;
        let opened =
            surroundings.connector.open(&endpoint.address, &trusted, Plaintext::IfInsecureAllowed).await;
        let peer = opened.inspect_err(|failure| {
            if failure.reason == Reason::NameNotResolved {
                worker.breaker().failed(
                    failure,
                    surroundings.clock.now(),
                    &surroundings.limits,
                    worker.seed(),
                );
            }
        })?;
        let started = Instant::now();
        Ok(Self { endpoint, memory, peer, trusted, surroundings, worker, started, sick: false })
    }

    /// Ends the verb: tells the breaker how it went.
    pub(crate) fn conclude<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let mut breaker = self.worker.breaker();
        match &outcome {
            Err(failure) if self.sick => {
                breaker.failed(failure, self.now(), self.limits(), self.worker.seed());
            }
            _ => breaker.succeeded(),
        }
        drop(breaker);
        outcome
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.clock.now()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.surroundings.limits
    }

    pub(crate) fn label(&self) -> &str {
        self.peer.label()
    }

    /// The failure that a refusal stands for; `what` fits after "answered".
    pub(crate) fn refusal(&self, what: &str, reply: &Reply) -> Failure {
        refusal::of(self.peer.label(), what, reply, self.now())
    }

    /// Reads a resource that needs no login.
    pub(crate) async fn get_open(&mut self, path: &str) -> Result<Resource, Failure> {
        let reply = self.exchange(Call::new("read", Method::GET, path, self.limits().request), None).await?;
        if reply.status() == StatusCode::NOT_FOUND {
            let message =
                format!("{} has no {path}: it is no Redfish service; check the address", self.label());
            return Err(Failure::new(Reason::NotRedfish, message));
        }
        self.resource(path, reply)
    }

    /// Reads a resource.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Resource, Failure> {
        let reply = self.read(path).await?;
        self.resource(path, reply)
    }

    /// Reads a resource that may be missing, or closed to this account.
    pub(crate) async fn find(&mut self, path: &str) -> Result<Option<Resource>, Failure> {
        let reply = self.read(path).await?;
        let missing = [StatusCode::NOT_FOUND, StatusCode::GONE, StatusCode::METHOD_NOT_ALLOWED];
        if missing.contains(&reply.status()) {
            return Ok(None);
        }
        self.resource(path, reply).map(Some)
    }

    /// A GET, repeated without what the BMC does not like and at the other spelling of a path that differs by a slash.
    async fn read(&mut self, path: &str) -> Result<Reply, Failure> {
        let limit = self.limits().request;
        let reply = self.request(|| Call::new("read", Method::GET, path, limit)).await?;
        if reply.status() == StatusCode::NOT_ACCEPTABLE && !self.memory.refuses_identity {
            self.memory.refuses_identity = true;
            return self.request(|| Call::new("read", Method::GET, path, limit)).await;
        }
        match respelled(path, &reply) {
            Some(other) => self.request(|| Call::new("read", Method::GET, &other, limit)).await,
            None => Ok(reply),
        }
    }

    fn resource(&mut self, path: &str, reply: Reply) -> Result<Resource, Failure> {
        let what = format!("reading {path}");
        if !reply.status().is_success() {
            return Err(self.refusal(&what, &reply));
        }
        if !reply.body.is_object() {
            self.sick = true;
            return Err(refusal::not_redfish(self.label(), &what, &reply));
        }
        let etag = ETag::of(&reply.answer, &reply.body);
        Ok(Resource { path: path.to_owned(), etag, body: reply.body })
    }

    /// Makes a request with a login, once more with a new one when the session has ended (`facts/metal-peers.md §4.1`).
    pub(crate) async fn request<'c>(&mut self, call: impl Fn() -> Call<'c>) -> Result<Reply, Failure> {
        loop {
            let ticket = self.ticket().await?;
            let reply = self.exchange(call(), Some(&ticket.header)).await?;
            if reply.status() != StatusCode::UNAUTHORIZED {
                match ticket.kind {
                    TicketKind::Basic => self.memory.gate.accept(&self.endpoint.credentials_version),
                    TicketKind::FreshSession | TicketKind::OldSession => self.session_was_used(),
                }
                return Ok(reply);
            }
            match ticket.kind {
                TicketKind::OldSession => self.memory.login = Login::None,
                TicketKind::Basic => self.memory.gate.refuse(&self.endpoint.credentials_version),
                TicketKind::FreshSession => {
                    let why = "accepts the login and refuses what is asked of it all the same";
                    return Err(refusal::credentials(self.label(), why));
                }
            }
        }
    }

    /// One request and its answer, counted and logged.
    pub(crate) async fn exchange(
        &mut self,
        call: Call<'_>,
        ticket: Option<&(HeaderName, HeaderValue)>,
    ) -> Result<Reply, Failure> {
        let left = self.limits().verb.saturating_sub(self.started.elapsed());
        if left.is_zero() {
            let message = format!(
                "{} is too slow: a single look took more than {:?}",
                self.label(),
                self.limits().verb
            );
            self.sick = true;
            return Err(Failure::new(Reason::Unreachable, message));
        }
        let (op, path) = (call.op, call.path);
        let request = self.dress(&call, ticket, left.min(call.limit));
        let sent = Instant::now();
        let outcome = self.peer.send(request).await;
        let code = outcome.as_ref().map_or("error", |answer| code_class(answer.status));
        let took = sent.elapsed();
        self.surroundings.observer.request("bmc", op, code, took.as_secs_f64());
        tracing::debug!(bmc = self.peer.label(), op, path, code, ?took, "request");
        match outcome {
            Ok(answer) => {
                self.sick |=
                    answer.status.is_server_error() && answer.status != StatusCode::SERVICE_UNAVAILABLE;
                if self.endpoint.trust == Trust::FirstUse && self.memory.pin.is_none() {
                    self.memory.pin.clone_from(&answer.pin);
                }
                Ok(Reply::read(answer))
            }
            Err(failure) => {
                let person = [Reason::CertificateUntrusted, Reason::CertificateChanged];
                self.sick |= !person.contains(&failure.reason);
                Err(failure)
            }
        }
    }

    fn dress(&self, call: &Call<'_>, ticket: Option<&(HeaderName, HeaderValue)>, limit: Duration) -> Request {
        let fixed = |name: &'static str| HeaderName::from_static(name);
        let mut request = Request::new(call.method.clone(), call.path, limit)
            .with_header(fixed("odata-version"), HeaderValue::from_static("4.0"))
            .with_header(fixed("accept"), HeaderValue::from_static("application/json"));
        request.cap = self.limits().answer;
        // Before the maker is known the header is left out: the root of one of them refuses it.
        if self.memory.root.as_ref().is_some_and(|root| !root.maker.has(Quirk::NoIdentityEncoding))
            && !self.memory.refuses_identity
        {
            request = request.with_header(fixed("accept-encoding"), HeaderValue::from_static("identity"));
        }
        if let Some((name, value)) = ticket {
            request = request.with_header(name.clone(), value.clone());
        }
        if let Some(if_match) = &call.if_match {
            request = request.with_header(fixed("if-match"), if_match.clone());
        }
        match &call.body {
            Some(body) => request
                .with_header(fixed("content-type"), HeaderValue::from_static("application/json"))
                .with_body(body.clone()),
            None => request,
        }
    }
}

/// Where a redirection leads that only adds or takes a slash (`facts/metal-peers.md §4.1`).
fn respelled(path: &str, reply: &Reply) -> Option<String> {
    if !reply.status().is_redirection() {
        return None;
    }
    let location = reply.answer.headers.get("location")?.to_str().ok()?;
    let same = location.trim_end_matches('/').ends_with(path.trim_end_matches('/')) && location != path;
    same.then(|| if path.ends_with('/') { path.trim_end_matches('/').to_owned() } else { format!("{path}/") })
}
