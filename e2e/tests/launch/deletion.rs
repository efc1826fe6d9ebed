//! Objects that go away.

use serde_json::{Value, json};
use slipway_e2e::rack::condition;
use slipway_e2e::{ControlPlane, Rack, wait_for};
use slipway_sim::Power;

use crate::scene::{SOON, rack, resets, running};

async fn registered(rack: &Rack, index: usize, policy: &str) {
    let mut host = rack.host(index);
    host["spec"]["deletionPolicy"] = json!(policy);
    rack.apply(&host).await.unwrap();
    rack.wait_phase(index, "Available").await.unwrap();
}

fn note(event: &Value) -> &str {
    event["note"].as_str().unwrap()
}

#[tokio::test]
async fn a_deleted_host_is_left_or_switched_off_by_its_policy_and_let_go_in_bounded_time() {
    let rack = rack(running(4), "deletion").await;
    for (index, policy) in ["Retain", "PowerOff", "PowerOff", "PowerOff"].into_iter().enumerate() {
        registered(&rack, index, policy).await;
    }
    rack.patch(3, &json!({"management": {"redfish": {"credentialsRef": {"name": "gone"}}}})).await.unwrap();
    rack.wait_reason(3, "SecretMissing").await.unwrap();
    rack.fleet.bmc(2).refuse_connections(true).await;
    rack.delete(2).await.unwrap();
    let host = rack.wait_phase(2, "Deleting").await.unwrap();
    let ready = condition(&host, "Ready");
    assert_eq!(ready["reason"], "Deleting");
    assert!(ready["message"].as_str().unwrap().contains(&rack.fleet.address(2)), "{ready}");
    for index in [0, 1, 3] {
        rack.delete(index).await.unwrap();
    }
    for index in 0..4 {
        rack.wait_gone(index).await.unwrap();
    }
    let powers: Vec<_> = (0..4).map(|index| rack.fleet.machine(index).state().power).collect();
    assert_eq!(powers, [Power::On, Power::Off, Power::On, Power::On]);
    let sent: Vec<_> = (0..4).map(|index| resets(&rack, index)).collect();
    assert_eq!(sent, [json!({}), json!({"GracefulShutdown": 1}), json!({}), json!({})]);

    let gone = rack.wait_event("u02", "Released").await.unwrap();
    assert!(note(&gone).contains(&rack.fleet.address(2)), "{gone}");
    let secret = rack.wait_event("u03", "Released").await.unwrap();
    assert!(note(&secret).contains("\"gone\""), "{secret}");
    for name in ["u00", "u01"] {
        let events = rack.events(name).await.unwrap();
        assert!(events.iter().all(|event| event["reason"] != "Released"), "{events:?}");
    }
}

#[tokio::test]
async fn a_namespace_with_hosts_in_it_goes_in_bounded_time() {
    let rack = rack(running(2), "namespace").await;
    registered(&rack, 0, "PowerOff").await;
    registered(&rack, 1, "Retain").await;
    let control_plane = ControlPlane::shared().await.unwrap();
    rack.namespace.delete(control_plane).await.unwrap();
    let kubectl = control_plane.kubectl();
    wait_for("the namespace to be gone", 2 * SOON, async || {
        let seen = kubectl.run(&["get", "namespace", rack.namespace.name(), "--output=yaml"]).await?;
        anyhow::ensure!(seen.stderr.contains("NotFound"), "{}", seen.stdout);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(rack.fleet.machine(1).state().power, Power::On);
}
