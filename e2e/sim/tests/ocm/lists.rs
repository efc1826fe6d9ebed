//! Lists: searched, ordered, in pages, cut (`facts/ocm.md §2.2, §2.3`).

use crate::scene::{Answer, HOUR, Scene, escaped};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn the_queries_of_the_field_find_what_they_should() {
    let scene = Scene::start().await;
    let (a, b) = (scene.activate("c-a", "e-a").await, scene.reserve("c-b").await);
    scene.ocm.put_label("subscriptions", &a, "foo", "bar");
    scene.ocm.put_label("subscriptions", &b, "foo", "x");
    scene.ocm.put_label("subscriptions", &b, "y", "bar");
    let unwell = slipway_sim::Telemetry { health: "unhealthy".to_owned(), ..Default::default() };
    scene.ocm.telemetry("e-a", &unwell);
    let jdoe = scene.ocm.account("jdoe").unwrap();
    let mine = format!(
        "organization_id = '{}' and status not in ('Deprovisioned','Archived')",
        jdoe.organization_id
    );
    for (search, wanted) in [
        ("cluster_id = 'c-a'", vec![&a]),
        ("external_cluster_id = 'e-a'", vec![&a]),
        ("external_cluster_id in ('e-a','e-b')", vec![&a]),
        ("status = 'Reserved'", vec![&b]),
        ("(display_name = 'demo' or cluster_id = 'k' or external_cluster_id = 'k')", vec![&a, &b]),
        (
            "(cluster_id != '') and (plan.id in ('OCP','OCP-AssistedInstall')) and (status not in\n('Reserved')) and (display_name ilike '%EM%')",
            vec![&a],
        ),
        ("labels.key = 'foo' and labels.value = 'bar'", vec![&a]),
        ("plan_id in ('OCP')", vec![]),
        ("creator.username='jdoe' and organization.name = 'A'", vec![&a, &b]),
        (&format!("{mine} and metrics.health_state = 'unhealthy'"), vec![&a]),
        (&mine, vec![&a, &b]),
        ("managed = 't'", vec![]),
        ("", vec![&a, &b]),
    ] {
        let answer = scene.service().search("subscriptions", search).await;
        let found: BTreeSet<&str> = answer.each("id").into_iter().collect();
        let wanted: BTreeSet<&str> = wanted.into_iter().map(String::as_str).collect();
        assert_eq!(found, wanted, "{search}");
        assert_eq!((&answer.body["total"], &answer.body["size"]), (&json!(found.len()), &json!(found.len())));
        assert_eq!(answer.body["kind"], "SubscriptionList");
    }
}

#[tokio::test]
async fn a_search_that_cannot_be_read_is_an_error() {
    let scene = Scene::start().await;
    let service = scene.service();
    for (search, id) in
        [("status = 'Active", "23"), ("x = 'y'", "21"), ("plan.id.x = 'y'", "21"), ("a b", "23")]
    {
        assert_eq!(service.search("subscriptions", search).await.error(), (400, id), "{search}");
    }
    for order in ["nothing asc", "id up", "id asc desc"] {
        let answer = service.get(&format!("subscriptions?orderBy={}", escaped(order))).await;
        assert_eq!(answer.error(), (400, "21"), "{order}");
    }
    assert_eq!(service.get("subscriptions?size=x").await.error(), (400, "21"));
    assert_eq!(
        service.get("cluster_transfers?search=cluster_uuid+is+'u'+and+status+is+'accepted'").await.status,
        200
    );
    let two = format!("search={}&search=broken", escaped("status = 'Active'"));
    assert_eq!(service.get(&format!("subscriptions?{two}")).await.status, 200, "the first counts");
}

#[tokio::test]
async fn names_that_try_to_break_out_stay_names() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    for name in ["' or '1' = '1", "a'b", "100%", "a\\", "\"`[]", "naïve ☃", &"x'".repeat(2048), "a_b", "\n"]
    {
        let set = scene.service().patch(&format!("subscriptions/{id}"), &json!({"display_name": name})).await;
        assert_eq!(set.status, 200);
        let search = format!("display_name = '{}'", name.replace('\'', "''"));
        assert_eq!(scene.service().search("subscriptions", &search).await.each("id"), [&id], "{name}");
        let other = format!("display_name = '{}x'", name.replace('\'', "''"));
        assert!(scene.service().search("subscriptions", &other).await.items().is_empty(), "{name}");
    }
}

fn many(scene: &Scene) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(scene.ocm.reserve_as("jdoe", &format!("c-{number}"), &format!("name {}", 6 - number)));
        scene.ocm.clock().advance(Duration::from_secs(1));
    }
    ids
}

