//! A simulated cloud, and a desk with an account of it.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::{Desk, OciClients, Said};
use slipway_sim::{Account, Cloud, CloudConfig, Rack, RackConfig, Session};

/// The rack's name in the data centre's DNS.
const RACK_HOST: &str = "rps.rack1.example.com";

pub(crate) struct Stage {
    cloud: Cloud,
    rack: Option<Rack>,
    account: Account,
    other_compartment: String,
    desk: Desk,
}

impl Stage {
    pub(crate) async fn start(clients: &OciClients) -> anyhow::Result<Self> {
        Self::start_with(clients, CloudConfig::default()).await
    }

    pub(crate) async fn start_with(clients: &OciClients, config: CloudConfig) -> anyhow::Result<Self> {
        let cloud = Cloud::start(config).await?;
        let account = cloud.add_account()?;
        let other_compartment = cloud.new_compartment(&account);
        let desk = Desk::new(clients)?;
        desk.write("key.pem", &account.private_key_pem)?;
        desk.write("config", &account.config_text("key.pem"))?;
        desk.write("ca.pem", cloud.ca_pem())?;
        Ok(Self { cloud, rack: None, account, other_compartment, desk })
    }

    pub(crate) fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) fn compartment(&self) -> &str {
        &self.account.compartment
    }

    pub(crate) fn other_compartment(&self) -> &str {
        &self.other_compartment
    }

    pub(crate) fn subnet(&self) -> &str {
        &self.account.subnet
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(crate) fn desk_mut(&mut self) -> &mut Desk {
        &mut self.desk
    }

    /// Turns the service's clock.
    pub(crate) fn advance(&self, by: Duration) {
        self.cloud.clock().advance(by);
    }

    /// The only rack that there will be.
    pub(crate) async fn add_rack(&mut self) -> anyhow::Result<()> {
        self.rack = Some(Rack::start(&self.cloud, RackConfig::named("rack1")).await?);
        Ok(())
    }

    /// The rack's address as the guide writes it, and the socket that is behind it.
    pub(crate) fn rack_url(&self) -> anyhow::Result<(String, String)> {
        let rack = self.rack.as_ref().context("there is no rack yet")?;
        Ok((format!("https://{RACK_HOST}/rps_pin"), rack.socket().to_string()))
    }

    /// Runs `oci ccc infrastructure COMMAND`.
    pub(crate) async fn infrastructure(&self, command: &str, arguments: &[&str]) -> anyhow::Result<Said> {
        self.ccc(&["ccc", "infrastructure", command], arguments).await
    }

    /// The same, and the first answer counts: the command line tries some refusals again for ten minutes (facts/oci.md §2.9).
    pub(crate) async fn infrastructure_once(
        &self,
        command: &str,
        arguments: &[&str],
    ) -> anyhow::Result<Said> {
        self.ccc(&["--no-retry", "ccc", "infrastructure", command], arguments).await
    }

    /// Runs `oci ccc upgrade-schedule COMMAND`.
    pub(crate) async fn schedule(&self, command: &str, arguments: &[&str]) -> anyhow::Result<Said> {
        self.ccc(&["ccc", "upgrade-schedule", command], arguments).await
    }

    /// Lists the infrastructures of the compartment as somebody else than the account's user.
    pub(crate) async fn list_as(&self, by: &[&str]) -> anyhow::Result<Said> {
        let service = ["--cert-bundle", "ca.pem", "--endpoint"];
        let endpoint = self.cloud.endpoint();
        let list = ["ccc", "infrastructure", "list", "--compartment-id", self.compartment()];
        self.desk.oci(&[&service[..], &[&endpoint], by, &list].concat()).await
    }

    async fn ccc(&self, command: &[&str], arguments: &[&str]) -> anyhow::Result<Said> {
        let endpoint = self.cloud.endpoint();
        let service = ["--config-file", "config", "--cert-bundle", "ca.pem", "--endpoint", &endpoint];
        self.desk.oci(&[&service[..], command, arguments].concat()).await
    }

    /// A session token of the account's user, in the same tenancy.
    pub(crate) fn session(&self) -> anyhow::Result<Session> {
        Ok(self.cloud.session(&self.account)?)
    }

    /// Settings for [`crate::sdk::Sdk`] with the account's API key.
    pub(crate) fn sdk_settings(&self) -> Value {
        let home = self.desk.home();
        json!({
            "endpoint": self.cloud.endpoint(), "authority": home.join("ca.pem"),
            "config": home.join("config"), "profile": "DEFAULT",
        })
    }
}

/// The text at a place of an answer (RFC 6901).
pub(crate) fn text<'a>(answer: &'a Value, place: &str) -> anyhow::Result<&'a str> {
    answer.pointer(place).and_then(Value::as_str).with_context(|| format!("no text at {place} of {answer}"))
}

/// The etag that the command line shows beside the data.
pub(crate) fn etag(answer: &Value) -> anyhow::Result<&str> {
    text(answer, "/etag")
}

/// Fails unless the command line shows this refusal, with an id for the vendor's support.
pub(crate) fn refused(said: &Said, status: u64, code: &str) -> anyhow::Result<()> {
    let error = said.service_error()?;
    anyhow::ensure!(error["status"] == status && error["code"] == code, "not {status} {code}: {error}");
    let id = text(&error, "/opc-request-id")?;
    anyhow::ensure!(
        !id.is_empty() && !text(&error, "/message")?.is_empty(),
        "nothing to tell the support: {error}"
    );
    Ok(())
}
