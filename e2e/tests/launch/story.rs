//! What kubectl shows of an installation.

use slipway_sim::{FleetConfig, StepKind};

use crate::scene::rack;

/// Events of one quick installation: registered, begun, each reset, done.
const MOST_EVENTS: usize = 8;

/// What the events say, in this order.
const STORY: [&str; 3] = [
    "attempt 1: the host is being started from the network",
    "Sent On for install:1:1",
    "profile tiny is installed",
];

#[tokio::test]
async fn kubectl_waits_for_a_host_lists_it_and_tells_its_story_without_secrets() {
    let rack = rack(FleetConfig::new(1), "story").await;
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    rack.kubectl.ok(&["wait", "--for=condition=Ready", "--timeout=40s", "sbmh/u00"]).await.unwrap();
    let host = rack.wait_phase(0, "Installed").await.unwrap();
    assert_eq!(host["status"]["observedGeneration"], host["metadata"]["generation"]);

    let table = rack.kubectl.ok(&["get", "sbmh", "--no-headers"]).await.unwrap();
    let mac = rack.fleet.mac(0);
    let row: Vec<&str> = table.split_whitespace().collect();
    assert_eq!(
        row[..8],
        ["u00", "Installed", "On", "True", mac.as_str(), "tiny", "Installed", "Installed"],
        "{table}"
    );

    let told = rack.wait_event("u00", "Installed").await.unwrap();
    assert_eq!(told["type"], "Normal");
    let description = rack.kubectl.ok(&["describe", "sbmh", "u00"]).await.unwrap();
    let (_, events) = description.split_once("Events:").unwrap();
    for part in STORY {
        assert!(events.contains(part), "no {part:?} in {events}");
    }
    let mut told = rack.events("u00").await.unwrap();
    told.sort_by_key(|event| event["eventTime"].as_str().unwrap().to_owned());
    let told: String = told.iter().map(|event| event["note"].as_str().unwrap()).collect();
    let places: Vec<_> = STORY.iter().map(|part| told.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{told}");

    rack.wait_reads(0, 3).await.unwrap();
    let events = rack.events("u00").await.unwrap();
    assert!(events.len() <= MOST_EVENTS, "{events:?}");
    no_secret_is_readable(&rack).await;
}

async fn no_secret_is_readable(rack: &slipway_e2e::Rack) {
    let readable = rack.readable().await.unwrap();
    let callbacks = rack.fleet.machine(0).steps().into_iter().filter_map(|step| match step.kind {
        StepKind::CalledBack { url, .. } => {
            url.split("/v1/boot/").nth(1)?.split('/').next().map(str::to_owned)
        }
        _ => None,
    });
    let tokens: Vec<String> = callbacks.collect();
    assert!(!tokens.is_empty());
    let session = "token-0-1".to_owned();
    for secret in tokens.iter().chain([&session, &rack.fleet.password(0)]) {
        assert!(!readable.contains(secret.as_str()), "{secret} can be read in\n{readable}");
    }
}
