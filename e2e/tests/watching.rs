//! What the operator asks of the API server to learn of objects: pages, changes with bookmarks, and Secrets by their names only.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use slipway_e2e::audit::AuditedRequest;
use slipway_e2e::objects::LIMIT;
use slipway_e2e::{ApiCall, ApiProxy, ControlPlane, OperatorOptions, Rack, Verb, wait_for};

const ACCOUNT: &str = "system:serviceaccount:slipway-system:slipway";
const GROUP: &str = "slipway.dev";
const KINDS: [&str; 4] = ["baremetalhosts", "clustersubscriptions", "infrastructures", "installprofiles"];
/// Objects of a page, and a few more profiles than that beside the rack's own.
const PAGE: usize = 500;
const PROFILES: usize = PAGE + 5;
const CREATORS: usize = 16;

async fn rack(proxy: &ApiProxy, control_plane: &ControlPlane) -> Rack {
    let operator = OperatorOptions::default().api(proxy.url(), proxy.ca_pem());
    Rack::options().operator(operator).start(control_plane, "watching").await.unwrap()
}

/// Profiles that nobody uses.
async fn profiles(control_plane: &ControlPlane, rack: &Rack) {
    let kind = GroupVersionKind::gvk(GROUP, "v1alpha1", "InstallProfile");
    let resource = ApiResource::from_gvk_with_plural(&kind, "installprofiles");
    let client = control_plane.client().await.unwrap();
    let api: Api<DynamicObject> = Api::namespaced_with(client, rack.namespace.name(), &resource);
    let made = stream::iter(0..PROFILES).map(|index| {
        let (api, mut profile) = (api.clone(), rack.profile());
        profile["metadata"]["name"] = format!("profile-{index}").into();
        async move { api.create(&PostParams::default(), &serde_json::from_value(profile).unwrap()).await }
    });
    made.buffer_unordered(CREATORS).try_for_each(|_| async { Ok(()) }).await.unwrap();
}

fn asks(call: &ApiCall, what: &str) -> bool {
    call.path.split_once('?').is_some_and(|(_, query)| query.split('&').any(|pair| pair.starts_with(what)))
}

/// The calls of this verb for a kind.
fn of<'a>(calls: &'a [ApiCall], kind: &str, verb: Verb) -> Vec<&'a ApiCall> {
    calls.iter().filter(|call| call.group == GROUP && call.resource == kind && call.verb == verb).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_come_in_pages_and_changes_with_bookmarks_and_each_secret_by_its_name() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let proxy = ApiProxy::start(control_plane).await.unwrap();
    let mut rack = rack(&proxy, control_plane).await;
    rack.apply(&rack.host(0)).await.unwrap();
    rack.wait_phase(0, "Available").await.unwrap();
    profiles(control_plane, &rack).await;
    rack.operator.stop().await.unwrap();
    proxy.reset();
    rack.operator.start_again().await.unwrap();
    let all_seen = || async {
        let calls = proxy.calls();
        let missing = KINDS.iter().find(|kind| of(&calls, kind, Verb::Watch).is_empty());
        missing.map_or(Ok(()), |kind| Err(anyhow::anyhow!("no watch of {kind} yet")))
    };
    wait_for("a watch of every kind", LIMIT, all_seen).await.unwrap();
    rack.wait_reads(0, 1).await.unwrap();

    let calls = proxy.calls();
    for kind in KINDS {
        let (lists, watches) = (of(&calls, kind, Verb::List), of(&calls, kind, Verb::Watch));
        // A look whether the kind may be read at all asks for one object.
        assert!(lists.iter().all(|list| asks(list, "limit=")), "{lists:?}");
        let pages: Vec<_> = lists.iter().filter(|list| asks(list, &format!("limit={PAGE}"))).collect();
        assert_eq!(pages.len(), if kind == "installprofiles" { 2 } else { 1 }, "{lists:?}");
        assert!(pages.iter().skip(1).all(|page| asks(page, "continue=")), "{lists:?}");
        assert!(watches.iter().all(|watch| asks(watch, "allowWatchBookmarks=true")), "{watches:?}");
    }
    secrets_by_name(&control_plane.audited().unwrap());
}

/// By the API server's own account, from the operator's first start on.
fn secrets_by_name(audited: &[AuditedRequest]) {
    let ours = audited.iter().filter(|request| request.user == ACCOUNT && request.resource == "secrets");
    let (writes, reads): (Vec<_>, Vec<_>) = ours.partition(|request| request.is_write());
    assert!(reads.iter().all(|read| read.verb == "get" && !read.name.is_empty()), "{reads:?}");
    for name in ["bmc-ca", "u00-bmc", "slipway-boot-key"] {
        assert!(reads.iter().any(|read| read.name == name), "{name} was read: {reads:?}");
    }
    // Its own, at its first start.
    assert!(
        writes.iter().all(|write| write.verb == "create" && write.namespace == "slipway-system"),
        "{writes:?}"
    );
}
