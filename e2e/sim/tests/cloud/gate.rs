//! Calls held at their three positions, for tests that kill the caller.

use crate::SOON;
use crate::caller::{INFRASTRUCTURES, http};
use crate::scene::{MINUTE, Scene};
use reqwest::Method;
use serde_json::json;
use slipway_sim::Position;

#[tokio::test]
async fn a_call_is_held_before_and_after_its_effect() {
    for (position, made) in [(Position::BeforeEffect, 0), (Position::AfterEffect, 1)] {
        let scene = Scene::start().await;
        let body = scene.wanted("a");
        let hold = scene.cloud.gate().hold(2, position);
        scene.caller.get(INFRASTRUCTURES).await;
        assert!(!hold.is_reached());
        {
            let asked = scene.caller.try_send(Method::POST, INFRASTRUCTURES, Some(&body), &[]);
            tokio::pin!(asked);
            tokio::select! {
                _ = &mut asked => panic!("answered"),
                reached = hold.reached(SOON) => assert!(reached),
            }
            assert_eq!(scene.cloud.infrastructures().len(), made);
            assert_eq!(hold.call(), Some(format!("POST {INFRASTRUCTURES}")));
        }
        // The caller is gone, as after a kill; what it had sent is done or not done, as the test wants it.
        drop(hold);
        assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 200);
        assert_eq!(scene.cloud.infrastructures().len(), made);
    }
}

#[tokio::test]
async fn a_released_call_is_carried_out_without_its_caller() {
    let scene = Scene::start().await;
    let body = scene.wanted("a");
    let hold = scene.cloud.gate().hold_on("POST", "cccInfrastructures", 1, Position::BeforeEffect);
    tokio::select! {
        _ = scene.caller.try_send(Method::POST, INFRASTRUCTURES, Some(&body), &[]) => panic!("answered"),
        reached = hold.reached(SOON) => assert!(reached),
    }
    assert!(scene.cloud.infrastructures().is_empty());
    hold.release();
    assert!(scene.cloud.wait_until(SOON, |cloud| cloud.infrastructures().len() == 1).await);
}

#[tokio::test]
async fn the_test_is_told_once_the_answer_has_left() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    for _ in 0..20 {
        let hold = scene.cloud.gate().hold(1, Position::AfterAnswer);
        let (answer, reached) = tokio::join!(scene.get(&id), hold.reached(SOON));
        assert!(reached && answer.status == 200);
    }
    let hold = scene.cloud.gate().hold(1, Position::AfterAnswer);
    assert_eq!(scene.caller.delete(&format!("{INFRASTRUCTURES}/{id}"), "*").await.status, 204);
    assert!(hold.reached(SOON).await);
}

#[tokio::test]
async fn racks_calls_are_counted_in_the_same_row() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.advance(20 * MINUTE);
    let pin = scene.cloud.pin(&id).unwrap();
    let hold = scene.cloud.gate().hold(2, Position::AfterEffect);
    scene.get(&id).await;
    let client = http(scene.rack.ca_pem());
    tokio::select! {
        _ = client.post(scene.rack.url()).json(&json!({"pin": pin})).send() => panic!("answered"),
        reached = hold.reached(SOON) => assert!(reached),
    }
    assert_eq!((hold.call().as_deref(), scene.cloud.gate().calls()), (Some("POST /rps_pin"), 2));
    assert!(scene.rack.posts()[0].taken);
}
