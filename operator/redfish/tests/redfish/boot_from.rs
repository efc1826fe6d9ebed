//! The boot override under every rule for tags, refusals and faults.

use slipway_core::{
    host::{BootFrom, Depth, HostPort},
    reason::Reason,
};
use slipway_sim::{Effect, Enabled, EtagForm, Fault, FleetConfig, IfMatch, Refusal, Shape, Timings};

use crate::rack::{Rack, count, short};

const PXE: BootFrom = BootFrom::Network { uefi: true };

fn pxe_is_set(rack: &Rack) -> bool {
    let set = rack.fleet.machine(0).state().boot_override;
    set.target == "Pxe" && set.enabled != Enabled::Disabled
}

#[tokio::test]
async fn every_habit_with_tags_is_mastered_and_remembered() {
    for (form, if_match) in [
        (EtagForm::None, IfMatch::Ignored),
        (EtagForm::Weak, IfMatch::Checked),
        (EtagForm::Strong, IfMatch::Required),
        (EtagForm::Weak, IfMatch::Required),
        (EtagForm::Weak, IfMatch::StrongFormOnly),
        (EtagForm::Weak, IfMatch::Refused),
        (EtagForm::Strong, IfMatch::Refused),
    ] {
        let mut shape = Shape::generic();
        (shape.etag.form, shape.etag.if_match) = (form, if_match);
        let rack = Rack::of(shape).await;
        rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap();
        assert!(pxe_is_set(&rack), "{form:?} {if_match:?}");
        rack.bmc().clear_calls();
        rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Disk).await.unwrap();
        let calls = rack.calls();
        assert_eq!(count(&calls, "PATCH"), 1, "{form:?} {if_match:?}: {calls:#?}");
        assert!(!pxe_is_set(&rack));
    }
}

#[tokio::test]
async fn a_tag_that_went_stale_or_is_missed_is_fetched_anew() {
    for code in [412, 428] {
        let rack = Rack::new().await;
        let refusal = Effect::Status { code, message_id: None };
        rack.bmc().add_fault(Fault::new(refusal).on("PATCH", "/Systems").once());
        let outcome = rack.hosts.boot_from(&rack.endpoint(), &PXE).await;
        // 428 in spite of a tag cannot be helped.
        assert_eq!(outcome.is_ok(), code == 412, "{code}");
    }
    let mut shape = Shape::generic();
    (shape.etag.form, shape.etag.if_match) = (EtagForm::Strong, IfMatch::Required);
    let rack = Rack::of(shape).await;
    rack.observe(Depth::Register).await.unwrap();
    rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap();
    assert!(pxe_is_set(&rack));
}

#[tokio::test]
async fn refusals_and_losses_have_their_reason() {
    for (effect, reason) in [
        (Effect::Status { code: 500, message_id: None }, Reason::BmcFault),
        (Effect::Status { code: 403, message_id: None }, Reason::BmcFault),
        (Effect::Status { code: 400, message_id: None }, Reason::BmcFault),
        (Effect::Status { code: 503, message_id: None }, Reason::BmcBusy),
        (Effect::CutBefore, Reason::Unreachable),
        (Effect::CutAfter, Reason::Unreachable),
        (Effect::CutMiddle, Reason::Unreachable),
        (Effect::Hang, Reason::Unreachable),
        (Effect::Endless { bytes: 1 << 30 }, Reason::AnswerTooLarge),
        // Success without effect: the reading back tells.
        (Effect::Empty, Reason::BmcFault),
        (Effect::Html, Reason::BmcFault),
    ] {
        let rack = Rack::impatient().await;
        rack.bmc().add_fault(Fault::new(effect.clone()).on("PATCH", "/Systems"));
        let failure = rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{effect:?}: {failure}");
        assert!(count(&rack.calls(), "PATCH") <= 4, "{effect:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_mended_by_the_next_look() {
    let rack = Rack::new().await;
    rack.bmc().add_fault(Fault::new(Effect::CutAfter).on("PATCH", "/Systems").once());
    rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap_err();
    rack.bmc().clear_calls();
    rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap();
    assert_eq!(count(&rack.calls(), "PATCH"), 0);
}

#[tokio::test]
async fn a_refusal_during_the_self_test_is_tried_again_and_then_reported_as_busy() {
    let mut shape = Shape::generic();
    let message_id = "iLO.2.15.UnableToModifyDuringSystemPOST".to_owned();
    shape.post_refusal = Some(Refusal { status: 400, message_id: message_id.clone() });
    let timings = Timings { post: std::time::Duration::from_hours(1), ..Timings::default() };
    let config = FleetConfig { shapes: vec![shape], timings, ..FleetConfig::new(1) };
    let rack = Rack::with(config, short()).await;
    rack.hosts.reset(&rack.endpoint(), slipway_core::host::Reset::On).await.unwrap();
    let deadline = std::time::Duration::from_secs(20);
    let in_post = |state: &slipway_sim::MachineState| state.activity == slipway_sim::Activity::Post;
    rack.fleet.machine(0).wait_until(deadline, in_post).await.unwrap();
    rack.bmc().clear_calls();
    let failure = rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap_err();
    assert_eq!(failure.reason, Reason::BmcBusy, "{failure}");
    assert_eq!(count(&rack.calls(), "PATCH"), 3);

    let rack = Rack::impatient().await;
    let refusal = Effect::Status { code: 400, message_id: Some(message_id) };
    rack.bmc().add_fault(Fault::new(refusal).on("PATCH", "/Systems").times(2));
    rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap();
    assert!(pxe_is_set(&rack));
}

#[tokio::test]
async fn where_once_is_refused_the_override_lasts_and_a_uri_that_is_refused_is_left_to_dhcp() {
    let mut shape = Shape::generic();
    shape.boot.enabled = vec!["Disabled".to_owned(), "Continuous".to_owned()];
    let rack = Rack::of(shape).await;
    rack.hosts.boot_from(&rack.endpoint(), &PXE).await.unwrap();
    assert_eq!(rack.fleet.machine(0).state().boot_override.enabled, Enabled::Continuous);

    let rack = Rack::new().await;
    let refusal = Effect::Status { code: 400, message_id: Some("Base.1.18.PropertyUnknown".to_owned()) };
    rack.bmc().add_fault(Fault::new(refusal).on("PATCH", "/Systems").once());
    let uri = Some("http://192.0.2.1/boot.efi".parse().unwrap());
    rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Http { uri }).await.unwrap();
    let set = rack.fleet.machine(0).state().boot_override;
    assert_eq!((set.target.as_str(), set.http_boot_uri), ("UefiHttp", None));
}

#[tokio::test]
async fn a_source_that_is_not_offered_is_refused_by_name() {
    let rack = Rack::named("lenovo-xcc").await;
    let failure = rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Http { uri: None }).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ResetUnsupported);
    assert!(failure.message.contains("UefiHttp") && failure.message.contains("Pxe"), "{failure}");
    assert_eq!(count(&rack.calls(), "PATCH"), 0);
}
