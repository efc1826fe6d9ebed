//! One account keeps to its budget; nobody else waits for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use slipway_core::{infrastructure::CloudPort, reason::Reason};
use slipway_oci::Limits;

use crate::{
    account::{RACK, account, account_of, cloud, limits, record},
    server::{Act, Server, json},
};

/// A hundred calls a second with five at once.
fn brisk() -> Limits {
    Limits { calls_per_minute: 6005, burst: 5, ..limits() }
}

#[tokio::test]
async fn two_hundred_readers_share_the_budget_and_all_have_their_turn() {
    let server = Server::start(|_, _| json(200, "", &record(""))).await;
    let cloud = Arc::new(cloud(brisk()).0);
    let began = Instant::now();
    let readers: Vec<_> = (0..200)
        .map(|_| {
            let (cloud, account) = (cloud.clone(), account(&server.url()));
            tokio::spawn(async move { cloud.read(&account, RACK).await.map(drop) })
        })
        .collect();
    for reader in readers {
        reader.await.unwrap().unwrap();
    }
    let (took, seen) = (began.elapsed(), server.seen());
    assert_eq!(seen.len(), 200);
    assert!(took >= Duration::from_millis(1900), "{took:?}");
    // Half a second of a delay of the machine may be made up for by nobody: the bucket holds five.
    for (first, begin) in seen.iter().enumerate() {
        let within =
            seen[first..].iter().filter(|one| one.at - begin.at < Duration::from_millis(500)).count();
        assert!(within <= 50 + 5 + 4 + 10, "{within} calls in half a second");
    }
    assert!(server.connections() <= 50, "{}", server.connections());
}

#[tokio::test]
async fn an_account_that_is_stuck_costs_others_nothing() {
    let stuck = Server::start(|_, _| Act::Hang).await;
    let well = Server::start(|_, _| json(200, "", &record(""))).await;
    let cloud = Arc::new(cloud(limits()).0);
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let (cloud, account) = (cloud.clone(), account_of(&stuck.url(), "stuck"));
            tokio::spawn(async move { cloud.read(&account, RACK).await.map(drop) })
        })
        .collect();
    while stuck.seen().len() < 4 {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    for secret in ["well", "stuck"] {
        // The same account at another address is not stuck either.
        cloud.read(&account_of(&well.url(), secret), RACK).await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(stuck.seen().len(), 4, "no more at once than may be");
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn who_has_no_turn_in_time_is_told_and_nothing_was_sent() {
    let server = Server::start(|_, _| json(200, "", &record(""))).await;
    let limits = Limits { calls_per_minute: 2, burst: 1, verb: Duration::from_millis(300), ..limits() };
    let (cloud, counted) = cloud(limits);
    let account = account(&server.url());
    cloud.read(&account, RACK).await.unwrap();
    let failure = cloud.delete(&account, RACK, None).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::Throttled, slipway_core::failure::Effect::None));
    assert!(
        failure.message.contains("\"oci-login\"") && failure.message.contains("2 calls a minute"),
        "{failure}"
    );
    assert_eq!((server.seen().len(), counted.all().len()), (1, 1));
}

#[tokio::test]
async fn whoever_stops_waiting_takes_no_turn() {
    let server = Server::start(|_, _| json(200, "", &record(""))).await;
    let cloud = Arc::new(cloud(Limits { calls_per_minute: 122, burst: 2, ..limits() }).0);
    let account = account(&server.url());
    for _ in 0..2 {
        cloud.read(&account, RACK).await.unwrap();
    }
    for _ in 0..50 {
        let dropped = tokio::time::timeout(Duration::from_millis(2), cloud.read(&account, RACK)).await;
        assert!(dropped.is_err());
    }
    let began = Instant::now();
    cloud.read(&account, RACK).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn one_refusal_for_too_many_requests_quiets_the_whole_account() {
    let server = Server::start(|before, _| match before {
        0 => json(429, "Retry-After: 1\r\n", "{}"),
        _ => json(200, "", &record("")),
    })
    .await;
    let cloud = cloud(limits()).0;
    let account = account(&server.url());
    assert_eq!(cloud.delete(&account, RACK, None).await.unwrap_err().reason, Reason::Throttled);
    cloud.read(&account, RACK).await.unwrap();
    let seen = server.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_millis(990), "{:?}", seen[1].at - seen[0].at);
}

#[tokio::test]
async fn changes_are_made_one_at_a_time() {
    let server =
        Server::start(|before, _| if before == 0 { Act::Hang } else { json(200, "", &record("")) }).await;
    let cloud = Arc::new(cloud(limits()).0);
    let account = account(&server.url());
    let first = {
        let (cloud, account) = (cloud.clone(), account.clone());
        tokio::spawn(async move { cloud.delete(&account, RACK, None).await })
    };
    while server.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = {
        let (cloud, account) = (cloud.clone(), account.clone());
        tokio::spawn(async move { cloud.delete(&account, RACK, None).await })
    };
    cloud.read(&account, RACK).await.unwrap();
    assert_eq!(server.seen().len(), 2, "reading goes on beside a change, another change does not");
    first.abort();
    second.await.unwrap().unwrap();
    assert_eq!(server.seen().len(), 3);
}
