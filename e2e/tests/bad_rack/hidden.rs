//! Records that the account may not see: Oracle Cloud says of them what it says of those that are gone.

use serde_json::{Value, json};
use slipway_e2e::Site;
use slipway_sim::{ConnectionState, Fault, Trouble};

use crate::scene::{
    WAITING, assert_clean, at_rest, bare_site, connected, looks, object, observed, options, site, to_connect,
    told, waiting, writes,
};

const TOLD: (&str, &str) = ("Registered", "NotAuthorizedOrNotFound");

/// What status says of which record is meant, and since when it is connected.
fn known(object: &Value) -> Value {
    let status = &object["status"];
    json!([
        status["infrastructureId"],
        status["shortName"],
        status["connectionState"],
        status["connectedSince"],
        status["handshake"],
        status["inventory"]
    ])
}

/// An object that registers its rack in the account's compartment.
async fn to_create(site: &Site, index: usize) -> Value {
    let mut object = to_connect(site, index).await;
    object["spec"]["lookup"] = Value::Null;
    object["spec"]["create"] = json!({"compartmentId": site.account.compartment, "displayName": Site::name(index),
        "subnetId": site.account.subnet});
    object
}

/// Waits until there is no telling whether the record is there, and asserts that nothing is done about it.
async fn not_taken_for_gone(site: &Site, index: usize, before: &Value, words: &[&str]) {
    let written = writes(site);
    told(site, index, TOLD, &[words, &["not taken as deleted", "policy", "opc-request-id"]].concat()).await;
    at_rest(site, &[index]).await;
    let hidden = site.get(index).await.unwrap();
    assert_eq!(known(&hidden), known(before));
    assert_eq!(writes(site), written);
}

#[tokio::test]
async fn a_record_that_a_policy_hides_is_not_taken_for_gone_and_no_second_one_is_made() {
    let site = bare_site(options(2), "hidden").await;
    drop(site.record(0));
    site.apply(&to_connect(&site, 0).await).await.unwrap();
    site.apply(&to_create(&site, 1).await).await.unwrap();
    for index in 0..2 {
        waiting(&site, index).await;
    }
    site.advance(WAITING);
    let (found, made) = (connected(&site, 0).await, connected(&site, 1).await);

    site.cloud.restrict(&site.account.key_id(), Some(&[]));
    for (index, before) in [&found, &made].into_iter().enumerate() {
        let id = before["status"]["infrastructureId"].as_str().unwrap();
        let words =
            [id, "404 NotAuthorizedOrNotFound", "to read ccc-infrastructure", "CCC_INFRASTRUCTURE_READ"];
        not_taken_for_gone(&site, index, before, &words).await;
    }
    assert_eq!(site.cloud.infrastructures().len(), 2);
    site.cloud.restrict(&site.account.key_id(), None);
    for index in 0..2 {
        assert_eq!(known(&connected(&site, index).await), known([&found, &made][index]));
    }
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn a_record_that_was_moved_out_of_sight_is_not_made_again() {
    let site = bare_site(options(1), "moved").await;
    site.apply(&to_create(&site, 0).await).await.unwrap();
    waiting(&site, 0).await;
    site.advance(WAITING);
    let made = connected(&site, 0).await;
    let id = made["status"]["infrastructureId"].as_str().unwrap();
    let elsewhere = site.cloud.new_compartment(&site.account);
    site.cloud.restrict(&site.account.key_id(), Some(&[&site.account.compartment]));
    assert!(site.cloud.move_infrastructure(id, &elsewhere));
    not_taken_for_gone(&site, 0, &made, &[id]).await;
    assert_eq!(site.cloud.infrastructures(), [id]);

    // Where the account may see it, it goes on as before, in whatever compartment.
    site.cloud.restrict(&site.account.key_id(), None);
    assert_eq!(known(&connected(&site, 0).await), known(&made));
    looks(&site, 2).await;
    assert_eq!(site.cloud.infrastructures(), [id]);
    assert_eq!(site.cloud.connection_state(id), Some(ConnectionState::Connected));
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn an_account_without_the_right_is_told_which_policy_it_needs() {
    let site = site(1, "policy").await;
    let id = site.cloud.infrastructures().remove(0);
    let mut by_id = object(&site, 0).await;
    by_id["spec"]["lookup"] = Value::Null;
    by_id["spec"]["infrastructureId"] = json!(id);
    let refused = Trouble::Refuse {
        status: 403,
        code: "NotAuthorized".to_owned(),
        message: "Authorization failed.".to_owned(),
    };
    let fault = site.cloud.add_fault(Fault::new(refused).on("GET", &id));
    site.apply(&by_id).await.unwrap();
    let words =
        [id.as_str(), "403 NotAuthorized", "allow group", "to read ccc-infrastructure", "opc-request-id"];
    told(&site, 0, ("Registered", "PermissionMissing"), &words).await;
    site.cloud.remove_fault(fault);
    observed(&site, 0).await;
    assert_eq!(writes(&site), [""; 0]);
    assert_clean(&site, &[]).await;
}
