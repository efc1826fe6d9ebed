//! Where the registrar is said to be.

use serde_json::{Value, json};
use slipway_e2e::{OperatorProcess, Registry};

use crate::scene::{apply, assert_clean, at_rest, calm, mend, reserved, start, told};

/// Nobody listens there.
const CLOSED: &str = "127.0.0.1:1";

/// A spec whose registrar differs in these fields; null takes one away.
fn with(registry: &Registry, fields: &Value) -> Value {
    let mut registrar = registry.registrar("ocm");
    for (field, value) in fields.as_object().unwrap() {
        registrar["ocm"][field] = value.clone();
    }
    registrar["ocm"].as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!({"registrar": registrar})
}

#[tokio::test]
async fn a_registrar_without_encryption_needs_the_operators_flag() {
    let allowing = Registry::options().operator(OperatorProcess::options().arg("--allow-insecure-tls"));
    let (plain, open) = futures::future::join(calm("plain"), start(allowing, "open")).await;
    let names = ["service", "records", "tokens", "any"];
    let specs = |registry: &Registry| {
        [
            with(
                registry,
                &json!({"url": registry.ocm.plain_url(), "tokenUrl": registry.ocm.plain_token_url(), "tls": null}),
            ),
            with(registry, &json!({"url": registry.ocm.plain_url()})),
            with(registry, &json!({"tokenUrl": registry.ocm.plain_token_url()})),
            with(registry, &json!({"tls": {"insecureSkipVerify": true}})),
        ]
    };
    for registry in [&plain, &open] {
        let objects: Vec<_> = names.into_iter().zip(specs(registry)).collect();
        apply(registry, &objects).await;
    }
    let refused = ("Reachable", "InsecureNotAllowed");
    let url = plain.ocm.plain_url();
    for name in ["service", "records"] {
        told(&plain, name, refused, &["spec.registrar.ocm.url", &url, "use https", "--allow-insecure-tls"])
            .await;
    }
    let token_url = plain.ocm.plain_token_url();
    let token_service = token_url.split("/auth/").next().unwrap();
    told(
        &plain,
        "tokens",
        refused,
        &["spec.registrar.ocm.tokenUrl", token_service, "use https", "--allow-insecure-tls"],
    )
    .await;
    let words = ["spec.registrar.ocm.tls.insecureSkipVerify", "--allow-insecure-tls", "caRef"];
    told(&plain, "any", refused, &words).await;
    at_rest(&plain, &names).await;
    assert_eq!(plain.ocm.call_count(), 0, "{:?}", plain.ocm.calls());

    let mut mended = with(&plain, &json!({}));
    mended["registrar"]["ocm"]["tls"]["insecureSkipVerify"] = Value::Null;
    mend(&plain, &names, &mended).await;
    reserved(&plain, &names).await;
    reserved(&open, &names).await;
    assert_clean(&plain, &[]).await;
    assert_clean(&open, &[]).await;
}

#[tokio::test]
async fn an_address_that_is_not_the_registrars_is_named_and_found_again() {
    let registry = calm("address").await;
    let closed = format!("https://{CLOSED}");
    let objects = [
        ("nowhere", json!({"url": "https://ocm.invalid", "tokenUrl": "https://sso.invalid/token"})),
        ("metadata", json!({"url": "https://169.254.169.254", "tokenUrl": "https://169.254.169.254/token"})),
        ("tokens", json!({"tokenUrl": "https://169.254.169.254/token"})),
        ("closed", json!({"url": closed.as_str()})),
        ("unknown", json!({"tokenUrl": null})),
        ("broken", json!({"url": "https://[1:::2]"})),
        ("proxied", json!({"proxyUrl": format!("http://{CLOSED}")})),
    ];
    apply(&registry, &objects.each_ref().map(|(name, fields)| (*name, with(&registry, fields)))).await;
    let url = registry.ocm.url();
    let expected: [(&str, (&str, &str), &[&str]); 7] = [
        ("nowhere", ("Reachable", "NameNotResolved"), &["spec.registrar.ocm.tokenUrl", "sso.invalid", "DNS"]),
        (
            "metadata",
            ("Reachable", "AddressDenied"),
            &["spec.registrar.ocm.tokenUrl", "169.254.169.254", "--allow-network"],
        ),
        (
            "tokens",
            ("Reachable", "AddressDenied"),
            &["spec.registrar.ocm.tokenUrl", "169.254.169.254", "--allow-network"],
        ),
        ("closed", ("Reachable", "ConnectionRefused"), &["spec.registrar.ocm.url", &closed]),
        ("unknown", ("Ready", "InvalidSpec"), &["spec.registrar.ocm.tokenUrl", &url]),
        (
            "broken",
            ("Ready", "InvalidSpec"),
            &["spec.registrar.ocm.url", "https://[1:::2]", "write https://host"],
        ),
        ("proxied", ("Reachable", "ConnectionRefused"), &["spec.registrar.ocm.proxyUrl"]),
    ];
    for (name, condition, words) in expected {
        told(&registry, name, condition, words).await;
    }
    at_rest(&registry, &["metadata", "unknown", "broken"]).await;
    // The one whose tokens are good asked for one, and nobody got further.
    assert_eq!((registry.ocm.token_requests().len(), registry.ocm.call_count()), (1, 1));

    let mut mended = with(&registry, &json!({}));
    mended["registrar"]["ocm"]["proxyUrl"] = Value::Null;
    mend(&registry, &objects.each_ref().map(|(name, _)| *name), &mended).await;
    reserved(&registry, &objects.each_ref().map(|(name, _)| *name)).await;
    assert_clean(&registry, &[]).await;
}
