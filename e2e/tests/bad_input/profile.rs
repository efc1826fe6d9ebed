//! Profiles and images.

use serde_json::{Value, json};
use slipway_e2e::rack::condition;
use slipway_e2e::{Rack, wait_for};

use crate::scene::{SOON, assert_nothing_leaked, installed, rack, resets, told};

/// The rack's profile with another kernel.
fn profile(rack: &Rack, name: &str, kernel: &str, sha256: &str) -> Value {
    let mut profile = rack.profile();
    profile["metadata"]["name"] = json!(name);
    profile["spec"]["boot"]["kernel"]["url"] = json!(rack.fleet.images().url(kernel));
    profile["spec"]["boot"]["kernel"]["sha256"] = json!(sha256);
    profile
}

fn host(rack: &Rack, index: usize, profile: &str) -> Value {
    let mut host = rack.host_to_install(index, "1");
    host["spec"]["install"]["profileRef"]["name"] = json!(profile);
    host
}

#[tokio::test]
async fn a_missing_profile_a_wrong_digest_and_a_dead_server_hold_the_host_until_they_are_mended() {
    let rack = rack(3, "profile").await;
    let images = rack.fleet.images();
    images.put("mixed-up", "one kernel".as_bytes());
    let promised = images.sha256("vmlinuz").replace(char::is_alphabetic, "0");
    rack.apply(&profile(&rack, "mixed-up", "mixed-up", &promised)).await.unwrap();
    for (index, name) in ["later", "mixed-up"].into_iter().enumerate() {
        rack.apply(&host(&rack, index, name)).await.unwrap();
    }
    let field = "spec.install.profileRef";
    told(&rack, 0, ("Stalled", "True", "ProfileMissing"), &["\"later\"", field, "create it"]).await;
    let (url, found) = (images.url("mixed-up"), images.sha256("mixed-up"));
    told(&rack, 1, ("Stalled", "True", "ImageDigestMismatch"), &[&url, &found, &promised, "correct"]).await;
    wait_for("the profile to say so too", SOON, async || {
        let object = rack.object("InstallProfile", "installprofiles", "mixed-up").await?;
        let images = condition(&object, "ImagesAvailable");
        anyhow::ensure!(images["reason"] == "ImageDigestMismatch", "{images}");
        Ok(())
    })
    .await
    .unwrap();

    images.put("unheard-of", "another kernel".as_bytes());
    images.set_down(true).await;
    let unheard_of = profile(&rack, "unheard-of", "unheard-of", &images.sha256("unheard-of"));
    rack.apply(&unheard_of).await.unwrap();
    rack.apply(&host(&rack, 2, "unheard-of")).await.unwrap();
    let url = images.url("unheard-of");
    told(&rack, 2, ("Reconciling", "True", "ImageUnavailable"), &[&url, "refuses connections"]).await;
    for index in 0..3 {
        rack.wait_reads(index, 2).await.unwrap();
        assert_eq!(resets(&rack, index), 0, "{index}");
    }

    images.set_down(false).await;
    rack.apply(&profile(&rack, "later", "vmlinuz", &images.sha256("vmlinuz"))).await.unwrap();
    rack.apply(&profile(&rack, "mixed-up", "mixed-up", &found)).await.unwrap();
    for index in 0..3 {
        installed(&rack, index).await;
        assert_eq!(resets(&rack, index), 1, "{index}");
    }
    assert_nothing_leaked(&rack, &[]).await;
}
