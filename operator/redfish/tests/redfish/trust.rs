//! No credential reaches a BMC whose certificate is not as it should be.

use slipway_core::{
    host::{Depth, Endpoint, HostPort},
    reason::Reason,
    trust::{Pin, Trust},
};

use crate::rack::Rack;

fn trusting(rack: &Rack, trust: Trust) -> Endpoint {
    Endpoint { trust, ..rack.endpoint() }
}

#[tokio::test]
async fn an_unknown_authority_and_a_wrong_pin_are_refused_before_any_request() {
    let rack = Rack::new().await;
    let pin = Pin::new("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    for (trust, reason) in [
        (Trust::Authorities(rack.fleet.foreign_ca_pem().to_owned()), Reason::CertificateUntrusted),
        (Trust::Authorities("no certificate".to_owned()), Reason::CertificateUntrusted),
        (Trust::System, Reason::CertificateUntrusted),
        (Trust::Pin(pin), Reason::CertificateChanged),
        (Trust::Anything, Reason::InsecureNotAllowed),
    ] {
        let failure = rack.hosts.observe(&trusting(&rack, trust.clone()), Depth::Register).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{trust:?}: {failure}");
    }
    assert_eq!(rack.bmc().counters().calls, 0);
    rack.observe(Depth::Register).await.unwrap();
}

#[tokio::test]
async fn the_first_key_is_reported_and_holds_even_before_it_is_recorded() {
    let rack = Rack::new().await;
    let first_use = trusting(&rack, Trust::FirstUse);
    let pin = rack.hosts.observe(&first_use, Depth::Register).await.unwrap().pin.unwrap();
    assert_eq!(rack.hosts.observe(&first_use, Depth::Power).await.unwrap().pin.as_ref(), Some(&pin));
    let pinned = trusting(&rack, Trust::Pin(pin));
    assert_eq!(rack.hosts.observe(&pinned, Depth::Power).await.unwrap().pin, None);
    rack.bmc().replace_certificate(true).unwrap();
    rack.bmc().clear_calls();
    for endpoint in [&first_use, &pinned] {
        let failure = rack.hosts.observe(endpoint, Depth::Power).await.unwrap_err();
        assert_eq!(failure.reason, Reason::CertificateChanged, "{failure}");
    }
    assert_eq!(rack.bmc().counters().calls, 0);
}

#[tokio::test]
async fn a_certificate_exchanged_for_a_foreign_one_stops_everything() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().replace_certificate(true).unwrap();
    rack.bmc().clear_calls();
    for _ in 0..5 {
        assert_eq!(rack.observe(Depth::Power).await.unwrap_err().reason, Reason::CertificateUntrusted);
    }
    assert_eq!(rack.bmc().counters().calls, 0);
    rack.bmc().replace_certificate(false).unwrap();
    rack.observe(Depth::Power).await.unwrap();
}
