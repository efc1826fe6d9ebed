//! From the spec to what the domain works with; all mistakes at once.

use std::time::Duration;

use slipway_core::{
    clock::Timestamp,
    finding::Finding,
    infrastructure::{
        Approval, ConnectionWish, Desired, Details, Fingerprint, InfrastructureWish, RefreshPolicy,
        ScheduleWish, UpgradeEvent,
    },
    reason::Reason,
    recurrence::{Event, Recurrence, RecurrenceError, Window, check_upgrade_events},
};
use slipway_crds::v1alpha1::{
    self as api, ApprovalMode, ConnectionPolicy, DurationText, InfrastructureSpec, RackEndpoint,
};
use url::Url;

/// A spec that can be used.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) wish: InfrastructureWish,
    /// Address to use instead of the region's.
    pub(super) endpoint: Option<Url>,
    /// Where the rack takes its PIN.
    pub(super) provisioning_url: Option<Url>,
    /// Why the upgrade schedule cannot be kept as written.
    pub(super) schedule_mistake: Option<Finding>,
}

/// Checks a spec; the schema does so too, but an older schema may have let something through.
pub(super) fn check(spec: &InfrastructureSpec, now: Timestamp) -> Result<Checked, Finding> {
    let mut mistakes = Mistakes::default();
    let endpoint = spec.oci.endpoint.as_ref().and_then(|text| mistakes.take(url("spec.oci.endpoint", text)));
    let provisioning_url = spec.rack.as_ref().and_then(|rack| mistakes.take(provisioning_url(rack)));
    let connection = spec.connection.as_ref().and_then(|policy| connection(policy, &mut mistakes));
    let events =
        spec.upgrade_schedule.as_ref().map(|schedule| mistakes.all(schedule.events.iter().map(event)));
    if !mistakes.0.is_empty() {
        return Err(Finding::new(Reason::InvalidSpec, mistakes.0.join("; ")));
    }
    let schedule = spec.upgrade_schedule.as_ref().map(|schedule| wish(schedule, events.unwrap_or_default()));
    let schedule_mistake = schedule.as_ref().and_then(|schedule| schedule_mistake(schedule, now));
    let details = spec.create.as_ref().map(|create| Details {
        display_name: create.display_name.clone(),
        description: create.description.clone(),
        subnet_id: create.subnet_id.clone(),
    });
    let wish = InfrastructureWish { connection, schedule, details, suspended: spec.suspend };
    Ok(Checked { wish, endpoint, provisioning_url, schedule_mistake })
}

#[derive(Default)]
struct Mistakes(Vec<String>);

impl Mistakes {
    fn take<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|mistake| self.0.push(mistake)).ok()
    }

    fn all<T>(&mut self, results: impl Iterator<Item = Result<T, String>>) -> Vec<T> {
        results.filter_map(|result| self.take(result)).collect()
    }
}

fn url(field: &str, text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("{field} {text:?} is no URL ({error}); write https://host"))
}

fn provisioning_url(rack: &RackEndpoint) -> Result<Url, String> {
    match (&rack.provisioning_url, &rack.system, &rack.domain) {
        (Some(text), ..) => url("spec.rack.provisioningUrl", text),
        (None, Some(system), Some(domain)) => {
            url("spec.rack.system and spec.rack.domain", &format!("https://rps.{system}.{domain}/rps_pin"))
        }
        _ => Err("spec.rack needs either provisioningUrl, or system and domain together".to_owned()),
    }
}

fn duration(field: &str, text: &DurationText) -> Result<Duration, String> {
    text.parse().map_err(|error| format!("{field}: {error}"))
}

fn connection(policy: &ConnectionPolicy, mistakes: &mut Mistakes) -> Option<ConnectionWish> {
    let outage = match policy.reconnect_after_outage.0.as_str() {
        "Never" => Some(None),
        _ => mistakes
            .take(duration("spec.connection.reconnectAfterOutage", &policy.reconnect_after_outage))
            .map(Some),
    };
    let refresh = match &policy.refresh {
        Some(refresh) => mistakes.take(refresh_policy(refresh)).map(Some),
        None => Some(None),
    };
    let approved = policy.approved_fingerprint.as_deref().and_then(Fingerprint::new);
    Some(ConnectionWish {
        desired: match policy.desired {
            api::ConnectionWish::Connected => Desired::Connected,
            api::ConnectionWish::Rejected => Desired::Rejected,
        },
        approval: match policy.approval {
            ApprovalMode::Automatic => Approval::Automatic,
            ApprovalMode::Manual => Approval::Manual(approved),
        },
        refresh_id: policy.refresh_id.clone(),
        refresh: refresh?,
        outage: outage?,
    })
}

