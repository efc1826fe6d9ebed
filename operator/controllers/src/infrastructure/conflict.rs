//! Two objects must not manage one rack, nor keep one upgrade schedule with different times.

use kube::ResourceExt;
use slipway_core::{finding::Finding, reason::Reason};
use slipway_crds::v1alpha1::{Infrastructure, UpgradeSchedule};

use super::witness::Witness;

/// Why this object has to stand back from the rack `id`: an older one manages it.
pub(super) fn over_rack(witness: &Witness, object: &Infrastructure, id: &str) -> Option<Finding> {
    if !manages(object) {
        return None;
    }
    let other = witness
        .objects()
        .into_iter()
        .find(|other| is_older(other, object) && manages(other) && seen_id(other) == Some(id))?;
    let message = format!(
        "{}/{} is older and manages the same rack {id}; delete one of the two objects, or remove spec.connection, spec.create and \
         spec.upgradeSchedule of this one to look at the rack only",
        other.namespace().unwrap_or_default(),
        other.name_any()
    );
    Some(Finding::new(Reason::DuplicateInfrastructure, message))
}

/// Whether an object changes anything about its rack.
fn manages(object: &Infrastructure) -> bool {
    let spec = &object.spec;
    spec.connection.is_some() || spec.create.is_some() || spec.upgrade_schedule.is_some()
}

/// The rack that an object's account has shown to it: what somebody only writes into a spec claims nothing.
fn seen_id(object: &Infrastructure) -> Option<&str> {
    object.status.as_ref().and_then(|status| status.infrastructure_id.as_deref())
}

/// Why the upgrade schedule is left alone: an older object keeps it with other times.
pub(super) fn over_schedule(witness: &Witness, object: &Infrastructure) -> Option<Finding> {
    let ours = kept(object)?;
    let other = witness.objects().into_iter().find(|other| {
        is_older(other, object)
            && other.spec.oci.region == object.spec.oci.region
            && share_compartment(other, object)
            && kept(other).is_some_and(|theirs| {
                theirs.display_name == ours.display_name && theirs.events != ours.events
            })
    })?;
    let message = format!(
        "{}/{} is older and keeps the upgrade schedule {:?} with other events; give both the same events, or one another displayName",
        other.namespace().unwrap_or_default(),
        other.name_any(),
        ours.display_name.as_deref().unwrap_or_default()
    );
    Some(Finding::new(Reason::ScheduleConflict, message))
}

fn kept(object: &Infrastructure) -> Option<&UpgradeSchedule> {
    object.spec.upgrade_schedule.as_ref().filter(|schedule| schedule.display_name.is_some())
}

/// Where a compartment is not known, it counts as the same for the same account.
fn share_compartment(ours: &Infrastructure, theirs: &Infrastructure) -> bool {
    match (compartment(ours), compartment(theirs)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => {
            ours.namespace() == theirs.namespace()
                && ours.spec.oci.credentials_ref == theirs.spec.oci.credentials_ref
        }
    }
}

fn compartment(object: &Infrastructure) -> Option<&str> {
    let spec = &object.spec;
    let created = spec.create.as_ref().map(|create| create.compartment_id.as_str());
    created.or(spec.lookup.as_ref().map(|lookup| lookup.compartment_id.as_str()))
}

/// Whether `other` is another object, made before `object`, and not on its way out.
fn is_older(other: &Infrastructure, object: &Infrastructure) -> bool {
    let age = |object: &Infrastructure| {
        (object.metadata.creation_timestamp.as_ref().map(|time| time.0), object.metadata.uid.clone())
    };
    other.metadata.uid != object.metadata.uid
        && other.metadata.deletion_timestamp.is_none()
        && age(other) < age(object)
}
