//! How tokens are got, kept, renewed and refused.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use slipway_core::{
    failure::Effect,
    reason::Reason,
    subscription::{Account, RegistrarPort},
};
use slipway_sim::{Fault, OcmConfig, Position, Trouble};

use crate::bench::{AGE, Bench, LIMIT, limits};

const TOKEN: (&str, &str) = ("POST", "openid-connect/token");

async fn find(bench: &Bench, account: &Account, key: &str) -> Result<usize, slipway_core::failure::Failure> {
    bench.registrar.find(account, key, Duration::ZERO).await.map(|found| found.len())
}

#[tokio::test]
async fn a_hundred_callers_cost_one_token() {
    let bench = Bench::start().await;
    let keys: Vec<String> = (0..100).map(|key| format!("c{key}")).collect();
    let asked = keys.iter().map(|key| bench.registrar.read(&bench.account, key));
    assert!(join_all(asked).await.iter().all(|outcome| *outcome == Ok(None)));
    let requests = bench.ocm.token_requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].grant.as_str(), requests[0].secret_in_body), ("client_credentials", false));
    let report = bench.registrar.tokens();
    assert_eq!((report.obtained, report.refused, report.failed), (1, 0, 0));
    assert!((800.0..=900.0).contains(&report.seconds_to_expiry.unwrap()), "{report:?}");
    assert_eq!(bench.seen.count("token"), 1);
}

#[tokio::test]
async fn a_hundred_callers_share_one_failure() {
    let bench = Bench::start().await;
    bench.fault(Trouble::Html { status: 502 }, TOKEN);
    let keys: Vec<String> = (0..100).map(|key| format!("c{key}")).collect();
    let found = join_all(keys.iter().map(|key| bench.registrar.read(&bench.account, key))).await;
    for outcome in found {
        let failure = outcome.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::RegistrarFault, Effect::None));
    }
    assert_eq!(bench.calls(TOKEN.0, TOKEN.1), 1);
    assert_eq!(bench.lists(), 0);
    bench.ocm.clear_faults();
    let passes = || async { bench.reserve("c1").await.is_ok() };
    let began = std::time::Instant::now();
    while !passes().await {
        assert!(began.elapsed() < LIMIT, "it is tried again after a pause");
        tokio::task::yield_now().await;
    }
    assert!(bench.calls(TOKEN.0, TOKEN.1) <= 3, "and not before");
}

#[tokio::test]
async fn every_form_of_secret_signs_in() {
    let bench = Bench::start().await;
    let user = bench.user("jdoe");
    let refresh = bench.ocm.new_refresh_token("jdoe").unwrap();
    let pull = json!({"auths": {"cloud.openshift.com": {"auth": user.pull_secret_token}}}).to_string();
    let cluster = "0e2c7b1a-0000-4000-8000-000000000000";
    for (version, pairs) in [
        (
            "a",
            &[
                ("client_id", user.client_id.as_str()),
                ("client_secret", &user.client_secret),
                ("auth_method", "service-account"),
            ][..],
        ),
        ("b", &[("offlineToken", &user.offline_token)]),
        ("c", &[("ocmAPIToken", &user.offline_token), ("auth_method", "offline-token")]),
        ("d", &[("refreshToken", &refresh), ("clientId", "cloud-services")]),
        ("e", &[("pullSecret", &pull), ("externalClusterId", cluster)]),
        ("f", &[(".dockerconfigjson", &pull), ("externalClusterId", cluster)]),
    ] {
        let account = bench.with_secret(version, pairs);
        let before = bench.ocm.token_requests().len();
        assert_eq!(bench.registrar.probe(&account).await.unwrap().username, "jdoe", "{version}");
        let asked = bench.ocm.token_requests().len() - before;
        // The token of `c` is that of `b`, and a cluster's own needs no other.
        assert_eq!(asked, usize::from(!["c", "e", "f"].contains(&version)), "{version}");
    }
}

