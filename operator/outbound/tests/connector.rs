//! The connector against real sockets: trust, addresses, caps, lost answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fence;
mod identity;
mod proxy;
mod server;

use std::time::Duration;

use server::{Authority, Conduct, Identity, Server};
use slipway_core::{
    failure::{Effect, Failure},
    reason::Reason,
    trust::{Pin, Trust},
};
use slipway_outbound::{Answer, Connector, Method, Plaintext, Policy, Request};
use url::Url;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const DEADLINE: Duration = Duration::from_secs(10);

fn loopback() -> Policy {
    Policy { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() }
}

async fn send(policy: Policy, url: &str, trust: &Trust, request: Request) -> Result<Answer, Failure> {
    let connector = Connector::new(policy);
    let trusted = connector.trust(trust)?;
    let peer = connector.open(&Url::parse(url).unwrap(), &trusted, Plaintext::IfInsecureAllowed).await?;
    peer.send(request).await
}

async fn get(server: &Server, trust: &Trust) -> Result<Answer, Failure> {
    let url = format!("https://{}", server.address);
    send(loopback(), &url, trust, Request::new(Method::GET, "/redfish/v1/", DEADLINE)).await
}

fn authorities(authority: &Authority) -> Trust {
    Trust::Authorities(authority.pem())
}

#[tokio::test]
async fn a_peer_of_the_given_authority_is_spoken_to() {
    let authority = Authority::new();
    let server = Server::start(Some(&authority.issue("127.0.0.1", false)), Conduct::Answer(OK)).await;
    let answer = get(&server, &authorities(&authority)).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..], answer.pin), (200, &b"{}"[..], None));
}

