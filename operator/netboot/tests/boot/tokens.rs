//! Whose token opens what.

use std::sync::Arc;

use slipway_core::boot::{BootAnswer, BootPort, LocalBoot, Step};
use slipway_netboot::TokenKey;
use tempfile::TempDir;

use crate::rig::{Rig, entry, installs, ticket, token_path};

const CALLBACKS: [&str; 5] = ["progress", "log", "done", "failed", "answers/answers.txt"];

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    let nearly = format!("{}0", &path[..path.len() - 1]);
    let nearly = if nearly == path { format!("{}1", &path[..path.len() - 1]) } else { nearly };
    for wrong in [nearly.as_str(), "/v1/boot/x", "/v1/boot/%00", &path[..path.len() - 1]] {
        for callback in CALLBACKS {
            let answer = rig.get(&format!("{wrong}/{callback}")).await;
            assert_eq!(answer.status.as_u16(), 403, "{wrong} {callback}");
        }
    }
    assert!(rig.sink.settled().is_empty());
    assert!(installs(&rig.script().await));
}

#[tokio::test]
async fn a_second_attempt_has_a_token_of_its_own_and_ends_the_first() {
    let rig = Rig::new();
    let first = rig.install(1).await;
    let second = rig.install(2).await;
    assert_ne!(first, second);
    for callback in CALLBACKS {
        assert_eq!(rig.get(&format!("{first}/{callback}")).await.status.as_u16(), 410, "{callback}");
    }
    assert!(installs(&rig.script().await), "the late word of the first attempt changes nothing");
    assert_eq!(rig.post(&format!("{second}/done"), "").await.status.as_u16(), 200);
    assert_eq!(rig.sink.settled(), [(Step::Done, 2)]);
}

#[tokio::test]
async fn a_token_survives_a_restart_with_the_same_key_only() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    let restarted = rig.restarted();
    restarted.service.publish(entry(BootAnswer::Install(Arc::new(ticket(1)))));
    assert_eq!(restarted.get(&format!("{path}/answers/answers.txt")).await.status.as_u16(), 200);
    assert_eq!(restarted.post(&format!("{path}/done"), "").await.status.as_u16(), 200);
    let stranger = Rig::over(Arc::new(TempDir::new().unwrap()), |config| {
        config.token_key = TokenKey::new([8; 32]);
    });
    stranger.service.primed();
    stranger.service.publish(entry(BootAnswer::Install(Arc::new(ticket(1)))));
    assert_eq!(stranger.get(&format!("{path}/done")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn tokens_of_long_ago_are_forgotten() {
    let rig = Rig::new();
    let first = rig.install(1).await;
    for attempt in 2..=6 {
        rig.install(attempt).await;
    }
    assert_eq!(rig.get(&format!("{first}/done")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_token_is_long_and_says_nothing() {
    let rig = Rig::new();
    rig.install(1).await;
    let path = token_path(&rig.script().await);
    let token = path.strip_prefix("/v1/boot/").unwrap();
    assert!(token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    rig.publish_local(LocalBoot::Auto);
    assert!(!rig.script().await.contains(token));
}
