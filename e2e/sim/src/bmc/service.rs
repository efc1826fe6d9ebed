//! From a connection to an answer: TLS, faults, recording, authentication, dispatch.

use super::answer::Answer;
use super::gate::{Entry, NoEntry};
use super::route::Resource;
use super::{Bmc, Cut, Inner, etag};
use crate::body::{self, Body};
use crate::fault::Effect;
use crate::recording::Arrival;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW, IF_MATCH, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

const LONGEST_REQUEST: usize = 1 << 20;
// The smallest that hyper takes; a thousand open connections shall not cost their default of 400 KiB each.
const BUFFER: usize = 8 << 10;

/// Serves one connection to its end.
pub(crate) async fn attend(bmc: Bmc, stream: TcpStream) {
    let inner = Arc::clone(bmc.inner());
    inner.recording.count(|counters| counters.connections += 1);
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let config = match inner.presented.config() {
        Ok(config) => config,
        Err(error) => return tracing::error!(bmc = inner.index, %error, "no certificate"),
    };
    let stream = match TlsAcceptor::from(config).accept(stream).await {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(bmc = inner.index, %error, "handshake failed"),
    };
    let service = service_fn(move |request| serve(Arc::clone(&inner), request));
    let served =
        http1::Builder::new().max_buf_size(BUFFER).serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

/// One request with the faults that meet it.
async fn serve(bmc: Arc<Inner>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let if_match = head.headers.get(IF_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let number =
        bmc.recording.begin(Arrival { method: head.method.to_string(), path: path.clone(), if_match });
    let body = Limited::new(body, LONGEST_REQUEST).collect().await.map_err(|_| Cut)?.to_bytes();
    bmc.note_body(number, &path, &body);
    let verdict = bmc.faults.judge(head.method.as_str(), &path);
    pause(bmc.latency + verdict.delay).await;
    if let Some(instead) = verdict.effect.as_ref().and_then(instead) {
        return deliver(&bmc, number, instead).await;
    }
    let answer = bmc.handle(&head.method, head.uri.path(), &head.headers, &body);
    let delivery = match verdict.effect {
        Some(Effect::CutAfter) => Delivery::Cut,
        Some(Effect::HangAfter) => Delivery::Hang,
        Some(Effect::CutMiddle) => Delivery::Broken(answer),
        _ => Delivery::Whole(answer),
    };
    deliver(&bmc, number, delivery).await
}

/// A timer wheel tick is a millisecond, too much for a BMC without a delay.
async fn pause(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

/// How an answer leaves.
enum Delivery {
    Whole(Answer),
    Broken(Answer),
    Endless(u64),
    Cut,
    Hang,
}

/// What a fault sends without looking at the request; `None` when the request is handled first.
fn instead(effect: &Effect) -> Option<Delivery> {
    Some(match effect {
        Effect::Status { code, message_id: None } => Delivery::Whole(Answer::empty(*code)),
        Effect::Status { code, message_id: Some(id) } => Delivery::Whole(Answer::error_of(*code, id, &[])),
        Effect::RetryLater { seconds } => Delivery::Whole(
            Answer::error(503, "ServiceTemporarilyUnavailable", &[&seconds.to_string()])
                .with(RETRY_AFTER, seconds.to_string()),
        ),
        Effect::Garbage => Delivery::Whole(Answer::text(200, "application/json", "{\"Members\": [\u{1},,")),
        Effect::Html => Delivery::Whole(Answer::text(200, "text/html", "<html><body>Log in</body></html>")),
        Effect::Empty => Delivery::Whole(Answer::empty(200)),
        Effect::Endless { bytes } => Delivery::Endless(*bytes),
        Effect::CutBefore => Delivery::Cut,
        Effect::Hang => Delivery::Hang,
        Effect::Slow { .. } | Effect::CutAfter | Effect::CutMiddle | Effect::HangAfter => return None,
    })
}

async fn deliver(bmc: &Inner, number: u64, delivery: Delivery) -> Result<Response<Body>, Cut> {
    let (status, response) = match delivery {
        Delivery::Whole(answer) => (answer.status, answer.into_response()),
        Delivery::Broken(answer) => (answer.status, answer.into_cut_response()),
        Delivery::Endless(bytes) => (200, Response::new(body::endless(bytes))),
        Delivery::Cut => return Err(Cut),
        Delivery::Hang => std::future::pending().await,
    };
    bmc.recording.finish(number, status);
    Ok(response)
}

impl Inner {
    /// Bodies are kept for tests to look at; a login's holds the password and is not.
    fn note_body(&self, number: u64, path: &str, body: &Bytes) {
        if body.is_empty() || self.route(path) == Resource::Sessions {
            return;
        }
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            self.recording.note_body(number, value);
        }
    }

    fn handle(&self, method: &Method, path: &str, headers: &HeaderMap, body: &Bytes) -> Answer {
        if self.shape.trailing_slash && path == "/redfish/v1" {
            return Answer::empty(308).with(LOCATION, "/redfish/v1/");
        }
        let identity_only = headers.get(ACCEPT_ENCODING).is_some_and(|value| value == "identity");
        if self.shape.refuses_identity_encoding && identity_only {
            return Answer::empty(406);
        }
        let resource = self.route(path);
        // The root and the login need no login (DSP0266, authentication).
        match (method.as_str(), &resource) {
            ("GET" | "HEAD", Resource::Root) => return Answer::json(200, &self.root()),
            ("POST", Resource::Sessions) => return self.login(body),
            _ => {}
        }
        if let Err(refused) = self.admit(headers) {
            return refused;
        }
        match method.as_str() {
            "GET" | "HEAD" => self.get(&resource, headers),
            "PATCH" => match resource {
                Resource::System => self.patch_system(headers, body),
                Resource::Settings => self.patch_settings(headers, body),
                other => refused_method(&other),
            },
            "POST" => match resource {
                Resource::Reset => self.reset(headers, body),
                Resource::SecondReset => self.reset_second(headers, body),
                other => refused_method(&other),
            },
            "DELETE" => match resource {
                Resource::Session(id) => self.logout(&id),
                other => refused_method(&other),
            },
            _ => refused_method(&resource),
        }
    }

    fn get(&self, resource: &Resource, headers: &HeaderMap) -> Answer {
        let value = match resource {
            Resource::Root => self.root(),
            Resource::SessionService => self.session_service(),
            Resource::Sessions => self.sessions(),
            Resource::Session(id) if self.gate.lock().sessions().iter().any(|session| session.id == *id) => {
                self.session(id)
            }
            Resource::Systems => self.systems(),
            Resource::System => self.system(),
            Resource::SecondSystem => self.second_system(),
            Resource::Settings => self.settings(),
            Resource::ResetActionInfo => self.reset_action_info(),
            Resource::SystemPorts => self.ports(),
            Resource::SystemPort(place) => self.port(*place),
            Resource::Managers => self.managers(),
            Resource::Manager => self.manager(),
            Resource::Reset | Resource::SecondReset => return refused_method(resource),
            Resource::Session(_) | Resource::Unknown => return not_found(),
        };
        etag::answer(self.shape.etag, headers, value)
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Answer> {
        let admitted = self.gate.lock().admit(headers);
        match admitted {
            Ok(Entry::Session) => Ok(()),
            Ok(Entry::Basic) => {
                self.recording.count(|counters| counters.basic += 1);
                Ok(())
            }
            Err(NoEntry::NoSession) => Err(unauthorised("NoValidSession")),
            Err(NoEntry::WrongPassword) => {
                self.recording.count(|counters| counters.failed_logins += 1);
                Err(unauthorised("ResourceAtUriUnauthorized"))
            }
        }
    }

    fn login(&self, body: &Bytes) -> Answer {
        let given: Value = match serde_json::from_slice(body) {
            Ok(given) => given,
            Err(_) => return Answer::error(400, "MalformedJSON", &[]),
        };
        let (Some(name), Some(password)) = (given["UserName"].as_str(), given["Password"].as_str()) else {
            return Answer::error(400, "PropertyMissing", &["UserName"]);
        };
        let mut gate = self.gate.lock();
        if !gate.check(name, password) {
            self.recording.count(|counters| counters.failed_logins += 1);
            return unauthorised("ResourceAtUriUnauthorized");
        }
        let Some(session) = gate.login() else {
            return Answer::refusal(&self.shape.sessions.over_limit);
        };
        self.recording.count(|counters| counters.logins += 1);
        let path = self.path(&format!("SessionService/Sessions/{}", session.id));
        Answer::json(201, &self.session(&session.id))
            .with(LOCATION, path)
            .with(HeaderName::from_static("x-auth-token"), session.token)
    }

    fn logout(&self, id: &str) -> Answer {
        if !self.gate.lock().logout(id) {
            return not_found();
        }
        self.recording.count(|counters| counters.logouts += 1);
        Answer::empty(204)
    }
}

fn unauthorised(message: &str) -> Answer {
    Answer::error(401, message, &[]).with(WWW_AUTHENTICATE, "Basic realm=\"BMC\"")
}

fn not_found() -> Answer {
    Answer::error(404, "ResourceMissingAtURI", &[])
}

fn refused_method(resource: &Resource) -> Answer {
    match resource {
        Resource::Unknown => not_found(),
        _ => Answer::error(405, "OperationNotAllowed", &[]).with(ALLOW, "GET"),
    }
}
