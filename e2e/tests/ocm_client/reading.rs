//! Lists, searches, pages and the commands that read several things (rows 7, 8, 13 and 14 of facts/ocm.md §9.1).

use serde_json::{Value, json};
use slipway_e2e::foreign::OcmClient;
use slipway_sim::Telemetry;

use crate::stage::{API, SERVICE, Stage, has, names, refused, text};

/// Display names of the records; the cluster ids are `id-NAME`.
const NAMES: [&str; 5] = ["apple", "banana", "it's 100% \\ber", "cherry", "Date"];

/// A search, and the names that it finds, in order of letters.
const SEARCHES: &[(&str, &[&str])] = &[
    ("cluster_id = 'id-apple'", &["apple"]),
    ("cluster_id = 'none'", &[]),
    ("display_name = 'it''s 100% \\ber'", &["it's 100% \\ber"]),
    ("display_name like '%a%'", &["Date", "apple", "banana"]),
    ("display_name like 'd%'", &[]),
    ("display_name ilike 'd%'", &["Date"]),
    ("display_name not like '%a%'", &["cherry", "it's 100% \\ber"]),
    ("cluster_id in ('id-apple', 'id-cherry', 'none')", &["apple", "cherry"]),
    ("cluster_id not in ('id-apple','id-banana','id-cherry')", &["Date", "it's 100% \\ber"]),
    ("labels.key = 'slipway.team' and labels.value = 'red'", &["cherry"]),
    ("labels.key = 'slipway.team' and labels.value = 'blue'", &[]),
    (
        "plan.id in ('OCP-AssistedInstall') and\n  status not in ('Deprovisioned', 'Archived') and display_name <> ''",
        &["Date", "apple", "banana", "cherry", "it's 100% \\ber"],
    ),
    (
        "creator.username = 'slipway-sa' and managed = 'false' and display_name ~= '^[a-b]'",
        &["apple", "banana"],
    ),
    ("(display_name = 'cherry' or cluster_id = 'cherry' or external_cluster_id = 'cherry')", &["cherry"]),
    ("not (status = 'Reserved')", &[]),
];

/// What the service does not take: its numbers for it are 21 and 23 (facts/ocm.md §2.1).
const BAD_SEARCHES: [&str; 6] = [
    "cluster_id = ",
    "cluster_id = 'it's'",
    "cluster_id == 'x'",
    "(cluster_id = 'x'",
    "no_such_field = 'x'",
    "cluster_id = 'x' and",
];

async fn stocked(client: &OcmClient) -> anyhow::Result<Stage> {
    let stage = Stage::of_service(client).await?;
    for name in NAMES {
        let id = stage.reserve(&format!("id-{name}"), name).await?;
        if name == "cherry" {
            let label = json!({"key": "slipway.team", "value": "red", "internal": false});
            stage.send(&["post", &format!("{API}/subscriptions/{id}/labels")], &label).await?.json()?;
        }
    }
    Ok(stage)
}

pub(crate) async fn searches(client: OcmClient) -> anyhow::Result<()> {
    let stage = stocked(&client).await?;
    for (search, expected) in SEARCHES {
        let list = stage.get(&["subscriptions", "--parameter", &format!("search={search}")]).await?;
        let found = names(&list);
        anyhow::ensure!(found == *expected, "{search} finds {found:?}, not {expected:?}");
        let counted = list["total"] == found.len() && list["size"] == found.len();
        anyhow::ensure!(counted && list["kind"] == "SubscriptionList", "miscounted: {list}");
    }
    for search in BAD_SEARCHES {
        let said = stage.ocm(&["get", "subscriptions", "-p", &format!("search={search}")]).await?;
        refused(&said, &[21, 23])?;
    }
    Ok(())
}

pub(crate) async fn pages_and_fields(client: OcmClient) -> anyhow::Result<()> {
    let stage = stocked(&client).await?;
    let all = stage.get(&["subs", "-p", "orderBy=id asc"]).await?;
    let ids = ids(&all);
    anyhow::ensure!(ids.is_sorted() && ids.len() == NAMES.len(), "not in order: {ids:?}");
    for (page, expected) in ids.chunks(2).enumerate() {
        let page = format!("page={}", page + 1);
        let list = stage.get(&["subs", "-p", "size=2", "-p", &page, "-p", "orderBy=id asc"]).await?;
        let found = self::ids(&list);
        anyhow::ensure!(found == expected, "{page} has {found:?}, not {expected:?}");
        anyhow::ensure!(list["size"] == expected.len() && list["total"] == ids.len(), "miscounted: {list}");
    }
    // The SDK's own spelling of the order.
    let newest = stage.get(&["subs", "-p", "size=1", "-p", "order=id desc"]).await?;
    anyhow::ensure!(self::ids(&newest) == ids[ids.len() - 1..], "order= is not heeded: {newest}");
    refused(&stage.ocm(&["get", "subs", "-p", "orderBy=id sideways"]).await?, &[21])?;
    fields_are_cut(&stage, ids[0]).await
}

