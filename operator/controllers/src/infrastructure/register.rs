//! Finds the rack's record at OCI, or makes it.

use kube::ResourceExt;
use slipway_core::{
    failure::Failure,
    infrastructure::{Account, CloudPort, Creation, Observation, Record, is_owned_by},
    reason::Reason,
};
use slipway_crds::v1alpha1::{Infrastructure, InfrastructureCreation, InfrastructureLookup};
use uuid::Uuid;

/// `<namespace>/<name>`: who owns what is made.
pub(super) fn owner(object: &Infrastructure) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}

/// The rack's record; made when the spec asks for it and `may_create`.
pub(super) async fn record(
    cloud: &dyn CloudPort,
    account: &Account,
    object: &Infrastructure,
    known: &Record,
    may_create: bool,
) -> Result<Observation, Failure> {
    let spec = &object.spec;
    if let Some(id) = &spec.infrastructure_id {
        return cloud.read(account, id).await;
    }
    if let Some(id) = &known.infrastructure_id {
        let seen = cloud.read(account, id).await?;
        if spec.lookup.as_ref().is_none_or(|lookup| is_meant(lookup, &seen)) {
            return Ok(seen);
        }
    }
    match (&spec.lookup, &spec.create) {
        (Some(lookup), _) => look_up(cloud, account, lookup).await,
        (None, Some(create)) => create_or_adopt(cloud, account, object, create, may_create).await,
        (None, None) => Err(Failure::new(
            Reason::InvalidSpec,
            "spec needs exactly one of infrastructureId, lookup and create",
        )),
    }
}

fn is_meant(lookup: &InfrastructureLookup, seen: &Observation) -> bool {
    lookup.display_name == seen.display_name && lookup.compartment_id == seen.compartment_id
}

async fn look_up(
    cloud: &dyn CloudPort,
    account: &Account,
    lookup: &InfrastructureLookup,
) -> Result<Observation, Failure> {
    let InfrastructureLookup { compartment_id, display_name } = lookup;
    let mut found = cloud.find(account, compartment_id, display_name).await?;
    match (found.pop(), found.as_slice()) {
        (Some(one), []) => Ok(one),
        (None, _) => Err(Failure::new(
            Reason::InfrastructureNotFound,
            format!(
                "no rack named {display_name:?} (spec.lookup.displayName) is in compartment {compartment_id} in region {}, as far as the \
                 account may see; correct the name or the compartment, or give the account the right to read it",
                account.region
            ),
        )),
        (Some(one), others) => {
            let ids: Vec<_> = others.iter().chain([&one]).map(|rack| rack.id.as_str()).collect();
            let message = format!(
                "{} racks are named {display_name:?} (spec.lookup.displayName): {}; name the one that is meant with spec.infrastructureId",
                ids.len(),
                ids.join(", ")
            );
            Err(Failure::new(Reason::InfrastructureAmbiguous, message))
        }
    }
}

/// A record of the same name with our tag is the one that we made and whose answer was lost, or that another cluster of ours made.
async fn create_or_adopt(
    cloud: &dyn CloudPort,
    account: &Account,
    object: &Infrastructure,
    create: &InfrastructureCreation,
    may_create: bool,
) -> Result<Observation, Failure> {
    let InfrastructureCreation { compartment_id, display_name, .. } = create;
    let (owner, found) = (owner(object), cloud.find(account, compartment_id, display_name).await?);
    let ids: Vec<_> = found.iter().map(|rack| rack.id.clone()).collect();
    if let Some(ours) = found.into_iter().find(|rack| is_owned_by(&rack.freeform_tags, &owner)) {
        return Ok(ours);
    }
    if let Some(id) = ids.first() {
        let message = format!(
            "a rack named {display_name:?} (spec.create.displayName) is in the compartment already and was not made for {owner}: {id}; take it \
             over with spec.infrastructureId in the place of spec.create, or choose another name"
        );
        return Err(Failure::new(Reason::NameTaken, message));
    }
    if !may_create {
        let message = format!("spec.suspend holds it back; next would be: make the record {display_name:?}");
        return Err(Failure::new(Reason::Suspended, message));
    }
    let seed = format!("infrastructure {}", object.uid().unwrap_or_default());
    let creation = Creation {
        compartment_id: compartment_id.clone(),
        display_name: display_name.clone(),
        description: create.description.clone(),
        subnet_id: create.subnet_id.clone(),
        owner,
        retry_token: Uuid::new_v5(&Uuid::NAMESPACE_OID, seed.as_bytes()).simple().to_string(),
    };
    cloud.create(account, &creation).await
}
