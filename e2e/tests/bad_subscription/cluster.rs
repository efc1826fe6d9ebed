//! Kubeconfigs that lead nowhere or too far, and clusters that do not say what is asked.

use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_e2e::objects::condition;
use slipway_sim::{Fault, OpenShift, Trouble};

use crate::scene::{apply, assert_clean, calm, quick, rounds, secrets, told};

const FIELD: &str = "spec.cluster.kubeconfigRef";
/// What no message may repeat.
const CANARY: &str = "canary-of-a-kubeconfig";
const CLUSTER: &str = "4c4c4544-0038-4b10-8051-0000000000bb";

/// Nobody listens there.
const CLOSED: &str = "127.0.0.1:1";

/// A kubeconfig with this server and these lines of a user.
fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: {server}\ncontexts:\n- name: x\n  context: {{cluster: c, user: u}}\n\
         current-context: x\nusers:\n- name: u\n  user:\n    {user}\n"
    )
}

/// A spec whose facts are behind the kubeconfig in this Secret.
fn behind(secret: &str) -> Value {
    json!({"cluster": {"kubeconfigRef": {"name": secret}}})
}

/// Kubeconfigs by the names of their objects, with a word that the message has to have.
fn hostile(marker: &str) -> Vec<(&'static str, String, &'static str)> {
    let token = format!("token: {CANARY}");
    let server = "https://127.0.0.1:1";
    let touch = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: touch, args: [\"{marker}\"]}}"
    );
    vec![
        ("exec", kubeconfig(server, &touch), "user.exec"),
        ("plugin", kubeconfig(server, "auth-provider: {name: oidc}"), "user.auth-provider"),
        ("token-file", kubeconfig(server, "tokenFile: /etc/passwd"), "user.tokenFile"),
        ("key-file", kubeconfig(server, "client-key: /etc/shadow"), "user.client-key"),
        (
            "ca-file",
            kubeconfig(server, &token).replace("server:", "certificate-authority: /etc/passwd\n    server:"),
            "certificate-authority",
        ),
        ("somebody", kubeconfig(server, &format!("{token}\n    as: system:admin")), "user.as"),
        ("plain", kubeconfig("http://127.0.0.1:1", &token), "must start with https://"),
        ("anchor", kubeconfig(server, &format!("token: &a {CANARY}")), "anchor"),
        (
            "lawless",
            kubeconfig(server, &token).replace("current-context: x", "current-context: y"),
            "no entry named `y`",
        ),
        ("no-user", kubeconfig(server, "{}"), "no credentials"),
        ("words", format!("{CANARY}: it is no kubeconfig"), "contexts"),
        ("no-yaml", format!("{{{CANARY}"), "no YAML"),
    ]
}

/// Secrets with kubeconfigs.
async fn kubeconfigs<'a>(registry: &Registry, contents: impl IntoIterator<Item = (&'a str, String)>) {
    let contents = contents.into_iter().map(|(name, content)| (name, json!({"kubeconfig": content})));
    secrets(registry, contents).await;
}

