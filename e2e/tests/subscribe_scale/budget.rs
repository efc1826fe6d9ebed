//! The shipped number of calls, and pauses that the registrar asks for.

use std::time::Duration;

use serde_json::json;
use slipway_e2e::{ControlPlane, Registry};
use slipway_sim::{Fault, OcmCall, Trouble};

use crate::crowd::{LIMIT, api_calls, declare, installed};

const OBJECTS: usize = 500;
/// Calls a second of one account, and how many at once after a rest (`operator/ocm/src/limits.rs`).
const A_SECOND: usize = 5;
const BURST: usize = 10;
/// Calls under way at once: so many may come later than they were let go.
const UNDER_WAY: usize = 4;
/// Calls that are looked at: a quarter of a minute.
const CALLS: usize = BURST + 15 * A_SECOND;
/// Seconds that the registrar asks for; more than is waited for within a call.
const PAUSE: u32 = 4;

/// The most calls in any span of this length.
fn most_within(calls: &[OcmCall], span: Duration) -> usize {
    let span = span.try_into().unwrap();
    let within = |first: usize| {
        calls[first..].iter().take_while(|call| call.wall.duration_since(calls[first].wall) < span).count()
    };
    (0..calls.len()).map(within).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_objects_at_once_keep_to_the_shipped_budget() {
    let options = Registry::options().keeping_the_budget().poll_interval("5s");
    let registry = options.start(ControlPlane::shared().await.unwrap(), "budget").await.unwrap();
    declare(&registry, 0..OBJECTS).await;
    let enough = registry.ocm.wait_until(LIMIT, |ocm| api_calls(ocm).len() >= CALLS).await;
    let calls = api_calls(&registry.ocm);
    assert!(enough, "{} calls in {LIMIT:?}", calls.len());
    let spans =
        [1, 2, 5, 10].map(|seconds| (seconds, most_within(&calls, Duration::from_secs(seconds as u64))));
    let made = registry.ocm.subscriptions().len();
    eprintln!("{} calls made {made} records; the most in so many seconds: {spans:?}", calls.len());
    for (seconds, most) in spans {
        let allowed = BURST + A_SECOND * seconds + UNDER_WAY;
        assert!(most <= allowed, "{most} calls in {seconds} s, {allowed} are allowed");
    }
    assert!(made > 0, "the calls are spent on records");
    registry.assert_sound().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_registrar_is_left_alone_for_as_long_as_it_asks() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let registry = Registry::options().poll_interval("100ms").start(control_plane, "pause").await.unwrap();
    registry.apply(&registry.subscription("edge", &installed(0))).await.unwrap();
    let before = registry.wait_ready("edge", "Active").await.unwrap();
    // The service's clock began when its options were made. Dates are compared: both clocks show the same from here on.
    let call = registry.ocm.calls().pop().unwrap();
    registry.advance(call.wall.duration_since(call.at).unsigned_abs());
    for as_date in [false, true] {
        registry.ocm.clear_journal();
        let trouble = Trouble::RetryLater { status: 429, seconds: PAUSE, as_date };
        let fault = registry.ocm.add_fault(Fault::new(trouble).on("GET", "/subscriptions").once());
        let met = registry.ocm.wait_until(LIMIT, |ocm| ocm.fault_hits(fault) > 0).await;
        assert!(met, "no call was told to wait");
        let refused = |call: &OcmCall| call.status == Some(429);
        let after = |calls: &[OcmCall]| -> Option<(OcmCall, OcmCall)> {
            let place = calls.iter().position(refused)?;
            Some((calls[place].clone(), calls.get(place + 1)?.clone()))
        };
        let again = registry.ocm.wait_until(LIMIT, |ocm| after(&api_calls(ocm)).is_some()).await;
        assert!(again, "nothing was asked after the pause");
        let (told, next) = after(&api_calls(&registry.ocm)).unwrap();
        let pause = next.wall.duration_since(told.wall).as_secs_f64();
        eprintln!("asked for {PAUSE} s, as a date: {as_date}; the next call came after {pause:.1} s");
        // A date has whole seconds only.
        let least = f64::from(PAUSE) - if as_date { 1.0 } else { 0.0 };
        assert!(pause >= least, "asked for {PAUSE} s, as a date: {as_date}; called after {pause} s");
        assert!(pause < f64::from(PAUSE) + 10.0, "called after {pause} s only");
        let object = registry.wait_ready("edge", "Active").await.unwrap();
        assert_eq!(object["status"]["subscriptionId"], before["status"]["subscriptionId"]);
        assert_eq!(object["status"]["remoteStatus"], json!("Active"));
    }
    registry.assert_sound().await.unwrap();
}
