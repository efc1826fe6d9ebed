//! Client certificates.

use slipway_core::{failure::Failure, reason::Reason, secret::Secret, trust::Trust};
use slipway_outbound::{
    Answer, ClientIdentity, Connector, IdentityFault, Method, Plaintext, Policy, Request, Trusted,
};
use url::Url;

use crate::{
    DEADLINE, OK, authorities, loopback,
    server::{Authority, Conduct, Identity, Server},
};

fn read(identity: &Identity) -> ClientIdentity {
    ClientIdentity::from_pem(&identity.certificate, &Secret::new(identity.key.as_str())).unwrap()
}

async fn get(connector: &Connector, server: &Server, trusted: &Trusted) -> Result<Answer, Failure> {
    let url = Url::parse(&format!("https://{}", server.address)).unwrap();
    let peer = connector.open(&url, trusted, Plaintext::IfInsecureAllowed).await?;
    peer.send(Request::new(Method::GET, "/", DEADLINE)).await
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_whom_it_is_for() {
    let (authority, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let server = Server::start_for(&clients, &authority.issue("127.0.0.1", false), Conduct::Answer(OK)).await;
    let connector = Connector::new(loopback());
    let trust = authorities(&authority);
    let known = connector.trust_as(&trust, &read(&clients.issue("slipway", false))).unwrap();
    assert_eq!(get(&connector, &server, &known).await.unwrap().status.as_u16(), 200);
    assert_eq!(server.requests(), 1);

    // Neither the one before nor the next to trust the same authorities is taken for the other.
    let nobody = connector.trust(&trust).unwrap();
    let stranger = connector.trust_as(&trust, &read(&strangers.issue("slipway", false))).unwrap();
    for other in [nobody, stranger] {
        let failure = get(&connector, &server, &other).await.unwrap_err();
        assert_eq!(failure.reason, Reason::Unreachable, "{failure}");
        assert!(failure.message.contains("client certificate"), "{failure}");
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn whoever_is_not_trusted_never_sees_it() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = Server::start_for(&clients, &authority.issue("127.0.0.1", false), Conduct::Answer(OK)).await;
    let connector = Connector::new(loopback());
    let identity = read(&clients.issue("slipway", false));
    let trusted = connector.trust_as(&authorities(&Authority::new()), &identity).unwrap();
    let failure = get(&connector, &server, &trusted).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CertificateUntrusted, "{failure}");
    assert_eq!(server.requests(), 0);
    let refused = connector.trust_as(&Trust::Anything, &identity).unwrap_err();
    assert_eq!(refused.reason, Reason::InsecureNotAllowed);
}

#[tokio::test]
async fn a_proxy_never_sees_it_and_the_target_behind_it_does() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let identity = authority.issue("127.0.0.1", false);
    let target = Server::start_for(&clients, &identity, Conduct::Answer(OK)).await;
    let connector = Connector::new(Policy { connect_timeout: DEADLINE, ..loopback() });
    let trusted =
        connector.trust_as(&authorities(&authority), &read(&clients.issue("slipway", false))).unwrap();
    let through = async |proxy: &Server| {
        let url = Url::parse(&format!("https://{}", target.address)).unwrap();
        let proxy = Url::parse(&format!("https://{}", proxy.address)).unwrap();
        let peer =
            connector.open_through(&url, &trusted, Plaintext::IfInsecureAllowed, Some(&proxy)).await.unwrap();
        peer.send(Request::new(Method::GET, "/", DEADLINE)).await
    };
    let proxy = Server::start(Some(&identity), Conduct::Tunnel(target.address)).await;
    assert_eq!(through(&proxy).await.unwrap().status.as_u16(), 200);

    let curious = Server::start_for(&clients, &identity, Conduct::Tunnel(target.address)).await;
    let failure = through(&curious).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Unreachable, "{failure}");
    assert_eq!((curious.requests(), target.requests()), (0, 1));
}

#[test]
fn what_is_no_identity_is_refused_without_being_shown() {
    let (one, other) = (Identity::self_signed("one", false), Identity::self_signed("canary", false));
    let read = |certificate: &str, key: &str| ClientIdentity::from_pem(certificate, &Secret::new(key));
    let damaged = "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n";
    for (certificate, key, fault) in [
        ("", one.key.as_str(), IdentityFault::Certificate),
        ("canary", &one.key, IdentityFault::Certificate),
        (damaged, &one.key, IdentityFault::Certificate),
        (&one.certificate, "", IdentityFault::Key),
        (&one.certificate, "canary", IdentityFault::Key),
        (&one.certificate, &one.certificate, IdentityFault::Key),
        (&one.certificate, &other.key, IdentityFault::Mismatch),
    ] {
        let shown = read(certificate, key).unwrap_err();
        assert_eq!(shown, fault);
        assert!(!format!("{shown} {shown:?}").contains("canary"), "{shown}");
    }
    let identity = read(&one.certificate, &one.key).unwrap();
    assert_eq!(format!("{identity:?}"), "ClientIdentity([secret])");
}
