//! Builds a host's whole status as a value, and writes it when it differs.

use std::{future::ready, sync::Arc};

use futures::future::BoxFuture;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    host::{Hardware, Observation, Power, Record},
    reason::{Class, Reason},
};
use slipway_crds::{
    condition::{CREDENTIALS_VALID, IDENTITY_VERIFIED, INSTALLED, NOT_YET_SUPPORTED, POWERED, REACHABLE},
    v1alpha1::{BareMetalHost, BareMetalHostStatus, HardwareStatus, HostPhase, NetworkInterface, TlsStatus},
};

use super::{record, validate};
use crate::{
    condition::{Conditions, Truth},
    context::Context,
    error::ReconcileError,
    object::replace_status,
};

/// What one look brought.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look<'a> {
    /// The BMC answered.
    Seen(&'a Observation),
    /// The BMC could not be asked, or did not answer as it should.
    Failed(&'a Failure),
    /// The BMC was not asked.
    None,
}

/// Everything a status is built from.
pub(crate) struct Outlook<'a> {
    pub(crate) record: &'a Record,
    pub(crate) look: Look<'a>,
    pub(crate) overall: &'a Finding,
    pub(crate) plan: Vec<String>,
    pub(crate) next_retry_at: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

/// The status that follows.
pub(crate) fn build(host: &BareMetalHost, outlook: &Outlook<'_>) -> BareMetalHostStatus {
    let previous = host.status.clone().unwrap_or_default();
    let mut status = previous.clone();
    status.observed_generation = host.metadata.generation.unwrap_or_default();
    let target = host.spec.management.redfish.as_ref().map_or("", |redfish| redfish.address.as_str());
    record::write(outlook.record, target, outlook.now, &mut status);
    if let Look::Seen(seen) = outlook.look {
        status.power = Some(seen.power.to_string());
        // Another machine's identity must not become the one that is compared with next time.
        if outlook.overall.reason != Reason::IdentityMismatch {
            status.hardware = Some(hardware(&seen.hardware, status.hardware.unwrap_or_default()));
        }
        if let Some(pin) = &seen.pin {
            status.tls = Some(TlsStatus { pin: Some(pin.as_str().to_owned()) });
        }
    }
    status.plan.clone_from(&outlook.plan);
    status.next_retry_at = outlook.next_retry_at.map(Time);
    status.phase = Some(phase(host, outlook));
    status.conditions = conditions(host, &previous, outlook);
    status
}

/// Where the host is in its life; for people only.
fn phase(host: &BareMetalHost, outlook: &Outlook<'_>) -> HostPhase {
    let install = outlook.record.install.as_ref();
    let wanted = host.spec.install.as_ref();
    if host.metadata.deletion_timestamp.is_some() {
        HostPhase::Deleting
    } else if outlook.overall.reason.class() == Class::Person {
        HostPhase::Failed
    } else if !outlook.record.registered {
        HostPhase::Registering
    } else if wanted.is_some_and(|wanted| {
        install.is_none_or(|install| install.id != wanted.id || !install.is_installed())
    }) {
        HostPhase::Installing
    } else if install.is_some_and(slipway_core::host::InstallRecord::is_installed) {
        HostPhase::Installed
    } else {
        HostPhase::Available
    }
}

fn conditions(
    host: &BareMetalHost,
    previous: &BareMetalHostStatus,
    outlook: &Outlook<'_>,
) -> Vec<slipway_crds::condition::Condition> {
    let mut list = Conditions::new(&previous.conditions, host.metadata.generation, outlook.now);
    list.overall(outlook.overall);
    match outlook.look {
        Look::Seen(seen) => seen_conditions(&mut list, seen, outlook.overall),
        Look::Failed(failure) => failed_conditions(&mut list, failure),
        Look::None => {
            for kind in [REACHABLE, CREDENTIALS_VALID, IDENTITY_VERIFIED, POWERED] {
                list.keep(kind, outlook.overall);
            }
        }
    }
    installed(&mut list, host, outlook);
    let unsupported = validate::unsupported(&host.spec);
    if !unsupported.is_empty() {
        let message = format!("accepted and without effect in this version: {}", unsupported.join(", "));
        list.set(NOT_YET_SUPPORTED, Truth::True, &Finding::new(Reason::NotYetSupported, message));
    }
    list.list()
}

fn seen_conditions(list: &mut Conditions<'_>, seen: &Observation, overall: &Finding) {
    let verified = |message: &str| Finding::new(Reason::Verified, message);
    list.set(REACHABLE, Truth::True, &verified("the BMC answers"));
    list.set(CREDENTIALS_VALID, Truth::True, &verified("the BMC took user name and password"));
    if overall.reason == Reason::IdentityMismatch {
        list.set(IDENTITY_VERIFIED, Truth::False, overall);
    } else {
        list.set(IDENTITY_VERIFIED, Truth::True, &verified("the machine is the one that is meant"));
    }
    match seen.power {
        Power::On | Power::Paused => {
            list.set(POWERED, Truth::True, &Finding::new(Reason::PoweredOn, "the machine is on"));
        }
        Power::Off => {
            list.set(POWERED, Truth::False, &Finding::new(Reason::PoweredOff, "the machine is off"));
        }
        power => {
            let message = format!("the power state is {power}");
            list.set(POWERED, Truth::Unknown, &Finding::new(Reason::PowerChanging, message));
        }
    }
}

/// A failed look says something of the way to the BMC or of the credentials, and nothing of the machine (`facts/metal-peers.md` R27).
fn failed_conditions(list: &mut Conditions<'_>, failure: &Failure) {
    let finding = Finding::new(failure.reason, failure.message.clone());
    match failure.reason {
        Reason::SecretMissing
        | Reason::SecretForbidden
        | Reason::SecretIncomplete
        | Reason::CredentialsRefused
        | Reason::PasswordChangeRequired => {
            list.keep(REACHABLE, &finding);
            list.set(CREDENTIALS_VALID, Truth::False, &finding);
        }
        Reason::ApiFailed | Reason::InsecureNotAllowed | Reason::Internal => {
            list.keep(REACHABLE, &finding);
            list.keep(CREDENTIALS_VALID, &finding);
        }
        _ => {
            list.set(REACHABLE, Truth::False, &finding);
            list.keep(CREDENTIALS_VALID, &finding);
        }
    }
    list.keep(IDENTITY_VERIFIED, &finding);
    list.keep(POWERED, &finding);
}

fn installed(list: &mut Conditions<'_>, host: &BareMetalHost, outlook: &Outlook<'_>) {
    let record = outlook.record.install.as_ref();
    let done = record.filter(|record| record.is_installed());
    match (&host.spec.install, done) {
        (Some(wanted), Some(done)) if wanted.id == done.id => {
            let message = format!("installation {:?} is done", done.id);
            list.set(INSTALLED, Truth::True, &Finding::new(Reason::Installed, message));
        }
        (Some(_), _) => list.set(INSTALLED, Truth::False, outlook.overall),
        (None, Some(done)) => {
            let message = format!("installation {:?} is done", done.id);
            list.set(INSTALLED, Truth::True, &Finding::new(Reason::Installed, message));
        }
        (None, None) => {
            list.set(INSTALLED, Truth::False, &Finding::new(Reason::NotRequested, "spec.install is not set"));
        }
    }
}

/// What was learnt is kept where a later, cheaper look does not say it again.
fn hardware(seen: &Hardware, before: HardwareStatus) -> HardwareStatus {
    let bounded = |new: &Option<String>, old: Option<String>| {
        new.as_ref().map(|text| text.chars().take(250).collect()).or(old)
    };
    let nics = seen
        .nics
        .iter()
        .take(64)
        .map(|mac| NetworkInterface { mac: mac.to_string(), ..NetworkInterface::default() });
    HardwareStatus {
        system_id: before.system_id,
        manufacturer: bounded(&seen.manufacturer, before.manufacturer),
        model: bounded(&seen.model, before.model),
        serial: bounded(&seen.serial, before.serial),
        uuid: seen.uuid.as_ref().map(|uuid| uuid.chars().take(64).collect()).or(before.uuid),
        bios_version: bounded(&seen.bios_version, before.bios_version),
        bmc_model: bounded(&seen.bmc_model, before.bmc_model),
        bmc_version: bounded(&seen.bmc_version, before.bmc_version),
        cpus: seen.cpus.and_then(|cpus| i32::try_from(cpus).ok()).or(before.cpus),
        cpu_cores: before.cpu_cores,
        cpu_model: before.cpu_model,
        memory_mib: seen.memory_mib.or(before.memory_mib),
        nics: if seen.nics.is_empty() { before.nics } else { nics.collect() },
    }
}

/// Writes a status when it differs, carrying the resource version: who changed the object in between wins, and this reconcile ends.
pub(crate) fn write<'a>(
    context: &'a Context,
    host: &'a Arc<BareMetalHost>,
    status: BareMetalHostStatus,
) -> BoxFuture<'a, Result<Arc<BareMetalHost>, ReconcileError>> {
    if host.status.as_ref() == Some(&status) {
        return Box::pin(ready(Ok(Arc::clone(host))));
    }
    let mut object = BareMetalHost::clone(host);
    object.status = Some(status);
    replace_status(context, object)
}
