//! Clusters that answer as none should.

use serde_json::json;
use slipway_core::reason::Reason;
use slipway_sim::{Fault, OpenShift, Trouble};

use crate::{CONSOLE, ID, Port, loopback};

const VERSION_PATH: &str = "clusterversions";
const CONSOLE_PATH: &str = "consoles";

fn troubles() -> Vec<(Trouble, &'static str, &'static str)> {
    let json = |body| Trouble::Json { status: 200, body };
    vec![
        (Trouble::Html { status: 200 }, "200 and HTML", "2xx"),
        (Trouble::Html { status: 404 }, "404 and HTML", "4xx"),
        (Trouble::Html { status: 502 }, "502 and HTML", "5xx"),
        (Trouble::Garbage, "200 and JSON", "2xx"),
        (Trouble::Truncated, "cut short", "2xx"),
        (Trouble::CutBefore, "closed the connection", "error"),
        (Trouble::CutMiddle, "closed the connection", "error"),
        (Trouble::Hang, "did not answer", "error"),
        (Trouble::Empty { status: 200 }, "no content type", "2xx"),
        (Trouble::Empty { status: 500 }, "500", "5xx"),
        (Trouble::Redirect { status: 302, location: "https://login.invalid/".to_owned() }, "302", "3xx"),
        (Trouble::RetryLater { status: 503, seconds: 7, as_date: false }, "503", "5xx"),
        (json(json!({"kind": "Status", "status": "Success"})), "200 and JSON", "2xx"),
        (json(json!([])), "200 and JSON", "2xx"),
        (json(json!({"kind": "ClusterVersion", "spec": {"clusterID": 7}})), "200 and JSON", "2xx"),
        (json(json!({"kind": "ClusterVersion", "spec": {"clusterID": ID}, "status": []})), "JSON", "2xx"),
        (json(json!({"kind": "Console", "status": "x".repeat(5 << 20)})), "larger than", "error"),
    ]
}

#[tokio::test]
async fn what_is_no_answer_of_a_cluster_changes_nothing_and_is_told() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    cluster.set_console(Some(CONSOLE));
    let kubeconfig = cluster.kubeconfig_with_token();
    let port = Port::under(loopback());
    let hasty = Port::under(loopback()).hasty();
    for (path, earlier) in [(VERSION_PATH, 0), (CONSOLE_PATH, 1)] {
        for (trouble, words, class) in troubles() {
            let port = if trouble == Trouble::Hang { &hasty } else { &port };
            let fault = cluster.add_fault(Fault::new(trouble.clone()).on("GET", path));
            let outcome = port.facts(&kubeconfig).await;
            cluster.remove_fault(fault);
            let told = port.told();
            assert_eq!(told.len(), earlier + 1, "{trouble:?}");
            assert_eq!(told[earlier], format!("cluster facts {class}"), "{trouble:?}");
            let failure = outcome.unwrap_err();
            assert_eq!(failure.reason, Reason::ClusterUnreachable, "{trouble:?}: {failure}");
            assert!(failure.message.contains(words), "{words}: {failure}");
            assert!(failure.message.contains(&cluster.url()), "{failure}");
            assert!(!failure.message.contains(cluster.token()), "{failure}");
            assert!(failure.message.len() < 500, "{failure}");
            let asked_to_wait = matches!(trouble, Trouble::RetryLater { .. });
            assert_eq!(failure.retry_after.map(|pause| pause.as_secs()), asked_to_wait.then_some(7));
        }
    }
    // Only the body counts; what it is called does not.
    cluster.add_fault(Fault::new(Trouble::ContentType { value: "text/x".to_owned() }));
    assert!(port.facts(&kubeconfig).await.unwrap().is_installed);
}

#[tokio::test]
async fn a_user_who_may_not_read_the_console_is_told_from_a_cluster_without_one() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    let refused = Trouble::Refuse { status: 403, code: "Forbidden".to_owned(), message: "canary".to_owned() };
    cluster.add_fault(Fault::new(refused).on("GET", CONSOLE_PATH));
    let failure = Port::under(loopback()).facts(&cluster.kubeconfig()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClusterRefused, "{failure}");
    assert!(failure.message.contains("read consoles") && !failure.message.contains("canary"), "{failure}");
}

#[tokio::test]
async fn an_id_that_is_none_is_not_taken() {
    let cluster = OpenShift::start().await.unwrap();
    for id in ["canary", "' or ''='", "00000000-0000-0000-0000-000000000000"] {
        cluster.set_version(id, true);
        let failure = Port::under(loopback()).facts(&cluster.kubeconfig()).await.unwrap_err();
        assert_eq!(failure.reason, Reason::ClusterUnreachable, "{failure}");
        assert!(failure.message.contains("`spec.clusterID` is no UUID"), "{failure}");
        assert!(!failure.message.contains(id), "{failure}");
    }
    cluster.set_version("", false);
    let facts = Port::under(loopback()).facts(&cluster.kubeconfig()).await.unwrap();
    assert_eq!(facts.external_cluster_id, None);
}
