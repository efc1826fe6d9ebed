//! The API server is away for many durations of the Lease, as 5 minutes are with the shipped one, and comes back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use slipway_e2e::rack::PROFILE;
use slipway_e2e::{ControlPlane, Rack};

use crate::front::Front;
use crate::machine::{ask, boot_in, script, script_path};
use crate::scene::{LIMIT, operator, resets, silent_machines};

const SHORT_LEASE: Duration = Duration::from_secs(1);
/// In which reports of installers are tried to be kept, by the boot service.
const SETTLING: Duration = Duration::from_secs(10);

/// A rack whose operator reaches the API server through a network that can be cut. Its answer file has a secret.
async fn rack() -> (Rack, Front) {
    let control_plane = ControlPlane::shared().await.unwrap();
    let address: SocketAddr = control_plane.url().strip_prefix("https://").unwrap().parse().unwrap();
    let network = Front::before(&[address]).await.unwrap();
    let url = format!("https://{}", network.address());
    let operator = operator(SHORT_LEASE).identity("a").api(&url, &control_plane.ca_pem().unwrap());
    let rack = Rack::options()
        .fleet(silent_machines(2))
        .operator(operator)
        .start(control_plane, "outage")
        .await
        .unwrap();
    let mut profile = rack.profile();
    profile["spec"]["answerFiles"] =
        json!([{"name": "answer", "template": "password={{ secrets.password }}"}]);
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "values"}, "stringData": {"password": "opensesame"}});
    for object in [profile, secret] {
        rack.apply(&object).await.unwrap();
    }
    rack.wait_profile().await.unwrap();
    (rack, network)
}

fn login(name: &str) -> Value {
    json!({"management": {"redfish": {"credentialsRef": {"name": name}}}})
}

/// One machine fetches what it needs all the time, the other is done.
const FETCHES: usize = 0;
const IS_DONE: usize = 1;

#[tokio::test]
async fn the_boot_service_goes_on_and_so_do_the_hosts_afterwards() {
    let (rack, network) = rack().await;
    for index in [FETCHES, IS_DONE] {
        let mut host = rack.host(index);
        host["spec"]["install"] =
            json!({"id": "1", "profileRef": {"name": PROFILE}, "secretValuesRef": {"name": "values"}});
        rack.apply(&host).await.unwrap();
        rack.wait_event(&Rack::name(index), "ResetSent").await.unwrap();
    }
    let text = script(&rack, FETCHES, rack.boot).await.unwrap();
    let answer = format!("{}/answers/answer", boot_in(&text).unwrap());
    let known = ask(rack.boot, Method::GET, &answer, None).await.unwrap();
    assert_eq!((known.status, known.text().as_str()), (200, "password=opensesame"));
    let done = format!("{}/done", boot_in(&script(&rack, IS_DONE, rack.boot).await.unwrap()).unwrap());
    // While a host is in trouble its Secrets are read anew at each look.
    rack.patch(FETCHES, &login("gone")).await.unwrap();
    rack.wait_reason(FETCHES, "SecretMissing").await.unwrap();

    network.cut();
    let began = Instant::now();
    let said = tokio::spawn({
        let (address, path) = (rack.boot, done.clone());
        async move { ask(address, Method::POST, &path, None).await }
    });
    while !said.is_finished() {
        for (path, body) in [(&script_path(&rack, FETCHES), text.as_bytes()), (&answer, &known.body)] {
            let seen = ask(rack.boot, Method::GET, path, None).await.unwrap();
            let after = format!("{:?} after the API server went away", began.elapsed());
            assert_eq!(
                (seen.status, seen.text()),
                (200, String::from_utf8_lossy(body).into_owned()),
                "{after}"
            );
        }
        for page in ["/readyz", "/healthz"] {
            assert_eq!(rack.operator.page(page).await.unwrap().0, 200, "{page} after {:?}", began.elapsed());
        }
    }
    let later = said.await.unwrap().unwrap();
    assert_eq!(later.status, 503, "{}", later.text());
    assert!(began.elapsed() >= SETTLING && began.elapsed() > 8 * SHORT_LEASE, "{:?}", began.elapsed());
    assert!(!rack.operator.leads().await.unwrap());

    network.mend();
    rack.patch(FETCHES, &login("u00-bmc")).await.unwrap();
    rack.operator.wait_leads(true, LIMIT).await.unwrap();
    // What it said while nobody could keep it is kept now, said again or not.
    rack.wait_phase(IS_DONE, "Installed").await.unwrap();
    let again = ask(rack.boot, Method::POST, &done, None).await.unwrap();
    assert_eq!(again.status, 200, "{}", again.text());
    rack.wait_reason(FETCHES, "Installing").await.unwrap();
    for index in [FETCHES, IS_DONE] {
        rack.wait_reads(index, 3).await.unwrap();
        assert_eq!(resets(&rack, index), json!({"On": 1}));
    }
}
