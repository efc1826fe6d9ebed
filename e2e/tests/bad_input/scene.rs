//! What the tests of this program begin with, and what all of them end with.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::rack::condition;
use slipway_e2e::{ControlPlane, OperatorOptions, OperatorProcess, Rack};
use slipway_sim::{FleetConfig, StepKind};

/// Longest wait for a machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// An operator that looks often.
pub(crate) fn operator() -> OperatorOptions {
    OperatorProcess::options().poll_interval("500ms").arg("--retry-pause").arg("1s")
}

/// A rack of so many hosts with such an operator.
pub(crate) async fn rack(count: usize, test: &str) -> Rack {
    start(FleetConfig::new(count), operator(), test).await
}

pub(crate) async fn start(fleet: FleetConfig, operator: OperatorOptions, test: &str) -> Rack {
    let control_plane = ControlPlane::shared().await.unwrap();
    let options = Rack::options().fleet(fleet).operator(operator);
    options.start(control_plane, test).await.unwrap()
}

/// Waits until a condition has this value for this reason, checks that its message and that of `Ready` hold these words, and returns the
/// message.
pub(crate) async fn told(
    rack: &Rack,
    index: usize,
    (kind, status, reason): (&str, &str, &str),
    words: &[&str],
) -> String {
    let host = rack.wait_condition(index, kind, status, reason).await.unwrap();
    let ready = condition(&host, "Ready");
    assert_eq!((&ready["status"], &ready["reason"]), (&json!("False"), &json!(reason)), "{ready}");
    let message = condition(&host, kind)["message"].as_str().unwrap().to_owned();
    for said in [&message, ready["message"].as_str().unwrap()] {
        for word in words {
            assert!(said.contains(word), "no {word:?} in {said:?}");
        }
    }
    message
}

/// The same for a BMC that is tried again and again: between the tries the circuit is open, and the message holds the last failure. The
/// event says it for good.
pub(crate) async fn told_of_the_way(rack: &Rack, index: usize, reason: &str, words: &[&str]) {
    let event = rack.wait_event(&Rack::name(index), reason).await.unwrap();
    assert_eq!(event["type"], "Warning", "{event}");
    let reachable = |host: &Value| {
        let seen = condition(host, "Reachable");
        let is_told = seen["reason"] == reason || seen["reason"] == "CircuitOpen";
        if seen["status"] == "False" && is_told { Ok(()) } else { Err(format!("Reachable is {seen}")) }
    };
    let host = rack.wait(index, reason, reachable).await.unwrap();
    for said in [&event["note"], &condition(&host, "Reachable")["message"]] {
        for word in words {
            assert!(said.as_str().unwrap().contains(word), "no {word:?} in {said}");
        }
    }
}

/// Waits until the host is as if nothing had been wrong.
pub(crate) async fn mended(rack: &Rack, index: usize) {
    rack.wait_condition(index, "Ready", "True", "Available").await.unwrap();
}

/// Waits until the host is installed.
pub(crate) async fn installed(rack: &Rack, index: usize) -> Value {
    rack.wait_condition(index, "Installed", "True", "Installed").await.unwrap()
}

/// Applies a Secret.
pub(crate) async fn secret(rack: &Rack, name: &str, content: Value) {
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content});
    rack.apply(&secret).await.unwrap();
}

/// Resets sent to a BMC.
pub(crate) fn resets(rack: &Rack, index: usize) -> u64 {
    rack.fleet.bmc(index).counters().reset_count()
}

/// Asserts that neither a password nor a token of any kind is in anything that can be read without reading Secrets.
pub(crate) async fn assert_nothing_leaked(rack: &Rack, more: &[&str]) {
    let readable = rack.readable().await.unwrap();
    let mut secrets: Vec<String> = more.iter().map(ToString::to_string).collect();
    for index in 0..rack.fleet.len() {
        secrets.extend([rack.fleet.password(index), format!("token-{index}-")]);
        secrets.extend(boot_tokens(rack, index));
    }
    for secret in secrets {
        let place = readable.lines().find(|line| line.contains(&secret));
        assert_eq!(place, None, "{secret:?} can be read");
    }
}

/// Boot tokens that a machine was given, the latest last.
pub(crate) fn boot_tokens(rack: &Rack, index: usize) -> Vec<String> {
    let steps = rack.fleet.machine(index).steps().into_iter();
    let mut tokens: Vec<String> = steps
        .filter_map(|step| match step.kind {
            StepKind::Request { url, .. } => {
                url.split("/v1/boot/").nth(1)?.split('/').next().map(str::to_owned)
            }
            _ => None,
        })
        .collect();
    tokens.dedup();
    tokens
}
