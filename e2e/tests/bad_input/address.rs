//! Where the BMC is said to be.

use serde_json::json;

use slipway_e2e::rack::condition;

use crate::scene::{assert_nothing_leaked, mended, rack, told, told_of_the_way};

/// Each with why it is none.
const WRONG: [(&str, &str); 6] = [
    ("192.0.2.7", "no scheme"),
    ("ftp://192.0.2.7", "another scheme"),
    ("https://192.0.2.7/redfish/v1", "a path"),
    ("https://admin:canary@192.0.2.7", "a user"),
    ("https://192.0.2.7?a=b", "a query"),
    ("https://", "no host"),
];

#[tokio::test]
async fn an_address_of_another_form_is_refused_by_the_api_which_says_how_it_should_be() {
    let rack = rack(1, "form").await;
    for (address, why) in WRONG {
        let mut host = rack.host(0);
        host["spec"]["management"]["redfish"]["address"] = json!(address);
        let seen = rack.kubectl.run_with_input(&["apply", "-f", "-"], &host.to_string()).await.unwrap();
        assert_eq!(seen.code, Some(1), "{why}: {}", seen.stdout);
        let mend = "address must be https://host or https://host:port";
        assert!(
            seen.stderr.contains("spec.management.redfish") && seen.stderr.contains(mend),
            "{}",
            seen.stderr
        );
    }
}

#[tokio::test]
async fn a_bmc_that_cannot_be_found_or_reached_is_named_and_found_again() {
    let rack = rack(3, "address").await;
    rack.fleet.bmc(1).refuse_connections(true).await;
    let mut unknown = rack.host(0);
    unknown["spec"]["management"]["redfish"]["address"] = json!("https://bmc.invalid");
    let mut denied = rack.host(2);
    denied["spec"]["management"]["redfish"]["address"] = json!("https://169.254.169.254");
    for host in [unknown, rack.host(1), denied] {
        rack.apply(&host).await.unwrap();
    }
    let address = rack.fleet.address(1);
    told_of_the_way(&rack, 0, "NameNotResolved", &["bmc.invalid", "DNS"]).await;
    told_of_the_way(&rack, 1, "ConnectionRefused", &[&address, "check the port"]).await;
    told(&rack, 2, ("Reachable", "False", "AddressDenied"), &["169.254.169.254", "--allow-network"]).await;
    let host = rack.get(1).await.unwrap();
    assert_eq!(condition(&host, "Reconciling")["status"], "True", "{host}");
    assert!(host["status"]["nextRetryAt"].is_string(), "{host}");

    rack.fleet.bmc(1).refuse_connections(false).await;
    for index in [0, 2] {
        let address = rack.fleet.address(index);
        rack.patch(index, &json!({"management": {"redfish": {"address": address}}})).await.unwrap();
    }
    for index in 0..3 {
        mended(&rack, index).await;
    }
    assert_nothing_leaked(&rack, &[]).await;
}
