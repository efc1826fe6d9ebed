//! A life at a site's own inventory, by signed webhooks.

use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_sim::{Inventory, InventoryConfig};

use crate::scene::{external, installed, quick};

/// The site's only record that is not deleted.
fn record(site: &Inventory) -> Value {
    let mut living = site.records();
    living.retain(|record| record["status"] != "Deprovisioned");
    assert_eq!(living.len(), 1, "{living:?}");
    living.remove(0)
}

async fn started(test: &str) -> anyhow::Result<(Registry, Inventory, Value)> {
    let registry = quick(test).await?;
    let site = Inventory::start(InventoryConfig::default()).await?;
    registry.apply_secret("site", &json!({"secret": site.secret()})).await?;
    registry.apply_secret("site-ca", &json!({"ca.crt": site.ca_pem()})).await?;
    let registrar = json!({"webhook": {"url": site.url(), "credentialsRef": {"name": "site"}, "tls": {"caRef": {"name": "site-ca"}}}});
    Ok((registry, site, registrar))
}

#[tokio::test]
async fn the_same_life_at_a_sites_own_inventory() -> anyhow::Result<()> {
    let (registry, site, registrar) = started("webhook").await?;
    let spec = json!({"registrar": registrar, "labels": {"team": "edge"}, "support": {"level": "Standard"}});
    registry.apply(&registry.subscription("edge-7", &spec)).await?;
    let object = registry.wait_ready("edge-7", "Reserved").await?;
    let made = record(&site);
    assert_eq!(
        (&made["id"], &made["clusterId"]),
        (&object["status"]["subscriptionId"], &object["status"]["clusterId"])
    );
    assert_eq!(
        (&made["labels"]["slipway.team"], &made["support"]["level"]),
        (&json!("edge"), &json!("Standard"))
    );

    registry.patch("edge-7", &json!({"displayName": "Edge Seven", "cluster": installed(1)})).await?;
    let object = registry.wait_ready("edge-7", "Active").await?;
    assert_eq!(object["status"]["remoteStatus"], "Active");
    let active = record(&site);
    assert_eq!((&active["status"], &active["displayName"]), (&json!("Active"), &json!("Edge Seven")));
    assert_eq!(active["externalClusterId"], external(1));
    let calls = site.calls();
    let position = |kind: &str| calls.iter().position(|call| call.kind == kind);
    assert!(
        position("cluster.amend") < position("cluster.activate"),
        "the id comes before Active: {calls:?}"
    );
    assert_eq!(calls.iter().filter(|call| call.kind == "cluster.reserve").count(), 1);
    assert!(calls.iter().all(|call| call.is_signed), "{calls:?}");

    registry.delete("edge-7").await?;
    registry.wait_gone("edge-7").await?;
    assert_eq!(record(&site)["status"], "Active", "the record of an active cluster stays");

    let spec = json!({"registrar": registrar, "clusterId": "edge-8"});
    registry.apply(&registry.subscription("edge-8", &spec)).await?;
    registry.wait_ready("edge-8", "Reserved").await?;
    registry.delete("edge-8").await?;
    registry.wait_gone("edge-8").await?;
    assert_eq!(record(&site)["id"], active["id"], "the reserved one is deleted");
    assert!(registry.ocm.calls().is_empty(), "the other registrar is not asked");
    assert!(!registry.readable().await?.contains(&site.secret()), "the secret can be read");
    registry.assert_sound().await
}
