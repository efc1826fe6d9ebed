//! Giving a rack its PIN: only to who is trusted, once, and never shown.

use std::{sync::Arc, time::Duration};

use slipway_core::{
    failure::{Effect, Failure},
    infrastructure::{Fingerprint, RackEndpoint, RackPort},
    reason::Reason,
    secret::Secret,
    trust::{Pin, Trust},
};
use slipway_oci::{Limits, Rack};

use crate::{
    account::{Counted, connector, limits},
    server::{Act, Server, answer, html, json},
};

type Answering = Box<dyn Fn() -> Act + Send + Sync>;

const PIN: &str = "canary\"pin-0001";

fn rack(limits: Limits) -> (Rack, Arc<Counted>) {
    let counted = Arc::new(Counted::default());
    (Rack::new(connector(), limits, counted.clone()), counted)
}

fn endpoint(server: &Server) -> RackEndpoint {
    RackEndpoint {
        provisioning_url: format!("{}/rps_pin?a=b", server.url()).parse().unwrap(),
        trust: Trust::Authorities(server.certificate.clone().unwrap()),
    }
}

async fn give(server: &Server) -> Result<Fingerprint, Failure> {
    let hasty = Limits { give_pin: Duration::from_millis(500), ..limits() };
    rack(hasty).0.give_pin(&endpoint(server), &Secret::new(PIN)).await
}

#[tokio::test]
async fn the_pin_is_posted_as_the_guide_does_and_the_fingerprint_taken() {
    let server = Server::start_tls(|_, _| json(200, "", "{\"fingerprint\":\" AB:cd \",\"more\":1}")).await;
    let (rack, counted) = rack(limits());
    let fingerprint = rack.give_pin(&endpoint(&server), &Secret::new(PIN)).await.unwrap();
    assert_eq!(fingerprint.as_str(), "AB:cd");
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].method.as_str(), seen[0].target.as_str()), (1, "POST", "/rps_pin?a=b"));
    assert_eq!(seen[0].body, "{\"pin\":\"canary\\\"pin-0001\"}");
    assert_eq!(seen[0].headers["content-type"], "application/json");
    assert!(
        !seen[0]
            .headers
            .keys()
            .any(|name| name.starts_with("opc-") || name == "authorization" || name == "date")
    );
    assert_eq!(counted.all(), ["rack give-pin 2xx"]);
}

#[tokio::test]
async fn whatever_else_comes_back_is_no_fingerprint_and_the_pin_is_spent() {
    let long = format!("{{\"fingerprint\":\"{}\"}}", "a".repeat(513));
    let flood = "x".repeat(70_000);
    let cases: Vec<(Answering, &str)> = vec![
        (Box::new(|| html(200)), "200 and content type text/html"),
        (Box::new(|| html(502)), "502 and content type text/html"),
        (Box::new(|| json(400, "", "{\"fingerprint\":\"ab\",\"pin\":\"canary\\\"pin-0001\"}")), "400"),
        (Box::new(|| answer(302, "Location: https://192.0.2.1/\r\n", "")), "302"),
        (Box::new(|| json(200, "", "{}")), "no JSON with a fingerprint"),
        (Box::new(|| json(200, "", "{\"fingerprint\":null}")), "no JSON with a fingerprint"),
        (Box::new(|| json(200, "", "{\"fingerprint\":\" \"}")), "is empty"),
        (Box::new(|| json(200, "", "canary\"pin-0001")), "no JSON"),
        (Box::new(|| answer(204, "", "")), "204"),
        (Box::new(move || json(200, "", &long)), "too long"),
        (Box::new(move || json(200, "", &flood)), "larger than 65536 bytes"),
        (Box::new(|| json(200, "", "{\"fingerprint\":\"x canary\\\"pin-0001\"}")), "holds what it was sent"),
        (Box::new(|| answer(200, "Content-Type: canary\"pin-0001\r\n", "{}")), "content type hidden"),
    ];
    for (act, words) in cases {
        let server = Server::start_tls(move |_, _| act()).await;
        let failure = give(&server).await.unwrap_err();
        assert_eq!(
            (failure.reason, failure.effect),
            (Reason::RackAnswerInvalid, Effect::Unknown),
            "{failure}"
        );
        assert!(failure.message.contains(words), "{words}: {failure}");
        assert!(!format!("{failure} {failure:?}").contains("canary"), "{failure}");
        assert_eq!(server.seen().len(), 1, "never posted again: {failure}");
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_the_pin_spent() {
    for act in [
        (|| Act::Hang) as fn() -> Act,
        || Act::Cut(String::new()),
        || Act::Cut("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"finger".to_owned()),
    ] {
        let server = Server::start_tls(move |_, _| act()).await;
        let failure = give(&server).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::Unreachable, Effect::Unknown), "{failure}");
        assert!(!format!("{failure:?}").contains("canary"));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn nothing_is_posted_to_who_is_not_trusted() {
    let (server, other) =
        (Server::start_tls(|_, _| json(200, "", "{}")).await, Server::start_tls(|_, _| Act::Hang).await);
    let pin = Trust::Pin(Pin::new("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    for (trust, reason) in [
        (endpoint(&other).trust, Reason::CertificateUntrusted),
        (Trust::System, Reason::CertificateUntrusted),
        (pin, Reason::CertificateChanged),
        (Trust::FirstUse, Reason::Internal),
    ] {
        let (rack, _) = rack(limits());
        let endpoint = RackEndpoint { trust, ..endpoint(&server) };
        let failure = rack.give_pin(&endpoint, &Secret::new(PIN)).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{failure}");
        assert!(!format!("{failure:?}").contains("canary"));
    }
    let failure = rack(limits()).0.give_pin(&endpoint(&server), &Secret::new("")).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::Internal, Effect::None));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn who_is_not_there_has_not_taken_the_pin() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = Server::start(|_, _| Act::Hang).await;
    for (url, reason) in [
        (format!("https://{free}/rps_pin"), Reason::ConnectionRefused),
        ("https://rps.no-such-rack.invalid/rps_pin".to_owned(), Reason::NameNotResolved),
        ("https://169.254.169.254/rps_pin".to_owned(), Reason::AddressDenied),
        // Not TLS at all.
        (format!("https://{}/rps_pin", plain.address), Reason::Unreachable),
    ] {
        let endpoint = RackEndpoint { provisioning_url: url.parse().unwrap(), trust: Trust::System };
        let failure = rack(limits()).0.give_pin(&endpoint, &Secret::new(PIN)).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{failure}");
    }
    assert_eq!(plain.seen().len(), 0);
}

#[tokio::test]
async fn a_greeting_shows_the_key_that_holds_as_a_pin() {
    let server = Server::start_tls(|_, _| json(200, "", "{\"fingerprint\":\"ab\"}")).await;
    let (rack, counted) = rack(limits());
    let first = RackEndpoint { trust: Trust::FirstUse, ..endpoint(&server) };
    let pin = rack.greet(&first).await.unwrap().unwrap();
    assert_eq!(server.seen().len(), 0);
    let pinned = RackEndpoint { trust: Trust::Pin(pin), ..first };
    rack.give_pin(&pinned, &Secret::new(PIN)).await.unwrap();
    let other = Server::start_tls(|_, _| Act::Hang).await;
    let changed = RackEndpoint { trust: pinned.trust, ..endpoint(&other) };
    assert_eq!(rack.greet(&changed).await.unwrap_err().reason, Reason::CertificateChanged);
    assert_eq!(counted.all(), ["rack greet ok", "rack give-pin 2xx", "rack greet error"]);
}
