//! Tells the boot service what a host is to be told when it asks.

use std::sync::Arc;

use slipway_core::{
    boot::{AttemptId, BootAnswer, BootEntry, LocalBoot},
    host::{HostKey, Record},
};
use slipway_crds::v1alpha1::BareMetalHost;

use super::fetch::Installation;
use crate::{claims::key_of, context::Context};

/// Publishes the answer that follows from the record: install while an attempt is under way, else the host's own disk.
pub(crate) fn publish(
    context: &Context,
    host: &BareMetalHost,
    record: &Record,
    installation: Option<&Installation>,
) {
    let hardware = host.status.as_ref().and_then(|status| status.hardware.as_ref());
    let key = key_of(host);
    let entry = BootEntry {
        macs: host.spec.boot_macs.iter().filter_map(|mac| mac.parse().ok()).collect(),
        uuid: hardware.and_then(|hardware| hardware.uuid.clone()),
        answer: answer(host, record, installation),
        finished: finished(&key, record),
        host: key.clone(),
    };
    context.boot.publish(entry);
    context.priming.host_came(&key.uid);
}

fn finished(key: &HostKey, record: &Record) -> Option<AttemptId> {
    let install = record.install.as_ref().filter(|install| install.is_installed())?;
    Some(AttemptId { host: key.clone(), install_id: install.id.clone(), attempt: install.attempt })
}

fn answer(host: &BareMetalHost, record: &Record, installation: Option<&Installation>) -> BootAnswer {
    let local = || {
        BootAnswer::Local(
            installation.map_or(LocalBoot::Auto, |installation| installation.local_boot.clone()),
        )
    };
    let request = host.spec.install.as_ref();
    let (Some(install), Some(request), Some(installation)) = (&record.install, request, installation) else {
        return local();
    };
    let under_way =
        install.is_booting() && install.id == request.id && host.metadata.deletion_timestamp.is_none();
    let timeout = request.timeout.parse().unwrap_or_default();
    let ticket = under_way
        .then(|| installation.ticket(host, &install.id, install.attempt, install.requested_at + timeout));
    ticket.flatten().map_or_else(local, |ticket| BootAnswer::Install(Arc::new(ticket)))
}
