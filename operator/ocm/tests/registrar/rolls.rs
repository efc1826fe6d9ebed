//! Records that are looked at together.

use std::time::Duration;

use futures::future::join_all;
use slipway_core::{
    reason::Reason,
    subscription::{Change, RegistrarPort, RemoteStatus},
};
use slipway_sim::{OcmConfig, OcmSwitches, Trouble};

use crate::bench::{AGE, Bench, limits};

fn key(number: usize) -> String {
    format!("1f7e8c7a-0000-4000-8000-{number:012}")
}

#[tokio::test]
async fn a_thousand_records_cost_ten_lists() {
    let bench = Bench::start().await;
    let keys: Vec<String> = (0..1000).map(key).collect();
    for key in &keys {
        bench.ocm.reserve_as("slipway-sa", key, "x");
    }
    for round in 1..=2 {
        let found = join_all(keys.iter().map(|key| bench.registrar.find(&bench.account, key, AGE))).await;
        for (key, found) in keys.iter().zip(found) {
            let found = found.unwrap();
            assert!(found.len() == 1 && found[0].cluster_id.as_ref() == Some(key));
        }
        assert_eq!(bench.lists(), 10, "round {round}: the second is answered from memory");
    }
    assert!(bench.ocm.calls().iter().all(|call| call.query.len() < 8192));
    let one = bench.registrar.find(&bench.account, &key(7), Duration::ZERO).await.unwrap();
    assert_eq!((one.len(), bench.lists()), (1, 11));
}

#[tokio::test]
async fn keys_that_are_nearly_due_are_read_with_the_one_that_is() {
    let bench = Bench::start().await;
    let age = Duration::from_millis(800);
    let keys: Vec<String> = (0..50).map(key).collect();
    let all = || async {
        for key in &keys {
            bench.registrar.find(&bench.account, key, age).await.unwrap();
        }
    };
    join_all(keys.iter().map(|key| bench.registrar.find(&bench.account, key, age))).await;
    let before = bench.lists();
    let began = std::time::Instant::now();
    while began.elapsed() < age * 4 {
        all().await;
        tokio::task::yield_now().await;
    }
    let told = bench.lists() - before;
    assert!((3..=5).contains(&told), "{told} lists in four ages");
}

#[tokio::test]
async fn a_failed_list_is_everybodys_failure_and_never_an_empty_one() {
    let bench = Bench::start().await;
    let keys: Vec<String> = (0..20).map(key).collect();
    for key in &keys {
        bench.ocm.reserve_as("slipway-sa", key, "x");
    }
    let (registrar, account) = (&bench.registrar, &bench.account);
    let ask = |age| join_all(keys.iter().map(move |key| registrar.find(account, key, age)));
    assert!(ask(AGE).await.iter().all(Result::is_ok));
    for (trouble, reason) in [
        (Trouble::Empty { status: 401 }, Reason::CredentialsRefused),
        (Trouble::Empty { status: 403 }, Reason::PermissionMissing),
        (Trouble::Empty { status: 404 }, Reason::NotRegistrar),
        (Trouble::Empty { status: 429 }, Reason::Throttled),
        (Trouble::Empty { status: 500 }, Reason::RegistrarFault),
        (Trouble::Empty { status: 200 }, Reason::NotRegistrar),
        (Trouble::ContentType { value: "text/plain".to_owned() }, Reason::NotRegistrar),
        (Trouble::Truncated, Reason::NotRegistrar),
        (Trouble::Json { status: 200, body: serde_json::json!({}) }, Reason::NotRegistrar),
        (
            Trouble::Json { status: 200, body: serde_json::json!({"items": [], "total": 3}) },
            Reason::NotRegistrar,
        ),
    ] {
        bench.fault(trouble.clone(), ("GET", "/subscriptions"));
        for outcome in ask(Duration::ZERO).await {
            assert_eq!(outcome.unwrap_err().reason, reason, "{trouble:?}");
        }
        for outcome in ask(AGE).await {
            assert_eq!(outcome.unwrap().len(), 1, "{trouble:?}: what was known stays");
        }
        bench.ocm.clear_faults();
    }
}

#[tokio::test]
async fn what_was_done_is_seen_at_once_although_lists_lag() {
    let switches = OcmSwitches { search_lag: Duration::from_hours(1), ..OcmSwitches::default() };
    let bench = Bench::with(OcmConfig { switches, ..OcmConfig::default() }, limits()).await;
    let (registrar, account) = (&bench.registrar, &bench.account);
    let id = bench.reserve("c1").await.unwrap();
    bench.ocm.clock().advance(Duration::from_hours(2));
    assert_eq!(
        registrar.find(account, "c1", AGE).await.unwrap()[0].display_name.as_deref(),
        Some("name of c1")
    );
    let change = Change { display_name: Some("new".to_owned()), ..Change::default() };
    registrar.amend(account, &id, &change).await.unwrap();
    registrar.activate(account, &id).await.unwrap();
    let lists = bench.lists();
    for age in [AGE, Duration::ZERO, AGE] {
        let found = registrar.find(account, "c1", age).await.unwrap();
        assert_eq!(found[0].display_name.as_deref(), Some("new"), "{age:?}");
        assert_eq!(found[0].status, RemoteStatus::Active);
    }
    assert_eq!(bench.lists(), lists + 1);
    // Somebody else's change is seen when the list has it.
    bench.ocm.edit(&id, |record| record["display_name"] = "theirs".into());
    bench.ocm.clock().advance(Duration::from_hours(2));
    let found = registrar.find(account, "c1", Duration::ZERO).await.unwrap();
    assert_eq!(found[0].display_name.as_deref(), Some("theirs"));
}

#[tokio::test]
async fn a_reservation_makes_its_key_be_asked_for_anew() {
    let bench = Bench::start().await;
    assert!(bench.registrar.find(&bench.account, "c1", AGE).await.unwrap().is_empty());
    bench.reserve("c1").await.unwrap();
    assert_eq!(bench.registrar.find(&bench.account, "c1", AGE).await.unwrap().len(), 1);
    assert_eq!(bench.lists(), 2);
}
