//! What a person does with a rack, who does not know that the operator dies in between.

use anyhow::ensure;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams,
};
use serde_json::{Value, json};
use slipway_e2e::Site;
use slipway_e2e::objects::{LIMIT, Objects, condition};
use slipway_sim::Cloud;

/// Somebody who uses a rack.
pub(crate) struct Person {
    api: Api<DynamicObject>,
    objects: Objects,
    /// The rack's cloud, for those who look behind the scenes.
    pub(crate) cloud: Cloud,
    name: String,
    /// The object to apply.
    pub(crate) object: Value,
}

impl Person {
    /// Somebody who uses the first rack of a site, and asks for it to be connected.
    pub(crate) fn of(site: &Site, client: kube::Client) -> Self {
        let kind = GroupVersionKind::gvk("slipway.dev", "v1alpha1", "Infrastructure");
        let resource = ApiResource::from_gvk_with_plural(&kind, "infrastructures");
        let mut object = site.to_connect(0, &json!({}));
        object["metadata"]["namespace"] = json!(site.namespace.name());
        Self {
            api: Api::namespaced_with(client, site.namespace.name(), &resource),
            objects: site.objects.clone(),
            cloud: site.cloud.clone(),
            name: Site::name(0),
            object,
        }
    }

    pub(crate) async fn apply(&self) -> anyhow::Result<()> {
        self.api.create(&PostParams::default(), &serde_json::from_value(self.object.clone())?).await?;
        Ok(())
    }

    /// Changes `spec.connection`.
    pub(crate) async fn ask(&self, connection: &Value) -> anyhow::Result<()> {
        let patch = Patch::Merge(json!({"spec": {"connection": connection}}));
        self.api.patch(&self.name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// Deletes the object and waits until it is gone.
    pub(crate) async fn delete(&self) -> anyhow::Result<()> {
        self.api.delete(&self.name, &DeleteParams::default()).await?;
        self.objects.wait_gone(&self.name).await
    }

    /// Waits until the object is so.
    pub(crate) async fn wait(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let probe = |object: &Value| if is_so(object) { Ok(()) } else { Err(object["status"].to_string()) };
        self.objects.wait(&self.name, what, LIMIT, probe).await
    }

    /// Waits until the rack is connected and all is well.
    pub(crate) async fn wait_connected(&self) -> anyhow::Result<Value> {
        let object = self.wait("the connection", is_connected).await?;
        let records = self.cloud.infrastructures();
        ensure!(records.len() == 1, "the records are {records:?}");
        Ok(object)
    }
}

/// Whether the rack is connected and all is well.
pub(crate) fn is_connected(object: &Value) -> bool {
    let ready = condition(object, "Ready");
    ready["status"] == "True"
        && ready["reason"] == "Connected"
        && object["status"]["handshake"]["step"] == "Connected"
}
