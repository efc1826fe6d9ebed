//! Oracle Cloud, or something in front of it, says no.

use std::time::Duration;

use serde_json::json;
use slipway_sim::{Fault, Trouble};

use crate::scene::{self, Scene, connect_all, options};

#[tokio::test]
async fn a_ready_that_is_refused_once_is_told_again_after_another_look() {
    let troubles = [
        Trouble::no_etag_match(),
        Trouble::incorrect_state(),
        Trouble::internal_server_error(),
        Trouble::Html { status: 200 },
        Trouble::RetryLater { status: 429, seconds: 1, as_date: false },
    ];
    let site = scene::site(options().racks(troubles.len()), "refused").await;
    let mut faults = Vec::new();
    for (index, trouble) in troubles.into_iter().enumerate() {
        let id = site.record(index);
        faults.push(site.cloud.add_fault(Fault::new(trouble).on("PUT", &id).once()));
        site.apply(&site.to_connect(index, &json!({}))).await.unwrap();
    }
    connect_all(&site).await;
    for (index, fault) in faults.into_iter().enumerate() {
        assert_eq!(site.cloud.fault_hits(fault), 1, "rack {index}");
        let posts = site.racks[index].posts().len();
        assert_eq!(posts, 1, "rack {index}: what Oracle Cloud refuses costs no PIN");
    }
    let blind: Vec<_> =
        site.cloud.calls().into_iter().filter(|call| call.method == "PUT" && !call.if_match).collect();
    assert!(blind.is_empty(), "{blind:?}");
    scene::close(&site, &[]).await;
}

/// While it lasts, the rack's state is kept as it was and nothing is done; afterwards all is well.
async fn blind(test: &str, trouble: Trouble, reason: &str) {
    let scene = Scene::connected(test, &json!({})).await;
    let fault = scene.site.cloud.add_fault(Fault::new(trouble).on("GET", &scene.id));
    let object = scene.reason(reason).await;
    assert_eq!(object["status"]["connectionState"], "CONNECTED");
    assert_eq!(slipway_e2e::objects::condition(&object, "Connected")["status"], "True");
    scene.site.cloud.remove_fault(fault);
    scene.site.wait_connected(0).await.unwrap();
    assert_eq!((scene.orders().len(), scene.posts().len()), (1, 1));
    scene.close(&[]).await;
}

#[tokio::test]
async fn errors_of_the_service_change_nothing() {
    blind("errors", Trouble::service_unavailable(), "CloudFault").await;
}

#[tokio::test]
async fn a_proxys_page_changes_nothing() {
    blind("proxy", Trouble::Html { status: 200 }, "NotOracleCloud").await;
}

#[tokio::test]
async fn an_answer_that_says_not_found_is_never_taken_for_deletion() {
    blind("not-found", Trouble::not_found(), "NotAuthorizedOrNotFound").await;
}

#[tokio::test]
async fn a_service_that_asks_for_fewer_calls_is_left_alone_as_long_as_it_says() {
    let scene = Scene::waiting("throttled", &json!({})).await;
    let wait = Duration::from_secs(3);
    let later = Trouble::RetryLater { status: 429, seconds: 3, as_date: false };
    let fault = scene.site.cloud.add_fault(Fault::new(later).on("GET", &scene.id).once());
    scene.let_begin().await;
    scene.site.wait_connected(0).await.unwrap();
    assert_eq!(scene.site.cloud.fault_hits(fault), 1);
    let calls = scene.site.cloud.calls();
    let refused = calls.iter().position(|call| call.status == Some(429)).unwrap();
    let pause = calls[refused + 1].wall.duration_since(calls[refused].wall);
    assert!(Duration::try_from(pause).unwrap() >= wait, "{pause:#}");
    scene.close(&[]).await;
}
