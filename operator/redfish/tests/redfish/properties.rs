//! Small properties.

use slipway_core::{
    host::{Depth, HostPort, Indicator, PropertyChange},
    reason::Reason,
};
use slipway_sim::{Effect, Fault};

use crate::rack::{Rack, count};

fn all() -> Vec<PropertyChange> {
    vec![
        PropertyChange::AssetTag("U07".to_owned()),
        PropertyChange::Indicator(Indicator::Lit),
        PropertyChange::HostWatchdog(true),
    ]
}

#[tokio::test]
async fn those_that_differ_are_written_together_and_then_nothing_is() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().clear_calls();
    rack.hosts.write_properties(&rack.endpoint(), &all()).await.unwrap();
    assert_eq!(rack.calls().len(), 2);
    assert_eq!(rack.bmc().asset_tag().as_deref(), Some("U07"));
    assert!(rack.bmc().indicator() != slipway_sim::Indicator::Off && rack.bmc().watchdog().enabled);
    let seen = rack.observe(Depth::Power).await.unwrap().properties;
    assert_eq!(
        (seen.asset_tag.as_deref(), seen.indicator, seen.host_watchdog),
        (Some("U07"), Some(Indicator::Lit), Some(true))
    );
    rack.bmc().clear_calls();
    rack.hosts.write_properties(&rack.endpoint(), &all()).await.unwrap();
    assert_eq!(rack.calls().len(), 1);
}

#[tokio::test]
async fn refused_together_they_are_written_one_by_one() {
    let rack = Rack::new().await;
    let refusal = Effect::Status { code: 400, message_id: Some("Base.1.18.PropertyNotWritable".to_owned()) };
    rack.bmc().add_fault(Fault::new(refusal).on("PATCH", "/Systems").times(2));
    let failure = rack.hosts.write_properties(&rack.endpoint(), &all()).await.unwrap_err();
    // Together refused, the first alone refused, the others taken.
    assert_eq!(failure.reason, Reason::InvalidSpec);
    assert!(
        failure.message.contains("AssetTag") && !failure.message.contains("HostWatchdogTimer"),
        "{failure}"
    );
    assert_eq!(count(&rack.calls(), "PATCH"), 4);
    assert!(rack.bmc().watchdog().enabled && rack.bmc().asset_tag() != Some("U07".to_owned()));
}

#[tokio::test]
async fn what_the_machine_does_not_have_is_named_and_the_rest_written() {
    let rack = Rack::named("openbmc").await;
    let failure = rack.hosts.write_properties(&rack.endpoint(), &all()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::InvalidSpec);
    assert!(failure.message.contains("AssetTag"), "{failure}");
    assert!(rack.bmc().watchdog().enabled);
}

#[tokio::test]
async fn faults_have_their_reason() {
    for (effect, reason) in [
        (Effect::Status { code: 500, message_id: None }, Reason::BmcFault),
        (Effect::CutAfter, Reason::Unreachable),
        (Effect::CutBefore, Reason::Unreachable),
    ] {
        let rack = Rack::new().await;
        rack.bmc().add_fault(Fault::new(effect.clone()).on("PATCH", "/Systems"));
        let failure = rack.hosts.write_properties(&rack.endpoint(), &all()).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{effect:?}");
    }
}
