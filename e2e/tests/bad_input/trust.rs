//! Certificates that are not those that were meant.

use serde_json::{Value, json};
use slipway_e2e::Rack;

use crate::scene::{assert_nothing_leaked, mended, rack, secret, told};

fn trusting(rack: &Rack, index: usize, tls: &Value) -> Value {
    let mut host = rack.host(index);
    host["spec"]["management"]["redfish"]["tls"] = tls.clone();
    host
}

/// No credential goes to a peer that has not passed.
fn assert_nothing_was_sent(rack: &Rack, index: usize) {
    let counters = rack.fleet.bmc(index).counters();
    assert_eq!((counters.calls, counters.logins, counters.failed_logins), (0, 0, 0), "{index}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_or_with_another_key_gets_no_credential_until_the_trust_is_mended()
 {
    let rack = rack(3, "trust").await;
    rack.fleet.bmc(0).replace_certificate(true).unwrap();
    secret(&rack, "own-ca", json!({"ca.crt": rack.fleet.ca_pem()})).await;
    let wrong = format!("sha256/{}=", "A".repeat(43));
    let tls = [json!({"caRef": {"name": "own-ca"}}), json!({"pin": wrong}), json!({"trustOnFirstUse": true})];
    for (index, tls) in tls.iter().enumerate() {
        rack.apply(&trusting(&rack, index, tls)).await.unwrap();
    }

    let address = rack.fleet.address(0);
    told(
        &rack,
        0,
        ("Reachable", "False", "CertificateUntrusted"),
        &[&address, "unknown authority", "`tls.caRef`"],
    )
    .await;
    let address = rack.fleet.address(1);
    let told_pin =
        told(&rack, 1, ("Reachable", "False", "CertificateChanged"), &[&address, &wrong, "`tls.pin`"]).await;
    rack.wait_reconciles(8.0).await.unwrap();
    assert_nothing_was_sent(&rack, 0);
    assert_nothing_was_sent(&rack, 1);

    // The Secret is mended, and the pin by what the message shows.
    secret(&rack, "own-ca", json!({"ca.crt": rack.fleet.foreign_ca_pem()})).await;
    mended(&rack, 0).await;
    let shown = told_pin.split("its key is ").nth(1).unwrap().split(',').next().unwrap();
    rack.patch(1, &json!({"management": {"redfish": {"tls": {"pin": shown}}}})).await.unwrap();
    mended(&rack, 1).await;

    mended(&rack, 2).await;
    let host = rack.get(2).await.unwrap();
    let first = host["status"]["tls"]["pin"].as_str().unwrap().to_owned();
    rack.fleet.bmc(2).replace_certificate(false).unwrap();
    rack.fleet.bmc(2).clear_calls();
    told(&rack, 2, ("Reachable", "False", "CertificateChanged"), &[&first, "`tls.pin`"]).await;
    rack.wait_reconciles(8.0).await.unwrap();
    assert_nothing_was_sent(&rack, 2);
    assert_nothing_leaked(&rack, &[]).await;
}
