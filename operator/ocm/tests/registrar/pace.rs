//! How fast the service is asked, and what happens when it wants less.

use std::time::{Duration, Instant};

use futures::future::join_all;
use slipway_core::{reason::Reason, subscription::RegistrarPort};
use slipway_ocm::Limits;
use slipway_sim::{Fault, OcmConfig, Trouble};

use crate::bench::{AGE, Bench, RESERVE, limits};

#[tokio::test]
async fn the_budget_is_kept_by_many_callers() {
    let paced = Limits { requests_per_second: 20, burst: 10, ..limits() };
    let bench = Bench::with(OcmConfig::default(), paced).await;
    let began = Instant::now();
    let keys: Vec<String> = (0..40).map(|key| format!("s{key}")).collect();
    let found = join_all(keys.iter().map(|key| bench.registrar.read(&bench.account, key))).await;
    assert!(found.iter().all(|outcome| *outcome == Ok(None)));
    assert!(began.elapsed() >= Duration::from_millis(1450), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn both_forms_of_a_pause_are_told_and_kept() {
    for as_date in [false, true] {
        for status in [429, 503] {
            let bench = Bench::start().await;
            let trouble = Trouble::RetryLater { status, seconds: 30, as_date };
            bench.ocm.add_fault(Fault::new(trouble).on("GET", "accounts_mgmt"));
            let failure = bench.registrar.read(&bench.account, "s1").await.unwrap_err();
            let expected = if status == 429 { Reason::Throttled } else { Reason::RegistrarFault };
            assert_eq!(failure.reason, expected);
            assert!((25..=31).contains(&failure.retry_after.unwrap().as_secs()), "{failure:?}");
            // Nobody of this account asks before that.
            let failure = bench.registrar.find(&bench.account, "c1", AGE).await.unwrap_err();
            assert_eq!(failure.reason, Reason::Throttled);
            assert!((20..=31).contains(&failure.retry_after.unwrap().as_secs()), "{failure:?}");
            assert_eq!(bench.calls("GET", "accounts_mgmt"), 1);
            let user = bench.user("jdoe");
            let other = bench.with_secret("2", &[("offlineToken", &user.offline_token)]);
            bench.ocm.clear_faults();
            assert!(bench.registrar.probe(&other).await.is_ok(), "somebody else does");
        }
    }
}

#[tokio::test]
async fn a_short_pause_is_waited_for() {
    let bench = Bench::start().await;
    let trouble = Trouble::RetryLater { status: 429, seconds: 1, as_date: false };
    bench.ocm.add_fault(Fault::new(trouble).on("GET", "accounts_mgmt").once());
    let began = Instant::now();
    assert_eq!(bench.registrar.read(&bench.account, "s1").await, Ok(None));
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn too_many_registrations_stop_registrations_only() {
    let bench = Bench::start().await;
    bench.fault(Trouble::RetryLater { status: 429, seconds: 600, as_date: false }, RESERVE);
    let failure = bench.reserve("c1").await.unwrap_err();
    assert_eq!(failure.reason, Reason::QuotaShort);
    assert_eq!(failure.retry_after.unwrap().as_secs(), 600);
    assert!(bench.registrar.find(&bench.account, "c1", AGE).await.unwrap().is_empty());
    assert_eq!(bench.calls(RESERVE.0, RESERVE.1), 1);
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_why() {
    let paced = Limits { requests_per_second: 1, burst: 1, verb: Duration::from_millis(500), ..limits() };
    let bench = Bench::with(OcmConfig::default(), paced).await;
    let found = join_all(["a", "b"].map(|id| bench.registrar.read(&bench.account, id))).await;
    assert_eq!(found[0], Ok(None));
    let failure = found[1].clone().unwrap_err();
    assert_eq!(failure.reason, Reason::Throttled);
    assert!(failure.message.contains("1 requests a second"), "{failure}");
}
