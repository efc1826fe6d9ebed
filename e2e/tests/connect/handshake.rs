//! The guide's steps, done by the operator.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::ControlPlane;
use slipway_e2e::objects::condition;
use slipway_sim::CloudConfig;

use crate::scene::{self, Scene, options, order};

/// What the events say, in this order.
const LOG_BOOK: [&str; 5] = [
    "REJECT: waiting; the next handshake may begin at ",
    "attempt 1: the rack is being given its PIN",
    "REQUEST: attempt 1: the rack asks to be let in; waiting until ",
    "READY: attempt 1: the fingerprints are the same; the rack is being let in",
    "CONNECTED: connected since ",
];

#[tokio::test]
async fn a_rack_is_looked_up_waits_its_time_and_is_connected_step_by_step() {
    let cloud = CloudConfig { speed: 0.0, ..CloudConfig::default() };
    let scene =
        Scene::open_with(options().cloud(cloud), "handshake").await.wait_for_its_time(&json!({})).await;
    let site = &scene.site;
    let object = scene.reason_with("Connecting", "the next handshake may begin at").await;
    assert_eq!(object["status"]["phase"], "Connecting");
    assert_eq!(object["status"]["infrastructureId"], scene.id.as_str());
    site.advance(Duration::from_secs(20 * 60 - 1));
    scene.looked(2).await;
    assert_eq!(scene.posts(), [], "a PIN was given before its time");
    nothing_is_written(&scene).await;
    site.advance(Duration::from_secs(3));
    scene.step(1, "Posted").await;
    site.advance(Duration::from_secs(5));
    let object = scene.step(1, "Comparing").await;
    assert_eq!(object["status"]["connectionState"], "REQUEST");
    site.advance(Duration::from_secs(5));
    let object = scene.step(1, "Connecting").await;
    assert_eq!(object["status"]["connectionState"], "READY");
    scene.reason_with("Connecting", "the link may take until").await;
    site.advance(Duration::from_secs(30));
    let object = site.wait_connected(0).await.unwrap();

    assert_eq!(scene.orders(), [order("REQUEST", "READY")]);
    let [post] = &scene.posts()[..] else { panic!("{:?}", scene.posts()) };
    let handshake = &object["status"]["handshake"];
    for side in ["rackFingerprint", "ociFingerprint"] {
        assert_eq!(handshake[side].as_str(), post.fingerprint.as_deref(), "{side}");
    }
    assert_eq!((&handshake["step"], &handshake["result"]), (&json!("Connected"), &json!("Matched")));
    all_is_well(&object);
    nothing_is_written(&scene).await;
    table_is_readable(&scene).await;
    log_book_is_in_order(&scene).await;
    scene.close(&[]).await;
}

/// Looking alone is no reason to write to the API server.
async fn nothing_is_written(scene: &Scene) {
    let control_plane = ControlPlane::shared().await.unwrap();
    let written = || {
        let requests = control_plane.audited().unwrap().into_iter();
        let own = requests.filter(|request| request.namespace == scene.site.namespace.name());
        own.filter(|request| request.user.ends_with(":slipway") && request.is_write()).count()
    };
    let before = written();
    assert!(before > 0, "nothing is audited");
    scene.looked(2).await;
    assert_eq!(written(), before);
}

fn all_is_well(object: &Value) {
    for kind in [
        "Ready",
        "Connected",
        "FingerprintMatched",
        "TlsVerified",
        "Registered",
        "Reachable",
        "CredentialsValid",
    ] {
        assert_eq!(condition(object, kind)["status"], "True", "{kind} of {object}");
    }
    for kind in ["Reconciling", "Stalled", "RefreshDue"] {
        assert_eq!(condition(object, kind), Value::Null);
    }
    let status = &object["status"];
    assert_eq!(status["observedGeneration"], object["metadata"]["generation"]);
    assert_eq!(status["inventory"]["computeNodeCount"], 3, "{status}");
    assert_eq!(status["network"]["uplinkVlan"], 100, "{status}");
    assert_eq!(status["upgrade"]["currentVersion"], "3.0.2-b1185392", "{status}");
    assert!(
        status["notBefore"].is_null() && status["intent"].is_null() && status["plan"].is_null(),
        "{status}"
    );
}

