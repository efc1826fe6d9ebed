//! What the tests of this program begin with, and what all of them end with.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_core::reason::{Class, Reason};
use slipway_e2e::objects::condition;
use slipway_e2e::{ControlPlane, OperatorOptions, OperatorProcess, Site, SiteOptions};
use slipway_sim::{CloudConfig, CloudTimings, ConnectionState};

/// Longest wait for what the operator does.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// A little more than a rack has to be in `REJECT`.
pub(crate) const WAITING: Duration = Duration::from_mins(21);

/// An operator that looks often.
pub(crate) fn operator() -> OperatorOptions {
    OperatorProcess::options().poll_interval("500ms")
}

/// A cloud that takes no time but where its rules ask for it.
pub(crate) fn cloud() -> CloudConfig {
    let (request, fingerprint, connect) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let timings = CloudTimings { request, fingerprint, connect, ..CloudTimings::default() };
    CloudConfig { timings, ..CloudConfig::default() }
}

/// Such a cloud, so many racks, and such an operator.
pub(crate) fn options(racks: usize) -> SiteOptions {
    Site::options().cloud(cloud()).racks(racks).operator(operator())
}

/// A site of so many racks, each with a record.
pub(crate) async fn site(racks: usize, test: &str) -> Site {
    let site = bare_site(options(racks), test).await;
    for index in 0..racks {
        drop(site.record(index));
    }
    site
}

/// A site without records.
pub(crate) async fn bare_site(options: SiteOptions, test: &str) -> Site {
    options.start(ControlPlane::shared().await.unwrap(), test).await.unwrap()
}

/// Applies a Secret.
pub(crate) async fn secret(site: &Site, name: &str, content: &Value) {
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content});
    site.apply(&secret).await.unwrap();
}

/// Puts another Secret in the place of one, with these keys and no others.
pub(crate) async fn replace_secret(site: &Site, name: &str, content: &Value) {
    site.kubectl.ok(&["delete", "secret", name, "--ignore-not-found"]).await.unwrap();
    secret(site, name, content).await;
}

/// An object that only looks. Its credentials are of its own, so that no object waits for the turn of another.
pub(crate) async fn object(site: &Site, index: usize) -> Value {
    site.apply(&site.own_account(index)).await.unwrap();
    unarmed(site, index)
}

/// The same without a Secret.
pub(crate) fn unarmed(site: &Site, index: usize) -> Value {
    let mut object = site.infrastructure(index);
    object["spec"]["oci"]["credentialsRef"]["name"] = json!(Site::own_secret(index));
    object
}

/// An object that asks to be connected.
pub(crate) async fn to_connect(site: &Site, index: usize) -> Value {
    let mut object = object(site, index).await;
    object["spec"]["connection"] = json!({"desired": "Connected"});
    object
}

/// Waits until a condition says this, checks `Ready`, kstatus' two conditions and the event, and that each of them holds these words.
/// Returns the message.
pub(crate) async fn told(site: &Site, index: usize, (kind, reason): (&str, &str), words: &[&str]) -> String {
    let status = if ["RefreshDue", "Stalled", "Reconciling"].contains(&kind) { "True" } else { "False" };
    let object = site
        .wait(index, &format!("{kind} {status} and Ready False by {reason}"), |object| {
            let (seen, ready) = (condition(object, kind), condition(object, "Ready"));
            let is_told = seen["status"] == status && seen["reason"] == reason;
            let is_whole = ready["status"] == "False" && ready["reason"] == reason;
            if is_told && is_whole { Ok(()) } else { Err(format!("{kind} is {seen}, Ready is {ready}")) }
        })
        .await
        .unwrap();
    assert_kstatus(&object, reason);
    let event = site.wait_event(index, reason).await.unwrap();
    assert_eq!(event["type"], "Warning", "{event}");
    let message = condition(&object, kind)["message"].as_str().unwrap().to_owned();
    let ready = condition(&object, "Ready")["message"].as_str().unwrap().to_owned();
    for said in [message.as_str(), ready.as_str(), event["note"].as_str().unwrap()] {
        for word in words {
            assert!(said.contains(word), "no {word:?} in {said:?}");
        }
    }
    message
}

