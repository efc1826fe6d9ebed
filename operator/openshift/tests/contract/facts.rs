//! What a sound cluster says.

use slipway_core::{reason::Reason, subscription::ClusterFacts};
use slipway_outbound::Policy;
use slipway_sim::OpenShift;

use crate::{CONSOLE, ID, Port, loopback};

#[tokio::test]
async fn both_resources_are_read_as_either_user() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(&ID.to_uppercase(), true);
    cluster.set_console(Some(CONSOLE));
    let port = Port::under(loopback());
    let expected = ClusterFacts {
        external_cluster_id: Some(ID.to_owned()),
        console_url: Some(CONSOLE.to_owned()),
        is_installed: true,
    };
    for (kubeconfig, user) in [
        (cluster.kubeconfig(), "system:admin"),
        (cluster.kubeconfig_with_token(), "system:serviceaccount:default:registrar"),
    ] {
        let before = cluster.calls().len();
        assert_eq!(port.facts(&kubeconfig).await.unwrap(), expected);
        let calls = cluster.calls().split_off(before);
        let paths: Vec<_> = calls.iter().map(|call| (call.method.as_str(), call.path.as_str())).collect();
        assert_eq!(
            paths,
            [
                ("GET", "/apis/config.openshift.io/v1/clusterversions/version"),
                ("GET", "/apis/config.openshift.io/v1/consoles/cluster"),
            ]
        );
        assert!(calls.iter().all(|call| call.user.as_deref() == Some(user)), "{calls:?}");
        assert_eq!(port.told(), ["cluster facts 2xx"; 2]);
    }
}

#[tokio::test]
async fn a_cluster_under_installation_has_some_of_it() {
    let cluster = OpenShift::start().await.unwrap();
    let port = Port::under(loopback());
    let kubeconfig = cluster.kubeconfig();
    let failure = port.facts(&kubeconfig).await.unwrap_err();
    assert_eq!(failure.reason, Reason::NotOpenShift, "{failure}");
    assert_eq!(port.told(), ["cluster facts 4xx"]);

    cluster.set_version(ID, false);
    let mut expected =
        ClusterFacts { external_cluster_id: Some(ID.to_owned()), console_url: None, is_installed: false };
    assert_eq!(port.facts(&kubeconfig).await.unwrap(), expected);
    assert_eq!(port.told(), ["cluster facts 2xx", "cluster facts 4xx"]);
    for unusable in [None, Some("http://console.example"), Some("javascript:alert(1)")] {
        cluster.set_console(unusable);
        assert_eq!(port.facts(&kubeconfig).await.unwrap(), expected, "{unusable:?}");
    }

    cluster.set_version(ID, true);
    expected.is_installed = true;
    assert_eq!(port.facts(&kubeconfig).await.unwrap(), expected);
    cluster.set_console(Some(CONSOLE));
    expected.console_url = Some(CONSOLE.to_owned());
    assert_eq!(port.facts(&kubeconfig).await.unwrap(), expected);

    cluster.remove_cluster_version();
    assert_eq!(port.facts(&kubeconfig).await.unwrap_err().reason, Reason::NotOpenShift);
}

#[tokio::test]
async fn a_user_that_is_not_let_in_is_refused() {
    let (cluster, other) = (OpenShift::start().await.unwrap(), OpenShift::start().await.unwrap());
    cluster.set_version(ID, true);
    let port = Port::under(loopback());
    let stranger = cluster.kubeconfig_with_token().replace(cluster.token(), other.token());
    let failure = port.facts(&stranger).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClusterRefused, "{failure}");
    assert!(failure.message.contains("(401)") && !failure.message.contains(other.token()), "{failure}");

    cluster.deny(true);
    let failure = port.facts(&cluster.kubeconfig()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClusterRefused, "{failure}");
    assert!(
        failure.message.contains("read clusterversions") && failure.message.contains("(403)"),
        "{failure}"
    );
    cluster.deny(false);
    assert!(port.facts(&cluster.kubeconfig()).await.is_ok());
}

#[tokio::test]
async fn a_login_by_name_is_sent_as_such_and_a_path_is_kept() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    let token = format!("token: {}", cluster.token());
    let named = cluster.kubeconfig_with_token().replace(&token, "username: kim\n    password: canary");
    let port = Port::under(loopback());
    // The simulated cluster knows nobody by a password.
    let failure = port.facts(&named).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClusterRefused, "{failure}");
    assert!(!failure.message.contains("canary"), "{failure}");

    for (path, expected) in
        [("/k8s/clusters/c-1/", "/k8s/clusters/c-1"), ("//elsewhere.invalid", "/elsewhere.invalid")]
    {
        let behind = cluster.kubeconfig().replace(&cluster.url(), &format!("{}{path}", cluster.url()));
        assert_eq!(port.facts(&behind).await.unwrap_err().reason, Reason::NotOpenShift);
        let asked = cluster.calls().pop().unwrap().path;
        assert_eq!(asked, format!("{expected}/apis/config.openshift.io/v1/clusterversions/version"));
    }
}

#[tokio::test]
async fn an_unchecked_certificate_needs_the_operators_switch() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    let kubeconfig = cluster.kubeconfig();
    let unchecked: String = kubeconfig
        .lines()
        .map(|line| match line.split_once("certificate-authority-data") {
            Some((indent, _)) => format!("{indent}insecure-skip-tls-verify: true\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let failure = Port::under(loopback()).facts(&unchecked).await.unwrap_err();
    assert_eq!(failure.reason, Reason::InsecureNotAllowed, "{failure}");
    assert!(failure.message.contains("`cluster.insecure-skip-tls-verify`"), "{failure}");
    assert!(cluster.calls().is_empty());
    let permissive = Policy { allow_insecure: true, ..loopback() };
    assert!(Port::under(permissive).facts(&unchecked).await.unwrap().is_installed);
}
