//! Objects that go in any order, with their Secrets, profiles and namespaces: it ends, and what is outside is as the policy says.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, wait_for};
use slipway_sim::Power;

use crate::yard::{Yard, host_name, rack_name, record_name};

const MINUTE: Duration = Duration::from_mins(1);

/// Applies one object of each of the three kinds with these policies.
async fn settled(yard: &Yard, index: usize, policies: [&str; 3]) -> anyhow::Result<()> {
    let mut objects = yard.secrets(index);
    let [host, rack, record] = policies;
    objects.extend([yard.host(index, host), yard.rack(index, rack), yard.record(index, record)]);
    yard.apply(&objects).await
}

/// Waits until each is as asked for.
async fn wait_settled(yard: &Yard, count: usize) -> anyhow::Result<()> {
    yard.connect().await?;
    for index in 0..count {
        yard.wait_ready("BareMetalHost", &host_name(index), "Available").await?;
        yard.wait_ready("ClusterSubscription", &record_name(index), "Reserved").await?;
    }
    Ok(())
}

/// The id of an object's record at the registrar.
async fn record_id(yard: &Yard, index: usize) -> anyhow::Result<String> {
    let object = yard.objects("ClusterSubscription").get(&record_name(index)).await?;
    Ok(object["status"]["subscriptionId"].as_str().unwrap_or_default().to_owned())
}

fn record_status(yard: &Yard, id: &str) -> Value {
    yard.ocm.subscription(id).unwrap_or_default()["status"].clone()
}

async fn delete(yard: &Yard, names: &[String]) -> anyhow::Result<()> {
    let mut arguments = vec!["delete", "--wait=false"];
    arguments.extend(names.iter().map(String::as_str));
    yard.kubectl().ok(&arguments).await?;
    Ok(())
}

fn of(kind: &str, name: &str) -> String {
    format!("{kind}/{name}")
}

/// The three objects of a number.
fn objects(index: usize) -> [String; 3] {
    [of("sbmh", &host_name(index)), of("sinfra", &rack_name(index)), of("csub", &record_name(index))]
}

/// The Secrets with their logins.
fn logins(index: usize) -> [String; 3] {
    let host = format!("{}-bmc", host_name(index));
    [of("secret", &host), of("secret", &rack_name(index)), of("secret", &record_name(index))]
}

async fn wait_gone(yard: &Yard, index: usize) -> anyhow::Result<()> {
    yard.wait_gone("BareMetalHost", &host_name(index)).await?;
    yard.wait_gone("Infrastructure", &rack_name(index)).await?;
    yard.wait_gone("ClusterSubscription", &record_name(index)).await
}

/// Each order in which a tool takes things away.
pub(crate) async fn in_any_order() -> anyhow::Result<()> {
    const COUNT: usize = 3;
    let yard = Yard::open(COUNT, "prune").await?;
    yard.register();
    for index in 0..COUNT {
        settled(&yard, index, ["PowerOff", "Reject", "DeleteReserved"]).await?;
    }
    wait_settled(&yard, COUNT).await?;
    let mut ids = Vec::new();
    for index in 0..COUNT {
        ids.push(record_id(&yard, index).await?);
    }
    // The profile first, the Secrets last: everything is done.
    delete(&yard, &["iprof/tiny".to_owned()]).await?;
    delete(&yard, &objects(0)).await?;
    wait_gone(&yard, 0).await?;
    delete(&yard, &logins(0)).await?;
    assert_eq!(yard.hosts.fleet.machine(0).state().power, Power::Off);
    assert_eq!(
        (yard.connection(0).as_str(), record_status(&yard, &ids[0])),
        ("REJECT", json!("Deprovisioned"))
    );
    for name in [host_name(0), rack_name(0), record_name(0)] {
        assert_eq!(yard.released(&name).await?, None);
    }

    // The Secrets first: done with the login that was used last, or said to be undone.
    delete(&yard, &logins(1)).await?;
    delete(&yard, &objects(1)).await?;
    // All at once.
    delete(&yard, &[objects(2), logins(2)].concat()).await?;
    for (index, id) in ids.iter().enumerate().skip(1) {
        wait_gone(&yard, index).await?;
        let is_off = yard.hosts.fleet.machine(index).state().power == Power::Off;
        done_or_said(&yard, &host_name(index), is_off).await?;
        done_or_said(&yard, &rack_name(index), yard.connection(index) == "REJECT").await?;
        done_or_said(&yard, &record_name(index), record_status(&yard, id) == "Deprovisioned").await?;
    }
    Ok(())
}

/// What was not done is said, with the Secret that was missing.
async fn done_or_said(yard: &Yard, name: &str, is_done: bool) -> anyhow::Result<()> {
    if is_done {
        return Ok(());
    }
    let note = yard.wait_released(name).await?;
    anyhow::ensure!(note.contains(name), "the Secret of {name} is not named: {note}");
    Ok(())
}

/// An operator that has never seen the login of what goes says so, and lets it go in time.
pub(crate) async fn without_a_login_ever_seen() -> anyhow::Result<()> {
    let mut yard = Yard::open(1, "unseen-login").await?;
    yard.register();
    settled(&yard, 0, ["PowerOff", "Reject", "DeleteReserved"]).await?;
    wait_settled(&yard, 1).await?;
    let id = record_id(&yard, 0).await?;
    yard.hosts.operator.stop().await?;
    delete(&yard, &[logins(0), objects(0)].concat()).await?;
    yard.hosts.operator.start_again().await?;
    wait_gone(&yard, 0).await?;
    for name in [host_name(0), rack_name(0), record_name(0)] {
        done_or_said(&yard, &name, false).await?;
    }
    assert_eq!(yard.hosts.fleet.machine(0).state().power, Power::On);
    assert_eq!((yard.connection(0).as_str(), record_status(&yard, &id)), ("CONNECTED", json!("Reserved")));
    Ok(())
}

/// A namespace goes with all that is in it, and what is to be kept is kept.
pub(crate) async fn with_the_namespace() -> anyhow::Result<()> {
    let yard = Yard::open(2, "prune-namespace").await?;
    yard.register();
    settled(&yard, 0, ["PowerOff", "Reject", "DeleteReserved"]).await?;
    settled(&yard, 1, ["Retain", "Retain", "Retain"]).await?;
    wait_settled(&yard, 2).await?;
    let ids = [record_id(&yard, 0).await?, record_id(&yard, 1).await?];
    let control_plane = ControlPlane::shared().await?;
    yard.hosts.namespace.delete(control_plane).await?;
    let kubectl = control_plane.kubectl();
    wait_for("the namespace to be gone", MINUTE, async || {
        let seen =
            kubectl.run(&["get", "namespace", yard.namespace(), "--output=jsonpath={.status}"]).await?;
        anyhow::ensure!(seen.stderr.contains("NotFound"), "{}", seen.stdout);
        Ok(())
    })
    .await?;
    assert_eq!(yard.hosts.fleet.machine(1).state().power, Power::On);
    assert_eq!(yard.connection(1), "CONNECTED");
    assert_eq!(record_status(&yard, &ids[1]), "Reserved");
    // The login that was used last is remembered for a record.
    assert_eq!(record_status(&yard, &ids[0]), "Deprovisioned");
    Ok(())
}
