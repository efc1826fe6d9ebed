//! A cloud whose clock stands still, one account, one rack.

use crate::caller::{Answer, Caller, http, infrastructure};
use serde_json::{Value, json};
use slipway_sim::{Account, Cloud, CloudConfig, ConnectionState, Offence, Rack, RackConfig};
use std::time::Duration;

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    pub(crate) account: Account,
    pub(crate) caller: Caller,
    pub(crate) rack: Rack,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::with(CloudConfig::default()).await
    }

    pub(crate) async fn with(config: CloudConfig) -> Self {
        let cloud = Cloud::start(CloudConfig { speed: 0.0, ..config }).await.unwrap();
        let account = cloud.add_account().unwrap();
        let caller = Caller::new(&cloud, &account);
        let rack = Rack::start(&cloud, RackConfig::named("rack-a")).await.unwrap();
        Self { cloud, account, caller, rack }
    }

    pub(crate) fn new_infrastructure(&self) -> String {
        self.cloud.create_infrastructure(&self.account, "rack-a")
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.cloud.clock().advance(by);
    }

    pub(crate) fn state(&self, id: &str) -> ConnectionState {
        self.cloud.connection_state(id).unwrap()
    }

    pub(crate) async fn get(&self, id: &str) -> Answer {
        self.caller.get(&infrastructure(id)).await
    }

    /// As the guide's `curl` posts it.
    pub(crate) async fn post_pin(&self, pin: &str) -> reqwest::Result<Value> {
        let client = http(self.rack.ca_pem());
        client.post(self.rack.url()).json(&json!({"pin": pin})).send().await?.json().await
    }

    /// From REJECT to REQUEST with the fingerprint there: what both sides say of it.
    pub(crate) async fn request(&self, id: &str) -> (String, String) {
        self.advance(20 * MINUTE);
        let pin = self.get(id).await.body["provisioningPin"].as_str().unwrap().to_owned();
        let told = self.post_pin(&pin).await.unwrap()["fingerprint"].as_str().unwrap().to_owned();
        self.advance(MINUTE);
        let shown =
            self.get(id).await.body["provisioningFingerprint"].as_str().unwrap_or_default().to_owned();
        (told, shown)
    }

    pub(crate) async fn connect(&self, id: &str) {
        self.request(id).await;
        assert_eq!(self.caller.set_state(id, "READY").await.status, 200);
        self.advance(MINUTE);
        assert_eq!(self.state(id), ConnectionState::Connected);
    }

    pub(crate) fn offences(&self) -> Vec<Offence> {
        self.cloud.violations().into_iter().map(|violation| violation.offence).collect()
    }

    /// Body of a create.
    pub(crate) fn wanted(&self, name: &str) -> Value {
        json!({"displayName": name, "compartmentId": self.account.compartment, "subnetId": self.account.subnet})
    }
}
