//! Two writings of one fingerprint are the same; none at all is not yet.

use serde_json::json;
use slipway_sim::{Fault, Trouble};

use crate::scene::{self, connect_all, options};

#[tokio::test]
async fn however_a_fingerprint_is_written_the_rack_is_connected() {
    let site = scene::site(options().racks(4), "writings").await;
    let cloud_and_rack = [
        (Trouble::FingerprintUpperCase, None),
        (Trouble::FingerprintColons, Some(Trouble::FingerprintUpperCase)),
        (Trouble::FingerprintSpaces, None),
        (Trouble::FingerprintUpperCase, Some(Trouble::FingerprintColons)),
    ];
    let mut faults = Vec::new();
    for (index, (cloud, rack)) in cloud_and_rack.into_iter().enumerate() {
        let id = site.record(index);
        faults.push(site.cloud.add_fault(Fault::new(cloud).on("GET", &id)));
        if let Some(trouble) = rack {
            site.racks[index].add_fault(trouble.into());
        }
        site.apply(&site.to_connect(index, &json!({}))).await.unwrap();
    }
    connect_all(&site).await;
    for (index, fault) in faults.into_iter().enumerate() {
        assert!(site.cloud.fault_hits(fault) > 0, "rack {index}");
        let handshake = &site.get(index).await.unwrap()["status"]["handshake"];
        assert_ne!(handshake["rackFingerprint"], handshake["ociFingerprint"], "as each was written");
        assert_eq!((&handshake["attempt"], &handshake["result"]), (&json!(1), &json!("Matched")));
    }
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn a_fingerprint_that_is_absent_or_empty_for_a_while_is_waited_for() {
    let scene = scene::Scene::waiting("not-yet", &json!({})).await;
    for trouble in [Trouble::FingerprintAbsent, Trouble::FingerprintEmpty] {
        scene.site.cloud.add_fault(Fault::new(trouble).on("GET", &scene.id));
    }
    scene.let_begin().await;
    scene.reason_with("Connecting", "for Oracle Cloud's fingerprint").await;
    scene.looked(2).await;
    assert_eq!(scene.orders(), []);
    scene.site.cloud.clear_faults();
    scene.site.wait_connected(0).await.unwrap();
    assert_eq!(scene.posts().len(), 1);
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_fingerprint_that_never_comes_ends_the_attempt() {
    let scene = scene::Scene::waiting("never", &json!({})).await;
    let fault = scene.site.cloud.add_fault(Fault::new(Trouble::FingerprintAbsent).on("GET", &scene.id));
    scene.let_begin().await;
    scene.step(1, "Comparing").await;
    scene.site.advance(scene::MINUTE * 31);
    scene.not_before().await;
    scene.site.cloud.remove_fault(fault);
    let told = scene.site.wait_event(0, "HandshakeFailed").await.unwrap();
    assert_eq!(told["type"], "Warning");
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    assert_eq!(scene.orders(), [scene::order("REQUEST", "REJECT"), scene::order("REQUEST", "READY")]);
    scene.close(&[]).await;
}
