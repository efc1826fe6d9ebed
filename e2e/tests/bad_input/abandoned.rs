//! Installers that say nothing. The slowest test of this program, and the first by its name: the others run beside it.

use std::time::Duration;

use serde_json::json;
use slipway_e2e::rack::condition;
use slipway_sim::{Behaviour, Installer};

use crate::scene::{rack, resets};

/// The shortest `spec.install.timeout` is a minute.
const LIMIT: Duration = Duration::from_secs(85);

#[tokio::test]
async fn an_installer_that_never_calls_back_is_given_up_at_its_timeout() {
    let rack = rack(1, "silence").await;
    let mut profile = rack.profile();
    profile["spec"]["retries"] = json!(0);
    rack.apply(&profile).await.unwrap();
    let machine = rack.fleet.machine(0);
    machine.set_behaviour(Behaviour { installer: Installer::Stops, ..Behaviour::default() });
    let mut host = rack.host_to_install(0, "1");
    host["spec"]["install"]["timeout"] = json!("1m");
    rack.apply(&host).await.unwrap();
    let given_up = rack.wait_within(LIMIT, 0, "the attempt to be given up", |host| {
        let ready = condition(host, "Ready");
        if ready["reason"] == "RetriesExhausted" { Ok(()) } else { Err(format!("Ready is {ready}")) }
    });
    let host = given_up.await.unwrap();
    let message = condition(&host, "Ready")["message"].as_str().unwrap().to_owned();
    for word in ["spec.install.timeout", "1 min", "the installer is running", "spec.install.id"] {
        assert!(message.contains(word), "no {word:?} in {message}");
    }
    assert_eq!(host["status"]["install"]["step"], "Failed");
    rack.wait_reads(0, 3).await.unwrap();
    assert_eq!(resets(&rack, 0), 1);
}
