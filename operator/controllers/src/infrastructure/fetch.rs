//! Reads what a rack's spec refers to.

use kube::ResourceExt;
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    infrastructure::{Account, RackEndpoint},
    reason::Reason,
};
use slipway_crds::v1alpha1::{Condition, Infrastructure};

use super::validate::Checked;
use crate::{context::Context, secret::acceptable_age, tls};

fn conditions_of(object: &Infrastructure) -> &[Condition] {
    object.status.as_ref().map_or(&[], |status| &status.conditions)
}

/// The account at OCI, with the whole Secret: a user's own configuration names its key file as it likes.
pub(super) async fn account(
    context: &Context,
    object: &Infrastructure,
    checked: &Checked,
    now: Timestamp,
) -> Result<Account, Failure> {
    let (oci, namespace) = (&object.spec.oci, object.namespace().unwrap_or_default());
    let age = acceptable_age(conditions_of(object));
    let name = &oci.credentials_ref.name;
    let secret = context.secrets.read(&namespace, name, "spec.oci.credentialsRef", now, age).await?;
    let trust = tls::trust(context, &namespace, "spec.oci.tls", oci.tls.as_ref(), None, (now, age)).await?;
    Ok(Account {
        region: oci.region.clone(),
        endpoint: checked.endpoint.clone(),
        credentials: secret.values(),
        secret_name: name.clone(),
        credentials_version: secret.version.clone(),
        trust,
    })
}

/// The rack's own end. `seen_pin` is its key trusted on first use.
pub(super) async fn rack(
    context: &Context,
    object: &Infrastructure,
    checked: &Checked,
    seen_pin: Option<String>,
    now: Timestamp,
) -> Result<RackEndpoint, Failure> {
    let namespace = object.namespace().unwrap_or_default();
    let age = acceptable_age(conditions_of(object));
    let tls = object.spec.rack.as_ref().and_then(|rack| rack.tls.as_ref());
    let trust = tls::trust(context, &namespace, "spec.rack.tls", tls, seen_pin, (now, age)).await?;
    let provisioning_url = checked.provisioning_url.clone().ok_or_else(|| {
        Failure::new(Reason::InvalidSpec, "spec.rack is needed to connect: say where the rack takes its PIN")
    })?;
    Ok(RackEndpoint { provisioning_url, trust })
}

/// A failure on the way to the rack, with the field that leads there.
pub(super) fn placed(object: &Infrastructure, failure: Failure) -> Failure {
    let named = object.spec.rack.as_ref().is_some_and(|rack| rack.provisioning_url.is_none());
    let address = if named { "spec.rack.system and spec.rack.domain" } else { "spec.rack.provisioningUrl" };
    failure.of_peer(address, "spec.rack.tls")
}
