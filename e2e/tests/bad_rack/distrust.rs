//! Certificates that are not those that were meant: neither a signature nor a PIN goes to whoever shows them.

use serde_json::json;

use crate::scene::{
    WAITING, assert_clean, connected, object, observed, rounds, secret, site, to_connect, told, writes,
};

#[tokio::test]
async fn a_rack_whose_certificate_is_not_the_one_that_was_meant_gets_no_pin() {
    let site = site(3, "distrust").await;
    site.racks[0].replace_certificate(true).unwrap();
    let wrong = format!("sha256/{}=", "A".repeat(43));
    let trusts = [None, Some(json!({"pin": wrong})), Some(json!({"trustOnFirstUse": true}))];
    for (index, tls) in trusts.into_iter().enumerate() {
        let mut object = to_connect(&site, index).await;
        if let Some(tls) = tls {
            object["spec"]["rack"]["tls"] = tls;
        }
        site.apply(&object).await.unwrap();
    }
    // Both are told before the waiting time is over.
    let rack = site.racks[0].endpoint();
    let words = [&rack, "unknown authority", "spec.rack.tls", "`tls.caRef`", "pin the key"];
    let unknown = told(&site, 0, ("TlsVerified", "CertificateUntrusted"), &words).await;
    let rack = site.racks[1].endpoint();
    let words = [&rack, &wrong, "spec.rack.tls", "`tls.pin`"];
    let other = told(&site, 1, ("TlsVerified", "CertificateChanged"), &words).await;
    // The third one shows another key than at first.
    let seen = site.wait_condition(2, "TlsVerified", "True", "Verified").await.unwrap();
    let first = seen["status"]["tls"]["pin"].as_str().unwrap();
    site.racks[2].replace_certificate(false).unwrap();
    let rack = site.racks[2].endpoint();
    let changed = told(&site, 2, ("TlsVerified", "CertificateChanged"), &[&rack, first, "`tls.pin`"]).await;

    site.advance(WAITING);
    rounds(&site, 12.0).await;
    assert_eq!(writes(&site), [""; 0]);
    assert!(site.racks.iter().all(|rack| rack.posts().is_empty()));

    // Each is mended by the pin that its message shows.
    for (index, message) in [unknown, other, changed].iter().enumerate() {
        let shown = message.split(" is sha256/").nth(1).unwrap().split([',', ';', ' ']).next().unwrap();
        let tls = json!({"caRef": null, "trustOnFirstUse": null, "pin": format!("sha256/{}", shown.trim_end_matches('.'))});
        site.patch(index, &json!({"rack": {"tls": tls}})).await.unwrap();
        connected(&site, index).await;
    }
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn trust_in_any_rack_needs_the_operators_flag_and_trust_in_any_cloud_is_refused() {
    let site = site(1, "insecure").await;
    let mut rack = to_connect(&site, 0).await;
    rack["spec"]["rack"]["tls"] = json!({"insecureSkipVerify": true});
    // By kubectl as below: it takes away only what it has given itself.
    site.kubectl.apply(&rack.to_string()).await.unwrap();
    let words = ["spec.rack.tls.insecureSkipVerify", "--allow-insecure-tls", "use caRef, pin"];
    told(&site, 0, ("TlsVerified", "InsecureNotAllowed"), &words).await;
    site.advance(WAITING);
    rounds(&site, 8.0).await;
    assert_eq!((writes(&site), site.racks[0].pins()), (vec![], vec![]));
    // The signature would go to anybody, too.
    rack["spec"]["oci"]["tls"] = json!({"insecureSkipVerify": true});
    let refused = site.kubectl.run_with_input(&["apply", "-f", "-"], &rack.to_string()).await.unwrap();
    let mend = "oci.tls takes caRef or pin";
    assert!(refused.code == Some(1) && refused.stderr.contains(mend), "{}", refused.stderr);

    let trusted = json!({"insecureSkipVerify": null, "caRef": {"name": "rack0-ca"}});
    site.patch(0, &json!({"rack": {"tls": trusted}})).await.unwrap();
    connected(&site, 0).await;
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn a_ca_that_is_none_is_named_and_read_again_when_its_secret_changes() {
    let site = site(2, "ca").await;
    secret(&site, "empty-ca", &json!({"ca.crt": "no certificate"})).await;
    let mut cloud = object(&site, 0).await;
    cloud["spec"]["oci"]["tls"]["caRef"]["name"] = json!("empty-ca");
    let mut rack = to_connect(&site, 1).await;
    rack["spec"]["rack"]["tls"]["caRef"]["name"] = json!("absent-ca");
    for object in [&cloud, &rack] {
        site.apply(object).await.unwrap();
    }
    told(
        &site,
        0,
        ("Reachable", "CertificateUntrusted"),
        &["spec.oci.tls: ", "`tls.caRef`", "no usable CA certificate", "give one or more in PEM"],
    )
    .await;
    let words = ["spec.rack.tls.caRef", "\"absent-ca\"", "create it"];
    told(&site, 1, ("TlsVerified", "SecretMissing"), &words).await;
    site.advance(WAITING);
    rounds(&site, 8.0).await;
    assert_eq!((writes(&site), site.racks[1].pins()), (vec![], vec![]));
    secret(&site, "empty-ca", &json!({"ca.crt": site.cloud.ca_pem()})).await;
    secret(&site, "absent-ca", &json!({"ca.crt": site.racks[1].ca_pem()})).await;
    observed(&site, 0).await;
    connected(&site, 1).await;
    assert_clean(&site, &[]).await;
}
