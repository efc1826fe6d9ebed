//! Objects of one kind in one namespace, and how tests wait for them.

use std::time::Duration;

use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
};
use serde_json::{Value, json};

use crate::wait_for;

/// Longest wait for an object.
pub const LIMIT: Duration = Duration::from_mins(1);

/// Objects of one kind in one namespace.
#[derive(Clone, Debug)]
pub struct Objects(Api<DynamicObject>);

impl Objects {
    /// Those of one of Slipway's kinds.
    #[must_use]
    pub fn of(client: &Client, namespace: &str, kind: &str, plural: &str) -> Self {
        Self::of_group(client, namespace, ("slipway.dev", "v1alpha1"), kind, plural)
    }

    /// Those of any kind; `group` with its version.
    #[must_use]
    pub fn of_group(client: &Client, namespace: &str, group: (&str, &str), kind: &str, plural: &str) -> Self {
        let kind = GroupVersionKind::gvk(group.0, group.1, kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, plural);
        Self(Api::namespaced_with(client.clone(), namespace, &resource))
    }

    /// One object as it is now.
    pub async fn get(&self, name: &str) -> anyhow::Result<Value> {
        Ok(serde_json::to_value(self.0.get(name).await?)?)
    }

    /// All objects as they are now.
    pub async fn list(&self) -> anyhow::Result<Vec<Value>> {
        let objects = self.0.list(&ListParams::default()).await?;
        objects.items.into_iter().map(|object| Ok(serde_json::to_value(object)?)).collect()
    }

    /// Changes an object by a merge patch.
    pub async fn patch(&self, name: &str, patch: &Value) -> anyhow::Result<()> {
        self.0.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    /// Asks for the deletion of an object, and does not wait for it.
    pub async fn delete(&self, name: &str) -> anyhow::Result<()> {
        self.0.delete(name, &DeleteParams::default()).await?;
        Ok(())
    }

    /// Waits until an object is as `probe` wants it, and returns it. What is not yet so is said by the probe.
    pub async fn wait(
        &self,
        name: &str,
        what: &str,
        limit: Duration,
        probe: impl Fn(&Value) -> Result<(), String>,
    ) -> anyhow::Result<Value> {
        wait_for(what, limit, || async {
            let object = self.get(name).await?;
            probe(&object).map_err(anyhow::Error::msg)?;
            Ok(object)
        })
        .await
    }

    /// Waits until an object is gone.
    pub async fn wait_gone(&self, name: &str) -> anyhow::Result<()> {
        wait_for("the object to be gone", LIMIT, || async {
            match self.0.get_opt(name).await? {
                None => Ok(()),
                Some(object) => {
                    anyhow::bail!("it is there: {:?} {}", object.metadata.finalizers, object.data["status"])
                }
            }
        })
        .await
    }
}

/// All objects of these kinds (with their plurals) of Slipway's in one namespace, and all events there, as people read them who may not read Secrets.
pub async fn written_out(client: &Client, namespace: &str, kinds: &[(&str, &str)]) -> anyhow::Result<String> {
    let events = ("events.k8s.io", "v1");
    let mut all = Objects::of_group(client, namespace, events, "Event", "events").list().await?;
    for (kind, plural) in kinds {
        all.extend(Objects::of(client, namespace, kind, plural).list().await?);
    }
    Ok(serde_json::to_string_pretty(&all)?)
}

/// A condition of an object; null when it is not there.
#[must_use]
pub fn condition(object: &Value, kind: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|condition| condition["type"] == kind);
    found.cloned().unwrap_or_default()
}

/// Several objects as one manifest.
pub fn list(objects: impl IntoIterator<Item = Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": objects.into_iter().collect::<Vec<_>>()})
}
