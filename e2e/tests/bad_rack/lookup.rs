//! Names that lead to no record, or to more than one.

use serde_json::{Value, json};
use slipway_e2e::Site;

use crate::scene::{
    WAITING, assert_clean, at_rest, connected, object, observed, site, to_connect, told, waiting, writes,
};

#[tokio::test]
async fn a_record_in_another_compartment_is_not_found_until_the_lookup_names_it() {
    let site = site(2, "compartment").await;
    let elsewhere = site.cloud.new_compartment(&site.account);
    let ids: Vec<String> = (0..2).map(|index| id_of(&site, index)).collect();
    assert!(site.cloud.move_infrastructure(&ids[0], &elsewhere));
    site.apply(&to_connect(&site, 0).await).await.unwrap();
    site.apply(&object(&site, 1).await).await.unwrap();
    // The second one is moved while it is looked at.
    observed(&site, 1).await;
    assert!(site.cloud.move_infrastructure(&ids[1], &elsewhere));

    for index in 0..2 {
        let (name, compartment) = (Site::name(index), site.account.compartment.as_str());
        let words = [
            &name,
            "spec.lookup.displayName",
            compartment,
            "us-ashburn-1",
            "correct the name or the compartment",
        ];
        told(&site, index, ("Registered", "InfrastructureNotFound"), &words).await;
    }
    site.advance(WAITING);
    at_rest(&site, &[0, 1]).await;
    assert_eq!((writes(&site), site.racks[0].pins()), (vec![], vec![]));
    let moved = site.get(1).await.unwrap();
    assert_eq!(moved["status"]["infrastructureId"], json!(ids[1]), "{moved}");

    for index in 0..2 {
        site.patch(index, &json!({"lookup": {"compartmentId": elsewhere}})).await.unwrap();
    }
    connected(&site, 0).await;
    observed(&site, 1).await;
    assert_clean(&site, &[]).await;
}

fn id_of(site: &Site, index: usize) -> String {
    let is_it = |id: &String| site.cloud.infrastructure(id).unwrap()["displayName"] == Site::name(index);
    site.cloud.infrastructures().into_iter().find(is_it).unwrap()
}

#[tokio::test]
async fn of_two_records_of_one_name_none_is_taken_before_one_is_named() {
    let site = site(1, "ambiguous").await;
    let twin = site.record(0);
    site.apply(&to_connect(&site, 0).await).await.unwrap();
    let ids = site.cloud.infrastructures();
    let words = [
        ids[0].as_str(),
        &ids[1],
        "2 racks are named \"rack0\"",
        "spec.lookup.displayName",
        "spec.infrastructureId",
    ];
    told(&site, 0, ("Registered", "InfrastructureAmbiguous"), &words).await;
    site.advance(WAITING);
    at_rest(&site, &[0]).await;
    assert_eq!((writes(&site), site.racks[0].pins()), (vec![], vec![]));
    site.patch(0, &json!({"lookup": null, "infrastructureId": twin})).await.unwrap();
    let object = connected(&site, 0).await;
    assert_eq!(object["status"]["infrastructureId"], json!(twin));
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn a_name_that_somebody_else_has_used_makes_no_second_record_and_takes_none_over() {
    let site = site(1, "taken").await;
    let theirs = id_of(&site, 0);
    let mut object = to_connect(&site, 0).await;
    object["spec"]["lookup"] = Value::Null;
    object["spec"]["create"] = json!({"compartmentId": site.account.compartment, "displayName": "rack0",
        "subnetId": site.account.subnet});
    site.apply(&object).await.unwrap();
    let words =
        ["\"rack0\"", "spec.create.displayName", &theirs, "was not made for", "spec.infrastructureId"];
    told(&site, 0, ("Registered", "NameTaken"), &words).await;
    at_rest(&site, &[0]).await;
    assert_eq!((writes(&site), site.cloud.infrastructures().len()), (vec![], 1));
    site.patch(0, &json!({"create": {"displayName": "rack zero"}})).await.unwrap();
    waiting(&site, 0).await;
    site.advance(WAITING);
    let object = connected(&site, 0).await;
    assert_ne!(object["status"]["infrastructureId"], json!(theirs));
    assert_eq!(site.cloud.infrastructures().len(), 2);
    assert_clean(&site, &[]).await;
}
