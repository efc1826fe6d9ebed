//! Workload identity: over TLS with the cluster's authority, the account's token read anew.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use slipway_core::reason::Reason;
use slipway_oci::{Environment, Signer};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};
use url::Url;

use crate::cloud::{account, at, environment, jwt, key_id, keyring, start};

/// A cluster's token service with a certificate of its own authority.
struct Cluster {
    url: Url,
    folder: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<(u16, String)>>,
    task: JoinHandle<()>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cluster {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.path().join("ca.crt"), authority.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority);
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.unwrap().der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let answer: Arc<Mutex<(u16, String)>> = Arc::default();
        let (seen, said) = (asked.clone(), answer.clone());
        let task = tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let text = read(&mut stream).await;
                seen.lock().unwrap().push(text);
                let (status, body) = said.lock().unwrap().clone();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
            }
        });
        Self { url, folder, asked, answer, task }
    }

    fn give(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }

    fn give_token(&self, token: &str) {
        let inner = STANDARD.encode(json!({"token": format!("ST${token}")}).to_string());
        self.give(200, &format!("\"{inner}\""));
    }

    fn write_account(&self, token: &str) {
        std::fs::write(self.folder.path().join("token"), token).unwrap();
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn signer(&self) -> Arc<Signer> {
        let environment = Environment {
            workload: Some(self.url.clone()),
            service_account_token: self.folder.path().join("token"),
            service_account_ca: self.folder.path().join("ca.crt"),
            ..environment()
        };
        keyring(environment)
            .signer(&account("1", &[("authentication_type", "oke_workload_identity")]))
            .unwrap()
    }
}

/// One request with a body that is JSON.
async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"}") {
        assert!(stream.read_buf(&mut text).await.unwrap() > 0);
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn the_account_vouches_for_a_new_key_until_half_of_its_life() {
    let cluster = Cluster::start().await;
    let signer = cluster.signer();
    cluster.write_account("account-1\n");
    cluster.give_token(&jwt(at(1200), 1));
    for seconds in [0, 1, 599] {
        assert_eq!(key_id(&signer, at(seconds)).await.unwrap(), format!("ST${}", jwt(at(1200), 1)));
    }
    let asked = cluster.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("POST /resourcePrincipalSessionTokens HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].contains("authorization: Bearer account-1\r\n"), "{}", asked[0]);
    let body: Value = serde_json::from_str(asked[0].split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert!(STANDARD.decode(body["podKey"].as_str().unwrap()).unwrap().len() > 256);
    cluster.write_account("account-2");
    cluster.give_token(&jwt(at(1800), 2));
    assert_eq!(key_id(&signer, at(600)).await.unwrap(), format!("ST${}", jwt(at(1800), 2)));
    let again = cluster.asked();
    assert!(
        again[0].contains("Bearer account-2\r\n") && !again[0].contains(body["podKey"].as_str().unwrap())
    );
}

#[tokio::test]
async fn what_goes_wrong_is_named() {
    let cluster = Cluster::start().await;
    let failure = key_id(&cluster.signer(), start()).await.unwrap_err();
    assert!(failure.reason == Reason::CredentialsInvalid && failure.message.contains("/token"), "{failure}");
    cluster.write_account("canary");
    for (status, body, reason, words) in [
        (403, "{}", Reason::CredentialsRefused, "enhanced OKE cluster"),
        (503, "", Reason::CloudFault, "503"),
        (200, "\"!\"", Reason::NotOracleCloud, "instead of a token"),
        (200, "{}", Reason::NotOracleCloud, "instead of a token"),
    ] {
        cluster.give(status, body);
        let failure = key_id(&cluster.signer(), start()).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{failure}");
        assert!(failure.message.contains(words) && !failure.message.contains("canary"), "{failure}");
    }
    cluster.asked();
    let other = Cluster::start().await;
    std::fs::copy(other.folder.path().join("ca.crt"), cluster.folder.path().join("ca.crt")).unwrap();
    let failure = key_id(&cluster.signer(), start()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CertificateUntrusted, "{failure}");
    assert_eq!(cluster.asked().len(), 0, "the account's token went to a stranger");
}

#[tokio::test]
async fn outside_a_cluster_it_is_said_so() {
    let ring = keyring(environment());
    let signer = ring.signer(&account("1", &[("authentication_type", "oke_workload_identity")])).unwrap();
    let failure = key_id(&signer, start()).await.unwrap_err();
    assert!(failure.message.contains("KUBERNETES_SERVICE_HOST"), "{failure}");
}
