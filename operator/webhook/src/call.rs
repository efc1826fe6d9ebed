//! One verb of the port: its account, its turn, its messages.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::Value;
use slipway_core::{
    backoff,
    clock::{Clock, Timestamp},
    failure::{Effect, Failure},
    reason::Reason,
    subscription::Account,
    trust::Trust,
};
use slipway_outbound::{
    Answer, Connector, HeaderName, HeaderValue, Method, Observer, Peer, Plaintext, Request, StatusCode,
    code_class,
};
use tokio::{
    sync::MutexGuard,
    time::{Instant, sleep, timeout_at},
};
use uuid::Uuid;

use crate::{
    answer::{Said, Unsound},
    lane::{Lane, Lanes, Pace},
    limits::Limits,
    refusal::{ADDRESS, BY_PROXY, Context, TLS, refusal, unsound},
    signature::Key,
    verb::Verb,
};

/// Longest pause of a lane whose site gives none with its 429.
const PAUSE_CAP: Duration = Duration::from_secs(30);

/// What all calls share.
pub(crate) struct Surroundings {
    pub(crate) connector: Arc<Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) limits: Limits,
    pub(crate) lanes: Lanes,
}

/// Speaks to a site for one account until its deadline.
pub(crate) struct Call<'a> {
    surroundings: &'a Surroundings,
    account: &'a Account,
    key: Key,
    pub(crate) lane: Arc<Lane>,
    pub(crate) deadline: Instant,
}

/// The body of a message, in the order in which its members are written.
#[derive(Serialize)]
struct Message<'a> {
    r#type: &'static str,
    timestamp: Timestamp,
    data: &'a Value,
}

/// What a message is told apart by. To reserve has the same id on every try, so that a site that has seen it answers the same record.
fn identifier(verb: Verb, data: &Value) -> String {
    match (verb, data["clusterId"].as_str()) {
        (Verb::Reserve, Some(cluster_id)) => {
            let name = Uuid::new_v5(&Uuid::NAMESPACE_OID, cluster_id.as_bytes());
            format!("reserve_{}", name.simple())
        }
        _ => format!("msg_{}", Uuid::new_v4().simple()),
    }
}

impl<'a> Call<'a> {
    /// Nothing is sent yet.
    ///
    /// Errors: [`Reason::CredentialsInvalid`], [`Reason::InvalidSpec`].
    pub(crate) fn begin(surroundings: &'a Surroundings, account: &'a Account) -> Result<Self, Failure> {
        if account.trust == Trust::FirstUse {
            let message =
                format!("{TLS}: trust on first use is not for registrars; give an authority or a pin");
            return Err(Failure::new(Reason::InvalidSpec, message));
        }
        let key = Key::of(&account.credentials, &account.secret_name)?;
        let lane = surroundings.lanes.lane(account);
        let deadline = Instant::now() + surroundings.limits.verb;
        Ok(Self { surroundings, account, key, lane, deadline })
    }