#[tokio::test]
async fn a_token_that_ends_on_the_way_is_replaced_once() {
    let bench = Bench::start().await;
    bench.reserve("c1").await.unwrap();
    bench.ocm.revoke_access_tokens();
    assert_eq!(find(&bench, &bench.account, "c1").await.unwrap(), 1);
    assert_eq!(bench.ocm.token_requests().len(), 2);
    bench.ocm.revoke_access_tokens();
    assert!(bench.reserve("c2").await.is_ok(), "what writes was refused, so it is sent again");
    assert_eq!(bench.ocm.live("c2").len(), 1);
    // A hundred callers whose token has ended fetch one together.
    bench.ocm.revoke_access_tokens();
    let keys: Vec<String> = (0..100).map(|key| format!("c{key}")).collect();
    let found = join_all(keys.iter().map(|key| bench.registrar.read(&bench.account, key))).await;
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(bench.ocm.token_requests().len(), 4);
}

#[tokio::test]
async fn a_service_that_takes_no_token_is_not_asked_for_tokens_for_ever() {
    let bench = Bench::start().await;
    bench.fault(Trouble::Empty { status: 401 }, ("GET", "accounts_mgmt"));
    for _ in 0..20 {
        let failure = bench.registrar.read(&bench.account, "s1").await.unwrap_err();
        assert_eq!(failure.reason, Reason::CredentialsRefused);
        assert!(failure.message.contains("\"ocm\""), "{failure}");
    }
    assert_eq!(bench.ocm.token_requests().len(), 2);
    bench.ocm.clear_faults();
    assert_eq!(bench.registrar.read(&bench.account, "s1").await, Ok(None));
    bench.ocm.revoke_access_tokens();
    assert_eq!(bench.registrar.read(&bench.account, "s1").await, Ok(None));
    assert_eq!(bench.ocm.token_requests().len(), 3);
}

#[tokio::test]
async fn a_wrong_secret_is_tried_once_a_version() {
    let bench = Bench::start().await;
    let wrong = bench.with_secret("1", &[("clientId", "slipway-sa"), ("clientSecret", "canary")]);
    for _ in 0..20 {
        let failure = find(&bench, &wrong, "c1").await.unwrap_err();
        assert_eq!(failure.reason, Reason::CredentialsRefused);
        assert!(
            failure.message.contains("Secret \"ocm\"") && !failure.message.contains("canary"),
            "{failure}"
        );
    }
    assert_eq!(bench.ocm.token_requests().len(), 1);
    let touched = Account { credentials_version: "uid/2".to_owned(), ..wrong.clone() };
    for account in [&touched, &wrong, &touched] {
        assert!(find(&bench, account, "c1").await.is_err());
    }
    assert_eq!(bench.ocm.token_requests().len(), 2);
    let mended = Account { credentials_version: "uid/3".to_owned(), ..bench.account.clone() };
    assert_eq!(find(&bench, &mended, "c1").await.unwrap(), 0);
    assert_eq!(bench.registrar.tokens().refused, 2);
}

#[tokio::test]
async fn another_secret_is_another_token_at_once() {
    let bench = Bench::start().await;
    find(&bench, &bench.account, "c1").await.unwrap();
    bench.ocm.set_secret("slipway-sa", "rotated");
    let rotated = bench.with_secret("2", &[("clientId", "slipway-sa"), ("clientSecret", "rotated")]);
    find(&bench, &rotated, "c1").await.unwrap();
    assert_eq!(bench.ocm.token_requests().len(), 2);
    // Touched and otherwise the same: the same token will do.
    let touched = Account { credentials_version: "uid/3".to_owned(), ..rotated };
    find(&bench, &touched, "c1").await.unwrap();
    assert_eq!(bench.ocm.token_requests().len(), 2);
}

#[tokio::test]
async fn a_revoked_offline_token_is_told_with_the_mend() {
    let bench = Bench::start().await;
    let token = bench.user("jdoe").offline_token;
    bench.ocm.revoke(&token);
    let account = bench.with_secret("1", &[("offlineToken", &token)]);
    let failure = bench.registrar.probe(&account).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CredentialsRefused);
    assert!(
        failure.message.contains("was revoked") && failure.message.contains("service account"),
        "{failure}"
    );
    assert!(!failure.message.contains(&token));
}