async fn fields_are_cut(stage: &Stage, id: &str) -> anyhow::Result<()> {
    let list = stage.get(&["subs", "-p", "fields=id,plan.id"]).await?;
    for item in list["items"].as_array().into_iter().flatten() {
        let cut = json!({"id": item["id"], "plan": {"id": "OCP-AssistedInstall"}});
        anyhow::ensure!(*item == cut, "more or less than asked for: {item}");
    }
    let search = "search=display_name = 'cherry'";
    let plain = stage.get(&["subs", "-p", search]).await?;
    anyhow::ensure!(plain["items"][0].get("labels").is_none(), "labels that nobody asked for: {plain}");
    let labelled = stage.get(&["subs", "-p", search, "-p", "fetchLabels=true"]).await?;
    has(&labelled, &[("/items/0/labels/0/key", "slipway.team"), ("/items/0/labels/0/value", "red")])?;
    // As the installer's page has it.
    has(
        &stage.get(&["subscription", id]).await?,
        &[("/id", id), ("/status", "Reserved"), ("/kind", "Subscription")],
    )?;
    let said = stage.ocm(&["get", "--single", "sub", id]).await?;
    anyhow::ensure!(said.ok()?.trim().lines().count() == 1, "{said:?}");
    refused(&stage.ocm(&["get", "subscription", "2AbCdEfGhIjKlMnOpQrStUvWxYz"]).await?, &[7])?;
    refused(&stage.ocm(&["get", &format!("{API}/nothing")]).await?, &[7])?;
    Ok(())
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str()).collect()
}

pub(crate) async fn account_commands(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let organization = stage.account(SERVICE)?.organization_id;
    let shown = |words: &'static [&'static str]| {
        let (stage, organization) = (&stage, organization.as_str());
        async move {
            let said = stage.ocm(words).await?;
            anyhow::ensure!(said.ok()?.contains(organization), "{words:?} shows no {organization}: {said:?}");
            Ok(said.out)
        }
    };
    let status = shown(&["account", "status"]).await?;
    anyhow::ensure!(
        status.contains(&format!("User {SERVICE} on {}", stage.service().plain_url())),
        "{status}"
    );
    shown(&["account", "orgs"]).await?;
    stage.service().set_quota("A", "compute.node", 7);
    let quota = shown(&["account", "quota"]).await?;
    anyhow::ensure!(quota.contains("7 compute.node"), "{quota}");
    shown(&["list", "orgs"]).await?;
    let users = stage.ocm(&["account", "users"]).await?;
    anyhow::ensure!(users.ok()?.contains("jdoe") && !users.out.contains("other"), "{users:?}");
    let organizations = stage.get(&["orgs"]).await?;
    anyhow::ensure!(organizations["items"][0]["id"] == organization.as_str(), "{organizations}");
    has(&stage.get(&["org", &organization]).await?, &[("/kind", "Organization")])
}

pub(crate) async fn cluster_commands(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let cluster = "5e0cb9d4-6a2e-4a3a-8a0e-1d0a1e2b3c4d";
    let external = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    let id = stage.reserve(cluster, "demo").await?;
    stage.patch(&id, &json!({"external_cluster_id": external})).await?.ok()?;
    let silent = stage.ocm(&["cluster", "status", cluster]).await?;
    anyhow::ensure!(silent.ok()?.starts_with("State:") && !silent.out.contains("Memory"), "{silent:?}");
    anyhow::ensure!(
        stage.service().telemetry(external, &Telemetry::default()) == id,
        "another record took it"
    );
    let heard = stage.ocm(&["cluster", "status", cluster]).await?;
    for word in ["State:", "Memory:", "CPU:", " used"] {
        anyhow::ensure!(heard.ok()?.contains(word), "no {word}: {}", heard.out);
    }
    let record = stage.get(&["sub", &id, "-p", "fetchMetrics=true"]).await?;
    text(&record, "/metrics/0/openshift_version")?;
    Ok(())
}
