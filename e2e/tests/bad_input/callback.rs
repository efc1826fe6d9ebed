//! Callbacks that nobody should have made.

use http::Method;
use serde_json::Value;
use slipway_e2e::Rack;
use slipway_sim::{Behaviour, Installer, MachineState};

use crate::scene::{SOON, assert_nothing_leaked, boot_tokens, installed, rack};

async fn call(rack: &Rack, token: &str, what: &str) -> u16 {
    let url = format!("http://{}/v1/boot/{token}/{what}", rack.boot);
    Rack::http(Method::POST, &url, r#"{"message":"forged"}"#).await.unwrap().0
}

async fn install_of(rack: &Rack) -> Value {
    rack.wait_reads(0, 2).await.unwrap();
    rack.get(0).await.unwrap()["status"]["install"].clone()
}

#[tokio::test]
async fn a_callback_with_a_wrong_or_used_token_is_refused_and_changes_nothing() {
    let rack = rack(1, "callback").await;
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    installed(&rack, 0).await;
    let machine = rack.fleet.machine(0);
    machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    let used = boot_tokens(&rack, 0).pop().unwrap();
    let before = install_of(&rack).await;
    // What was said already may be said again; the opposite comes too late.
    assert_eq!(call(&rack, &used, "done").await, 200);
    for what in ["failed", "progress"] {
        assert_eq!(call(&rack, &used, what).await, 410, "{what}");
    }
    assert_eq!(install_of(&rack).await, before);

    // The next installation stops in the middle: neither a forged nor the used token completes it.
    machine.set_behaviour(Behaviour { installer: Installer::Stops, ..Behaviour::default() });
    rack.apply(&rack.host_to_install(0, "2")).await.unwrap();
    let stopped =
        |state: &MachineState| matches!(state.activity, slipway_sim::Activity::InstallerStopped { .. });
    machine.wait_until(SOON, stopped).await.unwrap();
    let wrong = used.chars().rev().collect::<String>();
    for what in ["done", "failed", "progress", "log"] {
        assert_eq!(call(&rack, &wrong, what).await, 403, "{what}");
    }
    for what in ["failed", "progress"] {
        assert_eq!(call(&rack, &used, what).await, 410, "{what}");
    }
    assert!(matches!(call(&rack, &used, "done").await, 200 | 410), "it was said before");
    let (status, _) =
        Rack::http(Method::GET, &format!("http://{}/v1/boot/{used}/answers/answer", rack.boot), "")
            .await
            .unwrap();
    assert_eq!(status, 410);
    let install = install_of(&rack).await;
    assert_eq!(
        (install["id"].as_str(), install["step"].as_str()),
        (Some("2"), Some("Installing")),
        "{install}"
    );
    assert!(!install.to_string().contains("forged"), "{install}");

    let own = boot_tokens(&rack, 0).pop().unwrap();
    assert_ne!(own, used);
    assert_eq!(call(&rack, &own, "done").await, 200);
    installed(&rack, 0).await;
    assert_nothing_leaked(&rack, &[&wrong]).await;
}
