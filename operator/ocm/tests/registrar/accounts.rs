//! Addresses, Secrets and certificates.

use std::{collections::BTreeMap, time::Duration};

use slipway_core::{
    reason::Reason,
    subscription::{Account, RegistrarPort},
    trust::Trust,
};

use crate::bench::{AGE, Bench};

#[tokio::test]
async fn an_unknown_address_needs_its_token_service() {
    let bench = Bench::start().await;
    let account = Account { token_url: None, ..bench.account.clone() };
    let failure = bench.registrar.probe(&account).await.unwrap_err();
    assert_eq!(failure.reason, Reason::InvalidSpec);
    assert!(failure.message.starts_with("spec.registrar.ocm.tokenUrl is needed"), "{failure}");
}

#[tokio::test]
async fn a_secret_of_no_form_is_told_without_a_request() {
    let bench = Bench::start().await;
    let account = Account { credentials: BTreeMap::new(), ..bench.account.clone() };
    let failure = bench.registrar.probe(&account).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CredentialsInvalid);
    assert_eq!(bench.ocm.call_count(), 0);
}

#[tokio::test]
async fn certificates_are_judged_on_both_ways() {
    let bench = Bench::start().await;
    let sealed = Account {
        url: bench.ocm.url().parse().unwrap(),
        token_url: Some(bench.ocm.token_url().parse().unwrap()),
        ..bench.account.clone()
    };
    let trusted = Account { trust: Trust::Authorities(bench.ocm.ca_pem().to_owned()), ..sealed.clone() };
    assert_eq!(bench.registrar.probe(&trusted).await.unwrap().username, "slipway-sa");
    let calls = bench.ocm.call_count();
    for account in [&sealed, &Account { token_url: bench.account.token_url.clone(), ..sealed.clone() }] {
        let failure = bench.registrar.probe(account).await.unwrap_err();
        assert_eq!(failure.reason, Reason::CertificateUntrusted);
        assert!(failure.message.starts_with("spec.registrar.ocm.tls"), "{failure}");
    }
    assert_eq!(bench.ocm.call_count(), calls + 1, "only a token over plain HTTP was asked for");
}

#[tokio::test]
async fn a_path_in_the_address_does_not_count() {
    let bench = Bench::start().await;
    let url = format!("{}/api/accounts_mgmt/?a=b#c", bench.ocm.plain_url()).parse().unwrap();
    let account = Account { url, ..bench.account.clone() };
    assert_eq!(bench.registrar.probe(&account).await.unwrap().username, "slipway-sa");
}

#[tokio::test]
async fn who_the_credentials_are_is_asked_once_and_each_is_who_he_is() {
    let bench = Bench::start().await;
    let user = bench.user("other");
    let other =
        bench.with_secret("2", &[("clientId", &user.client_id), ("clientSecret", &user.client_secret)]);
    bench.reserve("c1").await.unwrap();
    for _ in 0..10 {
        assert_eq!(bench.registrar.probe(&bench.account).await.unwrap().username, "slipway-sa");
        assert_eq!(bench.registrar.probe(&other).await.unwrap().username, "other");
        assert_eq!(bench.registrar.find(&bench.account, "c1", AGE).await.unwrap().len(), 1);
        assert!(bench.registrar.find(&other, "c1", AGE).await.unwrap().is_empty(), "of another organization");
    }
    assert_eq!(bench.calls("GET", "current_account"), 2);
    assert_eq!(bench.lists(), 2);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let bench = Bench::start().await;
    let account = Account { proxy: Some("http://127.0.0.1:1".parse().unwrap()), ..bench.account.clone() };
    let failure =
        tokio::time::timeout(Duration::from_secs(20), bench.registrar.probe(&account)).await.unwrap();
    let failure = failure.unwrap_err();
    assert!(failure.message.starts_with("spec.registrar.ocm.proxyUrl"), "{failure}");
}
