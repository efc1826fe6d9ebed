//! A service that does not answer, or answers what it should not.

use std::time::{Duration, Instant};

use serde_json::json;
use slipway_core::{
    failure::{Effect, Failure},
    reason::Reason,
    subscription::{Change, Holder, RegistrarPort, Release},
};
use slipway_ocm::Limits;
use slipway_sim::{Fault, OcmConfig, Trouble};

use crate::bench::{AGE, Bench, RESERVE, limits};

const VERBS: [&str; 13] = [
    "probe",
    "find",
    "find_external",
    "read",
    "reserve",
    "amend",
    "activate",
    "delete",
    "archive",
    "labels",
    "put_label",
    "delete_label",
    "capabilities",
];
const READING: [&str; 6] = ["probe", "find", "find_external", "read", "labels", "capabilities"];

async fn call(bench: &Bench, verb: &str, id: &str) -> Result<(), Failure> {
    let Bench { registrar, account, .. } = bench;
    let holder = Holder::Subscription(id.to_owned());
    let change = Change { display_name: Some("x".to_owned()), ..Change::default() };
    let now = Duration::ZERO;
    match verb {
        "probe" => registrar.probe(account).await.map(|_| ()),
        "find" => registrar.find(account, "c1", now).await.map(|_| ()),
        "find_external" => registrar.find_external(account, "e1", now).await.map(|_| ()),
        "read" => registrar.read(account, id).await.map(|_| ()),
        "reserve" => bench.reserve("c2").await.map(|_| ()),
        "amend" => registrar.amend(account, id, &change).await.map(|_| ()),
        "activate" => registrar.activate(account, id).await.map(|_| ()),
        "delete" => registrar.release(account, id, Release::Delete).await,
        "archive" => registrar.release(account, id, Release::Archive).await,
        "labels" => registrar.labels(account, &holder).await.map(|_| ()),
        "put_label" => registrar.put_label(account, &holder, "k", "v").await,
        "delete_label" => registrar.delete_label(account, &holder, "k").await,
        "capabilities" => {
            registrar.capabilities(account, &bench.ocm.organization("A"), now).await.map(|_| ())
        }
        _ => unreachable!("no such verb"),
    }
}

/// Each verb meets the trouble; what it says of it.
async fn meet(trouble: &Trouble) -> Vec<(&'static str, Failure)> {
    meet_in(&VERBS, trouble).await
}

async fn meet_in(verbs: &[&'static str], trouble: &Trouble) -> Vec<(&'static str, Failure)> {
    let mut met = vec![];
    for &verb in verbs {
        let bench =
            Bench::with(OcmConfig::default(), Limits { request: Duration::from_secs(5), ..limits() }).await;
        let id = bench.reserve("c1").await.unwrap();
        if verb == "probe" {
            // What was asked before is remembered.
            let fresh = Bench::start().await;
            fresh.fault(trouble.clone(), ("GET", "accounts_mgmt"));
            met.push((verb, call(&fresh, verb, &id).await.unwrap_err()));
            continue;
        }
        for method in ["GET", "POST", "PATCH", "DELETE"] {
            bench.fault(trouble.clone(), (method, "accounts_mgmt"));
        }
        bench.ocm.clear_journal();
        met.push((verb, call(&bench, verb, &id).await.unwrap_err()));
        let writes = bench.ocm.calls().iter().filter(|call| call.method != "GET").count();
        assert!(writes <= 1, "{verb}: nothing that writes is repeated");
    }
    met
}

fn check(met: &[(&str, Failure)], reason: Reason, effect_of_writing: Effect) {
    for (verb, failure) in met {
        let effect = if READING.contains(verb) { Effect::None } else { effect_of_writing };
        assert_eq!((failure.reason, failure.effect), (reason, effect), "{verb}: {failure}");
    }
}

#[tokio::test]
async fn a_page_of_a_proxy_is_not_the_registrar() {
    let met = meet(&Trouble::Html { status: 200 }).await;
    check(&met, Reason::NotRegistrar, Effect::Unknown);
    assert!(met.iter().all(|(_, failure)| failure.message.contains("content type text/html")));
}

#[tokio::test]
async fn a_missing_page_of_a_proxy_is_no_missing_record() {
    let met = meet(&Trouble::Html { status: 404 }).await;
    check(&met, Reason::NotRegistrar, Effect::None);
    let met = meet(&Trouble::Empty { status: 404 }).await;
    check(&met, Reason::NotRegistrar, Effect::None);
}

#[tokio::test]
async fn garbage_is_no_answer() {
    check(&meet(&Trouble::Garbage).await, Reason::NotRegistrar, Effect::Unknown);
}

#[tokio::test]
async fn a_body_of_another_type_is_no_answer() {
    check(
        &meet(&Trouble::Json { status: 200, body: json!(["x"]) }).await,
        Reason::NotRegistrar,
        Effect::Unknown,
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let trouble = Trouble::Redirect { status: 302, location: "http://127.0.0.1:1/".to_owned() };
    check(&meet(&trouble).await, Reason::NotRegistrar, Effect::None);
}

#[tokio::test]
async fn an_error_of_the_service_is_one() {
    let met = meet(&Trouble::Refuse { status: 500, code: "9".to_owned(), message: "no".to_owned() }).await;
    check(&met, Reason::RegistrarFault, Effect::Unknown);
    assert!(met.iter().all(|(_, failure)| failure.message.contains("operation_id ")));
}

#[tokio::test]
async fn an_empty_refusal_is_a_refusal() {
    check(&meet(&Trouble::Empty { status: 403 }).await, Reason::PermissionMissing, Effect::None);
    check(&meet(&Trouble::Empty { status: 503 }).await, Reason::RegistrarFault, Effect::Unknown);
}

#[tokio::test]
async fn a_connection_that_is_cut_is_unreachable() {
    check(&meet(&Trouble::CutBefore).await, Reason::Unreachable, Effect::Unknown);
    // A deletion has no body that could be cut.
    let verbs = VERBS.into_iter().filter(|verb| !verb.starts_with("delete")).collect::<Vec<_>>();
    check(&meet_in(&verbs, &Trouble::CutMiddle).await, Reason::Unreachable, Effect::Unknown);
}

#[tokio::test]
async fn half_a_body_is_no_answer() {
    let mut met = vec![];
    for verb in ["find", "read", "reserve", "amend", "labels", "capabilities"] {
        let bench = Bench::start().await;
        let id = bench.reserve("c1").await.unwrap();
        bench.ocm.add_fault(Fault::new(Trouble::Truncated));
        let failure = call(&bench, verb, &id).await.unwrap_err();
        met.push((verb, failure));
    }
    check(&met, Reason::NotRegistrar, Effect::Unknown);
}

#[tokio::test]
async fn a_lost_answer_may_have_made_the_record() {
    for trouble in [Trouble::CutAfter, Trouble::FailAfter { status: 502 }, Trouble::Truncated] {
        let bench = Bench::start().await;
        bench.fault(trouble, RESERVE);
        let failure = bench.reserve("c1").await.unwrap_err();
        assert_eq!(failure.effect, Effect::Unknown);
        assert_eq!(bench.calls(RESERVE.0, RESERVE.1), 1);
        let found = bench.registrar.find(&bench.account, "c1", AGE).await.unwrap();
        assert_eq!(found.len(), 1, "who searches before the next try finds it");
    }
}

#[tokio::test]
async fn an_answer_without_an_id_may_have_made_the_record() {
    for body in
        [json!({"allowed": true}), json!({"allowed": true, "subscription": {"id": "../x"}}), json!({})]
    {
        let bench = Bench::start().await;
        bench.fault(Trouble::Json { status: 200, body }, RESERVE);
        let failure = bench.reserve("c1").await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::NotRegistrar, Effect::Unknown));
    }
}

