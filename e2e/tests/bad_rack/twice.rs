//! Two objects for one rack.

use serde_json::{Value, json};
use slipway_core::clock::Timestamp;
use slipway_e2e::objects::condition;
use slipway_e2e::wait_for;

use crate::scene::{
    SOON, WAITING, assert_clean, assert_kstatus, connected, looks, site, to_connect, waiting, writes,
};

#[tokio::test]
async fn the_younger_of_two_objects_for_one_rack_stands_back_until_the_older_goes() {
    let site = site(1, "twice").await;
    site.apply(&to_connect(&site, 0).await).await.unwrap();
    waiting(&site, 0).await;
    later(&site.get(0).await.unwrap()).await;
    let mut twin = to_connect(&site, 0).await;
    twin["metadata"]["name"] = json!("twin");
    // It would cut the connection, and with it its elder's.
    twin["spec"]["deletionPolicy"] = json!("Reject");
    site.apply(&twin).await.unwrap();

    let told = twin_told(&site, "False", "DuplicateInfrastructure").await;
    assert_kstatus(&told, "DuplicateInfrastructure");
    let older = format!("{}/rack0", site.namespace.name());
    let id = site.cloud.infrastructures().remove(0);
    let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
    for word in [older.as_str(), &id, "delete one", "spec.connection"] {
        assert!(message.contains(word), "no {word:?} in {message:?}");
    }
    site.advance(WAITING);
    connected(&site, 0).await;
    assert_eq!(site.racks[0].posts().len(), 1);

    // The younger one goes and takes nothing with it; made again, it takes over when the older goes.
    let before = writes(&site);
    site.kubectl.ok(&["delete", "sinfra", "twin"]).await.unwrap();
    assert_eq!(writes(&site), before);
    site.apply(&twin).await.unwrap();
    twin_told(&site, "False", "DuplicateInfrastructure").await;
    looks(&site, 2).await;
    site.delete(0).await.unwrap();
    site.wait_gone(0).await.unwrap();
    twin_told(&site, "True", "Connected").await;
    looks(&site, 2).await;
    assert_eq!((site.racks[0].posts().len(), writes(&site)), (1, before));
    assert_clean(&site, &[]).await;
}

/// Waits until what is made now is younger: the API server gives times of creation in seconds.
async fn later(object: &Value) {
    let made: Timestamp = object["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
    wait_for("the next second", SOON, async || {
        let now = Timestamp::now();
        anyhow::ensure!(now.as_second() > made.as_second(), "{now}");
        Ok(())
    })
    .await
    .unwrap();
}

/// Waits until the object of another name says so, and returns it.
async fn twin_told(site: &slipway_e2e::Site, status: &str, reason: &str) -> Value {
    wait_for(&format!("the twin to be told {reason}"), SOON, async || {
        let twin = site.objects.get("twin").await?;
        let ready = condition(&twin, "Ready");
        anyhow::ensure!(ready["reason"] == reason && ready["status"] == status, "{ready}");
        Ok(twin)
    })
    .await
    .unwrap()
}
