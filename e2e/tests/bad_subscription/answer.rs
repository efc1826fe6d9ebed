//! Answers that are not the registrar's, or are damaged.

use futures::future::join_all;
use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_sim::{Fault, Ocm, Trouble};

use crate::scene::{apply, assert_clean, calls, calm, reserved, service, told};

const TOKEN: &str = "openid-connect/token";
const RECORDS: &str = "/accounts_mgmt/v1/subscriptions";
const AUTHORIZATIONS: &str = "cluster_authorizations";

/// A registrar that goes wrong in one way.
struct Wrong {
    name: &'static str,
    fault: Fault<Trouble>,
    reason: &'static str,
    words: &'static [&'static str],
}

fn wrong(
    name: &'static str,
    trouble: Trouble,
    (method, path): (&str, &str),
    (reason, words): (&'static str, &'static [&'static str]),
) -> Wrong {
    Wrong { name, fault: Fault::new(trouble).on(method, path), reason, words }
}

/// What is said of an answer that is not the registrar's.
fn not(words: &'static [&'static str]) -> (&'static str, &'static [&'static str]) {
    ("NotRegistrar", words)
}

fn text(length: usize) -> Value {
    json!({"kind": "x".repeat(length)})
}

/// One registrar for each of these, with an account, Secrets and an object of its own.
async fn open(registry: &Registry, wrongs: &[Wrong]) -> Vec<Ocm> {
    let opened = wrongs.iter().map(async |Wrong { name, fault, .. }| {
        let ocm = service().await;
        ocm.add_fault(fault.clone());
        let registrar = registry.admit(name, &ocm).await.unwrap();
        (ocm, (*name, json!({"registrar": registrar})))
    });
    let (services, objects): (Vec<_>, Vec<_>) = join_all(opened).await.into_iter().unzip();
    apply(registry, &objects).await;
    services
}

/// Waits until each says what is wrong, lifts the faults, and waits until each has the one record that it should have.
async fn see_through(registry: &Registry, wrongs: &[Wrong], services: &[Ocm]) {
    let each = wrongs.iter().zip(services);
    join_all(each.map(|(wrong, ocm)| see_through_one(registry, wrong, ocm))).await;
    let readable = registry.readable().await.unwrap();
    for ocm in services {
        assert!(!readable.contains(&ocm.account("slipway-sa").unwrap().client_secret));
    }
}

async fn see_through_one(registry: &Registry, Wrong { name, fault, reason, words }: &Wrong, ocm: &Ocm) {
    let is_token = fault.path.as_deref() == Some(TOKEN);
    let url = if is_token { ocm.token_url() } else { ocm.url() };
    let address = url.split("/auth/").next().unwrap();
    told(registry, name, ("Reachable", reason), &[&[address][..], words].concat()).await;
    assert!(ocm.subscriptions().is_empty(), "{name}");
    ocm.clear_faults();
    reserved(registry, &[name]).await;
    assert_eq!(ocm.subscriptions().len(), 1, "{name}: {:?}", ocm.subscriptions());
    assert!(ocm.violations().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_the_registrars_is_named_and_nothing_is_made_on_it() {
    let registry = calm("answer").await;
    let other = service().await;
    let location = format!("{}/api/accounts_mgmt/v1/subscriptions", other.url());
    let (list, who) = (("GET", RECORDS), ("GET", "current_account"));
    let wrongs = [
        wrong(
            "html",
            Trouble::Html { status: 200 },
            list,
            not(&["text/html", "spec.registrar.ocm.url", "proxy"]),
        ),
        wrong("empty", Trouble::Empty { status: 200 }, list, not(&["empty body", "spec.registrar.ocm.url"])),
        wrong("truncated", Trouble::Truncated, list, not(&["not what the service answers"])),
        wrong("garbage", Trouble::Garbage, list, not(&["not what the service answers"])),
        wrong(
            "typed",
            Trouble::Json { status: 200, body: json!({"kind": 7, "items": "none"}) },
            list,
            not(&["200"]),
        ),
        wrong("list", Trouble::Json { status: 200, body: json!([]) }, list, not(&["200"])),
        wrong("items", Trouble::Json { status: 200, body: json!({"items": [7, null]}) }, list, not(&["200"])),
        wrong(
            "other-type",
            Trouble::ContentType { value: "text/plain".to_owned() },
            list,
            not(&["text/plain"]),
        ),
        wrong("nobody", Trouble::Json { status: 200, body: json!({}) }, who, not(&["200"])),
        wrong(
            "redirect",
            Trouble::Redirect { status: 307, location },
            list,
            not(&["307", "spec.registrar.ocm.url"]),
        ),
        wrong("broken", Trouble::Html { status: 503 }, list, ("RegistrarFault", &["503"])),
        wrong("cut", Trouble::CutMiddle, list, ("Unreachable", &["spec.registrar.ocm.url"])),
    ];
    let services = open(&registry, &wrongs).await;
    see_through(&registry, &wrongs, &services).await;
    assert_eq!(other.call_count(), 0, "no redirect is followed");
    assert_clean(&registry, &[]).await;
}

#[tokio::test]
async fn an_answer_without_a_token_is_named_and_asked_for_seldom() {
    let registry = calm("token").await;
    let other = service().await;
    let (ask, location) = (("POST", TOKEN), other.token_url());
    let wrongs = [
        wrong(
            "html",
            Trouble::Html { status: 200 },
            ask,
            not(&["text/html", "spec.registrar.ocm.tokenUrl", "proxy"]),
        ),
        wrong("empty", Trouble::Empty { status: 200 }, ask, not(&["empty body"])),
        wrong("truncated", Trouble::Truncated, ask, not(&["without a token"])),
        wrong(
            "typed",
            Trouble::Json { status: 200, body: json!({"access_token": ["x"]}) },
            ask,
            not(&["without a token"]),
        ),
        wrong(
            "huge",
            Trouble::Json { status: 200, body: text(300 << 10) },
            ask,
            ("AnswerTooLarge", &["spec.registrar.ocm.tokenUrl"]),
        ),
        wrong("redirect", Trouble::Redirect { status: 307, location }, ask, not(&["307"])),
        wrong("busy", Trouble::Empty { status: 503 }, ask, ("RegistrarFault", &["503"])),
        wrong("silent", Trouble::Hang, ask, ("Unreachable", &["spec.registrar.ocm.tokenUrl", "10s"])),
    ];
    let services = open(&registry, &wrongs).await;
    see_through(&registry, &wrongs, &services).await;
    assert_eq!(other.call_count(), 0, "no redirect is followed");
    for (Wrong { name, .. }, ocm) in wrongs.iter().zip(&services) {
        let asked = calls(ocm, "POST", TOKEN).len();
        assert!(asked <= 12, "{name}: {asked} requests");
    }
    assert_clean(&registry, &[]).await;
}

#[tokio::test]
async fn a_damaged_answer_to_a_reservation_brings_no_second_record() {
    let registry = calm("damaged").await;
    let post = ("POST", AUTHORIZATIONS);
    let troubles = [
        wrong("html", Trouble::Html { status: 200 }, post, not(&["text/html"])),
        wrong("truncated", Trouble::Truncated, post, not(&["not what the service answers"])),
        wrong(
            "typed",
            Trouble::Json { status: 200, body: json!({"allowed": "yes", "subscription": 7}) },
            post,
            not(&["200"]),
        ),
        wrong(
            "huge",
            Trouble::Json { status: 200, body: text(33 << 20) },
            post,
            ("AnswerTooLarge", &["spec.registrar.ocm.url"]),
        ),
        wrong("late", Trouble::FailAfter { status: 504 }, post, ("RegistrarFault", &["504"])),
    ];
    let wrongs = troubles.map(|wrong| Wrong { fault: wrong.fault.once(), ..wrong });
    let services = open(&registry, &wrongs).await;
    for (Wrong { name, reason, words, .. }, ocm) in wrongs.iter().zip(&services) {
        let event = registry.wait_event(name, reason).await.unwrap();
        let note = event["note"].as_str().unwrap();
        for word in [&[ocm.url().as_str()][..], words].concat() {
            assert!(note.contains(word), "{name}: no {word:?} in {note}");
        }
        reserved(&registry, &[name]).await;
        assert_eq!(ocm.subscriptions().len(), 1, "{name}");
        assert!(ocm.violations().is_empty() && calls(ocm, "POST", AUTHORIZATIONS).len() <= 2);
    }
    assert_clean(&registry, &[]).await;
}
