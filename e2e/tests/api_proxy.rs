//! The proxy between operator and API server: it passes everything, counts it, and breaks what a rule names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _};
use http::StatusCode;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams, ObjectMeta, Patch, PatchParams, PostParams, WatchParams};
use kube::core::WatchEvent;
use serde_json::json;
use slipway_e2e::control_plane::client_of;
use slipway_e2e::operator_access;
use slipway_e2e::{ApiProxy, ControlPlane, Moment, Rule, TestNamespace, Then, Verb};

const LIMIT: Duration = Duration::from_secs(20);

struct Setting {
    proxy: ApiProxy,
    /// Through the proxy, with a token.
    maps: Api<ConfigMap>,
    /// Past the proxy, as administrator.
    direct: Api<ConfigMap>,
    _folder: tempfile::TempDir,
}

/// The operator's account exists by the shipped manifests or by this; its rights here are the test's own.
const ACCOUNT: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: slipway-system}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: slipway, namespace: slipway-system}}
";

async fn setting(test: &str) -> anyhow::Result<Setting> {
    let control_plane = ControlPlane::shared().await?;
    let namespace = TestNamespace::create(control_plane, test).await?;
    control_plane.kubectl().apply(ACCOUNT).await?;
    let edit =
        ["create", "rolebinding", "edit", "--clusterrole=edit", "--serviceaccount=slipway-system:slipway"];
    namespace.kubectl(control_plane).ok(&edit).await?;
    let proxy = ApiProxy::start(control_plane).await?;
    let folder = tempfile::tempdir()?;
    let kubectl = control_plane.kubectl();
    let kubeconfig =
        operator_access::kubeconfig(&kubectl.client().await?, proxy.url(), proxy.ca_pem(), folder.path())
            .await?;
    let maps = Api::namespaced(client_of(&kubeconfig).await?, namespace.name());
    let direct = Api::namespaced(control_plane.client().await?, namespace.name());
    // The binding is known to the authorizer a moment after it was made.
    slipway_e2e::wait_for("the binding to count", LIMIT, || async {
        Ok(maps.list(&ListParams::default()).await?)
    })
    .await?;
    proxy.reset();
    Ok(Setting { proxy, maps, direct, _folder: folder })
}

fn map(name: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() },
        ..ConfigMap::default()
    }
}

#[tokio::test]
async fn calls_pass_and_are_counted() {
    let Setting { proxy, maps, direct, .. } = setting("counted").await.unwrap();
    maps.create(&PostParams::default(), &map("a")).await.unwrap();
    let patch = Patch::Merge(json!({"data": {"k": "v"}}));
    for _ in 0..3 {
        maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    }
    assert!(maps.get_opt("missing").await.unwrap().is_none());
    assert_eq!(direct.get("a").await.unwrap().data.unwrap()["k"], "v");

    let counts = proxy.counts();
    assert_eq!(counts[&(Verb::Create, "configmaps".into())], 1);
    assert_eq!(counts[&(Verb::Patch, "configmaps".into())], 3);
    assert_eq!(counts[&(Verb::Get, "configmaps".into())], 1);
    assert_eq!((proxy.calls().len(), proxy.writes()), (5, 4));
    assert_eq!(proxy.calls()[3].write_number, Some(4));
}

#[tokio::test]
async fn a_watch_streams() {
    let Setting { proxy: _alive, maps, direct, .. } = setting("streams").await.unwrap();
    let from = maps.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    let mut events = maps.watch(&WatchParams::default(), &from).await.unwrap().boxed();
    for name in ["first", "second"] {
        direct.create(&PostParams::default(), &map(name)).await.unwrap();
        // The stream stays open: each event must come while nothing follows it.
        let seen = async {
            while let Some(event) = events.try_next().await? {
                if let WatchEvent::Added(added) = event
                    && added.metadata.name.as_deref() == Some(name)
                {
                    return Ok(());
                }
            }
            anyhow::bail!("the watch ended")
        };
        tokio::time::timeout(LIMIT, seen).await.context(name).unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_cut_before_forwarding_never_reaches_the_server_and_one_after_it_does() {
    let Setting { proxy, maps, direct, .. } = setting("cut").await.unwrap();
    let hooked = Arc::new(AtomicU64::new(0));
    for (write, moment) in [(1, Moment::BeforeForwarding), (2, Moment::BeforeAnswering)] {
        let hooked = Arc::clone(&hooked);
        proxy.install(Rule::at_write(write, moment, move |call| {
            assert_eq!(call.verb, Verb::Create);
            hooked.fetch_add(1, Ordering::SeqCst);
            Then::Cut
        }));
    }
    maps.create(&PostParams::default(), &map("unheard")).await.unwrap_err();
    maps.create(&PostParams::default(), &map("unanswered")).await.unwrap_err();
    assert_eq!(hooked.load(Ordering::SeqCst), 2);
    assert!(direct.get_opt("unheard").await.unwrap().is_none());
    assert!(direct.get_opt("unanswered").await.unwrap().is_some());
    maps.create(&PostParams::default(), &map("unheard")).await.unwrap();
}

#[tokio::test]
async fn a_rule_answers_in_place_of_the_server_until_it_is_removed() {
    let Setting { proxy, maps, direct, .. } = setting("answers").await.unwrap();
    proxy.install(Rule::new(
        Moment::BeforeForwarding,
        |call| call.verb == Verb::Create && call.resource == "configmaps",
        |_| Then::Answer(StatusCode::CONFLICT),
    ));
    let refused = maps.create(&PostParams::default(), &map("refused")).await.unwrap_err();
    assert!(matches!(&refused, kube::Error::Api(status) if status.code == 409), "{refused:?}");
    assert!(direct.get_opt("refused").await.unwrap().is_none());
    proxy.clear_rules();
    maps.create(&PostParams::default(), &map("refused")).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_bad_gateway_and_a_dropped_proxy_is_gone() {
    let mut control_plane = ControlPlane::start().await.unwrap();
    let proxy = ApiProxy::start(&control_plane).await.unwrap();
    let authority = reqwest::Certificate::from_pem(proxy.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap();
    let url = format!("{}/readyz", proxy.url());
    assert_eq!(client.get(&url).send().await.unwrap().status(), StatusCode::OK);
    control_plane.kill().await.unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), StatusCode::BAD_GATEWAY);
    drop(proxy);
    slipway_e2e::wait_for("the proxy to be gone", LIMIT, || async {
        anyhow::ensure!(client.get(&url).send().await.is_err(), "it still answers");
        Ok(())
    })
    .await
    .unwrap();
}
