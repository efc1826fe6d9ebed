//! `slipway check`: whether the operator could run with its arguments.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use kube::{Client, Config};
use tokio::time::sleep;

use crate::{
    args::Args,
    definitions,
    rights::{self, Place},
    serving_certificate::ServingCertificate,
};

/// How long after its installation a kind may not be described yet, and how often it is asked for.
const DESCRIBED_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(250);

/// One line of the list.
struct Line {
    about: String,
    outcome: Result<String, String>,
}

impl Line {
    fn new(about: impl Into<String>, outcome: Result<String, String>) -> Self {
        Self { about: about.into(), outcome }
    }

    fn text(&self) -> String {
        match &self.outcome {
            Ok(said) => format!("ok      {}: {said}\n", self.about),
            Err(said) => format!("FAILED  {}: {said}\n", self.about),
        }
    }
}

/// Writes the list to standard output. Returns whether all is well.
///
/// Errors: there is no API server to ask, or nobody to write to.
pub(crate) async fn run(args: &Args) -> anyhow::Result<bool> {
    let config = Config::infer()
        .await
        .context("finding the Kubernetes API: neither a kubeconfig nor a service account is there")?;
    let lines = list(args, config).await?;
    let text: String = lines.iter().map(Line::text).collect();
    std::io::stdout().write_all(text.as_bytes()).context("writing the list")?;
    Ok(lines.iter().all(|line| line.outcome.is_ok()))
}

async fn list(args: &Args, mut config: Config) -> anyhow::Result<Vec<Line>> {
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    config.read_timeout = Some(Duration::from_secs(10));
    let url = config.cluster_url.to_string();
    let client = Client::try_from(config)?;
    let mut lines = vec![api_server(&client, &url).await];
    if lines.iter().all(|line| line.outcome.is_ok()) {
        lines.push(kinds(&client).await?);
        lines.extend(all_rights(args, &client).await);
    }
    lines.extend(certificate(args));
    Ok(lines)
}

async fn api_server(client: &Client, url: &str) -> Line {
    let asked = client.apiserver_version().await;
    let said = asked.map(|version| format!("{} at {url}", version.git_version));
    Line::new("Kubernetes API", said.map_err(|error| format!("{url} does not answer: {}", chain(error))))
}

/// With all that lies behind it: the first words of an error of the client say little.
fn chain(error: kube::Error) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

/// The API server describes kinds a moment after it serves them, and a check may be the first thing after an installation.
async fn kinds(client: &Client) -> anyhow::Result<Line> {
    let needed = definitions::needed()?;
    let until = Instant::now() + DESCRIBED_WITHIN;
    let mut asked = definitions::ask(client, &needed).await;
    while asked.is_err() && Instant::now() < until {
        sleep(PAUSE).await;
        asked = definitions::ask(client, &needed).await;
    }
    let kinds = || needed.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    Ok(Line::new("Kinds", asked.map(|()| kinds()).map_err(|lack| lack.to_string())))
}

async fn all_rights(args: &Args, client: &Client) -> Vec<Line> {
    let mut lines = Vec::new();
    if args.namespaces.is_empty() {
        lines.push(rights_in(args, client, &[Place::Served], None).await);
    }
    for namespace in &args.namespaces {
        lines.push(rights_in(args, client, &[Place::Served, Place::Named], Some(namespace)).await);
    }
    lines.push(rights_in(args, client, &[Place::Own], Some(&args.operator_namespace)).await);
    lines
}

async fn rights_in(args: &Args, client: &Client, places: &[Place], namespace: Option<&str>) -> Line {
    let is_own = places.contains(&Place::Own);
    let about = match namespace {
        Some(name) if is_own => format!("Rights of its own in {name}"),
        Some(name) => format!("Rights in {name}"),
        None => "Rights in the whole cluster".to_owned(),
    };
    let outcome = match rights::denied(client, places, namespace, &args.lease_name).await {
        Ok(denied) if denied.is_empty() => Ok("all that are used".to_owned()),
        Ok(denied) if is_own => {
            Err(format!("may not {}; apply the roles of this version", rights::words(&denied)))
        }
        Ok(denied) => {
            let command = rights::binding(client, namespace).await;
            let words = rights::words(&denied);
            Err(format!("may not {words}; apply the roles of this version, and if need be: {command}"))
        }
        Err(error) => Err(format!("cannot be asked: {}", chain(error))),
    };
    Line::new(about, outcome)
}

fn certificate(args: &Args) -> Option<Line> {
    let file = args.metrics_tls_cert.as_ref()?.display().to_string();
    let read = ServingCertificate::named(args).map(|_| file).map_err(|fault| fault.to_string());
    Some(Line::new("Certificate of metrics", read))
}
