//! Metrics and health by HTTPS.

use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use slipway_e2e::{ControlPlane, OperatorProcess, TestNamespace, wait_for};
use tempfile::TempDir;

use crate::scene::LIMIT;

/// Writes a new pair, as cert-manager's Secret has it, and returns the certificate.
fn renew(folder: &Path) -> String {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.crt"), cert.pem()).unwrap();
    std::fs::write(folder.join("tls.key"), signing_key.serialize_pem()).unwrap();
    cert.pem()
}

/// What a client that trusts this certificate alone is answered.
async fn get(operator: &OperatorProcess, trusted: &str, path: &str) -> anyhow::Result<(u16, String)> {
    let address = operator.metrics_address()?;
    let root = reqwest::Certificate::from_pem(trusted.as_bytes())?;
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).resolve("localhost", address);
    let url = format!("https://localhost:{}{path}", address.port());
    let answer = client.build()?.get(url).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

async fn answers(operator: &OperatorProcess, trusted: &str, path: &str) -> String {
    wait_for(&format!("{path} by HTTPS"), LIMIT, || async {
        let (status, body) = get(operator, trusted, path).await?;
        anyhow::ensure!(status == 200, "{status}: {body}");
        Ok(body)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn metrics_and_health_are_served_by_https_with_the_pair_that_is_there_now() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let namespace = TestNamespace::create(control_plane, "https").await.unwrap();
    let folder = TempDir::new().unwrap();
    let old = renew(folder.path());
    let mut options = OperatorProcess::options().namespace(namespace.name());
    for (flag, name) in [("--metrics-tls-cert", "tls.crt"), ("--metrics-tls-key", "tls.key")] {
        options = options.arg(flag).arg(folder.path().join(name));
    }
    let operator = options.start_unready(control_plane).await.unwrap();
    for (path, words) in
        [("/readyz", "ok"), ("/healthz", "ok"), ("/metrics", "slipway_build_info"), ("/boot/unknown", "[]")]
    {
        let said = answers(&operator, &old, path).await;
        assert!(said.contains(words), "{path}: {said}");
    }
    let plain = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let address = operator.metrics_address().unwrap();
    assert!(plain.get(format!("http://{address}/healthz")).send().await.is_err());

    std::fs::write(folder.path().join("tls.crt"), "rubbish").unwrap();
    let is_kept = |entry: &serde_json::Value| {
        entry["message"].as_str().is_some_and(|m| m.ends_with("the old one is kept"))
    };
    operator.log().wait_for("the broken pair to be named", LIMIT, is_kept).await.unwrap();
    assert_eq!(answers(&operator, &old, "/healthz").await, "ok\n");

    let new = renew(folder.path());
    assert_eq!(answers(&operator, &new, "/healthz").await, "ok\n");
    assert!(get(&operator, &old, "/healthz").await.is_err());
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_ends_the_start() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let folder = TempDir::new().unwrap();
    renew(folder.path());
    let (cert, key) = (folder.path().join("nowhere.crt"), folder.path().join("tls.key"));
    let options =
        OperatorProcess::options().arg("--metrics-tls-cert").arg(cert).arg("--metrics-tls-key").arg(key);
    let operator = options.start_unready(control_plane).await.unwrap();
    let ended = operator.wait_ended(LIMIT).await.unwrap();
    assert_eq!(ended.code(), Some(1));
    let said = operator.log().tail(5);
    assert!(said.contains("--metrics-tls-cert") && said.contains("nowhere.crt"), "{said}");
}
