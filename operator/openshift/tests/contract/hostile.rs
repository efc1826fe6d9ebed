//! Kubeconfigs that cannot be used: each is refused by the field, nothing is contacted, and no value is shown.

use std::time::{Duration, Instant};

use slipway_core::reason::Reason;
use slipway_sim::OpenShift;

use crate::{ID, Port, loopback};

const CLUSTER: &str = "server: https://127.0.0.1:1, certificate-authority-data: ''";
const USER: &str = "token: canary";

fn written(cluster: &str, user: &str) -> String {
    format!(
        "clusters: [{{name: a, cluster: {{{cluster}}}}}]\nusers: [{{name: b, user: {{{user}}}}}]\n\
         contexts: [{{name: c, context: {{cluster: a, user: b}}}}]\n"
    )
}

async fn refusal(kubeconfig: &str) -> String {
    let port = Port::under(loopback());
    let failure = port.facts(kubeconfig).await.unwrap_err();
    assert_eq!(failure.reason, Reason::KubeconfigInvalid, "{kubeconfig:.300}: {failure}");
    assert!(!failure.message.contains("canary"), "{failure}");
    assert!(failure.message.len() < 400 && !failure.message.contains(char::is_control), "{failure}");
    assert!(port.told().is_empty());
    failure.message
}

