//! Two replicas in the middle of one boot.

use std::sync::atomic::{AtomicBool, Ordering};

use http::{Method, StatusCode};
use serde_json::json;
use slipway_e2e::{ApiCall, Moment, Rule, Then, Verb};

use crate::machine::{ask, boot_in, path_in, script, script_path};
use crate::scene::{LEASE, Pair, resets, silent_machines, step};

#[tokio::test]
async fn both_give_the_machine_the_same_and_keep_what_it_says() {
    let pair = Pair::start(silent_machines(1), LEASE, "boot").await.unwrap();
    let rack = &pair.rack;
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    rack.wait_event("u00", "ResetSent").await.unwrap();
    let [a, b] = [rack.boot, pair.other.boot_address().unwrap()];

    // From one to the other and back, as a Service without affinity may lead it.
    let text = script(rack, 0, a).await.unwrap();
    assert_eq!(script(rack, 0, b).await.unwrap(), text);
    assert!(pair.rack.operator.leads().await.unwrap() && !pair.other.leads().await.unwrap());
    let (boot, image) = (boot_in(&text).unwrap(), path_in(&text, "/images/sha256/").unwrap());
    let answer = format!("{boot}/answers/answer");
    for (path, range, status) in [
        (&answer, None, 200),
        (&image, None, 200),
        (&image, Some("bytes=3-8"), 206),
        (&image, Some("bytes=-4"), 206),
    ] {
        let mut seen = Vec::new();
        for replica in [b, a, b] {
            seen.push(ask(replica, Method::GET, path, range).await.unwrap());
        }
        assert_eq!(seen[0].status, status, "{path} {range:?}: {}", seen[0].text());
        assert!(
            !seen[0].body.is_empty() && seen.iter().all(|one| *one == seen[0]),
            "{path} {range:?}: {seen:?}"
        );
    }

    // What is said to the one that does not lead is in status, and both know it.
    let noted = ask(b, Method::POST, &format!("{boot}/progress"), None).await.unwrap();
    assert_eq!(noted.status, 200, "{}", noted.text());
    step(rack, "Installing").await.unwrap();
    let refused = AtomicBool::default();
    let writes = |call: &ApiCall| call.verb == Verb::Patch && call.resource == "baremetalhosts";
    // Refused once, as when the leader writes at the same moment: what is not written is not said to be.
    pair.proxies[1].install(Rule::new(Moment::BeforeForwarding, writes, move |_| {
        if refused.swap(true, Ordering::SeqCst) { Then::GoOn } else { Then::Answer(StatusCode::CONFLICT) }
    }));
    let done = ask(b, Method::POST, &format!("{boot}/done"), None).await.unwrap();
    assert_eq!((done.status, done.text().trim()), (200, "recorded"));
    let host = rack.get(0).await.unwrap();
    assert_eq!(host["status"]["install"]["step"], "Installed", "{}", host["status"]);
    rack.wait_phase(0, "Installed").await.unwrap();
    for replica in [a, b] {
        let again = ask(replica, Method::POST, &format!("{boot}/done"), None).await.unwrap();
        assert_eq!((again.status, again.text().trim()), (200, "already recorded"));
        let script = ask(replica, Method::GET, &script_path(rack, 0), None).await.unwrap().text();
        assert!(!script.contains("/v1/boot/"), "{script}");
    }
    rack.wait_reads(0, 3).await.unwrap();
    assert_eq!(resets(rack, 0), json!({"On": 1}));
    let host = rack.get(0).await.unwrap();
    assert_eq!(host["status"]["install"]["step"], "Installed", "{}", host["status"]);
}