/// Whether a person has to act is what kstatus calls stalled; all else that is not well is reconciling.
pub(crate) fn assert_kstatus(object: &Value, reason: &str) {
    let known = Reason::ALL.iter().find(|known| known.as_str() == reason).unwrap();
    let (there, absent) = match known.class() {
        Class::Person => ("Stalled", "Reconciling"),
        _ => ("Reconciling", "Stalled"),
    };
    let seen = condition(object, there);
    assert_eq!((&seen["status"], &seen["reason"]), (&json!("True"), &json!(reason)), "{object}");
    assert_eq!(condition(object, absent), Value::Null, "{object}");
    for one in [seen, condition(object, "Ready")] {
        assert_eq!(one["observedGeneration"], object["metadata"]["generation"], "{one}");
    }
}

/// Waits until the object is looked at as if nothing had been wrong.
pub(crate) async fn observed(site: &Site, index: usize) -> Value {
    let object = site.wait_condition(index, "Ready", "True", "Observed").await.unwrap();
    for kind in ["Reachable", "CredentialsValid", "Registered"] {
        assert_eq!(condition(&object, kind)["status"], "True", "{kind}: {object}");
    }
    object
}

/// Waits until the rack is connected after a handshake of ours.
pub(crate) async fn connected(site: &Site, index: usize) -> Value {
    let object = site.wait_connected(index).await.unwrap();
    assert_eq!(object["status"]["handshake"]["result"], "Matched", "{object}");
    object
}

/// Waits until the handshake waits for its time.
pub(crate) async fn waiting(site: &Site, index: usize) {
    site.wait(index, "the waiting time before a handshake", |object| {
        let not_before = &object["status"]["notBefore"];
        if not_before.is_string() { Ok(()) } else { Err(format!("status is {}", object["status"])) }
    })
    .await
    .unwrap();
}

/// What the cloud was asked to change, oldest first.
pub(crate) fn writes(site: &Site) -> Vec<String> {
    let calls = site.cloud.calls().into_iter().filter(|call| call.method != "GET");
    calls.map(|call| format!("{} {}", call.method, call.target)).collect()
}

/// Waits until the operator has looked at the cloud so many times more.
pub(crate) async fn looks(site: &Site, more: u64) {
    let wanted = site.cloud.call_count() + more;
    assert!(site.cloud.wait_until(SOON, |cloud| cloud.call_count() >= wanted).await);
}

/// Waits until the operator has gone round so many times more, whether or not it asked anybody.
pub(crate) async fn rounds(site: &Site, more: f64) {
    site.operator.wait_reconciles("infrastructure", more, SOON).await.unwrap();
}

/// Waits for more rounds, in which nothing is written to these objects: what a person has to mend is said once.
pub(crate) async fn at_rest(site: &Site, indexes: &[usize]) {
    let versions = async || {
        let mut versions = Vec::new();
        for index in indexes {
            versions.push(site.get(*index).await.unwrap()["metadata"]["resourceVersion"].clone());
        }
        versions
    };
    let before = versions().await;
    rounds(site, 6.0).await;
    assert_eq!(versions().await, before);
}

/// Asserts that neither cloud nor rack saw anything that they should not, and that no key, passphrase or PIN can be read.
pub(crate) async fn assert_clean(site: &Site, more: &[&str]) {
    assert_eq!(site.cloud.violations(), []);
    assert_nothing_leaked(site, more).await;
}

/// Asserts that no key, passphrase or PIN can be read.
pub(crate) async fn assert_nothing_leaked(site: &Site, more: &[&str]) {
    let readable = site.readable().await.unwrap();
    let mut secrets: Vec<String> = more.iter().map(ToString::to_string).collect();
    // Any line of the key will do to find it; the first ones are alike in all keys.
    secrets.extend(site.account.private_key_pem.lines().nth(5).map(str::to_owned));
    secrets.extend(site.racks.iter().flat_map(slipway_sim::Rack::pins));
    let in_reject = |id: &String| site.cloud.connection_state(id) == Some(ConnectionState::Reject);
    secrets.extend(
        site.cloud.infrastructures().iter().filter(|id| in_reject(id)).filter_map(|id| site.cloud.pin(id)),
    );
    for secret in secrets {
        let place = readable.lines().find(|line| line.contains(&secret));
        assert_eq!(place, None, "{secret:?} can be read");
    }
}
