//! Reads what a host's spec refers to.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use slipway_core::{
    boot::{AttemptId, ImageState, LocalBoot, Ticket},
    clock::Timestamp,
    failure::Failure,
    host::{Completion, Endpoint, InstallRecord},
    reason::Reason,
    secret::Secret,
};
use slipway_crds::v1alpha1::{BareMetalHost, InstallRequest};

use super::validate::Checked;
use crate::{claims::key_of, context::Context, install_profile::Profile, secret::acceptable_age, tls};

/// What an installation needs besides the host.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub(crate) digest: String,
    pub(crate) retries: i32,
    pub(crate) completion: Completion,
    pub(crate) local_boot: LocalBoot,
    /// Whether profile, values and images are there; if not, why.
    pub(crate) ready: Result<(), Failure>,
    profile: Option<Arc<Profile>>,
    secret_values: BTreeMap<String, Secret>,
}

fn conditions_of(host: &BareMetalHost) -> &[Condition] {
    host.status.as_ref().map_or(&[], |status| &status.conditions)
}

/// Where the BMC is and how to be let in.
pub(crate) async fn endpoint(
    context: &Context,
    host: &BareMetalHost,
    checked: &Checked,
    seen_pin: Option<String>,
    now: Timestamp,
) -> Result<Endpoint, Failure> {
    let redfish = host.spec.management.redfish.clone().unwrap_or_default();
    let namespace = host.namespace().unwrap_or_default();
    let age = acceptable_age(conditions_of(host));
    let field = "spec.management.redfish.credentialsRef";
    let name = &redfish.credentials_ref.name;
    let login = context.secrets.read(&namespace, name, field, now, age).await?;
    let tls = redfish.tls.as_ref();
    let trust =
        tls::trust(context, &namespace, "spec.management.redfish.tls", tls, seen_pin, (now, age)).await?;
    Ok(Endpoint {
        host: key_of(host),
        address: checked.address.clone(),
        system_id: redfish.system_id.clone(),
        username: login.text(field, name, "username")?.expose().to_owned(),
        password: login.text(field, name, "password")?,
        credentials_version: login.version.clone(),
        trust,
    })
}

/// What the installation asked for needs. What is missing is said in `ready`; nothing here waits for an image. An installation that is done
/// needs nothing any more.
pub(crate) async fn installation(
    context: &Context,
    host: &BareMetalHost,
    record: Option<&InstallRecord>,
    now: Timestamp,
) -> Option<Installation> {
    let request = host.spec.install.as_ref()?;
    let namespace = host.namespace().unwrap_or_default();
    let Some(profile) = context.profiles.get(&namespace, &request.profile_ref.name) else {
        return Some(Installation::without_profile(request, &namespace));
    };
    let mut installation = Installation {
        digest: profile.digest.clone(),
        retries: profile.retries,
        completion: profile.completion,
        local_boot: profile.local_boot.clone(),
        ready: Ok(()),
        secret_values: BTreeMap::new(),
        profile: Some(Arc::clone(&profile)),
    };
    if record.is_some_and(|record| record.id == request.id && record.is_installed()) {
        return Some(installation);
    }
    installation.ready =
        complete(context, host, request, &profile, &mut installation.secret_values, now).await;
    if installation.ready.is_ok() {
        let trial = installation.ticket(host, &request.id, 0, now);
        installation.ready = trial.map_or(Ok(()), |ticket| context.boot.check(&ticket));
    }
    Some(installation)
}

async fn complete(
    context: &Context,
    host: &BareMetalHost,
    request: &InstallRequest,
    profile: &Profile,
    secret_values: &mut BTreeMap<String, Secret>,
    now: Timestamp,
) -> Result<(), Failure> {
    if let Some(reference) = &request.secret_values_ref {
        let field = "spec.install.secretValuesRef";
        let namespace = host.namespace().unwrap_or_default();
        let age = acceptable_age(conditions_of(host));
        *secret_values = context.secrets.read(&namespace, &reference.name, field, now, age).await?.values();
    }
    let recipe = profile.recipe.as_ref().map_err(Clone::clone)?;
    if profile.architecture != host.spec.architecture {
        let message = format!(
            "profile {} is for {}, and spec.architecture of the host is {}",
            recipe.name,
            profile.architecture_name(),
            Profile::name_of(host.spec.architecture)
        );
        return Err(Failure::new(Reason::ProfileInvalid, message));
    }
    for artifact in recipe.boot.artifacts() {
        match context.boot.image(artifact) {
            ImageState::Ready(_) => {}
            ImageState::Failed(failure) => return Err(failure),
            ImageState::Fetching(bytes) => {
                let message = format!("image {} is being fetched: {} MiB so far", artifact.url, bytes >> 20);
                return Err(Failure::new(Reason::PreparingImages, message));
            }
        }
    }
    Ok(())
}

impl Installation {
    fn without_profile(request: &InstallRequest, namespace: &str) -> Self {
        let message = format!(
            "InstallProfile {:?} (spec.install.profileRef) does not exist in namespace {namespace:?}; create it or correct the name",
            request.profile_ref.name
        );
        Self {
            digest: String::new(),
            retries: 0,
            completion: Completion::Callback,
            local_boot: LocalBoot::Auto,
            ready: Err(Failure::new(Reason::ProfileMissing, message)),
            profile: None,
            secret_values: BTreeMap::new(),
        }
    }

    /// What the boot service needs to serve an attempt.
    pub(crate) fn ticket(
        &self,
        host: &BareMetalHost,
        install_id: &str,
        attempt: i32,
        expires_at: Timestamp,
    ) -> Option<Ticket> {
        let recipe = self.profile.as_ref()?.recipe.as_ref().ok()?;
        let request = host.spec.install.as_ref()?;
        Some(Ticket {
            attempt: AttemptId { host: key_of(host), install_id: install_id.to_owned(), attempt },
            expires_at,
            recipe: Arc::clone(recipe),
            values: values(host, request),
            secret_values: self.secret_values.clone(),
            local_boot: self.local_boot.clone(),
        })
    }
}

/// Values for the templates: the person's, and under `host.` what the operator knows.
fn values(host: &BareMetalHost, request: &InstallRequest) -> BTreeMap<String, String> {
    let hardware = host.status.as_ref().and_then(|status| status.hardware.clone()).unwrap_or_default();
    let mut values = request.values.clone();
    let known = [
        ("host.name", Some(host.name_any())),
        ("host.namespace", host.namespace()),
        ("host.mac", host.spec.boot_macs.first().cloned()),
        ("host.uuid", hardware.uuid),
        ("host.serial", hardware.serial),
    ];
    values.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    values
}
