//! Many at once.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use serde_json::json;
use slipway_core::{failure::Effect, reason::Reason, subscription::RegistrarPort};
use slipway_sim::{Fault, Position, Trouble};
use slipway_webhook::Limits;

use crate::scene::{CLUSTER, limits, reservation, scene, scene_with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_look_at_once_are_answered_by_a_few_messages() {
    let scene = Arc::new(scene().await);
    let clusters: Vec<_> = (0..1000).map(|number| format!("cluster-{number:04}")).collect();
    for cluster in &clusters {
        scene.site.add(json!({"clusterId": cluster, "externalClusterId": format!("x-{cluster}")}));
    }
    let looks = clusters.into_iter().map(|cluster| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move {
            let (registrar, account) = (&scene.registrar, &scene.account);
            let found = registrar.find(account, &cluster, Duration::ZERO).await.unwrap();
            let external = format!("x-{cluster}");
            let again = registrar.find_external(account, &external, Duration::ZERO).await.unwrap();
            assert_eq!((found.len(), found[0].cluster_id.as_deref()), (1, Some(cluster.as_str())));
            assert_eq!(found, again);
        })
    });
    for look in join_all(looks).await {
        look.unwrap();
    }
    let calls = scene.site.calls();
    assert!(calls.len() <= 40, "{}", calls.len());
    let most = calls.iter().filter_map(|call| call.data["clusterIds"].as_array()).map(Vec::len).max();
    assert_eq!(most, Some(100));
}

#[tokio::test]
async fn who_waits_for_one_that_gave_up_asks_himself() {
    let scene = scene().await;
    scene.site.add(json!({"clusterId": CLUSTER}));
    let (registrar, account) = (&scene.registrar, &scene.account);
    let hold = scene.site.gate().hold(1, Position::BeforeEffect);
    let mut first = Box::pin(registrar.find(account, CLUSTER, Duration::ZERO));
    tokio::select! {
        outcome = &mut first => panic!("{outcome:?}"),
        reached = hold.reached(Duration::from_secs(10)) => assert!(reached),
    }
    let mut second = Box::pin(registrar.find(account, CLUSTER, Duration::ZERO));
    assert!(futures::poll!(&mut second).is_pending());
    drop(first);
    assert_eq!(second.await.unwrap().len(), 1);
    assert_eq!(scene.types().len(), 2);
}

#[tokio::test]
async fn a_failed_look_fails_for_all_who_took_part() {
    let scene = scene().await;
    scene.site.add_fault(Fault::new(Trouble::Garbage));
    let looks = ["a", "b", "c"].map(|cluster| scene.registrar.find(&scene.account, cluster, Duration::ZERO));
    for outcome in join_all(looks).await {
        assert_eq!(outcome.unwrap_err().reason, Reason::NotRegistrar);
    }
}

#[tokio::test]
async fn one_message_at_a_time_for_an_account_and_nobody_waits_for_another() {
    let scene = scene().await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    let hold = scene.site.gate().hold(1, Position::BeforeEffect);
    let mut first = Box::pin(registrar.read(account, "a"));
    tokio::select! {
        outcome = &mut first => panic!("{outcome:?}"),
        reached = hold.reached(Duration::from_secs(10)) => assert!(reached),
    }
    let mut second = Box::pin(registrar.read(account, "b"));
    assert!(futures::poll!(&mut second).is_pending());
    let mut other = account.clone();
    other.credentials_version = "other/1".to_owned();
    registrar.read(&other, "c").await.unwrap();
    let asked = |id: &str| scene.site.calls().iter().any(|call| call.data["id"] == id);
    assert!(asked("a") && asked("c") && !asked("b"));
    hold.release();
    first.await.unwrap();
    second.await.unwrap();
}

#[tokio::test]
async fn a_site_that_asks_for_a_pause_has_it() {
    let scene = scene_with(Limits { verb: Duration::from_secs(20), ..limits() }).await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    let later = Trouble::RetryLater { status: 429, seconds: 60, as_date: false };
    scene.site.add_fault(Fault::new(later).once());
    let failure = registrar.reserve(account, &reservation()).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::Throttled, Effect::None));
    assert_eq!(failure.retry_after, Some(Duration::from_mins(1)));
    let failure = registrar.find(account, CLUSTER, Duration::ZERO).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Throttled);
    assert!(failure.retry_after.unwrap() > Duration::from_secs(30), "{failure:?}");
    assert_eq!(scene.types(), ["cluster.reserve"], "nothing is sent in the meantime");
}

#[tokio::test]
async fn after_the_burst_messages_are_apart() {
    let interval = Duration::from_millis(50);
    let scene = scene_with(Limits { interval, burst: 2, ..limits() }).await;
    let start = std::time::Instant::now();
    for _ in 0..6 {
        scene.registrar.read(&scene.account, "r").await.unwrap();
    }
    assert!(start.elapsed() >= interval * 4, "{:?}", start.elapsed());
}