fn refresh_policy(refresh: &api::ConnectionRefresh) -> Result<RefreshPolicy, String> {
    let before = duration("spec.connection.refresh.before", &refresh.before)?;
    let window = refresh.window.as_ref().map(window).transpose()?;
    Ok(RefreshPolicy { before, window })
}

fn window(window: &api::MaintenanceWindow) -> Result<Window, String> {
    let length = duration("spec.connection.refresh.window.duration", &window.duration)?;
    Window::parse(&window.start, length)
        .map_err(|error| format!("spec.connection.refresh.window.start {:?}: {error}", window.start))
}

fn event(event: &api::UpgradeEvent) -> Result<UpgradeEvent, String> {
    let field = format!("spec.upgradeSchedule.events[{:?}].duration", event.description);
    Ok(UpgradeEvent {
        description: event.description.clone(),
        time_start: event.time_start.0,
        duration: duration(&field, &event.duration)?,
        recurrence: event.recurrence.clone(),
    })
}

fn wish(schedule: &api::UpgradeSchedule, events: Vec<UpgradeEvent>) -> ScheduleWish {
    match &schedule.schedule_id {
        Some(id) => ScheduleWish::Existing(id.clone()),
        None => {
            ScheduleWish::Kept { display_name: schedule.display_name.clone().unwrap_or_default(), events }
        }
    }
}

/// What OCI would not take, said before it is sent (`facts/oci.md §1.6`).
fn schedule_mistake(schedule: &ScheduleWish, now: Timestamp) -> Option<Finding> {
    let ScheduleWish::Kept { events, .. } = schedule else { return None };
    let mistake = check_events(events, now).err()?;
    Some(Finding::new(Reason::ScheduleInvalid, format!("spec.upgradeSchedule.events: {mistake}")))
}

fn check_events(events: &[UpgradeEvent], now: Timestamp) -> Result<(), RecurrenceError> {
    let rules: Vec<_> = events
        .iter()
        .map(|event| event.recurrence.as_deref().map(Recurrence::parse).transpose())
        .collect::<Result<_, _>>()?;
    let events: Vec<_> = events
        .iter()
        .zip(&rules)
        .map(|(event, rule)| Event {
            description: &event.description,
            time_start: event.time_start,
            duration: event.duration,
            recurrence: rule.as_ref(),
        })
        .collect();
    check_upgrade_events(&events, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> InfrastructureSpec {
        let mut spec = serde_json::json!({"oci": {"region": "us-ashburn-1", "credentialsRef": {"name": "oci"}},
            "lookup": {"compartmentId": "ocid1.compartment.oc1..a", "displayName": "rack 1"}});
        let more: serde_json::Value = serde_json::from_str(text).unwrap();
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-21T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_address_of_the_rack_is_given_or_made() {
        for (rack, wanted) in [
            (r#"{"system": "rack1", "domain": "example.com"}"#, "https://rps.rack1.example.com/rps_pin"),
            (r#"{"provisioningUrl": "https://192.0.2.9:8443/rps_pin"}"#, "https://192.0.2.9:8443/rps_pin"),
        ] {
            let checked = check(&spec(&format!(r#"{{"rack": {rack}}}"#)), now()).unwrap();
            assert_eq!(checked.provisioning_url.unwrap().as_str(), wanted);
        }
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let broken = spec(
            r#"{"rack": {"system": "rack1"}, "connection": {"refresh": {"before": "10d", "window": {"start": "FREQ=NEVER", "duration": "4h"}},
                "reconnectAfterOutage": "soon"}}"#,
        );
        let finding = check(&broken, now()).unwrap_err();
        assert_eq!(finding.reason, Reason::InvalidSpec);
        for part in [
            "spec.rack needs",
            "spec.connection.refresh.window.start",
            "spec.connection.reconnectAfterOutage",
        ] {
            assert!(finding.message.contains(part), "{part}: {}", finding.message);
        }
    }

    #[test]
    fn a_schedule_that_the_service_refuses_is_refused_before_and_the_rest_goes_on() {
        let short = spec(
            r#"{"upgradeSchedule": {"displayName": "q", "events": [{"description": "short", "timeStart": "2026-12-05T00:00:00Z",
                "duration": "47h", "recurrence": "FREQ=MONTHLY"}]}}"#,
        );
        let checked = check(&short, now()).unwrap();
        let mistake = checked.schedule_mistake.unwrap();
        assert_eq!(mistake.reason, Reason::ScheduleInvalid);
        assert!(mistake.message.contains("48"), "{}", mistake.message);
    }

    #[test]
    fn an_outage_may_last_for_ever() {
        let checked = check(&spec(r#"{"connection": {"reconnectAfterOutage": "Never"}}"#), now()).unwrap();
        assert_eq!(checked.wish.connection.unwrap().outage, None);
    }
}
