//! Definitions that are missing, older than the operator, or older than a manifest.

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, OperatorProcess, TestNamespace, program};

use crate::scene::{LIMIT, apply, looked_at, profile, readyz, waits};

const KINDS: [&str; 4] = ["baremetalhosts", "clustersubscriptions", "infrastructures", "installprofiles"];

/// The shipped definition of a kind.
fn shipped(plural: &str) -> Value {
    let file = program::project().join(format!("config/crd/slipway.dev_{plural}.yaml"));
    serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// That of a version that did not know a field of the status yet.
fn older(plural: &str, field: &str) -> Value {
    let mut definition = shipped(plural);
    let schema = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let fields = schema["properties"]["status"]["properties"].as_object_mut().unwrap();
    assert!(fields.remove(field).is_some());
    definition
}

async fn install(control_plane: &ControlPlane, definition: &Value) {
    let apply = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    let done = control_plane.kubectl().run_with_input(&apply, &definition.to_string()).await.unwrap();
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[tokio::test]
async fn definitions_that_are_missing_or_older_are_named_and_waited_for() {
    // A control plane of its own: the others of this program need theirs whole.
    let control_plane = ControlPlane::start().await.unwrap();
    control_plane.install().await.unwrap();
    let access = control_plane.access().unwrap();
    let kubectl = control_plane.kubectl();
    let names: Vec<String> = KINDS.iter().map(|plural| format!("crd/{plural}.slipway.dev")).collect();
    let all: Vec<&str> = ["delete"].into_iter().chain(names.iter().map(String::as_str)).collect();
    kubectl.ok(&all).await.unwrap();
    let mut operator = OperatorProcess::options().start_unready(&control_plane).await.unwrap();
    let mend = "kubectl apply --server-side";
    waits(
        &operator,
        &["BareMetalHost, ClusterSubscription, Infrastructure, InstallProfile of slipway.dev", mend],
    )
    .await;

    for plural in &KINDS[..3] {
        install(&control_plane, &shipped(plural)).await;
    }
    waits(&operator, &["does not serve InstallProfile of slipway.dev", mend]).await;
    install(&control_plane, &older("installprofiles", "nextRetryAt")).await;
    waits(&operator, &["lack InstallProfile.status.nextRetryAt;", mend]).await;

    install(&control_plane, &shipped("installprofiles")).await;
    operator.wait_ready(LIMIT).await.unwrap();
    assert_eq!(readyz(&operator).await.unwrap(), (200, "ok\n".to_owned()));
    let is_told = |entry: &Value| entry["message"] == "The kinds are served now";
    operator.log().wait_for("the log to say so", LIMIT, is_told).await.unwrap();
    let namespace = TestNamespace::create(&control_plane, "kinds").await.unwrap();
    apply(&access, &namespace, &profile("tiny")).await;
    looked_at(&access, &namespace, "tiny").await;
}

#[tokio::test]
async fn a_manifest_of_a_newer_version_is_refused_or_loses_what_is_unknown_and_the_operator_goes_on() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let access = control_plane.access().unwrap();
    let namespace = TestNamespace::create(control_plane, "newer").await.unwrap();
    let operator = OperatorProcess::options().namespace(namespace.name()).start(control_plane).await.unwrap();
    let kubectl = namespace.kubectl(control_plane);
    let mut newer = profile("newer");
    newer["spec"]["novelty"] = json!({"mode": "Fast"});

    let refused = kubectl.run_with_input(&["apply", "-f", "-"], &newer.to_string()).await.unwrap();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("strict decoding error: unknown field \"spec.novelty\""), "{refused:?}");

    let warned =
        kubectl.run_with_input(&["apply", "--validate=warn", "-f", "-"], &newer.to_string()).await.unwrap();
    assert_eq!(warned.code, Some(0), "{warned:?}");
    assert!(warned.stderr.contains("Warning: unknown field \"spec.novelty\""), "{warned:?}");
    looked_at(&access, &namespace, "newer").await;
    let kept = kubectl.ok(&["get", "installprofile", "newer", "--output=jsonpath={.spec}"]).await.unwrap();
    assert!(kept.contains("\"os\"") && !kept.contains("novelty"), "{kept}");
    assert!(operator.exit_status().is_none());
}
