//! Between status and the domain's record, both ways.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::{
    clock::Timestamp,
    infrastructure::{ConnectionState, Fingerprint, Handshake, HandshakeResult, Record, Refresh, Step},
};
use slipway_crds::v1alpha1::{
    HandshakeStatus, Infrastructure, InfrastructureStatus, IntentStatus, RefreshStatus,
};

use crate::object::memory_of;

/// What status and annotation have on record.
pub(super) fn record_of(object: &Infrastructure) -> Record {
    let mut record = object.status.as_ref().map(from_status).unwrap_or_default();
    record.recall(&memory_of(object));
    record
}

fn from_status(status: &InfrastructureStatus) -> Record {
    let state = status.connection_state.as_deref().map(ConnectionState::from_wire);
    let since = status.connection_state_since.as_ref().map(|time| time.0);
    Record {
        known: state.is_some(),
        infrastructure_id: status.infrastructure_id.clone(),
        state: state.zip(since),
        connected_since: status.connected_since.as_ref().map(|time| time.0),
        handshake: status.handshake.as_ref().map(handshake).unwrap_or_default(),
        refresh: status.refresh.as_ref().map(|refresh| Refresh {
            id: refresh.id.clone(),
            completed_at: refresh.completed_at.as_ref().map(|time| time.0),
        }),
    }
}

/// A step that is not known is taken as a failed one: its PIN is not used again.
fn handshake(status: &HandshakeStatus) -> Handshake {
    let fingerprint = |text: &Option<String>| text.as_deref().and_then(Fingerprint::new);
    let step = status.step.as_deref().map_or(Some(Step::Waiting), Step::from_status);
    Handshake {
        attempt: status.attempt,
        step: step.unwrap_or(Step::Failed),
        started_at: status.started_at.as_ref().map(|time| time.0),
        rack_fingerprint: fingerprint(&status.rack_fingerprint),
        oci_fingerprint: fingerprint(&status.oci_fingerprint),
        result: status.result.as_deref().and_then(HandshakeResult::from_status),
        failures: status.failures,
        mismatches: status.mismatches,
    }
}

/// Writes the record's parts into a status. `target` is the rack that is given its PIN.
pub(super) fn write(record: &Record, target: &str, status: &mut InfrastructureStatus) {
    status.infrastructure_id.clone_from(&record.infrastructure_id);
    status.connection_state = record.state.as_ref().map(|(state, _)| bounded(state.as_str(), 64));
    status.connection_state_since = record.state.as_ref().map(|(_, since)| Time(*since));
    status.connected_since = record.connected_since.map(Time);
    let handshake = &record.handshake;
    let any = handshake.attempt > 0 || handshake.step != Step::Waiting || handshake.result.is_some();
    status.handshake = any.then(|| handshake_status(handshake));
    status.refresh = record.refresh.as_ref().map(|refresh| RefreshStatus {
        id: refresh.id.clone(),
        completed_at: refresh.completed_at.map(Time),
    });
    status.intent = (handshake.step == Step::Posting).then(|| IntentStatus {
        id: format!("handshake:{}", handshake.attempt),
        verb: "GivePin".to_owned(),
        target: bounded(target, 512),
        precondition: "connectionState=REJECT".to_owned(),
        started_at: Time(handshake.started_at.unwrap_or_default()),
    });
}

fn handshake_status(handshake: &Handshake) -> HandshakeStatus {
    let fingerprint =
        |fingerprint: &Option<Fingerprint>| fingerprint.as_ref().map(|text| bounded(text.as_str(), 512));
    HandshakeStatus {
        attempt: handshake.attempt,
        step: Some(handshake.step.as_str().to_owned()),
        started_at: handshake.started_at.map(Time),
        rack_fingerprint: fingerprint(&handshake.rack_fingerprint),
        oci_fingerprint: fingerprint(&handshake.oci_fingerprint),
        result: handshake.result.map(|result| result.as_str().to_owned()),
        failures: handshake.failures,
        mismatches: handshake.mismatches,
    }
}

pub(super) fn bounded(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// Cuts every moment of a record to whole seconds, as it will be read back from the API server.
pub(super) fn whole_seconds(mut record: Record) -> Record {
    let cut = |moment: &mut Timestamp| *moment = crate::bare_metal_host::whole_second(*moment);
    record.state.iter_mut().for_each(|(_, since)| cut(since));
    record.connected_since.iter_mut().for_each(cut);
    record.handshake.started_at.iter_mut().for_each(cut);
    record.refresh.iter_mut().filter_map(|refresh| refresh.completed_at.as_mut()).for_each(cut);
    record
}

#[cfg(test)]
mod tests {
    use slipway_crds::v1alpha1::InfrastructureSpec;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn record(step: Step) -> Record {
        Record {
            known: true,
            infrastructure_id: Some("ocid1.cccinfrastructure.oc1..a".to_owned()),
            state: Some((ConnectionState::Request, at(10))),
            connected_since: Some(at(5)),
            handshake: Handshake {
                attempt: 3,
                step,
                started_at: Some(at(8)),
                rack_fingerprint: Fingerprint::new("ab"),
                oci_fingerprint: Fingerprint::new("AB"),
                result: Some(HandshakeResult::TimedOut),
                failures: 2,
                mismatches: 1,
            },
            refresh: Some(Refresh { id: "r".to_owned(), completed_at: Some(at(4)) }),
        }
    }

    /// Writes a record and reads it back as the API server would give it.
    fn there_and_back(record: &Record) -> Record {
        let mut status = InfrastructureStatus::default();
        write(record, "https://rps.rack1.example.com/rps_pin", &mut status);
        let text = serde_json::to_string(&status).unwrap();
        let mut object = Infrastructure::new("rack1", InfrastructureSpec::default());
        object.status = Some(serde_json::from_str(&text).unwrap());
        record_of(&object)
    }

    #[test]
    fn status_loses_nothing_of_a_record() {
        for step in Step::ALL {
            assert_eq!(there_and_back(&record(step)), record(step), "{step:?}");
        }
        assert_eq!(there_and_back(&Record::default()), Record::default());
    }

    #[test]
    fn a_step_that_is_not_known_is_not_gone_on_with() {
        let mut object = Infrastructure::new("rack1", InfrastructureSpec::default());
        let mut status = InfrastructureStatus::default();
        write(&record(Step::Posted), "", &mut status);
        status.handshake.as_mut().unwrap().step = Some("Dancing".to_owned());
        object.status = Some(status);
        assert_eq!(record_of(&object).handshake.step, Step::Failed);
    }
}
