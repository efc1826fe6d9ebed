//! Peers behind a proxy.

use std::time::Duration;

use slipway_core::{
    failure::{Effect, Failure},
    reason::Reason,
    trust::{Pin, Trust},
};
use slipway_outbound::{
    Answer, Connector, HeaderName, HeaderValue, Method, Peer, Plaintext, Policy, Request,
};
use url::Url;

use crate::{
    DEADLINE, OK, authorities, loopback,
    server::{Authority, Conduct, Identity, Server},
};

/// No DNS knows it: only a proxy leads there.
const TARGET: &str = "https://cluster.invalid:6443";

async fn open(policy: Policy, url: &str, trust: &Trust, proxy: &str) -> Result<Peer, Failure> {
    let connector = Connector::new(policy);
    let trusted = connector.trust(trust)?;
    let (url, proxy) = (Url::parse(url).unwrap(), Url::parse(proxy).unwrap());
    connector.open_through(&url, &trusted, Plaintext::IfInsecureAllowed, Some(&proxy)).await
}

/// A request that would do something and carries a credential.
fn post() -> Request {
    let credential = HeaderValue::from_static("Bearer canary");
    Request::new(Method::POST, "/apis?watch=0", DEADLINE)
        .with_header(HeaderName::from_static("authorization"), credential)
        .with_body("{}")
}

async fn send(policy: Policy, url: &str, trust: &Trust, proxy: &str) -> Result<Answer, Failure> {
    open(policy, url, trust, proxy).await?.send(post()).await
}