#[tokio::test]
async fn a_kubeconfig_that_asks_for_more_than_a_look_is_refused_and_nothing_is_run_or_read() {
    let registry = calm("kubeconfig").await;
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("was-run");
    let all = hostile(marker.to_str().unwrap());
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(CLUSTER, true);
    kubeconfigs(&registry, all.iter().map(|(name, content, _)| (*name, content.clone()))).await;
    secrets(&registry, [("wrong-key", json!({"config": "x"}))]).await;
    let mut objects: Vec<_> = all.iter().map(|(name, ..)| (*name, behind(name))).collect();
    objects.push(("wrong-key", behind("wrong-key")));
    apply(&registry, &objects).await;

    for (name, _, word) in &all {
        let object =
            told(&registry, name, ("ClusterObserved", "KubeconfigInvalid"), &[FIELD, name, word]).await;
        assert_eq!(object["status"]["remoteStatus"], "Reserved", "the record itself is well: {object}");
    }
    told(
        &registry,
        "wrong-key",
        ("ClusterObserved", "SecretIncomplete"),
        &[FIELD, "\"kubeconfig\"", "config"],
    )
    .await;
    rounds(&registry, 12.0).await;
    assert!(!marker.exists() && cluster.calls().is_empty());

    kubeconfigs(&registry, objects.iter().map(|(name, _)| (*name, cluster.kubeconfig_with_token()))).await;
    // One cluster is in one record only; one of the objects is enough.
    registry
        .wait("exec", "the cluster's id in the record", |object| {
            let seen = condition(object, "ClusterObserved");
            if seen["status"] == "True" { Ok(()) } else { Err(seen.to_string()) }
        })
        .await
        .unwrap();
    assert_clean(&registry, &[CANARY, "root:x:", cluster.token()]).await;
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_as_one_leaves_the_record_reserved() {
    let registry = calm("cluster").await;
    let troubles = [
        ("html", Trouble::Html { status: 200 }),
        ("empty", Trouble::Empty { status: 200 }),
        ("truncated", Trouble::Truncated),
        ("typed", Trouble::Json { status: 200, body: json!({"kind": "ClusterVersion", "spec": [1]}) }),
        ("other", Trouble::Json { status: 200, body: json!({"kind": "Secret", "data": {"x": CANARY}}) }),
        ("huge", Trouble::Json { status: 200, body: json!({"kind": "x".repeat(4 << 20)}) }),
        ("redirect", Trouble::Redirect { status: 302, location: "https://127.0.0.1:1/".to_owned() }),
        ("cut", Trouble::CutBefore),
    ];
    let names = ["gone", "denied", "stranger", "bare", "metadata", "forged"];
    let names: Vec<_> = names.into_iter().chain(troubles.iter().map(|(name, _)| *name)).collect();
    let mut clusters = vec![];
    for (index, name) in names.iter().enumerate() {
        let cluster = OpenShift::start().await.unwrap();
        if *name != "bare" {
            cluster.set_version(&format!("4c4c4544-0038-4b10-8051-{index:012x}"), true);
        }
        cluster.deny(*name == "denied");
        if let Some((_, trouble)) = troubles.iter().find(|(one, _)| one == name) {
            cluster.add_fault(Fault::new(trouble.clone()));
        }
        clusters.push(cluster);
    }
    let contents = names.iter().zip(&clusters).map(|(name, cluster)| {
        let content = cluster.kubeconfig_with_token();
        let content = match *name {
            "gone" => content.replace(&cluster.socket().to_string(), CLOSED),
            "stranger" => content.replace(cluster.token(), CANARY),
            "metadata" => content.replace(&cluster.socket().to_string(), "169.254.169.254"),
            "forged" => clusters[0].kubeconfig_with_token().replace(&clusters[0].url(), &cluster.url()),
            _ => content,
        };
        (*name, content)
    });
    kubeconfigs(&registry, contents).await;
    apply(&registry, &names.iter().map(|name| (*name, behind(name))).collect::<Vec<_>>()).await;

    for name in &names {
        let (reason, word) = match *name {
            "gone" => ("ClusterUnreachable", CLOSED),
            "denied" => ("ClusterRefused", "403"),
            "stranger" => ("ClusterRefused", "401"),
            "bare" => ("NotOpenShift", "no ClusterVersion"),
            "metadata" => ("AddressDenied", "--allow-network"),
            "forged" => ("CertificateUntrusted", "certificate-authority-data"),
            _ => ("ClusterUnreachable", "https://127.0.0.1"),
        };
        let object = told(&registry, name, ("ClusterObserved", reason), &[FIELD, name, word]).await;
        assert_eq!(object["status"]["remoteStatus"], "Reserved", "{object}");
        assert!(object["status"].get("externalClusterId").is_none());
    }
    // The token of another cluster went nowhere.
    assert_eq!(clusters[5].calls(), []);

    for cluster in &clusters {
        cluster.deny(false);
    }
    clusters[3].set_version("4c4c4544-0038-4b10-8051-000000000003", true);
    kubeconfigs(&registry, names.iter().zip(&clusters).map(|(name, cluster)| (*name, cluster.kubeconfig())))
        .await;
    for name in &names[..6] {
        registry.wait_ready(name, "Active").await.unwrap();
    }
    assert_clean(&registry, &[CANARY, clusters[0].token()]).await;
}

#[tokio::test]
async fn a_cluster_that_comes_later_is_waited_for() {
    let registry = quick("awaited").await;
    let words = ["\"later\"", FIELD, "does not exist"];
    apply(&registry, &[("later", behind("later"))]).await;
    let object = registry.wait_condition("later", "Ready", "False", "ClusterAwaited").await.unwrap();
    let message = condition(&object, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(CLUSTER, true);
    kubeconfigs(&registry, [("later", cluster.kubeconfig())]).await;
    registry.wait_ready("later", "Active").await.unwrap();
    // What is known of it stays while it is away.
    cluster.go_away(true);
    let object =
        registry.wait_condition("later", "ClusterObserved", "False", "ClusterUnreachable").await.unwrap();
    assert_eq!(condition(&object, "Ready")["reason"], "Active");
    assert_eq!(registry.record("later").await.unwrap()["external_cluster_id"], CLUSTER);
    assert_clean(&registry, &[]).await;
}
