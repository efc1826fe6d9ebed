//! Somebody with an API key or a session: as the vendor's clients read it from files, and as a Secret for Slipway.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use slipway_core::clock::Timestamp;
use slipway_core::secret::Secret;
use slipway_core::trust::Trust;
use slipway_e2e::foreign::Desk;
use slipway_oci::{Account, Environment, Keyring, OperatorIdentity, Region, Signer};
use slipway_outbound::{Connector, Policy};

pub(crate) const TENANCY: &str = "ocid1.tenancy.oc1..aaaaaaaafictitioustenancy";
pub(crate) const USER: &str = "ocid1.user.oc1..aaaaaaaafictitioususer";
pub(crate) const REGION: &str = "us-ashburn-1";
/// With all that a passphrase may trip over in files and shells.
pub(crate) const PASSPHRASE: &str = "it's a \"pass\" phrase; #1 = 100%";

/// A key that the vendor's command line has made, under [`PASSPHRASE`].
pub(crate) struct ApiKey {
    pub(crate) pem: String,
    pub(crate) fingerprint: String,
}

impl ApiKey {
    /// Runs `oci setup keys`.
    pub(crate) async fn make(desk: &Desk) -> anyhow::Result<Self> {
        // Without an end of line, which would belong to the passphrase.
        desk.write("phrase", PASSPHRASE)?;
        let said = desk
            .oci(&["setup", "keys", "--output-dir", ".", "--key-name", "api", "--passphrase-file", "phrase"])
            .await?;
        let fingerprint = said.ok()?.lines().find_map(|line| line.strip_prefix("Public key fingerprint: "));
        let fingerprint = fingerprint.map(|text| text.trim().to_owned());
        let fingerprint = fingerprint.ok_or_else(|| anyhow::anyhow!("no fingerprint in: {}", said.out))?;
        Ok(Self { pem: desk.read("api.pem")?, fingerprint })
    }

    /// The configuration file with this key in the default profile.
    pub(crate) fn config(&self, key_file: &Path) -> String {
        let fingerprint = &self.fingerprint;
        format!(
            "[DEFAULT]\nuser={USER}\ntenancy={TENANCY}\nfingerprint={fingerprint}\nregion={REGION}\n\
             key_file={}\npass_phrase={PASSPHRASE}\n",
            key_file.display()
        )
    }
}

/// Slipway's signer for the content of a Secret.
pub(crate) fn signer(content: &[(&str, &str)]) -> anyhow::Result<Arc<Signer>> {
    let content: BTreeMap<String, Secret> =
        content.iter().map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect();
    let connector = Arc::new(Connector::new(Policy::default()));
    let environment = Environment::from_variables(&BTreeMap::new())?;
    let keyring = Keyring::new(connector, environment, OperatorIdentity::Refused);
    let account = Account {
        secret: "test/account".to_owned(),
        version: "1".to_owned(),
        content,
        region: Region::parse(REGION)?,
        trust: Trust::System,
    };
    Ok(keyring.signer(&account)?)
}

/// A token that lasts an hour from `now`; nobody has signed it.
pub(crate) fn token(now: Timestamp) -> String {
    let claims = format!("{{\"exp\":{},\"sub\":\"{USER}\"}}", now.as_second() + 3600);
    let parts = ["{\"alg\":\"RS256\",\"kid\":\"asw\"}", &claims, "unsigned"];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}