#[tokio::test]
async fn a_peer_behind_a_proxy_is_spoken_to_end_to_end() {
    let authority = Authority::new();
    let target = Server::start(Some(&authority.issue("cluster.invalid", false)), Conduct::Answer(OK)).await;
    let own = authority.issue("127.0.0.1", false);
    for (scheme, identity) in [("http", None), ("https", Some(&own))] {
        let proxy = Server::start(identity, Conduct::Tunnel(target.address)).await;
        let before = (target.requests(), target.connections());
        let address = format!("{scheme}://{}", proxy.address);
        let peer = open(loopback(), TARGET, &authorities(&authority), &address).await.unwrap();
        for _ in 0..3 {
            let answer = peer.send(post()).await.unwrap();
            assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"{}"[..]));
        }
        assert_eq!((target.requests(), target.connections()), (before.0 + 3, before.1 + 1));
        assert_eq!((proxy.requests(), proxy.connections()), (1, 1));
        let asked = &proxy.heads()[0];
        assert!(asked.starts_with("CONNECT cluster.invalid:6443 HTTP/1.1\r\nHost: cluster.invalid:6443\r\n"));
        assert!(!asked.contains("canary") && !asked.to_lowercase().contains("authorization"), "{asked}");
        let head = target.heads().pop().unwrap().to_lowercase();
        assert!(head.starts_with("post /apis?watch=0 http/1.1\r\n"), "{head}");
        for line in
            ["host: cluster.invalid:6443\r\n", "authorization: bearer canary\r\n", "user-agent: slipway/"]
        {
            assert!(head.contains(line), "{line}: {head}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_ended_is_made_anew() {
    let identity = Identity::self_signed("cluster.invalid", false);
    let bye = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    let target = Server::start(Some(&identity), Conduct::Cut(bye)).await;
    let proxy = Server::start(None, Conduct::Tunnel(target.address)).await;
    let trust = Trust::Authorities(identity.certificate.clone());
    let peer = open(loopback(), TARGET, &trust, &format!("http://{}", proxy.address)).await.unwrap();
    for count in 1..=3 {
        peer.send(post()).await.unwrap();
        assert_eq!((target.requests(), target.connections()), (count, count));
    }
}

#[tokio::test]
async fn addresses_are_judged_before_anything_is_connected() {
    let proxy = Server::start(None, Conduct::Tunnel("127.0.0.1:1".parse().unwrap())).await;
    let address = format!("http://{}", proxy.address);
    let port = proxy.address.port();
    for (policy, target, through, reason, words) in [
        (Policy::default(), TARGET, address.clone(), Reason::AddressDenied, "127.0.0.1, which is loopback"),
        (Policy::default(), TARGET, format!("http://localhost:{port}"), Reason::AddressDenied, "loopback"),
        (
            Policy::default(),
            TARGET,
            format!("http://[::ffff:127.0.0.1]:{port}"),
            Reason::AddressDenied,
            "loopback",
        ),
        (loopback(), "https://169.254.169.254", address.clone(), Reason::AddressDenied, "169.254.169.254"),
        (loopback(), "https://[::1]:6443", address.clone(), Reason::AddressDenied, "loopback"),
        (
            loopback(),
            "http://cluster.invalid",
            address.clone(),
            Reason::InsecureNotAllowed,
            "cluster.invalid",
        ),
        (loopback(), "https://canary@cluster.invalid", address.clone(), Reason::InvalidSpec, "user name"),
        (
            loopback(),
            TARGET,
            format!("http://canary:canary@127.0.0.1:{port}"),
            Reason::InvalidSpec,
            "never sent a login",
        ),
        (loopback(), TARGET, format!("{address}/path"), Reason::InvalidSpec, "no path"),
        (loopback(), TARGET, format!("{address}/?canary"), Reason::InvalidSpec, "no path"),
        (loopback(), TARGET, format!("socks5://127.0.0.1:{port}"), Reason::InvalidSpec, "http://"),
        (
            loopback(),
            TARGET,
            "http://no-such-proxy.invalid".to_owned(),
            Reason::NameNotResolved,
            "no-such-proxy",
        ),
    ] {
        let failure = open(policy, target, &Trust::System, &through).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{through}: {failure}");
        assert!(failure.message.contains(words) && !failure.message.contains("canary"), "{words}: {failure}");
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named() {
    for (conduct, words) in [
        (Conduct::Answer("HTTP/1.1 407 Login\r\nContent-Length: 6\r\n\r\ncanary"), "wants a login (407)"),
        (Conduct::Answer("HTTP/1.1 403 canary\r\nContent-Length: 0\r\n\r\n"), "answered 403"),
        (Conduct::Cut("HTTP/1.1 502 Bad Gateway\r\n\r\n"), "answered 502"),
        (Conduct::Answer("HTTP/1.1 2x0 canary\r\n\r\n"), "no HTTP proxy"),
        (Conduct::Answer("HTTP/1.1 200 OK\r\n\r\ncanary"), "no HTTP proxy"),
        (Conduct::Answer("SSH-2.0-canary\r\n"), "no HTTP proxy"),
        (Conduct::Endless("HTTP/1.1 200 OK\r\nX: "), "no HTTP proxy"),
        (Conduct::Answer("HTTP/1.1 200 OK\r\n\r\n"), "cluster.invalid"),
        (Conduct::Cut("HTTP/1.1 200 OK\r\n\r\n"), "cluster.invalid"),
        (Conduct::Cut(""), "closed the connection"),
        (Conduct::Hang, "cluster.invalid"),
    ] {
        let proxy = Server::start(None, conduct).await;
        let hasty = Policy { connect_timeout: Duration::from_millis(300), ..loopback() };
        let address = format!("http://{}", proxy.address);
        let failure = send(hasty, TARGET, &Trust::FirstUse, &address).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::Unreachable, Effect::None), "{failure}");
        for part in [words, &format!("the proxy {address}")] {
            assert!(failure.message.contains(part), "{part}: {failure}");
        }
        assert!(!failure.message.contains("canary"), "{failure}");
        assert_eq!(proxy.requests(), 1, "{failure}");
        assert!(!proxy.heads()[0].contains("canary"), "{failure}");
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = send(loopback(), TARGET, &Trust::FirstUse, &format!("http://{free}")).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ConnectionRefused, Effect::None), "{failure}");
    assert!(failure.message.contains("the proxy http://127.0.0.1"), "{failure}");
}

