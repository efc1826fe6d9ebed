//! Secrets, read by name when they are needed and kept for a while, never watched (`facts/metal-peers.md` R55).

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use k8s_openapi::{api::core::v1::Secret as SecretObject, apimachinery::pkg::apis::meta::v1::Condition};
use kube::{Api, Client};
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    reason::{Class, Reason},
    secret::Secret,
};
use slipway_crds::condition::READY;

use crate::error::ReconcileError;

/// One Secret's content.
#[derive(Debug)]
pub(crate) struct Content {
    /// By their keys, in order. There is one of these for each host, and a map of two takes five times the room.
    values: Box<[(String, Secret)]>,
    /// Changes whenever the content may have changed.
    pub(crate) version: String,
    read_at: Timestamp,
}

impl Content {
    /// The value of a key; missing, empty or binary ones are a failure that names field, Secret and key.
    pub(crate) fn text(&self, field: &str, secret: &str, key: &str) -> Result<Secret, Failure> {
        match self.values.iter().find(|(known, _)| known == key).map(|(_, value)| value) {
            Some(value) if !value.expose().is_empty() => Ok(value.clone()),
            Some(_) => Err(incomplete(format!("key {key:?} of Secret {secret:?} ({field}) is empty"))),
            None => {
                let keys: Vec<_> = self.values.iter().map(|(key, _)| key.as_str()).collect();
                let has = if keys.is_empty() { "nothing readable".to_owned() } else { keys.join(", ") };
                Err(incomplete(format!(
                    "Secret {secret:?} ({field}) has no text under the key {key:?}; it has {has}"
                )))
            }
        }
    }

    /// All values that are text.
    pub(crate) fn values(&self) -> BTreeMap<String, Secret> {
        self.values.iter().cloned().collect()
    }
}

fn incomplete(message: String) -> Failure {
    Failure::new(Reason::SecretIncomplete, message)
}

/// How old a Secret's content may be while all is well.
const SECRET_AGE: Duration = Duration::from_mins(10);

/// Secrets are read anew while an object is in trouble, so that a correction is noticed within a polling interval.
pub(crate) fn acceptable_age(conditions: &[Condition]) -> Duration {
    let ready = conditions.iter().find(|condition| condition.type_ == READY);
    let troubled = ready.is_some_and(|ready| {
        Reason::ALL.iter().any(|reason| {
            reason.as_str() == ready.reason && matches!(reason.class(), Class::Person | Class::Transient)
        })
    });
    if troubled { Duration::ZERO } else { SECRET_AGE }
}

/// What came of the last read of one Secret for one field.
struct Fetched {
    at: Instant,
    outcome: Result<Arc<Content>, Failure>,
}

impl Fetched {
    /// What a read brought; what was read last still holds while the API server does not answer.
    fn new(last: Option<Self>, read: Result<Content, Failure>) -> Self {
        let known = last.and_then(|last| last.outcome.ok());
        let outcome = match (read, known) {
            (Err(failure), Some(known)) if failure.reason == Reason::ApiFailed => Ok(known),
            (read, _) => read.map(Arc::new),
        };
        Self { at: Instant::now(), outcome }
    }
}

/// One Secret as one field names it: whoever needs it while it is being read waits for that read.
type Slot = Arc<tokio::sync::Mutex<Option<Fetched>>>;

/// Secrets read lately.
pub(crate) struct Secrets {
    client: Client,
    kept: Mutex<HashMap<(String, String, String), Slot>>,
}

impl Secrets {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, kept: Mutex::default() }
    }

    fn slot(&self, namespace: &str, name: &str, field: &str) -> Slot {
        let key = (namespace.to_owned(), name.to_owned(), field.to_owned());
        Arc::clone(self.kept.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    /// A Secret's content, no older than `age`. `field` names what refers to it.
    pub(crate) async fn read(
        &self,
        namespace: &str,
        name: &str,
        field: &str,
        now: Timestamp,
        age: Duration,
    ) -> Result<Arc<Content>, Failure> {
        let asked = Instant::now();
        let slot = self.slot(namespace, name, field);
        let mut kept = slot.lock().await;
        match kept.as_ref() {
            Some(last) if last.at >= asked => return last.outcome.clone(),
            Some(Fetched { outcome: Ok(content), .. }) if is_fresh(content.read_at, now, age) => {
                return Ok(Arc::clone(content));
            }
            _ => {}
        }
        let read = self.fetch(namespace, name, field, now).await;
        let fetched = Fetched::new(kept.take(), read);
        kept.insert(fetched).outcome.clone()
    }

    async fn fetch(
        &self,
        namespace: &str,
        name: &str,
        field: &str,
        now: Timestamp,
    ) -> Result<Content, Failure> {
        let secrets: Api<SecretObject> = Api::namespaced(self.client.clone(), namespace);
        let read = ReconcileError::within("reading a Secret", secrets.get(name)).await;
        let object = read.map_err(|error| explain(&error, namespace, name, field))?;
        let data = object.data.unwrap_or_default();
        let values = data.into_iter().filter_map(|(key, value)| {
            // A trailing line break is what `echo` and editors leave behind; no password ends in one.
            let text = String::from_utf8(value.0).ok()?;
            Some((key, Secret::new(text.trim_end_matches(['\r', '\n']))))
        });
        let uid = object.metadata.uid.unwrap_or_default();
        let version = object.metadata.resource_version.unwrap_or_default();
        Ok(Content { values: values.collect(), version: format!("{uid}/{version}"), read_at: now })
    }
}

fn is_fresh(read_at: Timestamp, now: Timestamp, age: Duration) -> bool {
    Duration::try_from(now.duration_since(read_at)).is_ok_and(|elapsed| elapsed < age)
}

fn explain(error: &ReconcileError, namespace: &str, name: &str, field: &str) -> Failure {
    if error.is_not_found() {
        let message =
            format!("Secret {name:?} ({field}) does not exist in namespace {namespace:?}; create it");
        return Failure::new(Reason::SecretMissing, message);
    }
    if matches!(error, ReconcileError::Api { source, .. } if matches!(source.as_ref(), kube::Error::Api(status) if status.code == 403))
    {
        let message = format!(
            "the operator may not read Secret {name:?} ({field}) nor any other in namespace {namespace:?}; let it: kubectl -n {namespace} create rolebinding slipway-secrets \
             --clusterrole=slipway-secret-reader --serviceaccount=slipway-system:slipway"
        );
        return Failure::new(Reason::SecretForbidden, message);
    }
    Failure::new(Reason::ApiFailed, format!("Secret {name:?} ({field}) could not be read: {error}"))
}