    pub(crate) fn limits(&self) -> &'a Limits {
        &self.surroundings.limits
    }

    /// Waits until nobody else sends for this account.
    pub(crate) async fn turn(&self) -> Result<MutexGuard<'_, Pace>, Failure> {
        timeout_at(self.deadline, self.lane.turn()).await.map_err(|_| self.too_many())
    }

    /// Sends a message and reads its answer with `read`. A message that only reads is tried again.
    ///
    /// Errors: [`Reason::NotRegistrar`] for what `read` does not take, those of [`refusal`] and of the way.
    pub(crate) async fn ask<T>(
        &self,
        pace: &mut Pace,
        verb: Verb,
        data: &Value,
        read: impl Fn(Said) -> Result<T, Unsound>,
    ) -> Result<T, Failure> {
        let limits = self.limits();
        let mut tries = 0;
        loop {
            let failure = match self.attempt(pace, verb, data, &read).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            tries += 1;
            let may_pass = [Reason::Unreachable, Reason::ConnectionRefused, Reason::RegistrarFault]
                .contains(&failure.reason);
            let (seed, _) = Uuid::new_v4().as_u64_pair();
            let own = backoff::delay(limits.pause, PAUSE_CAP, tries - 1, seed);
            let pause = own.max(failure.retry_after.unwrap_or_default());
            let fits = pause <= PAUSE_CAP && Instant::now() + pause < self.deadline;
            if verb.writes() || !may_pass || tries >= limits.tries || !fits {
                return Err(failure);
            }
            sleep(pause).await;
        }
    }

    /// One message. Of one that only reads the effect is always known.
    async fn attempt<T>(
        &self,
        pace: &mut Pace,
        verb: Verb,
        data: &Value,
        read: impl Fn(Said) -> Result<T, Unsound>,
    ) -> Result<T, Failure> {
        pace.wait(self.limits(), self.deadline).await.map_err(|due| {
            self.too_many().with_retry_after(Some(due.saturating_duration_since(Instant::now())))
        })?;
        let outcome = async {
            let peer = self.open().await?;
            let answer = self.send(&peer, verb, data).await?;
            self.judge(pace, verb, &peer, &answer, read)
        };
        outcome.await.map_err(|failure| {
            let effect = if verb.writes() { failure.effect } else { Effect::None };
            let address = if self.account.proxy.is_some() { BY_PROXY } else { ADDRESS };
            Failure { effect, ..failure.of_peer(address, TLS) }
        })
    }

    async fn open(&self) -> Result<Peer, Failure> {
        let (Surroundings { connector, .. }, Account { url, trust, proxy, .. }) =
            (self.surroundings, self.account);
        let trusted = connector.trust(trust)?;
        connector.open_through(url, &trusted, Plaintext::IfInsecureAllowed, proxy.as_ref()).await
    }

    async fn send(&self, peer: &Peer, verb: Verb, data: &Value) -> Result<Answer, Failure> {
        let id = identifier(verb, data);
        let request = self.request(verb, data, &id, self.surroundings.clock.now())?;
        let began = Instant::now();
        let outcome = peer.send(request).await;
        let code = outcome.as_ref().map_or("error", |answer| code_class(answer.status));
        let took = began.elapsed();
        self.surroundings.observer.request("registrar", verb.op(), code, took.as_secs_f64());
        tracing::debug!(registrar = peer.label(), op = verb.word(), code, webhook_id = id, ?took, "request");
        outcome
    }

    /// The signed message.
    fn request(&self, verb: Verb, data: &Value, id: &str, now: Timestamp) -> Result<Request, Failure> {
        let internal = |_| Failure::new(Reason::Internal, "a message cannot be written");
        let message = Message { r#type: verb.word(), timestamp: now, data };
        let body = serde_json::to_vec(&message)
            .map_err(|_| Failure::new(Reason::Internal, "a message cannot be written as JSON"))?;
        let timestamp = now.as_second();
        let mut request = Request::new(Method::POST, self.account.url.as_str(), self.limits().request);
        request.cap = self.limits().answer;
        for (name, value) in [
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("webhook-id", id),
            ("webhook-timestamp", &timestamp.to_string()),
            ("webhook-signature", &self.key.sign(id, timestamp, &body)),
        ] {
            let value = HeaderValue::from_str(value).map_err(internal)?;
            request = request.with_header(HeaderName::from_static(name), value);
        }
        Ok(request.with_body(body))
    }

    fn judge<T>(
        &self,
        pace: &mut Pace,
        verb: Verb,
        peer: &Peer,
        answer: &Answer,
        read: impl Fn(Said) -> Result<T, Unsound>,
    ) -> Result<T, Failure> {
        let now = self.surroundings.clock.now();
        let secret_name = &self.account.secret_name;
        let context = Context { label: peer.label(), verb, secret_name, now };
        let said = match answer.status {
            StatusCode::NO_CONTENT => Ok(Said::Nothing),
            StatusCode::NOT_IMPLEMENTED if verb.is_optional() => Ok(Said::NotKept),
            status if status.is_success() => serde_json::from_slice(&answer.body)
                .map(Said::Body)
                .map_err(|_| Unsound("its body is no JSON object".to_owned())),
            status => {
                let failure = refusal(&context, answer);
                if status == StatusCode::TOO_MANY_REQUESTS {
                    pace.hold(failure.retry_after.unwrap_or(PAUSE_CAP));
                }
                return Err(failure);
            }
        };
        said.and_then(read).map_err(|what| unsound(&context, answer, &what))
    }

    /// The turn would come after the deadline.
    pub(crate) fn too_many(&self) -> Failure {
        let host = self.account.url.host_str().unwrap_or_default();
        Failure::new(Reason::Throttled, format!("too many requests to {host} are waiting; it is tried again"))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use serde_json::json;
    use slipway_core::{
        clock::{Clock, Timestamp},
        secret::Secret,
        subscription::Account,
        trust::Trust,
    };
    use slipway_outbound::{Connector, Policy, Unobserved};

    use super::{Call, Surroundings, identifier};
    use crate::{lane::Lanes, limits::Limits, verb::Verb};

    const PAGE: &str = include_str!("../../../docs/webhook-registrar.md");

    struct Still(Timestamp);

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    #[test]
    fn the_message_of_the_page_is_what_is_sent() {
        let surroundings = Surroundings {
            connector: Arc::new(Connector::new(Policy::default())),
            clock: Arc::new(Still("2026-01-01T00:00:00Z".parse().unwrap())),
            observer: Arc::new(Unobserved),
            limits: Limits::default(),
            lanes: Lanes::default(),
        };
        let secret = Secret::new("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
        let account = Account {
            url: "https://inventory.example.com/slipway".parse().unwrap(),
            token_url: None,
            proxy: None,
            username: None,
            credentials: BTreeMap::from([("secret".to_owned(), secret)]),
            secret_name: "inventory".to_owned(),
            credentials_version: "uid/1".to_owned(),
            trust: Trust::System,
        };
        let call = Call::begin(&surroundings, &account).unwrap();
        let data = json!({
            "clusterId": "6f1d2b1e-7c1f-4c57-9c3e-1a2b3c4d5e6f",
            "displayName": "north",
            "productId": "OCP",
            "productCategory": "AssistedInstall",
        });
        let id = identifier(Verb::Reserve, &data);
        let request = call.request(Verb::Reserve, &data, &id, surroundings.clock.now()).unwrap();
        let header = |name| format!("{name}: {}\n", request.headers[name].to_str().unwrap());
        let headers = ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
        let body = std::str::from_utf8(&request.body).unwrap();
        let (path, headers) = (account.url.path(), headers.concat());
        let shown = format!("{} {path} HTTP/1.1\n{headers}\n{body}\n", request.method);
        let page = PAGE.split_once("```http\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
        assert_eq!(page, shown);
    }

    #[test]
    fn only_to_reserve_has_the_same_id_on_every_try() {
        let data = json!({"clusterId": "a.b c\n"});
        let first = identifier(Verb::Reserve, &data);
        assert_eq!(first, identifier(Verb::Reserve, &data));
        assert_ne!(first, identifier(Verb::Reserve, &json!({"clusterId": "other"})));
        assert!(first.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'), "{first}");
        assert_ne!(identifier(Verb::Find, &data), identifier(Verb::Find, &data));
    }
}
