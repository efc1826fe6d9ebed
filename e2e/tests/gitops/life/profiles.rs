//! Profiles: fetched, unfetchable, wrong.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::objects::condition;
use slipway_e2e::{Rack, wait_for};
use slipway_sim::ImageFault;

const SOON: Duration = Duration::from_secs(45);

/// Makes profiles beside the rack's own, which is well.
pub(super) async fn drive(rack: &Rack) -> anyhow::Result<()> {
    let images = rack.fleet.images();
    images.put("slow", "slow");
    images.set_fault("slow", Some(ImageFault::Slow { millis: 1500 }));
    images.put("absent", "absent");
    images.set_fault("absent", Some(ImageFault::Status { code: 503 }));
    images.put("changed", "changed");
    for (name, change) in [
        ("slow", json!({"boot": {"kernel": kernel(rack, "slow")}})),
        ("absent", json!({"boot": {"kernel": kernel(rack, "absent")}})),
        ("forged", json!({"boot": {"kernel": {"url": images.url("changed"), "sha256": "0".repeat(64)}}})),
        ("wrong", json!({"answerFiles": [{"name": "answer", "template": "{{ unfinished"}]})),
    ] {
        rack.apply(&profile(rack, name, &change)).await?;
    }
    for (name, reason) in [
        ("tiny", "Available"),
        ("slow", "Available"),
        ("absent", "ImageUnavailable"),
        ("forged", "ImageDigestMismatch"),
        ("wrong", "TemplateInvalid"),
    ] {
        wait_reason(rack, name, reason).await?;
    }
    let mended = json!({"answerFiles": [{"name": "answer", "template": "done={{ callback.done }}"}]});
    rack.apply(&profile(rack, "wrong", &mended)).await?;
    wait_reason(rack, "wrong", "Available").await
}

fn kernel(rack: &Rack, image: &str) -> Value {
    let images = rack.fleet.images();
    json!({"url": images.url(image), "sha256": images.sha256(image)})
}

/// The rack's profile under another name and with other fields of its spec.
fn profile(rack: &Rack, name: &str, change: &Value) -> Value {
    let mut profile = rack.profile();
    profile["metadata"]["name"] = json!(name);
    for (field, value) in change.as_object().into_iter().flatten() {
        profile["spec"][field] = value.clone();
    }
    profile
}

async fn wait_reason(rack: &Rack, name: &str, reason: &str) -> anyhow::Result<()> {
    wait_for(&format!("profile {name} to be {reason}"), SOON, || async {
        let ready = condition(&rack.object("InstallProfile", "installprofiles", name).await?, "Ready");
        anyhow::ensure!(ready["reason"] == reason, "Ready is {ready}");
        Ok(())
    })
    .await
}
