//! What the tests, the demo and the benchmarks rely on: a real control plane that starts, keeps its data and goes.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use slipway_e2e::process::resident_bytes;
use slipway_e2e::{ControlPlane, TestNamespace, wait_for};

const LIMIT: Duration = Duration::from_secs(30);
const MIB: u64 = 1 << 20;

fn map(name: &str, value: &str, owner: Option<&ConfigMap>) -> ConfigMap {
    let owner_references = owner.map(|owner| {
        vec![OwnerReference {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            name: owner.metadata.name.clone().unwrap(),
            uid: owner.metadata.uid.clone().unwrap(),
            ..OwnerReference::default()
        }]
    });
    ConfigMap {
        metadata: ObjectMeta { name: Some(name.into()), owner_references, ..ObjectMeta::default() },
        data: Some(BTreeMap::from([("value".into(), value.into())])),
        ..ConfigMap::default()
    }
}

async fn maps(control_plane: &ControlPlane) -> Api<ConfigMap> {
    Api::namespaced(control_plane.client().await.unwrap(), "default")
}

async fn value(control_plane: &ControlPlane, name: &str) -> Option<String> {
    let found = maps(control_plane).await.get_opt(name).await.unwrap()?;
    found.data.unwrap().remove("value")
}

async fn put(control_plane: &ControlPlane, name: &str, value: &str) {
    maps(control_plane).await.create(&PostParams::default(), &map(name, value, None)).await.unwrap();
}

#[tokio::test]
async fn is_ready_soon_small_at_rest_and_stops_cleanly() {
    let mut control_plane = ControlPlane::start().await.unwrap();
    eprintln!("ready after {:?}", control_plane.start_time());
    assert!(control_plane.start_time() < LIMIT);
    // At rest: namespaces have their accounts and the garbage collector knows all kinds.
    wait_for("the default service account", LIMIT, || async {
        control_plane.kubectl().in_namespace("default").ok(&["get", "serviceaccount", "default"]).await
    })
    .await
    .unwrap();
    let resident = control_plane.resident_bytes().unwrap() / MIB;
    eprintln!("{resident} MiB resident");
    assert!(resident < 350, "{resident} MiB resident");
    let folder = control_plane.folder().to_path_buf();
    control_plane.stop().await.unwrap();
    drop(control_plane);
    assert!(!folder.exists());
}

#[tokio::test]
async fn an_account_without_rights_is_refused_until_it_gets_them() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let namespace = TestNamespace::create(control_plane, "rights").await.unwrap();
    let kubectl = namespace.kubectl(control_plane);
    kubectl.ok(&["create", "serviceaccount", "reader"]).await.unwrap();
    let token = kubectl.ok(&["create", "token", "reader"]).await.unwrap();
    let as_reader = ["get", "configmaps", "--kubeconfig=/dev/null", "--insecure-skip-tls-verify"];
    let server = format!("--server={}", control_plane.url());
    let token = format!("--token={}", token.trim());
    let arguments: Vec<&str> = as_reader.into_iter().chain([server.as_str(), token.as_str()]).collect();
    let refused = kubectl.run(&arguments).await.unwrap();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("Forbidden") && refused.stderr.contains(":reader"), "{refused:?}");

    let account = format!("--serviceaccount={}:reader", namespace.name());
    kubectl.ok(&["create", "rolebinding", "reader", "--clusterrole=view", &account]).await.unwrap();
    wait_for("the right to read", LIMIT, || kubectl.ok(&arguments)).await.unwrap();
}

#[tokio::test]
async fn what_a_deleted_owner_owned_goes_too() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let namespace = TestNamespace::create(control_plane, "owned").await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(control_plane.client().await.unwrap(), namespace.name());
    let owner = maps.create(&PostParams::default(), &map("owner", "1", None)).await.unwrap();
    maps.create(&PostParams::default(), &map("owned", "1", Some(&owner))).await.unwrap();
    maps.create(&PostParams::default(), &map("free", "1", None)).await.unwrap();
    maps.delete("owner", &DeleteParams::default()).await.unwrap();
    wait_for("the owned object to go", LIMIT, || async {
        anyhow::ensure!(maps.get_opt("owned").await?.is_none(), "it is still there");
        Ok(())
    })
    .await
    .unwrap();
    assert!(maps.get_opt("free").await.unwrap().is_some());
}

