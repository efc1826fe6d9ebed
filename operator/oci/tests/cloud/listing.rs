//! Finding by name: pages, empty pages, names that are only alike, and lists without an end.

use serde_json::{Value, json};
use slipway_core::{infrastructure::CloudPort, reason::Reason};
use slipway_oci::Limits;

use crate::{
    account::{COMPARTMENT, account, cloud, limits},
    server::{Act, Seen, Server, json as reply, refusal},
};

fn row(id: &str, name: &str, state: &str) -> Value {
    json!({
        "id": id, "displayName": name, "compartmentId": COMPARTMENT, "lifecycleState": state,
        "timeCreated": "2025-12-31T23:00:00Z",
    })
}

fn page(rows: &[Value], next: &str) -> Act {
    let next = if next.is_empty() { String::new() } else { format!("opc-next-page: {next}\r\n") };
    reply(200, &next, &json!({ "items": rows }).to_string())
}

/// The page asked for.
fn asked(seen: &Seen) -> &str {
    seen.target.split("page=").nth(1).unwrap_or_default()
}

/// One record whose state depends on its id.
fn one(seen: &Seen) -> Act {
    let id = seen.target.rsplit('/').next().unwrap();
    let state = if id.ends_with("gone") { "DELETED" } else { "ACTIVE" };
    let mut record = row(id, "north rack", state);
    record["freeformTags"] = json!({"slipway-owner": id});
    reply(200, "etag: e\r\n", &record.to_string())
}

#[tokio::test]
async fn all_pages_are_read_and_each_match_whole() {
    let script = |_, seen: &Seen| match (seen.target.contains('?'), asked(seen)) {
        (false, _) => one(seen),
        (true, "") => {
            page(&[row("ocid1.a", "north rack", "ACTIVE"), row("ocid1.b", "north rack ", "ACTIVE")], "p2=")
        }
        (true, "p2%3D") => page(&[], "p3"),
        (true, _) => page(
            &[
                row("ocid1.a", "north rack", "ACTIVE"),
                row("ocid1.c", "north rack", "DELETED"),
                row("ocid1.d", "north rack", "PONDERING"),
                row("ocid1.gone", "north rack", "ACTIVE"),
                row("ocid1.e", "North rack", "ACTIVE"),
            ],
            "",
        ),
    };
    let server = Server::start(script).await;
    let (cloud, counted) = cloud(limits());
    let account = account(&server.url());
    let found = cloud.find(&account, COMPARTMENT, "north rack").await.unwrap();
    let ids: Vec<_> = found.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["ocid1.a", "ocid1.d"]);
    assert_eq!(found[0].freeform_tags["slipway-owner"], "ocid1.a");
    assert!(found[0].etag.is_some());
    let first = server.seen().remove(0).target;
    assert_eq!(
        first,
        format!(
            "/20221208/cccInfrastructures?compartmentId={COMPARTMENT}&displayName=north%20rack&limit=100"
        )
    );
    assert_eq!(counted.all().iter().filter(|one| *one == "oci list 2xx").count(), 3);

    let schedules = cloud.find_schedules(&account, COMPARTMENT, "north rack").await.unwrap();
    let ids: Vec<_> = schedules.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["ocid1.a", "ocid1.d"]);
    assert!(server.seen().last().unwrap().target.starts_with("/20221208/cccUpgradeSchedules/"));
}

#[tokio::test]
async fn no_match_is_no_failure_and_too_many_are_not_all_read() {
    let server = Server::start(|_, _| page(&[], "")).await;
    assert!(cloud(limits()).0.find(&account(&server.url()), COMPARTMENT, "x").await.unwrap().is_empty());

    let script = |_, seen: &Seen| {
        let rows: Vec<_> = (0..50).map(|n| row(&format!("ocid1.n{n}"), "north rack", "ACTIVE")).collect();
        if seen.target.contains('?') { page(&rows, "more") } else { one(seen) }
    };
    let server = Server::start(script).await;
    let found = cloud(limits()).0.find(&account(&server.url()), COMPARTMENT, "north rack").await.unwrap();
    assert_eq!((found.len(), server.seen().len()), (5, 6));
}

#[tokio::test]
async fn a_list_without_an_end_ends() {
    let server = Server::start(|before, _| page(&[], &format!("p{before}"))).await;
    let few = Limits { pages: 7, ..limits() };
    let failure = cloud(few).0.find(&account(&server.url()), COMPARTMENT, "x").await.unwrap_err();
    assert_eq!((failure.reason, server.seen().len()), (Reason::NotOracleCloud, 7), "{failure}");
}

#[tokio::test]
async fn a_list_that_is_not_allowed_names_the_permission() {
    let server = Server::start(|_, _| refusal(404, "NotAuthorizedOrNotFound", "x")).await;
    let failure =
        cloud(limits()).0.find_schedules(&account(&server.url()), COMPARTMENT, "x").await.unwrap_err();
    assert_eq!(failure.reason, Reason::NotAuthorizedOrNotFound);
    for words in ["inspect ccc-upgrade-schedule", "CCC_UPGRADE_SCHEDULE_INSPECT"] {
        assert!(failure.message.contains(words), "{failure}");
    }
}
