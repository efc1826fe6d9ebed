//! What Slipway asks of the auth service as an instance, and what the vendor's signer makes of the same request.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_core::clock::Timestamp;
use slipway_core::secret::Secret;
use slipway_core::trust::Trust;
use slipway_e2e::foreign::{Desk, OciClients};
use slipway_oci::{Account, Environment, Keyring, OperatorIdentity, Region};
use slipway_outbound::{Connector, Method, Policy, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use url::Url;

use crate::account::{REGION, TENANCY, token};
use crate::signing::signed_by_vendor;

/// What the metadata service of an instance has.
type Files = BTreeMap<&'static str, String>;

/// A request with a body, as it came.
struct Asked {
    target: String,
    headers: BTreeMap<String, String>,
    body: String,
}

pub(crate) async fn signatures_are_equal(clients: OciClients) -> anyhow::Result<()> {
    let desk = Desk::new(&clients)?;
    let now: Timestamp = "2026-02-28T23:59:59Z".parse()?;
    let (asked, origin) = federate(files(&desk).await?, now).await?;
    let key_id = asked.headers["authorization"].split('"').nth(5).context("no keyId")?;
    let fingerprint = key_id.strip_prefix(&format!("{TENANCY}/fed-x509-sha256/")).context("another keyId")?;
    let request = json!({
        "by": "federation", "method": "POST", "url": format!("{origin}{}", asked.target), "seconds": now.as_second(),
        "body": asked.body, "key": desk.read("leaf.key")?, "tenancy": TENANCY, "fingerprint": fingerprint,
    });
    let theirs = signed_by_vendor(&desk, &[request]).await?;
    for name in ["date", "content-type", "content-length", "x-content-sha256", "authorization"] {
        // Their signer names the certificate by SHA-1 only.
        let ours = asked.headers.get(name).map(|value| value.replace("/fed-x509-sha256/", "/fed-x509/"));
        let theirs = theirs[0]["headers"][name].as_str();
        anyhow::ensure!(ours.as_deref() == theirs, "{name} is {ours:?}, theirs {theirs:?}");
    }
    Ok(())
}

async fn files(desk: &Desk) -> anyhow::Result<Files> {
    let subject = format!("/O=opc-certtype:instance/OU=opc-tenant:{TENANCY}");
    let line = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "leaf.key", "-out",
        "leaf.crt",
    ];
    desk.run(Path::new("/usr/bin/openssl"), &[&line[..], &["-subj", &subject]].concat(), "").await?.ok()?;
    let certificate = desk.read("leaf.crt")?;
    Ok(BTreeMap::from([
        ("/opc/v2/instance/region", REGION.to_owned()),
        ("/opc/v2/identity/cert.pem", certificate.clone()),
        ("/opc/v2/identity/intermediate.pem", certificate),
        ("/opc/v2/identity/key.pem", desk.read("leaf.key")?),
    ]))
}

/// The one request for a token that Slipway makes when it is to sign as this instance.
async fn federate(files: Files, now: Timestamp) -> anyhow::Result<(Asked, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let (sender, mut seen) = unbounded_channel();
    let serving = tokio::spawn(serve(listener, files, json!({"token": token(now)}), sender));
    let variables = [
        ("OCI_METADATA_BASE_URL".to_owned(), format!("{origin}/opc/v2")),
        ("OCI_SDK_AUTH_CLIENT_REGION_URL".to_owned(), origin.clone()),
    ];
    let environment = Environment::from_variables(&BTreeMap::from(variables))?;
    let connector = Arc::new(Connector::new(Policy::default()));
    let keyring = Keyring::new(connector, environment, OperatorIdentity::Permitted);
    let signer = keyring.signer(&Account {
        secret: "test/instance".to_owned(),
        version: "1".to_owned(),
        content: BTreeMap::from([("authentication_type".to_owned(), Secret::new("instance_principal"))]),
        region: Region::parse(REGION)?,
        trust: Trust::System,
    })?;
    let mut request = Request::new(Method::GET, "/x", Duration::from_secs(1));
    signer.sign(&mut request, &Url::parse("https://ccc.example.com")?, now).await?;
    serving.abort();
    Ok((seen.try_recv().context("no request for a token")?, origin))
}

/// Metadata and auth service in one; each connection has one request.
async fn serve(
    listener: TcpListener,
    files: Files,
    answer: Value,
    seen: UnboundedSender<Asked>,
) -> anyhow::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        let (method, asked) = read(&mut stream).await?;
        let body =
            if method == "POST" { Some(answer.to_string()) } else { files.get(&*asked.target).cloned() };
        let (status, body) = body.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
        let head =
            format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        if method == "POST" {
            seen.send(asked)?;
        }
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        stream.shutdown().await?;
    }
}

async fn read(stream: &mut TcpStream) -> anyhow::Result<(String, Asked)> {
    let mut bytes = Vec::new();
    loop {
        anyhow::ensure!(stream.read_buf(&mut bytes).await? > 0, "the request ends early");
        let text = String::from_utf8(bytes.clone())?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers.get("content-length").map_or(Ok(0), |length| length.parse())?;
        if body.len() >= length {
            let method = first.next().unwrap_or_default().to_owned();
            let target = first.next().unwrap_or_default().to_owned();
            return Ok((method, Asked { target, headers, body: body.to_owned() }));
        }
    }
}
