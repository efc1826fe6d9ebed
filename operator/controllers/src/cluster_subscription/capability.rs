//! Capabilities of the organization as labels of the object.

use std::{collections::BTreeMap, sync::Arc};

use kube::ResourceExt;
use serde_json::{Map, Value, json};
use slipway_core::{
    failure::Failure,
    finding::Finding,
    reason::Reason,
    subscription::{CAPABILITY_LABEL_PREFIX, Capability, capability_labels},
};
use slipway_crds::v1alpha1::{self as api, ClusterSubscription};

use super::known::bounded;
use crate::{context::Context, error::ReconcileError, object::patch_metadata};

/// Capabilities that status has room for.
const SHOWN: usize = 64;

/// What is known of the organization's capabilities after a look.
#[derive(Debug)]
pub(super) enum Sight {
    /// These.
    Known(Vec<Capability>),
    /// They could not be read: labels stay as they are.
    Unknown(Failure),
}

impl Sight {
    /// As status has them; `None`: as before.
    pub(super) fn shown(&self) -> Option<Vec<api::Capability>> {
        let Self::Known(capabilities) = self else { return None };
        let shown = capabilities.iter().take(SHOWN);
        let shown = shown.map(|capability| api::Capability {
            name: bounded(&capability.name, 255),
            value: bounded(&capability.value, 255),
        });
        Some(shown.collect())
    }

    /// How the labels stand.
    pub(super) fn finding(&self) -> Finding {
        match self {
            Self::Unknown(failure) => Finding::new(failure.reason, failure.message.clone()),
            Self::Known(capabilities) => {
                let (labels, skipped) = capability_labels(capabilities);
                let mut message = format!(
                    "capabilities of the organization that are labels of this object: {}",
                    labels.len()
                );
                if !skipped.is_empty() {
                    message = format!("{message}; not valid as a label: {}", skipped.join(", "));
                }
                Finding::new(Reason::Verified, message)
            }
        }
    }
}

/// Gives the object the labels, and takes away those of capabilities that are gone. Other labels are not touched.
pub(super) async fn label(
    context: &Context,
    object: &Arc<ClusterSubscription>,
    sight: Option<&Sight>,
) -> Result<Arc<ClusterSubscription>, ReconcileError> {
    let wanted = object.spec.capabilities.as_ref().is_some_and(|capabilities| capabilities.labels);
    let labels = match sight {
        _ if !wanted => BTreeMap::new(),
        Some(Sight::Known(capabilities)) => capability_labels(capabilities).0,
        Some(Sight::Unknown(_)) | None => return Ok(Arc::clone(object)),
    };
    let change = difference(object.labels(), labels);
    if change.is_empty() {
        return Ok(Arc::clone(object));
    }
    let patch = json!({"metadata": {"resourceVersion": object.resource_version(), "labels": change}});
    patch_metadata(context, object.as_ref(), "writing labels of capabilities", &patch).await
}

/// What a merge patch has to say so that the labels of our prefix are the wanted ones.
fn difference(present: &BTreeMap<String, String>, wanted: BTreeMap<String, String>) -> Map<String, Value> {
    let ours = present.keys().filter(|name| name.starts_with(CAPABILITY_LABEL_PREFIX));
    let gone = ours.filter(|name| !wanted.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let mut change: Map<_, _> = gone.collect();
    change.extend(
        wanted
            .into_iter()
            .filter(|(name, value)| present.get(name) != Some(value))
            .map(|(name, value)| (name, value.into())),
    );
    change
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_of_our_prefix_come_and_go() {
        let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let present = labels(&[
            ("team", "edge"),
            ("capabilities.slipway.dev/old", "true"),
            ("capabilities.slipway.dev/kept", "true"),
            ("capabilities.slipway.dev/changed", "1"),
        ]);
        let wanted = labels(&[
            ("capabilities.slipway.dev/kept", "true"),
            ("capabilities.slipway.dev/changed", "2"),
            ("capabilities.slipway.dev/new", "true"),
        ]);
        let change = Value::from(difference(&present, wanted));
        assert_eq!(
            change,
            json!({"capabilities.slipway.dev/old": null, "capabilities.slipway.dev/changed": "2", "capabilities.slipway.dev/new": "true"})
        );
    }
}
