//! What a machine asks of the boot service, asked by the test.

use std::net::SocketAddr;

use anyhow::Context as _;
use http::{Method, header};
use slipway_e2e::{Rack, wait_for};

use crate::scene::LIMIT;

/// The address that the machine uses, whichever replica answers.
const HOST: &str = "boot.example.com:8080";

/// An answer of the boot service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Asks this replica.
pub(crate) async fn ask(
    replica: SocketAddr,
    method: Method,
    path: &str,
    range: Option<&str>,
) -> anyhow::Result<Answer> {
    let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).tls_certs_only([]).build()?;
    let request = client.request(method, format!("http://{replica}{path}")).header(header::HOST, HOST);
    let request = match range {
        Some(range) => request.header(header::RANGE, range),
        None => request,
    };
    let answer = request.send().await?;
    Ok(Answer { status: answer.status().as_u16(), body: answer.bytes().await?.to_vec() })
}

/// The path by which a machine asks for its script.
pub(crate) fn script_path(rack: &Rack, index: usize) -> String {
    format!("/v1/script?mac={}&uuid={}", rack.fleet.mac(index), rack.fleet.uuid(index))
}

/// The script by which this replica lets the machine install, as soon as it has the images.
pub(crate) async fn script(rack: &Rack, index: usize, replica: SocketAddr) -> anyhow::Result<String> {
    let path = script_path(rack, index);
    wait_for("a script that installs", LIMIT, || async {
        let text = ask(replica, Method::GET, &path, None).await?.text();
        anyhow::ensure!(text.contains("/v1/boot/"), "{text}");
        Ok(text)
    })
    .await
}

/// The first path of a script that begins so.
pub(crate) fn path_in(script: &str, begin: &str) -> anyhow::Result<String> {
    let at = script.find(begin).with_context(|| format!("no {begin} in {script}"))?;
    let ends = |letter: char| letter.is_whitespace() || letter == '"';
    Ok(script[at..].split(ends).next().unwrap_or_default().to_owned())
}

/// The part of a boot's paths that all have in common, with the token.
pub(crate) fn boot_in(script: &str) -> anyhow::Result<String> {
    let path = path_in(script, "/v1/boot/")?;
    let token = path.split('/').nth(3).context("no token")?;
    Ok(format!("/v1/boot/{token}"))
}
