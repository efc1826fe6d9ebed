//! Where Oracle Cloud is said to be.

use serde_json::{Value, json};
use slipway_e2e::Site;
use slipway_sim::{Fault, Trouble};

use crate::scene::{
    WAITING, assert_clean, bare_site, connected, object, observed, options, rounds, site, to_connect, told,
    waiting, writes,
};

/// Several addresses that the schema takes and no program can use.
#[tokio::test]
async fn every_mistake_of_a_spec_is_named_at_once() {
    let site = site(1, "spec").await;
    let mut object = to_connect(&site, 0).await;
    let right = object["spec"].clone();
    object["spec"]["oci"]["endpoint"] = json!("https://[1:::2]");
    object["spec"]["rack"]["provisioningUrl"] = json!("https://[1:::2]/rps_pin");
    object["spec"]["connection"]["refresh"] =
        json!({"before": "10d", "window": {"start": "FREQ=WEEKLY;BYDAY=XX", "duration": "4h"}});
    site.apply(&object).await.unwrap();
    let words = [
        "spec.oci.endpoint \"https://[1:::2]\"",
        "spec.rack.provisioningUrl \"https://[1:::2]/rps_pin\"",
        "write https://host",
        "spec.connection.refresh.window.start \"FREQ=WEEKLY;BYDAY=XX\"",
    ];
    told(&site, 0, ("Stalled", "InvalidSpec"), &words).await;
    rounds(&site, 3.0).await;
    assert_eq!((site.cloud.call_count(), site.racks[0].pins()), (0, vec![]));

    let mended = json!({"oci": {"endpoint": right["oci"]["endpoint"]}, "rack": {"provisioningUrl": right["rack"]["provisioningUrl"]},
        "connection": {"refresh": null}});
    site.patch(0, &mended).await.unwrap();
    waiting(&site, 0).await;
    site.advance(WAITING);
    connected(&site, 0).await;
    assert_clean(&site, &[]).await;
}

/// The object with another address in the place of the cloud's.
async fn at(site: &Site, index: usize, endpoint: &str) -> Value {
    let mut object = object(site, index).await;
    object["spec"]["oci"]["endpoint"] = json!(endpoint);
    object
}

#[tokio::test]
async fn an_address_that_is_not_oracle_clouds_is_named_and_found_again() {
    let site = site(4, "address").await;
    // A region as a whole domain, so that nobody outside is asked for it.
    let mut nowhere = object(&site, 0).await;
    nowhere["spec"]["oci"]["region"] = json!("nobody.invalid");
    nowhere["spec"]["oci"].as_object_mut().unwrap().remove("endpoint");
    site.apply(&nowhere).await.unwrap();
    site.apply(&at(&site, 1, "https://ccc.invalid").await).await.unwrap();
    site.apply(&at(&site, 2, "https://169.254.169.254").await).await.unwrap();
    // What answers there is a rack.
    site.apply(&at(&site, 3, &site.racks[3].endpoint()).await).await.unwrap();

    let words = ["ccc.nobody.invalid", "spec.oci.region \"nobody.invalid\"", "DNS"];
    told(&site, 0, ("Reachable", "NameNotResolved"), &words).await;
    let words = ["ccc.invalid", "spec.oci.endpoint", "DNS"];
    told(&site, 1, ("Reachable", "NameNotResolved"), &words).await;
    let words = ["https://169.254.169.254", "spec.oci.endpoint", "--allow-network"];
    told(&site, 2, ("Reachable", "AddressDenied"), &words).await;
    let rack = site.racks[3].endpoint();
    let words = [&rack, "unknown authority", "spec.oci.tls", "`tls.caRef`"];
    told(&site, 3, ("Reachable", "CertificateUntrusted"), &words).await;
    assert_eq!(site.cloud.call_count(), 0);
    let retried = site.get(1).await.unwrap();
    assert!(retried["status"]["nextRetryAt"].is_string(), "{retried}");

    for index in 0..4 {
        site.patch(index, &json!({"oci": {"endpoint": site.cloud.endpoint()}})).await.unwrap();
        observed(&site, index).await;
    }
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn a_login_page_in_the_place_of_oracle_cloud_is_named_and_does_no_harm() {
    let site = bare_site(options(2), "page").await;
    drop(site.record(0));
    drop(site.record(1));
    site.apply(&to_connect(&site, 0).await).await.unwrap();
    waiting(&site, 0).await;
    site.cloud.add_fault(Fault::new(Trouble::Html { status: 200 }));
    site.advance(WAITING);
    site.apply(&object(&site, 1).await).await.unwrap();
    for index in 0..2 {
        let endpoint = site.cloud.endpoint();
        let words =
            [&endpoint, "text/html", "spec.oci.region", "spec.oci.endpoint", "proxy", "opc-request-id"];
        told(&site, index, ("Reachable", "NotOracleCloud"), &words).await;
    }
    assert_eq!((writes(&site), site.racks[0].pins()), (vec![], vec![]));
    site.cloud.clear_faults();
    connected(&site, 0).await;
    observed(&site, 1).await;
    assert_clean(&site, &[]).await;
}
