//! Between status and the domain's record, both ways.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::{
    clock::Timestamp,
    host::{Identity, InstallRecord, InstallStep, Intent, RebootRecord, Record, Reset},
};
use slipway_crds::v1alpha1::{BareMetalHost, BareMetalHostStatus, InstallStatus, IntentStatus, RebootStatus};

use crate::object::memory_of;

/// What status and annotation have on record.
pub(crate) fn record_of(host: &BareMetalHost) -> Record {
    let mut record = host.status.as_ref().map(from_status).unwrap_or_default();
    record.recall(&memory_of(host));
    record
}

fn from_status(status: &BareMetalHostStatus) -> Record {
    let hardware = status.hardware.clone().unwrap_or_default();
    Record {
        registered: status.hardware.is_some(),
        identity: Identity { uuid: hardware.uuid, serial: hardware.serial },
        carried_out: BTreeSet::new(),
        install: status
            .install
            .as_ref()
            .and_then(|install| install_record(install, status.next_retry_at.as_ref())),
        reboot: status.reboot.as_ref().map(|reboot| RebootRecord {
            id: reboot.id.clone(),
            completed_at: reboot.completed_at.as_ref().map(|time| time.0),
        }),
        intent: status.intent.as_ref().and_then(intent),
        witnessed: false,
    }
}

/// A status that names no step we know is taken as one that was never begun.
fn install_record(status: &InstallStatus, next_retry_at: Option<&Time>) -> Option<InstallRecord> {
    let step = InstallStep::from_status(status.step.as_deref()?)?;
    let requested_at = status.requested_at.as_ref()?.0;
    Some(InstallRecord {
        id: status.id.clone(),
        profile: status.profile.clone().unwrap_or_default(),
        profile_digest: status.profile_digest.clone().unwrap_or_default(),
        attempt: status.attempt,
        step,
        requested_at,
        booted_at: status.booted_at.as_ref().map(|time| time.0),
        installed_at: status.installed_at.as_ref().map(|time| time.0),
        next_attempt_at: next_retry_at.filter(|_| step == InstallStep::Failed).map(|time| time.0),
        message: status.message.clone(),
    })
}

fn intent(status: &IntentStatus) -> Option<Intent> {
    let Ok(precondition) = status.precondition.parse();
    Some(Intent {
        request: status.id.clone(),
        reset: Reset::from_wire(&status.verb)?,
        precondition,
        started_at: status.started_at.0,
    })
}

/// Writes the record's parts into a status.
pub(crate) fn write(record: &Record, target: &str, now: Timestamp, status: &mut BareMetalHostStatus) {
    let before = status.install.take().unwrap_or_default();
    status.install = record.install.as_ref().map(|install| {
        let same = before.id == install.id && before.attempt == install.attempt;
        let failed_at = before.failed_at.clone().filter(|_| same).unwrap_or(Time(now));
        install_status(install, failed_at)
    });
    status.reboot = record.reboot.as_ref().map(|reboot| RebootStatus {
        id: reboot.id.clone(),
        completed_at: reboot.completed_at.map(Time),
        message: None,
    });
    status.intent = record.intent.as_ref().map(|intent| IntentStatus {
        id: intent.request.clone(),
        verb: intent.reset.to_string(),
        target: target.to_owned(),
        precondition: intent.precondition.to_string(),
        started_at: Time(intent.started_at),
    });
}

fn install_status(record: &InstallRecord, failed_at: Time) -> InstallStatus {
    let text = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    InstallStatus {
        id: record.id.clone(),
        profile: text(&record.profile),
        profile_digest: text(&record.profile_digest),
        method: None,
        attempt: record.attempt,
        step: Some(record.step.as_str().to_owned()),
        requested_at: Some(Time(record.requested_at)),
        booted_at: record.booted_at.map(Time),
        installed_at: record.installed_at.map(Time),
        failed_at: (record.step == InstallStep::Failed).then_some(failed_at),
        message: record.message.as_ref().map(|message| message.chars().take(1000).collect()),
    }
}

/// Cuts a moment to whole seconds, as it will be read back from the API server.
pub(crate) fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use kube::ResourceExt;
    use slipway_core::host::{Memory, Precondition};
    use slipway_crds::{
        MEMORY_ANNOTATION,
        v1alpha1::{BareMetalHostSpec, HardwareStatus},
    };

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn record(step: InstallStep) -> Record {
        Record {
            registered: true,
            identity: Identity { uuid: Some("u".to_owned()), serial: Some("s".to_owned()) },
            install: Some(InstallRecord {
                id: "1".to_owned(),
                profile: "tiny".to_owned(),
                profile_digest: "sha256:0".to_owned(),
                attempt: 2,
                step,
                requested_at: at(10),
                booted_at: Some(at(20)),
                installed_at: (step == InstallStep::Installed).then(|| at(30)),
                next_attempt_at: (step == InstallStep::Failed).then(|| at(40)),
                message: Some("said".to_owned()),
            }),
            carried_out: BTreeSet::new(),
            reboot: Some(RebootRecord { id: "r".to_owned(), completed_at: None }),
            intent: Some(Intent {
                request: "install:1:2".to_owned(),
                reset: Reset::ForceOff,
                precondition: Precondition { power: "On".to_owned(), last_reset_time: Some("t".to_owned()) },
                started_at: at(15),
            }),
            witnessed: false,
        }
    }

    /// Writes a record and reads it back as the API server would give it.
    fn there_and_back(record: &Record) -> Record {
        let hardware = HardwareStatus {
            uuid: record.identity.uuid.clone(),
            serial: record.identity.serial.clone(),
            ..HardwareStatus::default()
        };
        let next = record.install.as_ref().and_then(|install| install.next_attempt_at);
        let mut status = BareMetalHostStatus {
            hardware: Some(hardware),
            next_retry_at: next.map(Time),
            ..Default::default()
        };
        write(record, "https://192.0.2.7", at(50), &mut status);
        let text = serde_json::to_string(&status).unwrap();
        let mut host = BareMetalHost::new("u07", BareMetalHostSpec::default());
        host.status = Some(serde_json::from_str(&text).unwrap());
        record_of(&host)
    }

    #[test]
    fn status_loses_nothing_of_a_record() {
        for (step, _) in InstallStep::ALL {
            assert_eq!(there_and_back(&record(step)), record(step), "{step:?}");
        }
        let empty = Record { registered: true, ..Record::default() };
        assert_eq!(there_and_back(&empty), empty);
    }

    #[test]
    fn a_memory_that_cannot_be_read_is_no_memory() {
        let mut host = BareMetalHost::new("u07", BareMetalHostSpec::default());
        for text in ["", "{", "[]", "{\"install\": 7}", "\u{0}"] {
            host.annotations_mut().insert(MEMORY_ANNOTATION.to_owned(), text.to_owned());
            assert_eq!(memory_of::<_, Memory>(&host), Memory::default(), "{text}");
            assert_eq!(record_of(&host), Record::default(), "{text}");
        }
    }
}