#[tokio::test]
async fn no_request_is_written_to_a_peer_that_is_not_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let cases = [
        (
            authority.issue("127.0.0.1", false),
            authorities(&other),
            Reason::CertificateUntrusted,
            "unknown authority",
        ),
        (
            authority.issue("bmc.example", false),
            authorities(&authority),
            Reason::CertificateUntrusted,
            "another name",
        ),
        (
            authority.issue("127.0.0.1", true),
            authorities(&authority),
            Reason::CertificateUntrusted,
            "has expired",
        ),
        (
            Identity::self_signed("127.0.0.1", false),
            authorities(&other),
            Reason::CertificateUntrusted,
            "self-signed",
        ),
        (Identity::self_signed("127.0.0.1", false), Trust::System, Reason::CertificateUntrusted, ""),
        (
            authority.issue("127.0.0.1", false),
            Trust::Pin(Pin::new("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
            Reason::CertificateChanged,
            "the pin is sha256/AAAA",
        ),
    ];
    for (identity, trust, reason, words) in cases {
        let server = Server::start(Some(&identity), Conduct::Answer(OK)).await;
        let failure = get(&server, &trust).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{failure}");
        assert_eq!(failure.effect, Effect::None);
        assert!(failure.message.contains(words), "{words}: {failure}");
        assert!(failure.message.contains(&server.address.to_string()), "{failure}");
        assert_eq!(server.requests(), 0, "{failure}");
    }
}

#[tokio::test]
async fn the_key_seen_first_is_reported_and_holds_as_a_pin() {
    let identity = Identity::self_signed("somewhere.else", false);
    let server = Server::start(Some(&identity), Conduct::Answer(OK)).await;
    let pin = get(&server, &Trust::FirstUse).await.unwrap().pin.unwrap();
    assert!(pin.as_str().starts_with("sha256/") && pin.as_str().len() == 51, "{pin:?}");
    get(&server, &Trust::Pin(pin.clone())).await.unwrap();

    let replaced =
        Server::start(Some(&Identity::self_signed("somewhere.else", false)), Conduct::Answer(OK)).await;
    assert_eq!(get(&replaced, &Trust::Pin(pin)).await.unwrap_err().reason, Reason::CertificateChanged);
}

#[tokio::test]
async fn a_self_signed_certificate_given_as_its_own_authority_is_accepted() {
    for is_authority in [false, true] {
        let identity = Identity::self_signed("127.0.0.1", is_authority);
        let server = Server::start(Some(&identity), Conduct::Answer(OK)).await;
        get(&server, &Trust::Authorities(identity.certificate.clone())).await.unwrap();
    }
}

async fn greet(policy: Policy, url: &str, trust: &Trust) -> Result<Option<Pin>, Failure> {
    let connector = Connector::new(policy);
    connector.greet(&Url::parse(url).unwrap(), &connector.trust(trust)?).await
}

#[tokio::test]
async fn a_greeting_learns_the_key_and_asks_for_nothing() {
    let authority = Authority::new();
    let server = Server::start(Some(&authority.issue("127.0.0.1", false)), Conduct::Answer(OK)).await;
    let url = format!("https://{}", server.address);
    let shown = greet(loopback(), &url, &Trust::FirstUse).await.unwrap().unwrap();
    assert_eq!(get(&server, &Trust::FirstUse).await.unwrap().pin.as_ref(), Some(&shown));
    for trust in [Trust::Pin(shown.clone()), authorities(&authority)] {
        assert_eq!(greet(loopback(), &url, &trust).await.unwrap().as_ref(), Some(&shown));
    }
    assert_eq!((server.requests(), server.connections()), (1, 4));
}

#[tokio::test]
async fn a_greeting_judges_as_a_request_does() {
    let (authority, other) = (Authority::new(), Authority::new());
    let pinned = Trust::Pin(Pin::new("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    for (identity, trust, reason, words) in [
        (
            authority.issue("127.0.0.1", false),
            authorities(&other),
            Reason::CertificateUntrusted,
            "unknown authority",
        ),
        (
            authority.issue("rack.example", false),
            authorities(&authority),
            Reason::CertificateUntrusted,
            "another name",
        ),
        (
            authority.issue("127.0.0.1", true),
            authorities(&authority),
            Reason::CertificateUntrusted,
            "has expired",
        ),
        (authority.issue("127.0.0.1", false), pinned, Reason::CertificateChanged, "the pin is sha256/AAAA"),
        (
            authority.issue("127.0.0.1", false),
            Trust::Anything,
            Reason::InsecureNotAllowed,
            "does not allow it",
        ),
    ] {
        let server = Server::start(Some(&identity), Conduct::Answer(OK)).await;
        let failure = greet(loopback(), &format!("https://{}", server.address), &trust).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{failure}");
        assert!(failure.message.contains(words), "{words}: {failure}");
    }
}

#[tokio::test]
async fn a_greeting_says_why_nobody_is_there() {
    let plain = Server::start(None, Conduct::Hang).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hasty = || Policy { connect_timeout: Duration::from_millis(300), ..loopback() };
    for (policy, url, reason) in [
        (loopback(), format!("https://{free}"), Reason::ConnectionRefused),
        // Takes the connection and never shakes hands.
        (hasty(), format!("https://{}", plain.address), Reason::Unreachable),
        (Policy::default(), format!("https://{}", plain.address), Reason::AddressDenied),
        (loopback(), format!("http://{}", plain.address), Reason::InsecureNotAllowed),
        (loopback(), "https://no-such-host.invalid".to_owned(), Reason::NameNotResolved),
    ] {
        let failure = greet(policy, &url, &Trust::FirstUse).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{url}: {failure}");
    }
    let policy = Policy { allow_insecure: true, ..loopback() };
    assert_eq!(greet(policy, &format!("http://{}", plain.address), &Trust::FirstUse).await, Ok(None));
}

#[tokio::test]
async fn skipping_verification_needs_the_operators_switch() {
    let server = Server::start(Some(&Identity::self_signed("x", false)), Conduct::Answer(OK)).await;
    assert_eq!(get(&server, &Trust::Anything).await.unwrap_err().reason, Reason::InsecureNotAllowed);
    let url = format!("https://{}", server.address);
    let policy = Policy { allow_insecure: true, ..loopback() };
    send(policy, &url, &Trust::Anything, Request::new(Method::GET, "/", DEADLINE)).await.unwrap();
}

#[tokio::test]
async fn an_address_is_judged_before_anything_is_connected() {
    let server = Server::start(None, Conduct::Answer(OK)).await;
    let port = server.address.port();
    for (url, reason) in [
        (format!("https://127.0.0.1:{port}"), Reason::AddressDenied),
        (format!("https://0x7f.1:{port}"), Reason::AddressDenied),
        (format!("https://2130706433:{port}"), Reason::AddressDenied),
        (format!("https://[::ffff:127.0.0.1]:{port}"), Reason::AddressDenied),
        (format!("https://localhost:{port}"), Reason::AddressDenied),
        ("https://169.254.169.254".to_owned(), Reason::AddressDenied),
        (format!("http://127.0.0.1:{port}"), Reason::InsecureNotAllowed),
        (format!("ftp://127.0.0.1:{port}"), Reason::InvalidSpec),
        (format!("https://canary:canary@127.0.0.1:{port}"), Reason::InvalidSpec),
        ("https://no-such-host.invalid".to_owned(), Reason::NameNotResolved),
    ] {
        let request = Request::new(Method::GET, "/", DEADLINE);
        let failure = send(Policy::default(), &url, &Trust::FirstUse, request).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{url}: {failure}");
        assert!(!failure.message.contains("canary"), "{failure}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_is_reached_at_the_addresses_that_were_checked() {
    let server = Server::start(None, Conduct::Answer(OK)).await;
    let policy = Policy {
        allow_insecure: true,
        allowed: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        ..loopback()
    };
    let url = format!("http://localhost:{}", server.address.port());
    send(policy, &url, &Trust::System, Request::new(Method::GET, "/", DEADLINE)).await.unwrap();
    assert_eq!(server.requests(), 1);
}

async fn misbehaved(conduct: Conduct, method: Method, deadline: Duration) -> Failure {
    let identity = Identity::self_signed("x", false);
    let server = Server::start(Some(&identity), conduct).await;
    let url = format!("https://{}", server.address);
    let request = Request::new(method, "/", deadline);
    let failure = send(loopback(), &url, &Trust::FirstUse, request).await.unwrap_err();
    assert_eq!(server.requests(), 1, "never sent twice");
    failure
}

#[tokio::test]
async fn what_is_written_and_not_answered_may_have_happened() {
    let patience = Duration::from_millis(300);
    for (conduct, deadline, reason) in [
        (Conduct::Hang, patience, Reason::Unreachable),
        (Conduct::Cut(""), DEADLINE, Reason::Unreachable),
        (Conduct::Cut("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), DEADLINE, Reason::Unreachable),
        (Conduct::Endless("HTTP/1.1 200 OK\r\n\r\n"), DEADLINE, Reason::AnswerTooLarge),
        (
            Conduct::Answer("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"),
            DEADLINE,
            Reason::AnswerTooLarge,
        ),
    ] {
        let post = misbehaved(conduct.clone(), Method::POST, deadline).await;
        assert_eq!((post.reason, post.effect), (reason, Effect::Unknown), "{post}");
        let get = misbehaved(conduct, Method::GET, deadline).await;
        assert_eq!((get.reason, get.effect), (reason, Effect::None), "{get}");
    }
}

#[tokio::test]
async fn nobody_listening_is_told_from_nobody_there() {
    let server = Server::start(None, Conduct::Hang).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let post = |url: String| {
        let policy = Policy { connect_timeout: Duration::from_millis(300), ..loopback() };
        async move {
            send(policy, &url, &Trust::FirstUse, Request::new(Method::POST, "/", DEADLINE)).await.unwrap_err()
        }
    };
    let refused = post(format!("https://{free}")).await;
    assert_eq!((refused.reason, refused.effect), (Reason::ConnectionRefused, Effect::None), "{refused}");
    // Takes the connection and never shakes hands.
    let mute = post(format!("https://{}", server.address)).await;
    assert_eq!((mute.reason, mute.effect), (Reason::Unreachable, Effect::None), "{mute}");
}

#[tokio::test]
async fn one_burst_is_one_connection_and_redirects_and_foreign_links_are_not_followed() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let server = Server::start(Some(&Identity::self_signed("x", false)), Conduct::Answer(moved)).await;
    let connector = Connector::new(loopback());
    let trusted = connector.trust(&Trust::FirstUse).unwrap();
    let url = Url::parse(&format!("https://{}", server.address)).unwrap();
    let peer = connector.open(&url, &trusted, Plaintext::IfInsecureAllowed).await.unwrap();
    for _ in 0..3 {
        let answer = peer.send(Request::new(Method::GET, "/redfish/v1", DEADLINE)).await.unwrap();
        assert_eq!(answer.status.as_u16(), 302);
    }
    assert_eq!((server.requests(), server.connections()), (3, 1));
    for target in ["https://192.0.2.1/redfish/v1", "//192.0.2.1/redfish/v1", "http://127.0.0.1/"] {
        let failure = peer.send(Request::new(Method::GET, target, DEADLINE)).await.unwrap_err();
        assert!(failure.message.contains("another server"), "{failure}");
    }
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn a_download_is_capped_by_what_arrives() {
    let server = Server::start(None, Conduct::Endless("HTTP/1.1 200 OK\r\n\r\n")).await;
    let connector = Connector::new(loopback());
    let trusted = connector.trust(&Trust::System).unwrap();
    let url = Url::parse(&format!("http://{}/image", server.address)).unwrap();
    let peer = connector.open(&url, &trusted, Plaintext::Allowed).await.unwrap();
    let mut request = Request::new(Method::GET, url.as_str(), DEADLINE);
    request.cap = 1_000_000;
    let mut download = peer.download(request, DEADLINE).await.unwrap();
    let mut read = 0;
    let failure = loop {
        match download.chunk().await {
            Ok(piece) => read += piece.unwrap().len(),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.reason, Reason::AnswerTooLarge);
    assert!(read <= 1_000_000, "{read}");
}

#[tokio::test]
async fn a_peer_is_cheap_to_make() {
    let connector = Connector::new(loopback());
    let url = Url::parse("https://127.0.0.1:1").unwrap();
    let pem = Authority::new().pem();
    let started = std::time::Instant::now();
    for _ in 0..1000 {
        let trusted = connector.trust(&Trust::Authorities(pem.clone())).unwrap();
        connector.open(&url, &trusted, Plaintext::IfInsecureAllowed).await.unwrap();
    }
    let each = started.elapsed() / 1000;
    eprintln!("making a peer took {each:?}");
    assert!(each < Duration::from_millis(5), "{each:?}");
}
