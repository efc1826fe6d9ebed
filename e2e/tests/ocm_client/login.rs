//! `ocm login`, `ocm token`, `ocm whoami`, `ocm logout`: every way in (facts/ocm.md §1, rows 1 to 6 and 16 of §9.1).

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use slipway_e2e::foreign::{OCM_CONFIG, OcmClient};
use slipway_sim::OcmConfig;

use crate::stage::{PERSON, SERVICE, Stage, failed_with, has, refused, text};

pub(crate) async fn by_client_credentials(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::start(&client).await?;
    let account = stage.account(SERVICE)?;
    let wrong = stage.login(&["--client-id", SERVICE, "--client-secret", "wrong"]).await?;
    failed_with(&wrong, "Invalid client or Invalid client credentials")?;
    let unknown = stage.login(&["--client-id", "nobody", "--client-secret", "wrong"]).await?;
    failed_with(&unknown, "Invalid client or Invalid client credentials")?;
    anyhow::ensure!(!stage.desk().home().join(OCM_CONFIG).exists(), "a failed login was saved");

    let ((), calls) = stage.calls_of(stage.log_in_as(SERVICE)).await?;
    anyhow::ensure!(calls.len() == 1, "not one call: {calls:?}");
    let form = &calls[0].body;
    has(form, &[("/grant_type", "client_credentials"), ("/client_id", SERVICE), ("/scope", "openid")])?;
    anyhow::ensure!(form.get("client_secret").is_none(), "the secret is in the form: {form}");
    let mode = stage.desk().home().join(OCM_CONFIG).metadata()?.permissions().mode();
    anyhow::ensure!(mode & 0o777 == 0o600, "others may read it: {mode:o}");
    let config = stage.config()?;
    let (url, token_url) = (stage.service().plain_url(), stage.service().plain_token_url());
    has(&config, &[("/client_id", SERVICE), ("/url", &url), ("/token_url", &token_url)])?;
    has(&config, &[("/client_secret", &account.client_secret)])?;

    let (whoami, calls) = stage.calls_of(stage.ocm(&["whoami"])).await?;
    anyhow::ensure!(calls[0].agent.as_deref() == Some("OCM-CLI/1.0.15"), "who is that? {calls:?}");
    anyhow::ensure!(calls.len() == 1, "a token that is good for 15 minutes was not used again: {calls:?}");
    let whoami = whoami.json()?;
    has(
        &whoami,
        &[("/username", SERVICE), ("/id", &account.id), ("/organization/id", &account.organization_id)],
    )?;
    anyhow::ensure!(!text(&whoami, "/organization/name")?.is_empty(), "{whoami}");
    tokens_are_shown(&stage).await?;
    stage.ocm(&["logout"]).await?.ok()?;
    failed_with(&stage.ocm(&["whoami"]).await?, "Not logged in")
}

async fn tokens_are_shown(stage: &Stage) -> anyhow::Result<()> {
    let shown = stage.ocm(&["token"]).await?;
    anyhow::ensure!(
        shown.ok()?.trim() == text(&stage.config()?, "/access_token")?,
        "another token: {shown:?}"
    );
    let payload = stage.ocm(&["token", "--payload"]).await?.json()?;
    has(&payload, &[("/typ", "Bearer"), ("/username", SERVICE)])?;
    anyhow::ensure!(payload["exp"].as_i64() > payload["iat"].as_i64(), "no time to live: {payload}");
    let generated = stage.ocm(&["token", "--generate"]).await?;
    anyhow::ensure!(generated.ok()? != shown.out, "no new token");
    Ok(())
}

pub(crate) async fn by_token(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::start(&client).await?;
    let account = stage.account(PERSON)?;
    let (offline, calls) = stage.calls_of(stage.login(&["--token", &account.offline_token])).await?;
    offline.ok()?;
    anyhow::ensure!(calls.len() == 1, "not one call: {calls:?}");
    has(&calls[0].body, &[("/grant_type", "refresh_token"), ("/client_id", "cloud-services")])?;
    has(&stage.ocm(&["whoami"]).await?.json()?, &[("/username", PERSON)])?;

    let access = stage.ocm(&["token"]).await?.ok()?.trim().to_owned();
    let (by_access, calls) = stage.calls_of(stage.login(&["--token", &access])).await?;
    by_access.ok()?;
    anyhow::ensure!(calls.is_empty(), "an access token needs no call: {calls:?}");
    anyhow::ensure!(stage.config()?["refresh_token"].as_str().is_none_or(str::is_empty), "it keeps another");
    has(&stage.ocm(&["whoami"]).await?.json()?, &[("/username", PERSON)])?;

    stage.ocm(&["logout"]).await?.ok()?;
    let by_password = stage.login(&["--user", PERSON, "--password", &account.password]).await?;
    anyhow::ensure!(by_password.ok().is_ok() && by_password.err.contains("deprecated"), "{by_password:?}");
    let refresh = text(&stage.config()?, "/refresh_token")?.to_owned();
    stage.login(&["--token", &refresh]).await?.ok()?;
    has(&stage.ocm(&["whoami"]).await?.json()?, &[("/username", PERSON)])?;
    refusals_of_tokens(&stage, &account.offline_token, &account.pull_secret_token).await
}