#[tokio::test]
async fn reading_is_tried_three_times_and_no_more() {
    let bench = Bench::start().await;
    let trouble = Trouble::Refuse { status: 503, code: "9".to_owned(), message: String::new() };
    bench.ocm.add_fault(Fault::new(trouble.clone()).on("GET", "/subscriptions").times(2));
    assert!(bench.registrar.find(&bench.account, "c1", AGE).await.is_ok());
    assert_eq!(bench.lists(), 3);
    bench.fault(trouble, ("GET", "/subscriptions"));
    let failure = bench.registrar.find(&bench.account, "c2", AGE).await.unwrap_err();
    assert_eq!((failure.reason, bench.lists()), (Reason::RegistrarFault, 6));
}

#[tokio::test]
async fn a_service_that_hangs_has_a_deadline_and_holds_nobody_else_up() {
    let short = Limits { request: Duration::from_millis(400), ..limits() };
    let bench = Bench::with(OcmConfig::default(), short).await;
    let other = Bench::start().await;
    let id = bench.reserve("c1").await.unwrap();
    for (method, verb, effect) in [
        ("GET", "find", Effect::None),
        ("PATCH", "amend", Effect::Unknown),
        ("POST", "reserve", Effect::Unknown),
    ] {
        bench.fault(Trouble::HangAfter, (method, "accounts_mgmt"));
        let began = Instant::now();
        let elsewhere =
            async { bench.registrar.find(&other.account, "c1", AGE).await.map(|_| began.elapsed()) };
        let (hung, elsewhere) = tokio::join!(call(&bench, verb, &id), elsewhere);
        let failure = hung.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::Unreachable, effect), "{verb}: {failure}");
        assert!(began.elapsed() < Duration::from_secs(4), "{verb}: {:?}", began.elapsed());
        assert!(elsewhere.unwrap() < Duration::from_millis(350), "{verb}");
        bench.ocm.clear_faults();
    }
}

#[tokio::test]
async fn a_slow_answer_is_one() {
    let bench = Bench::start().await;
    bench.ocm.add_fault(Fault::new(Trouble::Slow { millis: 300 }));
    assert!(bench.reserve("c1").await.is_ok());
}

#[tokio::test]
async fn a_service_that_is_not_there_leaves_nothing_in_doubt() {
    let bench = Bench::start().await;
    let id = bench.reserve("c1").await.unwrap();
    bench.ocm.refuse_api(true).await;
    for verb in ["find", "read", "amend", "reserve", "delete"] {
        let failure = call(&bench, verb, &id).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::ConnectionRefused, Effect::None), "{verb}");
        assert!(failure.message.starts_with("spec.registrar.ocm.url"), "{failure}");
    }
}
