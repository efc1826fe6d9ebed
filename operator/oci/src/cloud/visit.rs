//! One verb of the port: its account, its signer, its deadline, its calls.

use std::{sync::Arc, time::Duration};

use slipway_core::{
    backoff,
    clock::{Clock, Timestamp},
    failure::{Effect, Failure},
    infrastructure::Account,
    reason::Reason,
};
use slipway_outbound::{
    Answer, Connector, HeaderName, HeaderValue, Observer, Peer, Plaintext, Request, StatusCode, code_class,
};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroize;

use crate::{
    budget::{Lane, Lanes},
    cloud::{call::Call, limits::Limits},
    error::{self, Context},
    keyring::{self, Keyring},
    region::{Region, Service},
    signer::{Generation, Signer},
    wire::Headers,
};

/// Base path of the service (`facts/oci.md §1.1`).
const BASE: &str = "/20221208/";

/// What all visits share.
pub(crate) struct Surroundings {
    pub(crate) connector: Arc<Connector>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) lanes: Lanes,
}

/// Speaks to OCI for one account until its deadline.
pub(crate) struct Visit<'a> {
    surroundings: &'a Surroundings,
    account: &'a Account,
    signer: Arc<Signer>,
    lane: Arc<Lane>,
    base: Url,
    deadline: Instant,
}

/// An answer, and what it takes to judge it.
struct Reply {
    answer: Answer,
    peer: Arc<Peer>,
    generation: Generation,
    request_id: String,
}

impl<'a> Visit<'a> {
    /// Nothing is sent yet.
    ///
    /// Errors: those of the Secret and of the region.
    pub(crate) fn begin(surroundings: &'a Surroundings, account: &'a Account) -> Result<Self, Failure> {
        let region = Region::parse(&account.region)?;
        let base = base(account, &region)?;
        let secret = identity(account);
        let signer = surroundings.keyring.signer(&keyring::Account {
            secret: secret.to_owned(),
            version: account.credentials_version.clone(),
            content: account.credentials.clone(),
            region,
            trust: account.trust.clone(),
        })?;
        let key = format!("{secret} {}", base.origin().ascii_serialization());
        let lane = surroundings.lanes.lane(key, &surroundings.limits);
        let deadline = Instant::now() + surroundings.limits.verb;
        Ok(Self { surroundings, account, signer, lane, base, deadline })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.clock.now()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.surroundings.limits
    }