async fn table_is_readable(scene: &Scene) {
    let table = scene.site.kubectl.ok(&["get", "sinfra", "--no-headers"]).await.unwrap();
    let row: Vec<&str> = table.split_whitespace().collect();
    let object = scene.site.get(0).await.unwrap();
    let (short, due) = (&object["status"]["shortName"], &object["status"]["refreshDueAt"]);
    assert_eq!(row[..5], ["rack0", "Connected", "CONNECTED", "True", short.as_str().unwrap()], "{table}");
    assert_eq!(row[6..8], [due.as_str().unwrap(), "Connected"], "{table}");
}

async fn log_book_is_in_order(scene: &Scene) {
    scene.site.wait_event(0, "Connected").await.unwrap();
    let mut events = scene.site.events(0).await.unwrap();
    events.sort_by_key(|event| event["eventTime"].as_str().unwrap().to_owned());
    let notes: Vec<&str> = events.iter().map(|event| event["note"].as_str().unwrap()).collect();
    let book = notes.join("\n");
    let places: Vec<_> = LOG_BOOK.iter().map(|line| book.find(line)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in\n{book}");
    assert_eq!(notes.len(), LOG_BOOK.len(), "{book}");
    assert!(events.iter().all(|event| event["type"] == "Normal"), "{events:?}");
}

#[tokio::test]
async fn a_rack_that_is_named_by_its_id_is_not_looked_for() {
    let scene = Scene::open("by-id").await;
    let mut object = scene.site.to_connect(0, &json!({}));
    object["spec"].as_object_mut().unwrap().remove("lookup");
    object["spec"]["infrastructureId"] = json!(scene.id);
    scene.site.apply(&object).await.unwrap();
    let scene = scene.connect().await;
    let listed = scene.site.cloud.calls().into_iter().filter(|call| call.target.contains('?')).count();
    assert_eq!((listed, scene.posts().len()), (0, 1));
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_rack_that_is_not_registered_is_registered_once_and_connected() {
    let site = scene::site(options(), "created").await;
    let mut object = site.to_connect(0, &json!({}));
    object["spec"].as_object_mut().unwrap().remove("lookup");
    object["spec"]["create"] = json!({"compartmentId": site.account.compartment, "displayName": "new rack",
        "description": "row 7", "subnetId": site.account.subnet});
    site.apply(&object).await.unwrap();
    scene::not_before(&site, 0).await;
    let [id] = &site.cloud.infrastructures()[..] else { panic!("{:?}", site.cloud.infrastructures()) };
    let record = site.cloud.infrastructure(id).unwrap();
    let owner = format!("{}/rack0", site.namespace.name());
    assert_eq!(record["freeformTags"]["slipway-owner"], owner.as_str(), "{record}");
    assert_eq!((&record["displayName"], &record["description"]), (&json!("new rack"), &json!("row 7")));
    let scene = Scene { id: id.clone(), site }.connect().await;
    let calls = scene.site.cloud.calls().into_iter();
    let tokens: Vec<_> = calls.filter(|call| call.method == "POST").map(|call| call.retry_token).collect();
    assert!(matches!(&tokens[..], [Some(_)]), "{tokens:?}");

    // The description is ours to keep; the connection is not touched for it.
    scene.site.patch(0, &json!({"create": {"description": "row 8"}})).await.unwrap();
    let described =
        |cloud: &slipway_sim::Cloud| cloud.infrastructure(&scene.id).unwrap()["description"] == "row 8";
    assert!(
        scene.site.cloud.wait_until(scene::SOON, described).await,
        "{}",
        scene.site.operator.log().tail(20)
    );
    scene.looked(1).await;
    assert_eq!(scene.orders(), [order("REQUEST", "READY"), order("CONNECTED", "CONNECTED")]);
    scene.close(&[]).await;
}
