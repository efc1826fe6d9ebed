//! Every state that the objects of a namespace are in, from the API server's watch: also those that nobody waits for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, TryStreamExt as _};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, WatchEvent, WatchParams};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::record;

/// Each kind with its plural.
pub(crate) const KINDS: [(&str, &str); 4] = [
    ("BareMetalHost", "baremetalhosts"),
    ("ClusterSubscription", "clustersubscriptions"),
    ("Infrastructure", "infrastructures"),
    ("InstallProfile", "installprofiles"),
];

type States = Arc<Mutex<BTreeMap<String, Value>>>;

/// Watches until it is dropped.
pub(crate) struct Recorder {
    states: States,
    _watches: JoinSet<()>,
}

impl Recorder {
    /// Records all kinds in a namespace from now on.
    pub(crate) async fn start(client: &Client, namespace: &str) -> anyhow::Result<Self> {
        let states = States::default();
        let mut watches = JoinSet::new();
        for (kind, plural) in KINDS {
            let kind = GroupVersionKind::gvk("slipway.dev", "v1alpha1", kind);
            let resource = ApiResource::from_gvk_with_plural(&kind, plural);
            let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
            // From the beginning of the namespace, so that what was made before is seen too.
            let events = api.watch(&WatchParams::default().timeout(290), "0").await?.boxed();
            let states = Arc::clone(&states);
            watches.spawn(async move {
                // The watch ends with the control plane.
                let _ended = events
                    .try_for_each(|event| {
                        keep(&states, event);
                        std::future::ready(Ok(()))
                    })
                    .await;
            });
        }
        Ok(Self { states, _watches: watches })
    }

    /// The first object in each state so far, by the state's name.
    pub(crate) fn states(&self) -> BTreeMap<String, Value> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn keep(states: &States, event: WatchEvent<DynamicObject>) {
    let (WatchEvent::Added(object) | WatchEvent::Modified(object)) = event else { return };
    let Ok(object) = serde_json::to_value(object) else { return };
    let mut states = states.lock().unwrap_or_else(PoisonError::into_inner);
    states.entry(record::name(&object)).or_insert_with(|| record::scrubbed(&object));
}