#[tokio::test]
async fn nothing_is_written_to_a_target_that_is_not_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let pinned = Trust::Pin(Pin::new("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    for (identity, trust, reason) in [
        (authority.issue("cluster.invalid", false), authorities(&other), Reason::CertificateUntrusted),
        (authority.issue("127.0.0.1", false), authorities(&authority), Reason::CertificateUntrusted),
        (authority.issue("cluster.invalid", true), authorities(&authority), Reason::CertificateUntrusted),
        (authority.issue("cluster.invalid", false), pinned, Reason::CertificateChanged),
    ] {
        let target = Server::start(Some(&identity), Conduct::Answer(OK)).await;
        let proxy = Server::start(None, Conduct::Tunnel(target.address)).await;
        let address = format!("http://{}", proxy.address);
        let failure = send(loopback(), TARGET, &trust, &address).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{failure}");
        for part in [TARGET, &address, "no credential was sent"] {
            assert!(failure.message.contains(part), "{part}: {failure}");
        }
        assert_eq!((target.connections(), target.requests(), proxy.requests()), (1, 0, 1));
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_is_asked_for_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let target = Server::start(Some(&authority.issue("cluster.invalid", false)), Conduct::Answer(OK)).await;
    // The way a target is trusted beside its authorities says nothing of the proxy before it.
    for (trust, policy) in [
        (authorities(&other), loopback()),
        (Trust::FirstUse, loopback()),
        (Trust::Anything, Policy { allow_insecure: true, ..loopback() }),
    ] {
        let identity = authority.issue("127.0.0.1", false);
        let proxy = Server::start(Some(&identity), Conduct::Tunnel(target.address)).await;
        let address = format!("https://{}", proxy.address);
        let failure = send(policy, TARGET, &trust, &address).await.unwrap_err();
        assert_eq!(
            (failure.reason, failure.effect),
            (Reason::CertificateUntrusted, Effect::None),
            "{failure}"
        );
        assert!(failure.message.contains(&format!("the proxy {address}")), "{failure}");
        assert_eq!((proxy.requests(), target.connections()), (0, 0));
    }
}

#[tokio::test]
async fn the_key_seen_first_is_that_of_the_target() {
    let target = Server::start(Some(&Identity::self_signed("x", false)), Conduct::Answer(OK)).await;
    let direct = Connector::new(loopback());
    let url = Url::parse(&format!("https://{}", target.address)).unwrap();
    let shown = direct.greet(&url, &direct.trust(&Trust::FirstUse).unwrap()).await.unwrap();
    let proxy = Server::start(None, Conduct::Tunnel(target.address)).await;
    let address = format!("http://{}", proxy.address);
    let answer = send(loopback(), TARGET, &Trust::FirstUse, &address).await.unwrap();
    assert!(answer.pin.is_some() && answer.pin == shown, "{:?}", answer.pin);
    let pinned = Trust::Pin(answer.pin.unwrap());
    assert_eq!(send(loopback(), TARGET, &pinned, &address).await.unwrap().pin, None);
}

#[tokio::test]
async fn a_plain_target_gets_its_requests_from_the_proxy_when_that_is_allowed() {
    let proxy = Server::start(None, Conduct::Answer(OK)).await;
    let address = format!("http://{}", proxy.address);
    let policy = Policy { allow_insecure: true, ..loopback() };
    let peer = open(policy.clone(), "http://registrar.invalid/base", &Trust::System, &address).await.unwrap();
    for _ in 0..2 {
        peer.send(post()).await.unwrap();
    }
    assert_eq!((proxy.requests(), proxy.connections()), (2, 1));
    let head = proxy.heads()[0].to_lowercase();
    assert!(head.starts_with("post http://registrar.invalid/apis?watch=0 http/1.1\r\n"), "{head}");
    assert!(head.contains("host: registrar.invalid\r\n"), "{head}");

    let strict =
        Server::start(None, Conduct::Answer("HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n")).await;
    let address = format!("http://{}", strict.address);
    let failure = send(policy, "http://registrar.invalid", &Trust::System, &address).await.unwrap_err();
    assert!(failure.message.contains("wants a login (407)"), "{failure}");
}

#[tokio::test]
async fn caps_and_lost_answers_are_as_without_a_proxy() {
    let patience = Duration::from_millis(300);
    for (conduct, reason) in [
        (Conduct::Hang, Reason::Unreachable),
        (Conduct::Cut(""), Reason::Unreachable),
        (Conduct::Cut("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), Reason::Unreachable),
        (Conduct::Endless("HTTP/1.1 200 OK\r\n\r\n"), Reason::AnswerTooLarge),
        (Conduct::Answer("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"), Reason::AnswerTooLarge),
    ] {
        let hangs = matches!(conduct, Conduct::Hang);
        let target = Server::start(Some(&Identity::self_signed("x", false)), conduct).await;
        let proxy = Server::start(None, Conduct::Tunnel(target.address)).await;
        let address = format!("http://{}", proxy.address);
        let peer = open(loopback(), TARGET, &Trust::FirstUse, &address).await.unwrap();
        let mut request = post();
        if hangs {
            request.deadline = patience;
        }
        let failure = peer.send(request).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::Unknown), "{failure}");
        assert_eq!(target.requests(), 1, "never sent twice");
    }
}

#[tokio::test]
async fn a_download_passes_a_proxy() {
    let target = Server::start(Some(&Identity::self_signed("x", false)), Conduct::Answer(OK)).await;
    let proxy = Server::start(None, Conduct::Tunnel(target.address)).await;
    let address = format!("http://{}", proxy.address);
    let peer = open(loopback(), TARGET, &Trust::FirstUse, &address).await.unwrap();
    let mut download = peer.download(post(), DEADLINE).await.unwrap();
    assert_eq!(download.chunk().await.unwrap().as_deref(), Some(&b"{}"[..]));
    assert_eq!(download.chunk().await.unwrap(), None);
}