#[tokio::test]
async fn a_user_that_cannot_be_is_refused_by_the_field() {
    for (user, field, words) in [
        ("exec: {command: canary, apiVersion: v1}, token: canary", "user.exec", "none is ever run"),
        ("exec: {}", "user.exec", "none is ever run"),
        ("exec: canary", "user.exec", "none is ever run"),
        ("auth-provider: {name: oidc, config: {cmd-path: canary}}", "user.auth-provider", "none is ever run"),
        ("tokenFile: /canary", "user.tokenFile", "in `token`"),
        ("token: canary, tokenFile: /canary", "user.tokenFile", "in `token`"),
        (
            "client-certificate: /canary, client-key-data: canary",
            "user.client-certificate",
            "`client-certificate-data`",
        ),
        ("client-certificate-data: canary, client-key: /canary", "user.client-key", "`client-key-data`"),
        ("token: canary, as: canary", "user.as", "somebody else"),
        ("token: canary, as-uid: canary", "user.as-uid", "somebody else"),
        ("token: canary, as-groups: [canary]", "user.as-groups", "somebody else"),
        ("token: canary, as-user-extra: {a: [canary]}", "user.as-user-extra", "somebody else"),
        ("client-certificate-data: Y2FuYXJ5", "user.client-key-data", "missing"),
        ("client-key-data: Y2FuYXJ5", "user.client-certificate-data", "missing"),
        (
            "client-certificate-data: canary!, client-key-data: Y2FuYXJ5",
            "user.client-certificate-data",
            "base64",
        ),
        ("client-certificate-data: /w==, client-key-data: Y2FuYXJ5", "user.client-certificate-data", "PEM"),
        (
            "client-certificate-data: Y2FuYXJ5, client-key-data: Y2FuYXJ5",
            "user.client-certificate-data",
            "PEM",
        ),
        ("username: kim", "user.password", "missing"),
        ("password: canary", "user.username", "missing"),
        ("username: 'k:m', password: canary", "user.username", "colon"),
        ("username: kim, password: canary, token: canary", "user.token", "leave one"),
        ("token: \"canary\\r\\nHost: canary\"", "user.token", "character"),
        ("token: ''", "user", "no credentials"),
        ("", "user", "no credentials"),
    ] {
        let message = refusal(&written(CLUSTER, user)).await;
        assert!(message.contains(&format!("`{field}` ")), "{field}: {message}");
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[tokio::test]
async fn a_cluster_that_cannot_be_is_refused_by_the_field() {
    for (cluster, field, words) in [
        ("proxy-url: ''", "cluster.server", "missing"),
        ("server: 'http://127.0.0.1:1'", "cluster.server", "https://"),
        ("server: '127.0.0.1:6443'", "cluster.server", "https://"),
        ("server: 'file:///canary'", "cluster.server", "https://"),
        ("server: 'https://canary:canary@127.0.0.1:1'", "cluster.server", "user name"),
        ("server: 'https://127.0.0.1:1/?canary'", "cluster.server", "no query"),
        ("server: 'https://[canary'", "cluster.server", "no URL"),
        (
            "server: 'https://127.0.0.1:1', tls-server-name: canary",
            "cluster.tls-server-name",
            "not supported",
        ),
        (
            "server: 'https://127.0.0.1:1', certificate-authority: /canary",
            "cluster.certificate-authority",
            "`certificate-authority-data`",
        ),
        (
            "server: 'https://127.0.0.1:1', certificate-authority-data: canary!",
            "cluster.certificate-authority-data",
            "base64",
        ),
        (
            "server: 'https://127.0.0.1:1', certificate-authority-data: Y2FuYXJ5",
            "cluster.certificate-authority-data",
            "no usable CA",
        ),
        (
            "server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true, certificate-authority-data: Y2FuYXJ5",
            "cluster.insecure-skip-tls-verify",
            "contradicts",
        ),
        ("server: 'https://127.0.0.1:1', proxy-url: 'socks5://127.0.0.1:1'", "cluster.proxy-url", "http://"),
        (
            "server: 'https://127.0.0.1:1', proxy-url: 'http://canary:canary@127.0.0.1:1'",
            "cluster.proxy-url",
            "login",
        ),
        (
            "server: 'https://127.0.0.1:1', proxy-url: 'http://127.0.0.1:1/canary'",
            "cluster.proxy-url",
            "no path",
        ),
        ("server: 'https://127.0.0.1:1', proxy-url: canary", "cluster.proxy-url", "no URL"),
    ] {
        let message = refusal(&written(cluster, USER)).await;
        assert!(message.contains(&format!("`{field}` ")), "{field}: {message}");
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[tokio::test]
async fn what_is_no_kubeconfig_is_refused_with_its_place() {
    let sound = written(CLUSTER, USER);
    let twice =
        |list: &str, entry: &str| sound.replace(&format!("{list}: ["), &format!("{list}: [{entry}, "));
    let bell = "current-context: \"c\\u0007anary\"\n".replace("anary", &"x".repeat(500));
    for (kubeconfig, words) in [
        (String::new(), "`contexts` is empty"),
        ("canary".to_owned(), "no YAML of kind Config"),
        ("[canary]".to_owned(), "no YAML of kind Config (line 1, column 1)"),
        ("clusters: canary".to_owned(), "no YAML of kind Config"),
        ("contexts: [{name: canary}]".to_owned(), "no YAML of kind Config (line 1"),
        ("users: [{name: b, user: {token: [canary]}}]".to_owned(), "(line 1"),
        ("a: b\n---\nc: d\n".to_owned(), "no YAML of kind Config"),
        ("kind: Config".to_owned(), "`contexts` is empty"),
        (format!("{sound}current-context: d"), "`contexts` has no entry named `d`"),
        (format!("{sound}{bell}"), "`contexts` has no entry named `cxxx"),
        (twice("contexts", "{name: d, context: {cluster: a, user: b}}"), "`current-context` is missing"),
        (twice("clusters", "{name: a, cluster: {}}"), "`clusters` has several entries named `a`"),
        (twice("users", "{name: b}"), "`users` has several entries named `b`"),
        (sound.replace("cluster: a", "cluster: z"), "`clusters` has no entry named `z`"),
        (sound.replace("user: b", "user: z"), "`users` has no entry named `z`"),
        (sound.replace("user: {token", "user: &x {token"), "anchor"),
        (sound.replace("[{name: b", "[&x {name: b"), "anchor"),
        (format!("&x {sound}"), "anchor"),
        (sound.replace("token: canary", "token: *x"), "no YAML of kind Config"),
        (" ".repeat((1 << 20) + 1), "larger than 1048576 bytes"),
    ] {
        let message = refusal(&kubeconfig).await;
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[tokio::test]
async fn a_kubeconfig_that_is_cut_anywhere_is_refused() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    let whole = cluster.kubeconfig();
    let secrets = whole.split_once("client-key-data: ").unwrap().1.trim();
    let port = Port::under(loopback());
    // What is missing at the very end is the line break after the key.
    for end in 0..whole.len() - 16 {
        let failure = port.facts(&whole[..end]).await.unwrap_err();
        assert_eq!(failure.reason, Reason::KubeconfigInvalid, "{end}: {failure}");
        assert!(!failure.message.contains(&secrets[..8]), "{end}: {failure}");
    }
    assert!(cluster.calls().is_empty());
    assert!(port.facts(whole.trim_end()).await.is_ok());
}

#[tokio::test]
async fn only_the_context_in_use_is_judged() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    let beside = cluster
        .kubeconfig()
        .replace("users:\n", "users:\n- name: other\n  user:\n    exec: {command: canary}\n- name: nobody\n");
    assert!(Port::under(loopback()).facts(&beside).await.unwrap().is_installed);
}

#[tokio::test]
async fn no_megabyte_of_yaml_takes_long() {
    let full = |unit: &str| unit.repeat((1 << 20) / unit.len());
    for text in [
        full("["),
        full("{a: "),
        "[".repeat(4096),
        "{a: ".repeat(4096),
        format!("{}{}", "{a: ".repeat(4096), full("b ")),
        format!("{}{}", "{a: ".repeat(4096), full("b: b, ")),
        full("a: &"),
        full("- "),
        full("? "),
        full("a\n"),
        full("a: {}\n"),
        full("\""),
        full("# canary\n"),
        full("--- \n"),
        full("!<a> "),
        format!("users: [{}]", full("{name: b},")),
        format!("x: {}", full("a ")),
    ] {
        let began = Instant::now();
        refusal(text.get(..1 << 20).unwrap_or(&text)).await;
        let took = began.elapsed();
        eprintln!("{:.20}: {took:?}", text.escape_debug().to_string());
        assert!(took < Duration::from_secs(10), "{text:.20}: {took:?}");
    }
}
