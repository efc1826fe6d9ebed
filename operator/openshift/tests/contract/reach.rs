//! Clusters that are not reached, and what lies between.

use std::{net::SocketAddr, time::Duration};

use slipway_core::reason::Reason;
use slipway_outbound::Policy;
use slipway_sim::OpenShift;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use crate::{ID, Port, loopback};

fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn with_proxy(kubeconfig: &str, proxy: &str) -> String {
    kubeconfig.replace("    server:", &format!("    proxy-url: {proxy}\n    server:"))
}

#[tokio::test]
async fn why_a_cluster_is_not_reached_is_in_the_sentence() {
    let cluster = OpenShift::start().await.unwrap();
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = |url: &str| cluster.kubeconfig().replace(&cluster.url(), url);
    let patient = Policy { connect_timeout: Duration::from_millis(300), ..loopback() };
    let closed = format!("http://{}", free());
    for (policy, kubeconfig, reason, words) in [
        (loopback(), at(&format!("https://{}", free())), Reason::ClusterUnreachable, "refuses connections"),
        (
            loopback(),
            at("https://no-such-cluster.invalid:6443"),
            Reason::ClusterUnreachable,
            "not known to DNS",
        ),
        (
            patient,
            at(&format!("https://{}", mute.local_addr().unwrap())),
            Reason::ClusterUnreachable,
            "cannot be reached",
        ),
        (Policy::default(), cluster.kubeconfig(), Reason::AddressDenied, "which is loopback"),
        (loopback(), at("https://169.254.169.254"), Reason::AddressDenied, "metadata"),
        (
            loopback(),
            with_proxy(&cluster.kubeconfig(), &closed),
            Reason::ClusterUnreachable,
            "the proxy http://127.0.0.1",
        ),
        (
            loopback(),
            with_proxy(&cluster.kubeconfig(), "http://169.254.169.254:3128"),
            Reason::AddressDenied,
            "metadata",
        ),
        (
            loopback(),
            with_proxy(&cluster.kubeconfig(), "http://no-such-proxy.invalid"),
            Reason::ClusterUnreachable,
            "no-such-proxy.invalid",
        ),
    ] {
        let failure = Port::under(policy).facts(&kubeconfig).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{failure}");
        assert!(failure.message.contains(words), "{words}: {failure}");
    }
    assert!(cluster.calls().is_empty());
}

#[tokio::test]
async fn a_cluster_that_goes_away_comes_back() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    let port = Port::under(loopback());
    for _ in 0..2 {
        cluster.go_away(true);
        let failure = port.facts(&cluster.kubeconfig()).await.unwrap_err();
        assert_eq!(failure.reason, Reason::ClusterUnreachable, "{failure}");
        assert_eq!(cluster.calls().pop().unwrap().status, None);
        cluster.go_away(false);
        assert!(port.facts(&cluster.kubeconfig()).await.is_ok());
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_cluster_of_another_authority() {
    let (cluster, other) = (OpenShift::start().await.unwrap(), OpenShift::start().await.unwrap());
    for misled in [other.kubeconfig(), other.kubeconfig_with_token()] {
        let misled = misled.replace(&other.url(), &cluster.url());
        let failure = Port::under(loopback()).facts(&misled).await.unwrap_err();
        assert_eq!(failure.reason, Reason::CertificateUntrusted, "{failure}");
        for words in ["no credential was sent", "`certificate-authority-data`"] {
            assert!(failure.message.contains(words), "{words}: {failure}");
        }
        assert!(!failure.message.contains("caRef"), "{failure}");
    }
    assert!(cluster.calls().is_empty());
}

#[tokio::test]
async fn a_client_certificate_of_another_cluster_is_named_as_the_cause() {
    let (cluster, other) = (OpenShift::start().await.unwrap(), OpenShift::start().await.unwrap());
    let data = |text: &str| {
        text.split_once("certificate-authority-data: ").unwrap().1.lines().next().unwrap().to_owned()
    };
    let strange = other
        .kubeconfig()
        .replace(&other.url(), &cluster.url())
        .replace(&data(&other.kubeconfig()), &data(&cluster.kubeconfig()));
    let failure = Port::under(loopback()).facts(&strange).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClusterUnreachable, "{failure}");
    assert!(failure.message.contains("client certificate"), "{failure}");
}

#[tokio::test]
async fn a_cluster_behind_a_proxy_is_read_through_it() {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version(ID, true);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let target = cluster.socket();
    let proxied = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut onward = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut onward).await;
        String::from_utf8(head).unwrap()
    });
    // The name is in the certificate, and the proxy leads there; nobody else has to know it.
    let named = cluster.kubeconfig().replace("https://127.0.0.1:", "https://localhost:");
    let facts = Port::under(loopback()).facts(&with_proxy(&named, &proxy)).await.unwrap();
    assert!(facts.is_installed);
    let head = proxied.await.unwrap();
    assert!(head.starts_with(&format!("CONNECT localhost:{} HTTP/1.1\r\n", target.port())), "{head}");
}
