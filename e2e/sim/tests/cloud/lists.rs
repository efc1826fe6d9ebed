//! Lists: filters, order, pages (facts/oci.md §1.2, §2.9).

use crate::caller::INFRASTRUCTURES;
use crate::scene::{MINUTE, Scene};
use serde_json::Value;
use slipway_sim::{Fault, Trouble};

async fn five() -> Scene {
    let scene = Scene::start().await;
    for name in ["delta", "alpha", "charlie", "Bravo", "echo"] {
        let _ = scene.cloud.create_infrastructure(&scene.account, name);
        scene.advance(MINUTE);
    }
    scene
}

async fn names(scene: &Scene, query: &str) -> Vec<String> {
    let answer = scene.caller.get(&format!("{INFRASTRUCTURES}?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    names_of(&answer.body)
}

fn names_of(body: &Value) -> Vec<String> {
    let items = body["items"].as_array().unwrap();
    items.iter().map(|item| item["displayName"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_newest_come_first_and_names_in_their_order() {
    let scene = five().await;
    assert_eq!(names(&scene, "").await, ["echo", "Bravo", "charlie", "alpha", "delta"]);
    assert_eq!(names(&scene, "sortBy=displayName").await, ["Bravo", "alpha", "charlie", "delta", "echo"]);
    assert_eq!(names(&scene, "sortOrder=ASC&limit=2").await, ["delta", "alpha"]);
}

#[tokio::test]
async fn filters_go_together() {
    let scene = five().await;
    assert_eq!(names(&scene, "displayName=alpha").await, ["alpha"]);
    assert_eq!(names(&scene, "displayNameContains=l").await, ["charlie", "alpha", "delta"]);
    assert_eq!(names(&scene, "displayNameContains=l&displayName=echo").await, [""; 0]);
    assert_eq!(names(&scene, "lifecycleState=FAILED").await, [""; 0]);
    let id = scene.cloud.infrastructures().remove(0);
    assert_eq!(names(&scene, &format!("cccInfrastructureId={id}")).await.len(), 1);
    let (tenancy, compartment) = (&scene.account.tenancy, &scene.account.compartment);
    assert_eq!(names(&scene, &format!("compartmentId={compartment}")).await.len(), 5);
    assert_eq!(names(&scene, &format!("compartmentId={tenancy}")).await.len(), 0);
    let subtree = format!("compartmentId={tenancy}&compartmentIdInSubtree=true&accessLevel=ACCESSIBLE");
    assert_eq!(names(&scene, &subtree).await.len(), 5);
}

#[tokio::test]
async fn summaries_hold_neither_pin_nor_fingerprint() {
    let scene = five().await;
    let body = scene.caller.get(INFRASTRUCTURES).await.body.to_string();
    assert!(!body.contains("provisioning") && body.contains("connectionState"));
}

#[tokio::test]
async fn pages_follow_each_other_and_one_can_be_empty() {
    let scene = five().await;
    scene.cloud.add_fault(Fault::new(Trouble::EmptyPage).on("GET", "cccInfrastructures").after(1).once());
    let (mut all, mut sizes, mut page) = (Vec::new(), Vec::new(), String::new());
    loop {
        let answer = scene.caller.get(&format!("{INFRASTRUCTURES}?limit=2{page}")).await;
        let found = names_of(&answer.body);
        sizes.push(found.len());
        all.extend(found);
        match answer.header("opc-next-page") {
            "" => break,
            next => page = format!("&page={next}"),
        }
    }
    assert_eq!(sizes, [2, 0, 2, 1]);
    assert_eq!(all, ["echo", "Bravo", "charlie", "alpha", "delta"]);
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let scene = five().await;
    let compartment = &scene.account.compartment;
    for query in [
        "limit=0",
        "limit=x",
        "page=xyz",
        "sortBy=size",
        "sortOrder=up",
        "lifecycleState=DEAD",
        "accessLevel=ALL",
        &format!("compartmentId={compartment}&compartmentIdInSubtree=true"),
    ] {
        let answer = scene.caller.get(&format!("{INFRASTRUCTURES}?{query}")).await;
        assert_eq!(answer.error(), (400, "InvalidParameter"), "{query}");
    }
    let other = scene.caller.get(&format!("{INFRASTRUCTURES}?compartmentId=ocid1.compartment.oc1..x")).await;
    assert_eq!(other.error(), (404, "NotAuthorizedOrNotFound"));
}