#[tokio::test]
async fn data_address_and_rights_survive_a_stop_and_a_kill() {
    let mut control_plane = ControlPlane::start().await.unwrap();
    let (url, client) = (control_plane.url().to_owned(), control_plane.client().await.unwrap());
    put(&control_plane, "before-stop", "1").await;
    control_plane.restart().await.unwrap();
    assert_eq!(control_plane.url(), url);
    put(&control_plane, "before-kill", "2").await;
    control_plane.kill().await.unwrap();
    control_plane.start_again().await.unwrap();
    assert_eq!(control_plane.url(), url);
    assert_eq!(value(&control_plane, "before-stop").await.as_deref(), Some("1"));
    assert_eq!(value(&control_plane, "before-kill").await.as_deref(), Some("2"));
    // A client made before is still good: same address, same authority, same user.
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");
    wait_for("the old client to get through", LIMIT, || async { Ok(maps.get("before-kill").await?) })
        .await
        .unwrap();
}

#[tokio::test]
async fn an_older_copy_of_the_data_brings_the_older_state_back() {
    let mut control_plane = ControlPlane::start().await.unwrap();
    put(&control_plane, "old", "1").await;
    assert!(control_plane.copy_data().is_err(), "a copy of data in use would be damaged");
    control_plane.stop().await.unwrap();
    let copy = control_plane.copy_data().unwrap();
    control_plane.start_again().await.unwrap();
    put(&control_plane, "new", "2").await;
    control_plane.stop().await.unwrap();
    control_plane.restore_data(&copy).unwrap();
    control_plane.start_again().await.unwrap();
    assert_eq!(value(&control_plane, "old").await.as_deref(), Some("1"));
    assert_eq!(value(&control_plane, "new").await, None);
}

#[tokio::test]
async fn two_at_once_do_not_meet() {
    let (one, two) = tokio::join!(ControlPlane::start(), ControlPlane::start());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_ne!(one.url(), two.url());
    put(&one, "mine", "1").await;
    assert_eq!(value(&two, "mine").await, None);
    assert_ne!(one.ca_pem().unwrap(), two.ca_pem().unwrap());
    let crossed = two.kubectl().with_kubeconfig(&one.kubeconfig());
    assert!(crossed.ok(&["get", "configmap", "mine", "--namespace=default"]).await.is_ok());
    let server = format!("--server={}", two.url());
    let refused = crossed.run(&["get", "namespaces", &server]).await.unwrap();
    assert!(refused.stderr.contains("certificate"), "{refused:?}");
}

#[tokio::test]
async fn kubectl_and_server_are_of_one_release_and_requests_are_counted() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let text = control_plane.kubectl().ok(&["version", "--output=json"]).await.unwrap();
    let versions: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(versions["clientVersion"]["gitVersion"], versions["serverVersion"]["gitVersion"]);

    let namespace = TestNamespace::create(control_plane, "counted").await.unwrap();
    let kubectl = namespace.kubectl(control_plane);
    let manifest = serde_json::to_string(&serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": "b"},
    }));
    kubectl.apply(&manifest.unwrap()).await.unwrap();
    let shown = kubectl.ok(&["get", "configmap", "applied", "--output=jsonpath={.data.a}"]).await.unwrap();
    assert_eq!(shown, "b");
    let mine = |verb: &str| {
        let all = control_plane.audited().unwrap();
        all.into_iter()
            .filter(|r| r.name == "applied" && r.namespace == namespace.name() && r.verb == verb)
            .count()
    };
    assert_eq!(mine("create"), 1);
    let metrics = control_plane.metrics().await.unwrap();
    assert!(metrics.contains("apiserver_request_total{"), "{}", metrics.len());
}

#[tokio::test]
async fn it_ends_when_its_standard_input_does_and_removes_what_it_was_told_to() {
    use slipway_e2e::process::Process;
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let outer = folder.path().join("outer");
    let mut command = Command::new(slipway_e2e::program::control_plane().await.unwrap());
    command.args(["serve", "--stop-with-stdin", "--data-dir"]).arg(outer.join("data"));
    command.arg("--then-remove").arg(&outer);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let (process, mut pipes) = Process::spawn(command).unwrap();
    let mut reader = std::io::BufReader::new(pipes.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    assert!(line.contains(r#""state":"ready""#), "{line}");
    assert!(outer.join("data/admin.kubeconfig").exists());
    drop(pipes.stdin);
    assert!(process.wait(LIMIT).await.unwrap().success());
    line.clear();
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    assert!(line.contains(r#""state":"stopped""#), "{line}");
    assert!(!outer.exists());
    assert!(resident_bytes(process.pid()).is_err());
}

#[tokio::test]
async fn a_second_one_on_the_same_data_is_refused() {
    let control_plane = ControlPlane::start().await.unwrap();
    let program = slipway_e2e::program::control_plane().await.unwrap();
    let second = tokio::process::Command::new(program)
        .args(["serve", "--data-dir"])
        .arg(control_plane.folder().join("data"))
        .output()
        .await
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another control plane runs on"), "{said}");
    assert_eq!(value(&control_plane, "none").await, None);
}
