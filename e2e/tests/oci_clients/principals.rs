//! The ways to be somebody at the cloud: what the vendor's clients sign, the simulated cloud takes (facts/oci.md §2.5 to §2.8).

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::{OciClients, Said};

use crate::account::{ApiKey, PASSPHRASE};
use crate::sdk::Sdk;
use crate::stage::{Stage, refused};

pub(crate) async fn all_are_taken(clients: OciClients) -> anyhow::Result<()> {
    let mut stage = Stage::start(&clients).await?;
    key_under_a_passphrase(&stage).await?;
    session(&stage).await?;
    resource_principal(&mut stage).await?;
    instance_principal(&mut stage).await?;
    workload_identity(&stage).await?;
    unknown_key(&stage).await
}

/// A key that the vendor's command line has made, with its public half at the service.
async fn key_under_a_passphrase(stage: &Stage) -> anyhow::Result<()> {
    let key = ApiKey::make(stage.desk()).await?;
    let account = stage.account();
    let key_id =
        stage.cloud().add_api_key(&account.tenancy, &account.user, &stage.desk().read("api_public.pem")?)?;
    anyhow::ensure!(
        key_id.ends_with(&key.fingerprint),
        "the service calls it {key_id}, the command line {}",
        key.fingerprint
    );
    let config = account.config_text("api.pem").replace(&account.fingerprint, &key.fingerprint);
    stage.desk().write("encrypted", &format!("{config}pass_phrase={PASSPHRASE}\n"))?;
    shown(&stage.list_as(&["--config-file", "encrypted"]).await?)
}

async fn session(stage: &Stage) -> anyhow::Result<()> {
    let session = stage.session()?;
    stage.desk().write("token", &session.token)?;
    stage.desk().write("session.pem", &session.private_key_pem)?;
    let config = stage.account().config_text("session.pem").replace("[DEFAULT]", "[session]");
    stage.desk().write("sessions", &format!("{config}security_token_file=token\n"))?;
    let by = ["--config-file", "sessions", "--profile", "session", "--auth", "security_token"];
    shown(&stage.list_as(&by).await?)?;
    let signing = json!({"session": stage.desk().home().join("sessions"), "profile": "session"});
    by_sdk(stage, &signing).await
}

async fn resource_principal(stage: &mut Stage) -> anyhow::Result<()> {
    let session = stage.cloud().resource_principal(stage.account())?;
    for (name, value) in [
        ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2"),
        ("OCI_RESOURCE_PRINCIPAL_REGION", "us-ashburn-1"),
        ("OCI_RESOURCE_PRINCIPAL_RPST", &session.token),
        ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", &session.private_key_pem),
    ] {
        stage.desk_mut().set_variable(name, value);
    }
    shown(&stage.list_as(&["--auth", "resource_principal"]).await?)
}

/// Metadata, certificate, federation, token: all of it by the vendor's own code.
async fn instance_principal(stage: &mut Stage) -> anyhow::Result<()> {
    stage.cloud().set_instance(stage.account())?;
    let metadata = stage.cloud().metadata_url();
    let federation = format!("{}/v1/x509", stage.cloud().endpoint());
    stage.desk_mut().set_variable("OCI_METADATA_BASE_URL", &metadata);
    shown(&stage.list_as(&["--auth", "instance_principal", "--federation-endpoint", &federation]).await?)?;
    by_sdk(stage, &json!({"instance": federation})).await
}

/// The command line has the port of a real cluster built in; the SDK takes any.
async fn workload_identity(stage: &Stage) -> anyhow::Result<()> {
    stage.cloud().add_service_account(stage.account(), "the-pod's-token");
    let socket = stage.cloud().socket();
    by_sdk(stage, &json!({"workload": [socket.ip(), socket.port(), "the-pod's-token"]})).await
}

async fn unknown_key(stage: &Stage) -> anyhow::Result<()> {
    let other = stage.account().config_text("key.pem").replace("ocid1.user.", "ocid1.user.other.");
    stage.desk().write("unknown", &other)?;
    refused(&stage.list_as(&["--config-file", "unknown"]).await?, 401, "NotAuthenticated")
}

async fn by_sdk(stage: &Stage, signing: &Value) -> anyhow::Result<()> {
    let settings = crate::signing::merged(&[&stage.sdk_settings(), signing]);
    let mut sdk = Sdk::start(stage.desk(), &settings)?;
    let arguments = json!({"compartment_id": stage.compartment()});
    sdk.ok("list_ccc_infrastructures", arguments, Value::Null).await.context(signing.to_string())?;
    Ok(())
}

fn shown(said: &Said) -> anyhow::Result<()> {
    let answer = said.json()?;
    anyhow::ensure!(answer["data"]["items"].is_array(), "no list: {answer}");
    Ok(())
}
