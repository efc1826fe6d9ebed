//! Being let in: by session where the BMC offers it, else by Basic (`facts/metal-peers.md §4.1`).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use slipway_core::{
    clock::{SignedDuration, Timestamp},
    failure::Failure,
    secret::Secret,
};
use slipway_outbound::{HeaderName, HeaderValue, Method, StatusCode, Trusted};
use url::Url;

use crate::{
    message::Class,
    quirk::Quirk,
    refusal,
    reply::Reply,
    visit::{Call, Visit},
};

pub(crate) const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");

/// How the BMC lets us in at the moment.
#[derive(Default)]
pub(crate) enum Login {
    /// Not at all yet.
    #[default]
    None,
    Session(Session),
    /// By Basic; a session is tried again from the moment given on, or never.
    Basic {
        until: Option<Timestamp>,
    },
}

/// A session at a BMC.
pub(crate) struct Session {
    token: Secret,
    /// Where it is ended.
    pub(crate) path: Option<String>,
    /// The credentials it was made with.
    version: String,
    /// When it was last used: idle time ends it.
    used: Timestamp,
    /// For ending it without an endpoint at hand.
    pub(crate) trusted: Trusted,
}

/// What goes with one request, and how to take a 401 to it.
pub(crate) struct Ticket {
    pub(crate) header: (HeaderName, HeaderValue),
    pub(crate) kind: TicketKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TicketKind {
    /// Made for this very request: a 401 is no matter of age.
    FreshSession,
    OldSession,
    Basic,
}

impl Session {
    fn ticket(&self, kind: TicketKind) -> Option<Ticket> {
        Some(Ticket { header: (TOKEN, sensitive(self.token.expose())?), kind })
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        sensitive(self.token.expose())
    }
}

impl Visit<'_> {
    /// What lets the next request in; logs in when needed.
    ///
    /// Errors: `CredentialsRefused` by the gate without a request; as a login.
    pub(crate) async fn ticket(&mut self) -> Result<Ticket, Failure> {
        self.memory.gate.check(&self.endpoint.credentials_version, self.peer.label())?;
        self.end_outdated_session().await;
        let now = self.now();
        match &self.memory.login {
            Login::Session(session) => {
                let ticket = session.ticket(TicketKind::OldSession);
                ticket.ok_or_else(|| {
                    refusal::credentials(self.peer.label(), "gave a session that cannot be used")
                })
            }
            Login::Basic { until } if until.is_none_or(|until| now < until) => self.basic(),
            Login::Basic { .. } | Login::None => self.log_in().await,
        }
    }

    /// Counts idle time from now.
    pub(crate) fn session_was_used(&mut self) {
        let now = self.now();
        if let Login::Session(session) = &mut self.memory.login {
            session.used = now;
        }
    }

    /// A session of other credentials is ended; one that idled too long is dead already.
    async fn end_outdated_session(&mut self) {
        let Login::Session(session) = &self.memory.login else {
            return;
        };
        let other = session.version != self.endpoint.credentials_version;
        let limit = self.memory.session_timeout.and_then(|limit| SignedDuration::try_from(limit).ok());
        let idle = self.now().duration_since(session.used);
        if other {
            let ending = session.path.clone().zip(session.header());
            self.memory.login = Login::None;
            if let Some((path, token)) = ending {
                let call = Call::new("logout", Method::DELETE, &path, self.limits().request);
                // Ending it is a courtesy; it ends by itself.
                let _ = self.exchange(call, Some(&(TOKEN, token))).await;
            }
        } else if limit.is_some_and(|limit| idle >= limit) {
            self.memory.login = Login::None;
        }
    }

    async fn log_in(&mut self) -> Result<Ticket, Failure> {
        let Some(path) = self.memory.root.as_ref().and_then(|root| root.sessions.clone()) else {
            return self.use_basic(None);
        };
        let body = json!({"UserName": self.endpoint.username, "Password": self.endpoint.password.expose()});
        let call = Call::new("login", Method::POST, &path, self.limits().request).with_body(&body);
        let reply = self.exchange(call, None).await?;
        self.judge_login(&reply)
    }