    /// Scheme, host and port of the service; for messages.
    pub(crate) fn label(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Makes a call and reads its answer; the body is wiped then, for it may hold a PIN.
    ///
    /// Errors: [`Reason::NotOracleCloud`] for a body that is not what `read` takes, and those of the answer and of the way.
    pub(crate) async fn ask<T>(
        &self,
        call: &Call<'_>,
        read: impl FnOnce(&[u8], &Headers<'_>) -> Option<T>,
    ) -> Result<T, Failure> {
        let mut reply = self.call(call).await?;
        let headers = Headers { map: &reply.answer.headers, now: self.now() };
        let outcome = read(&reply.answer.body, &headers)
            .ok_or_else(|| error::garbled(&self.context(call, &reply), &reply.answer));
        if let Ok(mut body) = std::mem::take(&mut reply.answer.body).try_into_mut() {
            body.as_mut().zeroize();
        }
        outcome
    }

    /// Makes a call until it succeeds, must not be repeated, or has had all its tries. A success is any status of 2xx.
    async fn call(&self, call: &Call<'_>) -> Result<Reply, Failure> {
        let _alone =
            if call.deed.writes() { Some(self.in_turn(self.lane.writing.lock()).await?) } else { None };
        let (mut tries, mut renewed, mut lost) = (0, false, false);
        loop {
            let (failure, may_pass) = match self.attempt(call).await {
                Ok(reply) if reply.answer.status.is_success() => return Ok(reply),
                Ok(reply) => {
                    if !renewed && self.renews(&reply).await {
                        renewed = true;
                        continue;
                    }
                    self.refusal(call, &reply)
                }
                Err(failure) => {
                    let may_pass = [Reason::Unreachable, Reason::ConnectionRefused].contains(&failure.reason);
                    (failure, may_pass)
                }
            };
            lost |= failure.effect == Effect::Unknown;
            let pause = self.pause(&failure, tries);
            tries += 1;
            let again = may_pass && call.deed.is_repeatable() && tries < self.limits().tries;
            match pause.filter(|_| again) {
                Some(pause) => sleep(pause).await,
                None if lost => return Err(failure.with_unknown_effect()),
                None => return Err(failure),
            }
        }
    }

    /// Whether the answer is a 401 that a new token may mend.
    async fn renews(&self, reply: &Reply) -> bool {
        reply.answer.status == StatusCode::UNAUTHORIZED
            && self.signer.invalidate(reply.generation, self.now()).await
    }

    /// The failure that an answer stands for, and whether it may pass by itself.
    fn refusal(&self, call: &Call<'_>, reply: &Reply) -> (Failure, bool) {
        let failure = error::refusal(&self.context(call, reply), &reply.answer);
        if reply.answer.status == StatusCode::TOO_MANY_REQUESTS {
            let pause = failure.retry_after.unwrap_or(self.limits().pause);
            self.lane.budget.hold(pause.min(self.limits().pause_cap));
        }
        (failure, error::may_pass(reply.answer.status))
    }

    fn context<'c>(&'c self, call: &'c Call<'c>, reply: &'c Reply) -> Context<'c> {
        Context {
            label: reply.peer.label(),
            call,
            secret_name: &self.account.secret_name,
            request_id: &reply.request_id,
            now: self.now(),
        }
    }

    /// The pause before the next try; `None` when it would be too long.
    fn pause(&self, failure: &Failure, tries: u32) -> Option<Duration> {
        let limits = self.limits();
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        let own = backoff::delay(limits.pause, limits.pause_cap, tries, seed);
        let asked = failure.retry_after.unwrap_or_default();
        let pause = own.max(asked);
        let fits = asked <= limits.pause_cap && Instant::now() + pause < self.deadline;
        fits.then_some(pause)
    }

    /// One request, when it is its turn.
    async fn attempt(&self, call: &Call<'_>) -> Result<Reply, Failure> {
        let _place = self.in_turn(self.lane.places.acquire()).await?;
        self.in_turn(self.lane.budget.turn()).await?;
        let peer = self.peer(call).await.map_err(|failure| self.placed(failure))?;
        let request_id = Uuid::new_v4().simple().to_string().to_ascii_uppercase();
        let mut request = self.dress(call, &request_id)?;
        let signed = timeout_at(self.deadline, self.signer.sign(&mut request, &self.base, self.now())).await;
        let generation = signed.unwrap_or_else(|_| Err(self.too_slow()))?;
        // What changes something has its whole time, however long it waited: half of it would only lose the answer.
        if !call.deed.writes() {
            request.deadline = request.deadline.min(self.deadline.saturating_duration_since(Instant::now()));
        }
        let sent = Instant::now();
        let outcome = peer.send(request).await;
        let code = outcome.as_ref().map_or("error", |answer| code_class(answer.status));
        let took = sent.elapsed();
        self.surroundings.observer.request("oci", call.op(), code, took.as_secs_f64());
        tracing::debug!(oci = peer.label(), op = call.op(), code, request_id, ?took, "request");
        match outcome {
            Ok(answer) => Ok(Reply { answer, peer, generation, request_id }),
            Err(failure) => {
                self.lane.discard(&peer).await;
                Err(self.placed(failure))
            }
        }
    }

    /// A failure on the way, with the field that leads there.
    fn placed(&self, failure: Failure) -> Failure {
        let Account { endpoint, region, .. } = self.account;
        let address = match endpoint {
            Some(_) => "spec.oci.endpoint".to_owned(),
            None => format!("spec.oci.region {region:?}"),
        };
        failure.of_peer(&address, "spec.oci.tls")
    }

    /// What changes something goes over a connection of its own: over one that the other side is about to close it would be lost without
    /// anybody knowing whether it was read.
    async fn peer(&self, call: &Call<'_>) -> Result<Arc<Peer>, Failure> {
        let open = async {
            let trusted = self.surroundings.connector.trust(&self.account.trust)?;
            self.surroundings.connector.open(&self.base, &trusted, Plaintext::IfInsecureAllowed).await
        };
        if call.deed.writes() {
            return open.await.map(Arc::new);
        }
        self.lane.peer(&self.account.trust, self.limits(), open).await
    }

    fn dress(&self, call: &Call<'_>, request_id: &str) -> Result<Request, Failure> {
        let target = format!("{}{}", self.base.path(), call.target);
        let mut request = Request::new(call.deed.method(), target, self.limits().request);
        request.cap = self.limits().answer;
        let headers = [
            ("accept", Some("application/json")),
            ("opc-request-id", Some(request_id)),
            ("opc-retry-token", call.retry_token),
            ("if-match", call.etag.map(|etag| etag.0.as_str())),
        ];
        for (name, value) in headers {
            let Some(value) = value else { continue };
            let value = HeaderValue::from_str(value).map_err(|_| {
                let message =
                    format!("{} cannot be asked for: {name} cannot be written as a header", call.doing());
                Failure::new(Reason::Internal, message)
            })?;
            request = request.with_header(HeaderName::from_static(name), value);
        }
        match &call.body {
            Some(body) => Ok(request.with_body(body.clone())),
            None => Ok(request),
        }
    }

    /// Waits for a turn, no longer than the verb may last.
    async fn in_turn<T>(&self, turn: impl Future<Output = T>) -> Result<T, Failure> {
        timeout_at(self.deadline, turn).await.map_err(|_| self.too_slow())
    }

    fn too_slow(&self) -> Failure {
        let Limits { calls_per_minute, verb, .. } = self.limits();
        let message = format!(
            "the account of Secret {:?} has more to ask of {} than {calls_per_minute} calls a minute let \
             through, or its token took too long to renew; this call was not made within {verb:?}",
            self.account.secret_name,
            self.label(),
        );
        Failure::new(Reason::Throttled, message)
    }
}

/// What tells accounts apart: the uid of the Secret, where its version shows one, for names are the same in many namespaces.
fn identity(account: &Account) -> &str {
    account.credentials_version.rsplit_once('/').map_or(account.secret_name.as_str(), |(uid, _)| uid)
}

fn base(account: &Account, region: &Region) -> Result<Url, Failure> {
    let mut base = match &account.endpoint {
        Some(endpoint) => endpoint.clone(),
        None => region.endpoint(Service::ComputeCloud)?,
    };
    // The vendor's command line wants the version in the address; people will copy it from there.
    let path = base.path().trim_end_matches('/');
    let path = path.strip_suffix(BASE.trim_end_matches('/')).unwrap_or(path).to_owned();
    base.set_path(&format!("{path}{BASE}"));
    base.set_query(None);
    base.set_fragment(None);
    Ok(base)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use slipway_core::{infrastructure::Account, trust::Trust};

    use super::{base, identity};
    use crate::region::Region;

    fn account(endpoint: Option<&str>, version: &str) -> Account {
        Account {
            region: "iad".to_owned(),
            endpoint: endpoint.map(|text| text.parse().unwrap()),
            credentials: BTreeMap::new(),
            secret_name: "oci".to_owned(),
            credentials_version: version.to_owned(),
            trust: Trust::System,
        }
    }

    #[test]
    fn the_base_is_the_regions_or_the_one_given() {
        for (endpoint, expected) in [
            (None, "https://ccc.us-ashburn-1.oci.oraclecloud.com/20221208/"),
            (Some("https://proxy.example:8443"), "https://proxy.example:8443/20221208/"),
            (Some("https://proxy.example/oci/"), "https://proxy.example/oci/20221208/"),
            (Some("https://proxy.example/20221208"), "https://proxy.example/20221208/"),
            (Some("https://proxy.example/20221208/?a=b#c"), "https://proxy.example/20221208/"),
        ] {
            let region = Region::parse("iad").unwrap();
            assert_eq!(base(&account(endpoint, ""), &region).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn secrets_of_one_name_in_two_namespaces_are_two_accounts() {
        assert_eq!(identity(&account(None, "uid-1/77")), "uid-1");
        assert_eq!(identity(&account(None, "77")), "oci");
    }
}