async fn refusals_of_tokens(stage: &Stage, offline: &str, pull_secret: &str) -> anyhow::Result<()> {
    let cluster_and_token = format!("5e0cb9d4-6a2e-4a3a-8a0e-1d0a1e2b3c4d:{pull_secret}");
    let (said, calls) = stage.calls_of(stage.login(&["--token", &cluster_and_token])).await?;
    failed_with(&said, "Can't parse token")?;
    anyhow::ensure!(calls.is_empty(), "what is no token was sent: {calls:?}");
    anyhow::ensure!(stage.service().revoke(offline), "no such token");
    let revoked = stage.login(&["--token", offline]).await?;
    failed_with(&revoked, "Offline access token is no longer valid")
}

/// Rotating refresh tokens: each is good for one use, and the client keeps the newest.
pub(crate) async fn short_lives(client: OcmClient) -> anyhow::Result<()> {
    let config =
        OcmConfig { token_life: Duration::from_secs(2), rotate_refresh: true, ..OcmConfig::default() };
    let stage = Stage::start_with(&client, config).await?;
    stage.log_in_as(SERVICE).await?;
    three_commands(&stage, "client_credentials").await?;
    let offline = stage.account(PERSON)?.offline_token;
    stage.login(&["--token", &offline]).await?.ok()?;
    three_commands(&stage, "refresh_token").await?;
    let used = stage.login(&["--token", &offline]).await?;
    failed_with(&used, "Can't get token")
}

/// Each gets a token first, and none ends in an error.
async fn three_commands(stage: &Stage, grant: &str) -> anyhow::Result<()> {
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (said, calls) =
            stage.calls_of(stage.ocm(&["get", "/api/accounts_mgmt/v1/current_account"])).await?;
        said.ok()?;
        anyhow::ensure!(calls[0].body["grant_type"] == grant, "no {grant} before the call: {calls:?}");
        seen.push(text(&stage.config()?, "/access_token")?.to_owned());
    }
    seen.sort_unstable();
    seen.dedup();
    anyhow::ensure!(seen.len() == 3, "the same token twice");
    Ok(())
}

pub(crate) async fn over_tls(client: OcmClient) -> anyhow::Result<()> {
    let mut stage = Stage::start(&client).await?;
    let (url, token_url) = (stage.service().url(), stage.service().token_url());
    let account = stage.account(SERVICE)?;
    let login =
        ["login", "--url", &url, "--token-url", &token_url, "--client-id", SERVICE, "--client-secret"];
    let login = [&login[..], &[&account.client_secret]].concat();
    failed_with(&stage.ocm(&login).await?, "certificate signed by unknown authority")?;

    stage.ocm(&[&login[..], &["--insecure"]].concat()).await?.ok()?;
    anyhow::ensure!(stage.config()?["insecure"] == true, "--insecure is not saved");
    has(&stage.ocm(&["whoami"]).await?.json()?, &[("/username", SERVICE)])?;

    stage.desk_mut().set_variable("SSL_CERT_FILE", "ca.pem");
    stage.ocm(&login).await?.ok()?;
    anyhow::ensure!(stage.config()?["insecure"] != true, "still insecure");
    has(&stage.ocm(&["whoami"]).await?.json()?, &[("/username", SERVICE)])
}

/// Who is known and may not come in, and who is not known.
pub(crate) async fn denied(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::start(&client).await?;
    stage.log_in_as("banned").await?;
    refused(&stage.ocm(&["get", "subscriptions"]).await?, &[22])?;
    failed_with(&stage.ocm(&["whoami"]).await?, "ACCT-MGMT-22")?;
    // Another login is no change while the token of the former lasts.
    stage.log_in_as(SERVICE).await?;
    failed_with(&stage.ocm(&["whoami"]).await?, "ACCT-MGMT-22")?;
    stage.switch_to(SERVICE).await?;
    has(&stage.ocm(&["whoami"]).await?.json()?, &[("/username", SERVICE)])?;
    stage.service().revoke_access_tokens();
    // The client does not get another token after a 401 (facts/ocm.md §1.5).
    refused(&stage.ocm(&["get", "subscriptions"]).await?, &[15])?;
    Ok(())
}
