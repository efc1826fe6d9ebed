//! Somebody who has the account, too, and changes things at Oracle Cloud behind the operator's back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use slipway_core::clock::{Clock, Timestamp};
use slipway_core::infrastructure::{Account, CloudPort as _, Schedule, ScheduleCreation, UpgradeEvent};
use slipway_core::secret::Secret;
use slipway_core::trust::Trust;
use slipway_e2e::Site;
use slipway_oci::{Environment, Keyring, Limits, OciCloud, OperatorIdentity};
use slipway_outbound::{Connector, Policy, Unobserved};

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// An administrator with the same key.
pub(crate) struct Administrator {
    cloud: OciCloud,
    account: Account,
    compartment: String,
}

impl Administrator {
    pub(crate) fn of(site: &Site) -> Self {
        let policy = Policy { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() };
        let connector = Arc::new(Connector::new(policy));
        let environment = Environment::from_variables(&BTreeMap::new()).unwrap();
        let keyring = Arc::new(Keyring::new(Arc::clone(&connector), environment, OperatorIdentity::Refused));
        let cloud =
            OciCloud::new(connector, keyring, Arc::new(WallClock), Limits::default(), Arc::new(Unobserved));
        let files = [
            ("config", site.account.config_text("key.pem")),
            ("key.pem", site.account.private_key_pem.clone()),
        ];
        let account = Account {
            region: site.account.region.clone(),
            endpoint: Some(site.cloud.endpoint().parse().unwrap()),
            credentials: files.map(|(name, text)| (name.to_owned(), Secret::new(text))).into(),
            secret_name: "administrator".to_owned(),
            credentials_version: "1".to_owned(),
            trust: Trust::Authorities(site.cloud.ca_pem().to_owned()),
        };
        Self { cloud, account, compartment: site.account.compartment.clone() }
    }

    /// A schedule that Slipway has not made; its OCID.
    pub(crate) async fn make_schedule(&self, name: &str, events: &Value) -> String {
        let creation = ScheduleCreation {
            compartment_id: self.compartment.clone(),
            display_name: name.to_owned(),
            events: events_of(events),
            owner: "somebody else".to_owned(),
            retry_token: "by hand".to_owned(),
        };
        self.cloud.create_schedule(&self.account, &creation).await.unwrap().id
    }

    pub(crate) async fn read_schedule(&self, id: &str) -> Schedule {
        self.cloud.schedule(&self.account, id).await.unwrap()
    }

    /// Other times for a schedule.
    pub(crate) async fn change_schedule(&self, id: &str, events: &Value) {
        let etag = self.read_schedule(id).await.etag;
        self.cloud.change_schedule(&self.account, id, &events_of(events), etag.as_ref()).await.unwrap();
    }
}

/// The events of a spec as the port takes them; durations in hours.
pub(crate) fn events_of(events: &Value) -> Vec<UpgradeEvent> {
    let text = |event: &Value, field: &str| event[field].as_str().map(str::to_owned);
    let one = |event: &Value| UpgradeEvent {
        description: text(event, "description").unwrap(),
        time_start: text(event, "timeStart").unwrap().parse().unwrap(),
        duration: Duration::from_hours(
            text(event, "duration").unwrap().trim_end_matches('h').parse().unwrap(),
        ),
        recurrence: text(event, "recurrence"),
    };
    events.as_array().unwrap().iter().map(one).collect()
}

/// One event of so many hours every month.
pub(crate) fn monthly(description: &str, hours: u32) -> Value {
    json!([{"description": description, "timeStart": "2027-01-09T00:00:00Z", "duration": format!("{hours}h"),
        "recurrence": "FREQ=MONTHLY;BYDAY=2SA"}])
}