    fn judge_login(&mut self, reply: &Reply) -> Result<Ticket, Failure> {
        let status = reply.status();
        match reply.class() {
            Some(Class::PasswordChange) => Err(self.refusal("the login", reply)),
            Some(Class::Capacity) if !status.is_success() => self.use_basic(Some(self.session_retry())),
            _ if status.is_success() => self.keep_session(reply),
            class if is_login_refusal(status, class) => {
                self.memory.gate.refuse(&self.endpoint.credentials_version);
                self.memory.gate.check(&self.endpoint.credentials_version, self.peer.label())?;
                // The one more try that tells a wrong password from a session service that is out of order.
                self.use_basic(None)
            }
            _ if reply.is_busy() => Err(self.refusal("the login", reply)),
            _ if status.is_server_error() => self.use_basic(Some(self.session_retry())),
            _ => self.use_basic(None),
        }
    }

    fn keep_session(&mut self, reply: &Reply) -> Result<Ticket, Failure> {
        let Some(token) = reply.answer.headers.get(TOKEN).and_then(|value| value.to_str().ok()) else {
            return self.use_basic(None);
        };
        let location =
            reply.answer.headers.get("location").and_then(|value| value.to_str().ok()).map(path_of);
        let path = location.or_else(|| reply.body.get("@odata.id")?.as_str().map(str::to_owned));
        let version = self.endpoint.credentials_version.clone();
        self.memory.gate.accept(&version);
        let (used, trusted) = (self.now(), self.trusted.clone());
        let session = Session { token: Secret::new(token), path, version, used, trusted };
        let ticket = session.ticket(TicketKind::FreshSession);
        self.memory.login = Login::Session(session);
        ticket.ok_or_else(|| refusal::credentials(self.peer.label(), "gave a session that cannot be used"))
    }

    fn use_basic(&mut self, until: Option<Timestamp>) -> Result<Ticket, Failure> {
        self.memory.login = Login::Basic { until };
        self.basic()
    }

    fn basic(&self) -> Result<Ticket, Failure> {
        let pair = format!("{}:{}", self.endpoint.username, self.endpoint.password.expose());
        let header = sensitive(&format!("Basic {}", STANDARD.encode(pair)));
        let header = header
            .ok_or_else(|| refusal::credentials(self.peer.label(), "cannot be given these credentials"))?;
        Ok(Ticket { header: (AUTHORIZATION, header), kind: TicketKind::Basic })
    }

    fn session_retry(&self) -> Timestamp {
        let pause = SignedDuration::try_from(self.limits().session_retry).unwrap_or_default();
        self.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }

    /// Reads how long an idle session lasts. `SessionTimeout` is in seconds by the standard, in minutes by iLO.
    pub(crate) async fn learn_session_timeout(&mut self) -> Result<(), Failure> {
        let Some(root) = &self.memory.root else {
            return Ok(());
        };
        let minutes = root.maker.has(Quirk::TimeoutInMinutes);
        let (Some(path), None) = (root.session_service.clone(), self.memory.session_timeout) else {
            return Ok(());
        };
        let Some(service) = self.find(&path).await? else {
            return Ok(());
        };
        let number = service.body.get("SessionTimeout").and_then(serde_json::Value::as_u64);
        let seconds = number.map(|number| if minutes { number.saturating_mul(60) } else { number });
        self.memory.session_timeout =
            seconds.filter(|seconds| (1..=86_400).contains(seconds)).map(std::time::Duration::from_secs);
        Ok(())
    }
}

fn is_login_refusal(status: StatusCode, class: Option<Class>) -> bool {
    status == StatusCode::UNAUTHORIZED
        || status == StatusCode::FORBIDDEN
        || status == StatusCode::BAD_REQUEST && class == Some(Class::Login)
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Location` may be a whole URL, and its host one that only the BMC knows.
fn path_of(location: &str) -> String {
    match Url::parse(location) {
        Ok(url) => url.path().to_owned(),
        Err(_) => location.to_owned(),
    }
}
