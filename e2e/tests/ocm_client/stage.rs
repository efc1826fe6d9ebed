//! A simulated account service, and a desk with the vendor's command line.

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::{Desk, OCM_CONFIG, OcmClient, Said};
use slipway_sim::{Ocm, OcmAccount, OcmCall, OcmConfig};

/// Where the account service's API begins.
pub(crate) const API: &str = "/api/accounts_mgmt/v1";
/// The service account that acts for everybody in its organization.
pub(crate) const SERVICE: &str = "slipway-sa";
/// A person of the same organization.
pub(crate) const PERSON: &str = "jdoe";

pub(crate) struct Stage {
    ocm: Ocm,
    desk: Desk<OcmClient>,
}

impl Stage {
    /// Nobody is logged in.
    pub(crate) async fn start(client: &OcmClient) -> anyhow::Result<Self> {
        Self::start_with(client, OcmConfig::default()).await
    }

    pub(crate) async fn start_with(client: &OcmClient, config: OcmConfig) -> anyhow::Result<Self> {
        let ocm = Ocm::start(config).await?;
        let desk = Desk::new(client)?;
        desk.write("ca.pem", ocm.ca_pem())?;
        Ok(Self { ocm, desk })
    }

    /// The service account is logged in.
    pub(crate) async fn of_service(client: &OcmClient) -> anyhow::Result<Self> {
        let stage = Self::start(client).await?;
        stage.log_in_as(SERVICE).await?;
        Ok(stage)
    }

    pub(crate) fn service(&self) -> &Ocm {
        &self.ocm
    }

    pub(crate) fn desk(&self) -> &Desk<OcmClient> {
        &self.desk
    }

    pub(crate) fn desk_mut(&mut self) -> &mut Desk<OcmClient> {
        &mut self.desk
    }

    pub(crate) fn account(&self, name: &str) -> anyhow::Result<OcmAccount> {
        self.ocm.account(name).with_context(|| format!("there is no account {name}"))
    }

    /// Runs `ocm login` over plain HTTP.
    pub(crate) async fn login(&self, by: &[&str]) -> anyhow::Result<Said> {
        let (url, token_url) = (self.ocm.plain_url(), self.ocm.plain_token_url());
        self.ocm(&[&["login", "--url", &url, "--token-url", &token_url][..], by].concat()).await
    }

    /// Logs an account in by its client credentials.
    pub(crate) async fn log_in_as(&self, name: &str) -> anyhow::Result<()> {
        let account = self.account(name)?;
        let by = ["--client-id", &account.client_id, "--client-secret", &account.client_secret];
        self.login(&by).await?.ok()?;
        Ok(())
    }

    /// The same after another one. Without the logout the token of the former is used on for as long as it lasts.
    pub(crate) async fn switch_to(&self, name: &str) -> anyhow::Result<()> {
        self.ocm(&["logout"]).await?.ok()?;
        self.log_in_as(name).await
    }

    pub(crate) async fn ocm(&self, arguments: &[&str]) -> anyhow::Result<Said> {
        self.desk.ocm(arguments).await
    }

    /// Runs `ocm get`; what it prints.
    pub(crate) async fn get(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        self.ocm(&[&["get"][..], arguments].concat()).await?.json()
    }

    /// Runs a command that reads a body from standard input.
    pub(crate) async fn send(&self, arguments: &[&str], body: &Value) -> anyhow::Result<Said> {
        self.desk.ocm_with(arguments, &body.to_string()).await
    }

    /// Reserves a record as the installer does (facts/ocm.md §2.4), for an account of this name.
    pub(crate) async fn reserve_for(
        &self,
        username: &str,
        cluster_id: &str,
        name: &str,
    ) -> anyhow::Result<Said> {
        let body = json!({
            "account_username": username, "cluster_id": cluster_id, "display_name": name, "managed": false,
            "product_category": "AssistedInstall", "product_id": "OCP", "reserve": true, "resources": [],
        });
        self.send(&["post", &format!("{API}/cluster_authorizations")], &body).await
    }

    /// The same for the service account; the record's id.
    pub(crate) async fn reserve(&self, cluster_id: &str, name: &str) -> anyhow::Result<String> {
        let answer = self.reserve_for(SERVICE, cluster_id, name).await?.json()?;
        Ok(text(&answer, "/subscription/id")?.to_owned())
    }

    /// Runs `ocm patch subscription ID`.
    pub(crate) async fn patch(&self, id: &str, body: &Value) -> anyhow::Result<Said> {
        self.send(&["patch", "subscription", id], body).await
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.desk.read(OCM_CONFIG)?)?)
    }

    /// Calls to the service that `act` makes.
    pub(crate) async fn calls_of<T>(
        &self,
        act: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<(T, Vec<OcmCall>)> {
        self.ocm.clear_journal();
        let result = act.await?;
        Ok((result, self.ocm.calls()))
    }
}

/// The text at a place of an answer (RFC 6901).
pub(crate) fn text<'a>(answer: &'a Value, place: &str) -> anyhow::Result<&'a str> {
    answer.pointer(place).and_then(Value::as_str).with_context(|| format!("no text at {place} of {answer}"))
}

/// Fails unless an answer has these texts at these places.
pub(crate) fn has(answer: &Value, expected: &[(&str, &str)]) -> anyhow::Result<()> {
    for (place, wanted) in expected {
        let found = text(answer, place)?;
        anyhow::ensure!(found == *wanted, "{found:?} is at {place}, not {wanted:?}: {answer}");
    }
    Ok(())
}

/// Names of a list's records, sorted.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().into_iter().flatten();
    let mut names: Vec<&str> = items.filter_map(|item| item["display_name"].as_str()).collect();
    names.sort_unstable();
    names
}

/// The service's refusal as the command line shows it: one of these numbers, words, and an id for the vendor's support.
pub(crate) fn refused(said: &Said, codes: &[u16]) -> anyhow::Result<Value> {
    anyhow::ensure!(said.code == Some(1), "it ended with {:?}:\n{}{}", said.code, said.out, said.err);
    let error: Value =
        serde_json::from_str(&said.err).with_context(|| format!("no refusal: {}{}", said.out, said.err))?;
    let code = text(&error, "/code")?;
    let wanted = codes.iter().any(|one| code == format!("ACCT-MGMT-{one}"));
    anyhow::ensure!(wanted && error["kind"] == "Error", "none of {codes:?}: {error}");
    let words = [text(&error, "/reason")?, text(&error, "/operation_id")?];
    anyhow::ensure!(words.iter().all(|word| !word.is_empty()), "nothing to tell the support: {error}");
    Ok(error)
}

/// Fails unless the program ended with 1 and said this on standard error.
pub(crate) fn failed_with(said: &Said, words: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        said.code == Some(1) && said.err.contains(words),
        "it ended with {:?} and does not say {words:?}:\n{}{}",
        said.code,
        said.out,
        said.err
    );
    Ok(())
}
