//! The shipped program's arguments, and `slipway check`.

use std::path::Path;
use std::process::Output;

use serde_json::json;
use slipway_e2e::{ControlPlane, TestNamespace, operator_access, program};
use tempfile::TempDir;
use tokio::process::Command;

use crate::scene::{apply, kubeconfig};

/// How a call ended, and all that it wrote.
async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(program::operator().await.unwrap());
    let output = command.args(arguments).envs(environment.iter().copied()).kill_on_drop(true).output().await;
    let Output { status, stdout, stderr } = output.unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn mistakes_end_the_start_with_code_2_and_a_word_of_where_they_are() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("slipway.yaml");
    std::fs::write(&file, "pollIntervall: 5s\n").unwrap();
    let in_file: &[&str] = &["slipway.yaml: pollIntervall: \"5s\"", "write pollInterval"];
    for (arguments, environment, words) in [
        (vec!["--poll-interval", "soon"], vec![], &["--poll-interval", "soon", "write for example 90s"][..]),
        (vec![], vec![("SLIPWAY_POLL_INTERVAL", "soon")], &["--poll-interval", "soon"]),
        (vec!["--config", text(&file)], vec![], in_file),
        (vec!["check"], vec![("SLIPWAY_CONFIG", text(&file))], in_file),
        (vec!["--metrics-tls-key", "tls.key"], vec![], &["metricsTlsCert"]),
        (vec!["run"], vec![], &["run"]),
    ] {
        let (code, said) = run(&arguments, &environment).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}

#[tokio::test]
async fn a_check_without_an_api_server_says_so() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("kubeconfig");
    let cluster = json!({"apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": "https://127.0.0.1:9"}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": ""}}]});
    std::fs::write(&file, cluster.to_string()).unwrap();
    let (code, said) = run(&["check"], &[("KUBECONFIG", text(&file))]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("FAILED  Kubernetes API: https://127.0.0.1:9"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn a_check_lists_what_is_well_and_what_is_not_and_takes_flag_environment_and_file_in_this_order() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let access = control_plane.access().unwrap();
    let a = TestNamespace::create(control_plane, "check").await.unwrap();
    let (b, c) = (TestNamespace::create(control_plane, "file").await.unwrap(), "no-such-namespace");
    operator_access::serve(&access.client().await.unwrap(), a.name()).await.unwrap();
    let folder = TempDir::new().unwrap();
    let own = access.kubectl.in_namespace("slipway-system");
    let kubeconfig = kubeconfig(&access, &own, "slipway", folder.path()).await;
    let file = folder.path().join("slipway.yaml");
    std::fs::write(&file, format!("namespaces: [{}]\n", b.name())).unwrap();
    let environment = vec![("KUBECONFIG", text(&kubeconfig)), ("SLIPWAY_CONFIG", text(&file))];
    let rights = |name: &str| format!("Rights in {name}: ");

    let (code, said) = run(&["check"], &environment).await;
    assert_eq!(code, Some(1), "{said}");
    let lacking = format!("FAILED  {}may not get secrets", rights(b.name()));
    assert!(said.contains(&lacking) && said.contains("--serviceaccount=slipway-system:slipway"), "{said}");

    let of_process = [&environment[..], &[("SLIPWAY_NAMESPACES", a.name())]].concat();
    let (code, said) = run(&["check"], &of_process).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(b.name()), "{said}");
    let version = access.kubectl.ok(&["version", "--output=json"]).await.unwrap();
    let version: serde_json::Value = serde_json::from_str(&version).unwrap();
    let version = version["serverVersion"]["gitVersion"].as_str().unwrap();
    assert!(said.starts_with(&format!("ok      Kubernetes API: {version} at {}", access.url)), "{said}");
    for word in ["BareMetalHost", &rights(a.name()), "of its own in slipway-system", "all that are used"] {
        assert!(said.contains(word), "{said}");
    }

    let (code, said) = run(
        &["check", "--namespace", c, "--metrics-tls-cert=nowhere.crt", "--metrics-tls-key=x"],
        &of_process,
    )
    .await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&rights(c)) && !said.contains(a.name()), "{said}");
    assert!(
        said.contains("FAILED  Certificate of metrics: --metrics-tls-cert nowhere.crt cannot be read"),
        "{said}"
    );
}

#[tokio::test]
async fn a_check_without_any_rights_names_each() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let access = control_plane.access().unwrap();
    let namespace = TestNamespace::create(control_plane, "nothing").await.unwrap();
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody"}});
    apply(&access, &namespace, &account).await;
    let folder = TempDir::new().unwrap();
    let kubectl = namespace.kubectl(control_plane);
    let kubeconfig = kubeconfig(&access, &kubectl, "nobody", folder.path()).await;
    let own = ["check", "--operator-namespace", namespace.name(), "--lease-name=mine"];
    let (code, said) = run(&own, &[("KUBECONFIG", text(&kubeconfig))]).await;
    assert_eq!(code, Some(1), "{said}");
    for words in [
        "ok      Kinds: ",
        "FAILED  Rights in the whole cluster: may not list baremetalhosts.slipway.dev, installprofiles.slipway.dev, ",
        "update baremetalhosts.slipway.dev/status, ",
        "create events.events.k8s.io, leases.coordination.k8s.io; ",
        "kubectl create clusterrolebinding slipway-operator",
        "get secrets \"slipway-boot-key\"",
        "leases.coordination.k8s.io \"mine\"",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
}