#[tokio::test]
async fn ordered_pages_are_exact_and_others_are_not() {
    let scene = Scene::start().await;
    let ids = many(&scene);
    let page = async |query: &str| scene.service().get(&format!("subscriptions?{query}")).await;
    for order in ["orderBy=id+asc", "order=id", "orderBy=display_name+DESC,+id", "orderBy=created_at"] {
        let mut seen = Vec::new();
        for (number, size) in [(1, 3), (2, 3), (3, 1), (4, 0)] {
            let answer = page(&format!("{order}&size=3&page={number}")).await;
            assert_eq!((&answer.body["size"], &answer.body["total"]), (&json!(size), &json!(7)));
            assert_eq!(answer.body["page"], number);
            seen.extend(answer.each("id").into_iter().map(str::to_owned));
        }
        assert_eq!(seen, ids, "{order}");
    }
    let names = page("orderBy=display_name").await;
    assert_eq!(names.each("id"), ids.iter().rev().map(String::as_str).collect::<Vec<_>>());
    let texts = |answer: Answer| answer.each("id").join(" ");
    let mut orders = BTreeSet::new();
    for _ in 0..20 {
        orders.insert(texts(page("").await));
    }
    assert!(orders.len() > 1, "an order that nobody asked for is another each time");
    let none = page("size=0").await;
    assert_eq!((none.items().len(), &none.body["total"]), (0, &json!(7)));
    assert_eq!(page("size=-1").await.items().len(), 7);
    assert_eq!(page("page=0&size=2").await.items().len(), 2);
}

#[tokio::test]
async fn a_page_has_a_hundred_unless_more_are_wanted() {
    let scene = Scene::start().await;
    for number in 0..101 {
        scene.ocm.reserve_as("jdoe", &format!("c-{number}"), "n");
    }
    let service = scene.service();
    assert_eq!(service.get("subscriptions").await.items().len(), 100);
    assert_eq!(service.get("subscriptions?size=1000&orderBy=id").await.items().len(), 101);
    let keys: Vec<String> = (0..100).map(|number| format!("'c-{number}'")).collect();
    let search = escaped(&format!("cluster_id in ({})", keys.join(",")));
    assert_eq!(service.get(&format!("subscriptions?size=100&search={search}")).await.body["total"], 100);
}

#[tokio::test]
async fn only_the_wanted_fields_are_sent() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    scene.ocm.put_label("subscriptions", &id, "k", "v");
    let one =
        async |query: &str| scene.service().get(&format!("subscriptions?{query}")).await.items()[0].clone();
    assert_eq!(
        one("fields=plan.id,plan.type,status").await,
        json!({"id": id, "status": "Reserved", "plan": {"id": "OCP-AssistedInstall", "type": "OCP"}})
    );
    assert_eq!(one("fields=labels.key&fetchLabels=true").await, json!({"id": id, "labels": [{"key": "k"}]}));
    assert_eq!(one("fields=labels.*&fetchLabels=true").await["labels"][0]["value"], "v");
    assert_eq!(one("fetchLabels=true&fetchAccounts=true").await["creator"]["username"], "jdoe");
}

#[tokio::test]
async fn labels_filter_without_a_search() {
    let scene = Scene::start().await;
    let (a, b) = (scene.reserve("c-a").await, scene.reserve("c-b").await);
    for (id, key, value) in [(&a, "k", "v"), (&a, "m", "n"), (&b, "k", "v")] {
        scene.ocm.put_label("subscriptions", id, key, value);
    }
    let get =
        async |labels: &str| scene.service().get(&format!("subscriptions?labels={}", escaped(labels))).await;
    assert_eq!(get("k=v").await.items().len(), 2);
    assert_eq!(get("k=v,m=n").await.each("id"), [&a]);
    assert_eq!(get("k=x").await.items().len(), 0);
    assert_eq!(get("k").await.error(), (400, "21"));
}

#[tokio::test]
async fn lists_are_behind_and_records_are_not() {
    let scene = Scene::switched(|switches| switches.search_lag = HOUR).await;
    let id = scene.reserve("c-1").await;
    let path = format!("subscriptions/{id}");
    let found = async |search: &str| scene.service().search("subscriptions", search).await.items().len();
    assert_eq!((found("").await, scene.service().get(&path).await.status), (0, 200));
    assert_eq!(scene.reserve("c-1").await, id, "the key itself is known at once");
    scene.ocm.clock().advance(HOUR);
    assert_eq!(found("cluster_id = 'c-1'").await, 1);
    for name in ["x", "y"] {
        scene.service().patch(&path, &json!({"display_name": name})).await;
        assert_eq!(scene.service().get(&path).await.body["display_name"], name);
        scene.ocm.clock().advance(HOUR / 2);
    }
    assert_eq!((found("display_name = 'x'").await, found("display_name = 'y'").await), (1, 0));
    scene.service().delete(&path).await;
    scene.ocm.clock().advance(HOUR / 2);
    assert_eq!(found("display_name = 'y' and status = 'Reserved'").await, 1);
    scene.ocm.clock().advance(HOUR / 2);
    assert_eq!(found("status = 'Reserved'").await, 0);
}
