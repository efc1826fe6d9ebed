//! One verb of the port: its account, its deadline, its calls.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use slipway_core::{backoff, failure::Failure, reason::Reason, secret::Secret, subscription::Account};
use slipway_outbound::{Answer, HeaderName, HeaderValue, Peer, Plaintext, Request, StatusCode, code_class};
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    call::{Call, Subject},
    limits::Limits,
    refusal::{self, Context},
    said::{bounded, is_json},
    session::{Proof, Session, Sessions, Surroundings},
    token::{
        exchange::{placed, sensitive},
        source::{Asker, Pass},
    },
    wire,
};

/// Headers that say that a path will go away (`facts/ocm.md §1.6`).
const DEPRECATION: [&str; 3] = ["deprecation", "x-ocm-deprecation-message", "x-ocm-field-deprecation"];

/// Speaks to the registrar for one account until its deadline.
pub(crate) struct Visit<'a> {
    surroundings: &'a Surroundings,
    account: &'a Account,
    pub(crate) session: Arc<Session>,
    deadline: Instant,
}

/// An answer, and what it takes to judge it.
struct Reply {
    answer: Answer,
    pass: Option<Pass>,
}

/// Why there is no answer.
struct Miss {
    failure: Failure,
    /// Whether it is the way to the service; for one without a token another try would be no better.
    is_on_the_way: bool,
}

impl Miss {
    fn on_the_way(failure: Failure) -> Self {
        Self { failure: placed(failure, "spec.registrar.ocm.url"), is_on_the_way: true }
    }
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        Self { failure, is_on_the_way: false }
    }
}

impl<'a> Visit<'a> {
    /// Nothing is sent yet.
    ///
    /// Errors: those of the Secret and of the addresses.
    pub(crate) fn begin(
        surroundings: &'a Surroundings,
        sessions: &Sessions,
        account: &'a Account,
    ) -> Result<Self, Failure> {
        let session = sessions.of(account, surroundings)?;
        Ok(Self { surroundings, account, session, deadline: Instant::now() + surroundings.limits.verb })
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.surroundings.limits
    }

    /// Makes a call and reads its answer.
    ///
    /// Errors: [`Reason::NotRegistrar`] for a body that is not what `read` takes, and those of the answer and of the way.
    pub(crate) async fn ask<T>(
        &self,
        call: &Call,
        read: impl FnOnce(&[u8]) -> Option<T> + Send,
    ) -> Result<T, Failure> {
        let reply = self.call(call).await?;
        self.judged(call, &reply, |context, answer| {
            if refusal::is_absence(answer) {
                return Err(refusal::refusal(context, answer));
            }
            let body = is_json(answer).then(|| read(&answer.body)).flatten();
            body.ok_or_else(|| refusal::garbled(context, answer))
        })
    }

    /// Makes a call and reads its answer; `None` when the service says that there is no such thing.
    ///
    /// Errors: as [`Visit::ask`].
    pub(crate) async fn ask_if_there<T>(
        &self,
        call: &Call,
        read: impl FnOnce(&[u8]) -> Option<T> + Send,
    ) -> Result<Option<T>, Failure> {
        let reply = self.call(call).await?;
        self.judged(call, &reply, |context, answer| {
            if refusal::is_absence(answer) {
                return Ok(None);
            }
            let body = is_json(answer).then(|| read(&answer.body)).flatten();
            body.map(Some).ok_or_else(|| refusal::garbled(context, answer))
        })
    }

    /// Makes a call after which something is not there any more, or was not.
    ///
    /// Errors: as [`Visit::ask`]; a page of a proxy is no answer.
    pub(crate) async fn undo(&self, call: &Call) -> Result<(), Failure> {
        let reply = self.call(call).await?;
        self.judged(call, &reply, |context, answer| {
            // An empty answer may come without its kind (`facts/ocm.md §2.5`).
            let is_object = || is_json(answer) && wire::read::<Map<String, Value>>(&answer.body).is_some();
            if answer.body.is_empty() || is_object() {
                Ok(())
            } else {
                Err(refusal::garbled(context, answer))
            }
        })
    }

