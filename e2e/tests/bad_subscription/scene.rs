//! What the tests of this program begin with, and what all of them end with.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use slipway_core::reason::{Class, Reason};
use slipway_e2e::objects::condition;
use slipway_e2e::{ControlPlane, Registry, RegistryOptions};
use slipway_sim::{Ocm, OcmCall, OcmConfig};

/// Longest wait for what the operator does.
const SOON: Duration = Duration::from_secs(30);

/// A registry whose records at rest are looked at once a second.
pub(crate) async fn quick(test: &str) -> Registry {
    start(Registry::options(), test).await
}

/// The same, looked at more seldom: for many objects at once.
pub(crate) async fn calm(test: &str) -> Registry {
    Registry::options()
        .poll_interval("500ms")
        .start(ControlPlane::shared().await.unwrap(), test)
        .await
        .unwrap()
}

/// A quick one with other options.
pub(crate) async fn start(options: RegistryOptions, test: &str) -> Registry {
    options.poll_interval("100ms").start(ControlPlane::shared().await.unwrap(), test).await.unwrap()
}

/// An account service as it comes.
pub(crate) async fn service() -> Ocm {
    Ocm::start(OcmConfig::default()).await.unwrap()
}

/// Applies subscriptions with these specs.
pub(crate) async fn apply(registry: &Registry, objects: &[(&str, Value)]) {
    for (name, spec) in objects {
        let object = Patch::Apply(registry.subscription(name, spec));
        registry.api().patch(name, &PatchParams::apply("test"), &object).await.unwrap();
    }
}

/// Changes specs by one merge patch.
pub(crate) async fn mend(registry: &Registry, names: &[&str], spec: &Value) {
    let patch = Patch::Merge(json!({"spec": spec}));
    for name in names {
        registry.api().patch(name, &PatchParams::default(), &patch).await.unwrap();
    }
}

/// Deletes objects and waits until they are gone.
pub(crate) async fn delete(registry: &Registry, names: &[&str]) {
    for name in names {
        registry.api().delete(name, &DeleteParams::default()).await.unwrap();
    }
    for name in names {
        registry.wait_gone(name).await.unwrap();
    }
}

fn secret(name: &str, content: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content})
}

/// Makes Secrets, or adds to them.
pub(crate) async fn secrets<'a>(registry: &Registry, contents: impl IntoIterator<Item = (&'a str, Value)>) {
    let api = Api::<Secret>::namespaced(registry.client.clone(), registry.namespace.name());
    for (name, content) in contents {
        let patch = Patch::Apply(secret(name, &content));
        api.patch(name, &PatchParams::apply("test").force(), &patch).await.unwrap();
    }
}

/// Puts Secrets with these keys and no others in the place of those that are there.
pub(crate) async fn replace_secrets<'a>(
    registry: &Registry,
    contents: impl IntoIterator<Item = (&'a str, Value)>,
) {
    let api = Api::<Secret>::namespaced(registry.client.clone(), registry.namespace.name());
    for (name, content) in contents {
        let object = serde_json::from_value(secret(name, &content)).unwrap();
        api.replace(name, &PostParams::default(), &object).await.unwrap();
    }
}

/// Credentials of a client.
pub(crate) fn client(ocm: &Ocm, account: &str) -> Value {
    let account = ocm.account(account).unwrap();
    json!({"clientId": account.client_id, "clientSecret": account.client_secret})
}

/// Waits until a condition says this, checks `Ready`, kstatus' two conditions and the event, and that each of them holds these words.
/// Returns the object.
pub(crate) async fn told(
    registry: &Registry,
    name: &str,
    (kind, reason): (&str, &str),
    words: &[&str],
) -> Value {
    let object = registry
        .wait(name, &format!("{kind} and Ready False by {reason}"), |object| {
            let (seen, ready) = (condition(object, kind), condition(object, "Ready"));
            let is_told =
                [&seen, &ready].iter().all(|one| one["status"] == "False" && one["reason"] == reason);
            if is_told { Ok(()) } else { Err(format!("{kind} is {seen}, Ready is {ready}")) }
        })
        .await
        .unwrap();
    assert_kstatus(&object, reason);
    let event = registry.wait_event(name, reason).await.unwrap();
    let said =
        [&condition(&object, kind)["message"], &condition(&object, "Ready")["message"], &event["note"]];
    for text in said.map(|text| text.as_str().unwrap()) {
        for word in words {
            assert!(text.contains(word), "{name}: no {word:?} in {text:?}");
        }
    }
    object
}

/// Whether a person has to act is what kstatus calls stalled; all else that is not well is reconciling.
fn assert_kstatus(object: &Value, reason: &str) {
    let known = Reason::ALL.iter().find(|known| known.as_str() == reason).unwrap();
    let (there, absent) = match known.class() {
        Class::Person => ("Stalled", "Reconciling"),
        _ => ("Reconciling", "Stalled"),
    };
    assert_eq!(condition(object, there)["reason"], reason, "{object}");
    assert_eq!(condition(object, absent), Value::Null, "{object}");
}

/// Waits until these objects are reserved.
pub(crate) async fn reserved(registry: &Registry, names: &[&str]) {
    for name in names {
        registry.wait_ready(name, "Reserved").await.unwrap();
    }
}

/// Waits until the operator has gone round so many times more, whether or not it asked anybody.
pub(crate) async fn rounds(registry: &Registry, more: f64) {
    registry.operator.wait_reconciles("clustersubscription", more, SOON).await.unwrap();
}

/// Goes round many times, in which nothing is written to these objects: what a person has to mend is said once.
pub(crate) async fn at_rest(registry: &Registry, names: &[&str]) {
    let versions = async || {
        let mut versions = vec![];
        for name in names {
            versions.push(registry.get(name).await.unwrap()["metadata"]["resourceVersion"].clone());
        }
        versions
    };
    let before = versions().await;
    rounds(registry, 12.0).await;
    assert_eq!(versions().await, before);
}

/// Calls with this method to this end of a path.
pub(crate) fn calls(ocm: &Ocm, method: &str, path: &str) -> Vec<OcmCall> {
    let mut all = ocm.calls();
    all.retain(|call| call.method == method && call.path.ends_with(path));
    all
}

/// Asserts that the last `count` pauses between calls are those of a record at rest.
pub(crate) fn assert_slow(calls: &[OcmCall], count: usize) {
    let pauses: Vec<f64> =
        calls.windows(2).map(|pair| pair[1].wall.duration_since(pair[0].wall).as_secs_f64()).collect();
    assert!(pauses.len() >= count && pauses.iter().rev().take(count).all(|pause| *pause > 0.9), "{pauses:?}");
}

/// Asserts that the operator is well, that no cluster has two records and no active one was deleted, and that no credential, no token and
/// none of these can be read.
pub(crate) async fn assert_clean(registry: &Registry, more: &[&str]) {
    let (ocm, account, readable) = (&registry.ocm, registry.account(), registry.readable().await.unwrap());
    assert!(ocm.violations().is_empty() && ocm.deleted_while("Active").is_empty());
    assert!(registry.operator.exit_status().is_none() && !readable.contains("panicked"));
    let own = [&account.client_secret, &account.offline_token, &account.pull_secret_token];
    // The last one are the first characters of every JSON Web Token.
    for secret in own.into_iter().map(String::as_str).chain(more.iter().copied()).chain(["eyJhbGci"]) {
        let place = readable.lines().find(|line| !secret.is_empty() && line.contains(secret));
        assert_eq!(place, None, "{secret:?} can be read");
    }
}
