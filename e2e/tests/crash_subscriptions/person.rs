//! What a person does with a subscription, who does not know that the operator dies in between.

use std::time::Duration;

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use slipway_e2e::objects::{Objects, condition};
use slipway_e2e::wait_for;
use slipway_sim::Ocm;

/// Longest wait for anything: an answer that never comes is given up after 30 s.
const LIMIT: Duration = Duration::from_secs(90);

/// Somebody who has one cluster.
pub(crate) struct Person {
    pub(crate) api: Api<DynamicObject>,
    pub(crate) objects: Objects,
    pub(crate) name: String,
    /// The account service, for those who look behind the scenes.
    pub(crate) ocm: Ocm,
    pub(crate) object: Value,
}

impl Person {
    /// Declares the cluster; `spec` is merged into the object's.
    pub(crate) async fn declare(&self, spec: &Value) -> anyhow::Result<()> {
        let mut object = self.object.clone();
        for (field, value) in spec.as_object().into_iter().flatten() {
            object["spec"][field] = value.clone();
        }
        self.api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
        Ok(())
    }

    /// Changes the spec.
    pub(crate) async fn ask(&self, spec: &Value) -> anyhow::Result<()> {
        self.api.patch(&self.name, &PatchParams::default(), &Patch::Merge(json!({"spec": spec}))).await?;
        Ok(())
    }

    /// Asks for the deletion.
    pub(crate) async fn drop_it(&self) -> anyhow::Result<()> {
        self.api.delete(&self.name, &DeleteParams::default()).await?;
        Ok(())
    }

    /// Deletes the object and waits until it is gone.
    pub(crate) async fn delete(&self) -> anyhow::Result<()> {
        self.drop_it().await?;
        self.wait_gone().await
    }

    /// Waits until the object is gone.
    pub(crate) async fn wait_gone(&self) -> anyhow::Result<()> {
        wait_for("the object to be gone", LIMIT, || async {
            let Some(object) = self.api.get_opt(&self.name).await? else { return Ok(()) };
            anyhow::bail!("it is there: {:?} {}", object.metadata.finalizers, object.data["status"])
        })
        .await
    }

    /// Waits until the object as it is asked for now is ready for a reason.
    pub(crate) async fn wait_ready(&self, reason: &str) -> anyhow::Result<Value> {
        let probe = |object: &Value| {
            let ready = condition(object, "Ready");
            let is_now = object["status"]["observedGeneration"] == object["metadata"]["generation"];
            let is_so = is_now && ready["status"] == "True" && ready["reason"] == reason;
            if is_so { Ok(()) } else { Err(object["status"].to_string()) }
        };
        self.objects.wait(&self.name, &format!("Ready by {reason}"), LIMIT, probe).await
    }
}
