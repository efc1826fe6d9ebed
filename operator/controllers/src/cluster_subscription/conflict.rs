//! Two objects must not keep one record.

use std::sync::Arc;

use kube::ResourceExt;
use slipway_core::{finding::Finding, reason::Reason};
use slipway_crds::v1alpha1::{ClusterSubscription, Registrar};

use super::witness::Witness;

/// Why this object has to stand back from its key: an older one keeps the record, or asked for it first.
pub(super) fn over_key(
    witness: &Witness,
    object: &ClusterSubscription,
    registrar: &str,
    cluster_id: &str,
) -> Option<Finding> {
    let whose = match older_keeper(witness, object, cluster_id) {
        Some(other) => {
            format!("{}/{} is older and keeps", other.namespace().unwrap_or_default(), other.name_any())
        }
        None if !witness.claim(registrar, cluster_id, &object.uid().unwrap_or_default()) => {
            "another object is having made".to_owned()
        }
        None => return None,
    };
    let message = format!(
        "{whose} the record of cluster {cluster_id}; delete one of the two objects, or give it another spec.clusterId"
    );
    Some(Finding::new(Reason::DuplicateClusterSubscription, message))
}

/// An older object that keeps the record with this key at the same registrar.
pub(super) fn older_keeper(
    witness: &Witness,
    object: &ClusterSubscription,
    cluster_id: &str,
) -> Option<Arc<ClusterSubscription>> {
    let ours = address(&object.spec.registrar);
    witness.objects().into_iter().find(|other| {
        keeps(other, cluster_id) && address(&other.spec.registrar) == ours && is_older(other, object)
    })
}

/// Where a registrar is; the same text is the same registrar.
fn address(registrar: &Registrar) -> Option<&str> {
    let ocm = registrar.ocm.as_ref().map(|ocm| ocm.url.as_str());
    ocm.or(registrar.webhook.as_ref().map(|webhook| webhook.url.as_str()))
}

/// Whether an object's account has shown it a record with this key: what somebody only writes into a spec claims nothing.
fn keeps(object: &ClusterSubscription, cluster_id: &str) -> bool {
    object.status.as_ref().is_some_and(|status| {
        status.cluster_id.as_deref() == Some(cluster_id) && status.subscription_id.is_some()
    })
}

/// Whether `other` is another object, made before `object`, and not on its way out.
fn is_older(other: &ClusterSubscription, object: &ClusterSubscription) -> bool {
    let age = |object: &ClusterSubscription| {
        (object.metadata.creation_timestamp.as_ref().map(|time| time.0), object.metadata.uid.clone())
    };
    other.metadata.uid != object.metadata.uid
        && other.metadata.deletion_timestamp.is_none()
        && age(other) < age(object)
}