    fn judged<T>(
        &self,
        call: &Call,
        reply: &Reply,
        judge: impl FnOnce(&Context<'_>, &Answer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with_context(call, reply.pass.as_ref(), |context| judge(context, &reply.answer))
    }

    fn with_context<T>(&self, call: &Call, pass: Option<&Pass>, judge: impl FnOnce(&Context<'_>) -> T) -> T {
        let own = match &self.session.proof {
            Proof::Token(source) => source.secret(),
            Proof::Fixed(header) => header,
        };
        let mut secrets: Vec<&Secret> = vec![own];
        let access = pass.map(|pass| Secret::new(pass.header.expose().trim_start_matches("Bearer ")));
        secrets.extend(&access);
        judge(&Context {
            label: &self.label(),
            call,
            secret_name: &self.account.secret_name,
            secrets: &secrets,
            now: self.surroundings.clock.now(),
        })
    }

    /// Makes a call until it succeeds, must not be repeated, or has had all its tries. That there is no such thing is an answer too.
    async fn call(&self, call: &Call) -> Result<Reply, Failure> {
        let (mut tries, mut renewed, mut until) = (1, false, None);
        loop {
            let (failure, may_pass) = match Box::pin(self.attempt(call, &mut until)).await {
                Ok(reply) if self.is_answer(&reply) => return Ok(reply),
                Ok(reply) => {
                    if self.is_mended(&reply, renewed).await {
                        renewed = true;
                        continue;
                    }
                    let failure = self.with_context(call, reply.pass.as_ref(), |context| {
                        refusal::refusal(context, &reply.answer)
                    });
                    self.slow_down(call, &failure, reply.answer.status);
                    let may_pass = may_pass(&reply.answer, &failure);
                    (failure, may_pass)
                }
                Err(Miss { failure, is_on_the_way }) => {
                    let may_pass = [Reason::Unreachable, Reason::ConnectionRefused].contains(&failure.reason);
                    (failure, may_pass && is_on_the_way)
                }
            };
            let pause = self.pause(&failure, tries);
            let is_last = call.writes() || !may_pass || tries >= self.limits().tries;
            if is_last || Instant::now() + pause >= until.unwrap_or(self.deadline).min(self.deadline) {
                return Err(failure);
            }
            tries += 1;
            sleep(pause).await;
        }
    }

    fn is_answer(&self, reply: &Reply) -> bool {
        let answered = reply.answer.status.is_success() || refusal::is_absence(&reply.answer);
        if answered && let (Proof::Token(source), Some(pass)) = (&self.session.proof, &reply.pass) {
            source.accepted(pass);
        }
        answered
    }

    /// Whether the answer is a 401 that another token may mend.
    async fn is_mended(&self, reply: &Reply, renewed: bool) -> bool {
        let (Proof::Token(source), Some(pass)) = (&self.session.proof, &reply.pass) else { return false };
        if reply.answer.status != StatusCode::UNAUTHORIZED {
            return false;
        }
        if renewed {
            source.refused_fresh(pass);
            return false;
        }
        source.doubt(pass).await
    }

    /// Leaves the registrar alone when it asks for it. A limit of registrations concerns nothing else.
    fn slow_down(&self, call: &Call, failure: &Failure, status: StatusCode) {
        let asks = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        let is_quota = call.subject == Subject::Reservation && status == StatusCode::TOO_MANY_REQUESTS;
        if let Some(pause) = failure.retry_after.filter(|_| asks && !is_quota) {
            self.session.lane.hold(pause.min(self.limits().hold));
        }
    }

    /// The pause before the next try.
    fn pause(&self, failure: &Failure, tries: u32) -> Duration {
        let limits = self.limits();
        let seed = u64::from(self.surroundings.clock.now().subsec_nanosecond().unsigned_abs());
        let own = backoff::delay(limits.pause, limits.pause_cap, tries - 1, seed);
        let asked = failure.retry_after.unwrap_or_default();
        if asked > limits.pause_cap { Duration::MAX / 4 } else { own.max(asked) }
    }

    /// One request, when it is its turn. `until` is when all tries must be over; it is set by the first.
    async fn attempt(&self, call: &Call, until: &mut Option<Instant>) -> Result<Reply, Miss> {
        self.heed()?;
        // Without a token nobody waits for a turn.
        self.pass().await?;
        let _place = self.in_turn(self.session.lane.places.acquire()).await?;
        self.in_turn(self.session.lane.budget.turn()).await?;
        self.heed()?;
        let pass = self.pass().await?;
        let peer = self.peer(call).await.map_err(Miss::on_the_way)?;
        let until = *until.get_or_insert(Instant::now() + self.limits().request);
        let mut request = self.dress(call, pass.as_ref())?;
        // What changes something has its whole time: half of it would only lose the answer.
        if !call.writes() {
            request.deadline = request.deadline.min(until.saturating_duration_since(Instant::now()));
        }
        let sent = Instant::now();
        let outcome = peer.send(request).await;
        let code = outcome.as_ref().map_or("error", |answer| code_class(answer.status));
        let took = sent.elapsed();
        self.surroundings.observer.request("registrar", call.op, code, took.as_secs_f64());
        tracing::debug!(registrar = peer.label(), op = call.op, code, ?took, "request");
        match outcome {
            Ok(answer) => {
                self.note_deprecation(call, &answer);
                Ok(Reply { answer, pass })
            }
            Err(failure) => {
                self.session.line.lock().await.take_if(|(known, _)| Arc::ptr_eq(known, &peer));
                Err(Miss::on_the_way(failure))
            }
        }
    }

    async fn pass(&self) -> Result<Option<Pass>, Failure> {
        let Proof::Token(source) = &self.session.proof else { return Ok(None) };
        let Account { credentials_version, secret_name, .. } = self.account;
        let asker = Asker { version: credentials_version, secret_name };
        self.in_turn(source.pass(asker)).await?.map(Some)
    }

    /// What changes something goes over a connection of its own: over one that the other side is about to close it would be lost without
    /// anybody knowing whether it was read.
    async fn peer(&self, call: &Call) -> Result<Arc<Peer>, Failure> {
        let open = async {
            let Surroundings { connector, .. } = self.surroundings;
            let trusted = connector.trust(&self.account.trust)?;
            let (origin, proxy) = (&self.session.origin, self.account.proxy.as_ref());
            connector.open_through(origin, &trusted, Plaintext::IfInsecureAllowed, proxy).await.map(Arc::new)
        };
        if call.writes() {
            return open.await;
        }
        let mut line = self.session.line.lock().await;
        if let Some((peer, opened)) = &*line
            && opened.elapsed() < self.limits().connection
        {
            return Ok(peer.clone());
        }
        *line = None;
        let peer = open.await?;
        *line = Some((peer.clone(), Instant::now()));
        Ok(peer)
    }

    fn dress(&self, call: &Call, pass: Option<&Pass>) -> Result<Request, Failure> {
        let mut request = Request::new(call.method.clone(), call.target.clone(), self.limits().request);
        request.cap = self.limits().answer;
        let header = match (&self.session.proof, pass) {
            (Proof::Fixed(header), _) => header,
            (_, Some(pass)) => &pass.header,
            _ => return Err(Failure::new(Reason::Internal, "a request without credentials")),
        };
        let json = HeaderValue::from_static("application/json");
        request = request
            .with_header(HeaderName::from_static("authorization"), sensitive(header.expose())?)
            .with_header(HeaderName::from_static("accept"), json.clone());
        Ok(match &call.body {
            Some(body) => {
                request.with_header(HeaderName::from_static("content-type"), json).with_body(body.to_string())
            }
            None => request,
        })
    }

    /// Sends nothing while the registrar asked for that.
    fn heed(&self) -> Result<(), Failure> {
        let Some(left) = self.session.lane.held().filter(|left| *left > self.limits().pause_cap) else {
            return Ok(());
        };
        let message = format!("{} asked for a pause; nothing is sent before it is over", self.label());
        Err(Failure::new(Reason::Throttled, message).with_retry_after(Some(left)))
    }

    fn note_deprecation(&self, call: &Call, answer: &Answer) {
        let said = DEPRECATION.iter().filter_map(|name| answer.headers.get(*name)?.to_str().ok());
        let said = bounded(&said.collect::<Vec<_>>().join(" "), 300);
        if !said.is_empty() && self.session.lane.is_news(call.path) {
            tracing::warn!(registrar = self.label(), path = call.path, said, "the registrar will drop this");
        }
    }

    /// Scheme, host and port of the service; for messages.
    pub(crate) fn label(&self) -> String {
        self.session.origin.origin().ascii_serialization()
    }

    /// Waits for a turn, no longer than the verb may last.
    pub(crate) async fn in_turn<T>(&self, turn: impl Future<Output = T>) -> Result<T, Failure> {
        timeout_at(self.deadline, turn).await.map_err(|_| {
            let Limits { requests_per_second, verb, .. } = self.limits();
            let message = format!(
                "the account of Secret {:?} has more to ask of {} than it answers or than {requests_per_second} requests a second \
                 let through; this was not done within {verb:?}",
                self.account.secret_name,
                self.label(),
            );
            Failure::new(Reason::Throttled, message)
        })
    }
}

/// Whether a refusal may pass within moments.
fn may_pass(answer: &Answer, failure: &Failure) -> bool {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => failure.retry_after.is_some(),
        StatusCode::NOT_IMPLEMENTED => false,
        status => status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT,
    }
}