#[tokio::test]
async fn a_token_that_is_good_once_is_kept_and_not_lost() {
    let bench = Bench::with(OcmConfig { rotate_refresh: true, ..OcmConfig::default() }, limits()).await;
    let account = bench.with_secret("1", &[("offlineToken", &bench.user("jdoe").offline_token)]);
    for _ in 0..3 {
        bench.registrar.read(&account, "s1").await.unwrap();
        bench.ocm.revoke_access_tokens();
    }
    // Who asked goes away while the next one is on its way.
    let hold = bench.ocm.gate().hold_on(TOKEN.0, TOKEN.1, 1, Position::AfterEffect);
    let asked = bench.registrar.read(&account, "s1");
    let gone = async { assert!(hold.reached(LIMIT).await) };
    tokio::select! {
        biased;
        () = gone => {}
        _ = asked => panic!("it cannot be answered yet"),
    }
    hold.release();
    bench.registrar.read(&account, "s1").await.unwrap();
    let requests = bench.ocm.token_requests();
    assert!(requests.iter().all(|request| request.status == 200), "{requests:?}");
    assert_eq!(requests.len(), 4);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_used_while_that_fails() {
    let life = Duration::from_secs(4);
    let bench = Bench::with(OcmConfig { token_life: life, ..OcmConfig::default() }, limits()).await;
    let mut reads = 0;
    while bench.ocm.token_requests().len() < 3 {
        assert_eq!(bench.registrar.read(&bench.account, "s1").await, Ok(None));
        reads += 1;
    }
    assert!(reads > 3);
    assert!(bench.ocm.calls().iter().all(|call| call.status != Some(401)), "none was used beyond its end");
    bench.fault(Trouble::Empty { status: 503 }, TOKEN);
    let before = bench.calls(TOKEN.0, TOKEN.1);
    while bench.calls(TOKEN.0, TOKEN.1) < before + 2 {
        assert_eq!(bench.registrar.read(&bench.account, "s1").await, Ok(None));
    }
    let ended = std::time::Instant::now();
    while bench.registrar.read(&bench.account, "s1").await.is_ok() {
        assert!(ended.elapsed() < LIMIT, "an ended token is no token");
    }
}

#[tokio::test]
async fn trouble_with_the_token_service_is_told_as_such() {
    for (trouble, reason) in [
        (Trouble::Html { status: 200 }, Reason::NotRegistrar),
        (Trouble::Garbage, Reason::NotRegistrar),
        (Trouble::Truncated, Reason::NotRegistrar),
        (Trouble::Empty { status: 404 }, Reason::NotRegistrar),
        (Trouble::RetryLater { status: 429, seconds: 7, as_date: false }, Reason::Throttled),
        (Trouble::CutAfter, Reason::Unreachable),
    ] {
        let bench = Bench::start().await;
        bench.fault(trouble, TOKEN);
        let failure = bench.reserve("c1").await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{failure}");
        assert_eq!(bench.ocm.calls().len(), 1, "nothing else was sent");
    }
    let bench = Bench::start().await;
    bench.ocm.refuse_sso(true).await;
    let failure = bench.reserve("c1").await.unwrap_err();
    assert_eq!(failure.reason, Reason::ConnectionRefused);
    assert!(failure.message.starts_with("spec.registrar.ocm.tokenUrl"), "{failure}");
}

#[tokio::test]
async fn no_secret_is_shown() {
    let bench = Bench::start().await;
    let user = bench.user("slipway-sa");
    let access = bench.ocm.access_token("slipway-sa").unwrap();
    // A service that says what it was sent.
    let body =
        json!({"kind": "Error", "code": user.client_secret, "reason": format!("bad {}", user.client_secret)});
    bench.ocm.add_fault(Fault::new(Trouble::Json { status: 400, body }).on("GET", "accounts_mgmt"));
    let failure = bench.registrar.find(&bench.account, "c1", AGE).await.unwrap_err();
    assert_eq!(failure.reason, Reason::RequestRefused);
    let shown = format!("{failure} {:?} {:?} {:?}", bench.registrar, bench.account, bench.registrar.tokens());
    assert!(!shown.contains(&user.client_secret) && !shown.contains(&access), "{shown}");
}
