//! A client of the cloud that signs by itself and knows nothing of the crate's inside (facts/oci.md §2.1).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Method};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use slipway_sim::{Account, Cloud, Session};
use std::time::Duration;

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    /// Status and `code` of an error.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

/// An HTTP client that trusts this CA and nothing else.
pub(crate) fn http(ca: &str) -> Client {
    let ca = Certificate::from_pem(ca.as_bytes()).unwrap();
    let redirects = reqwest::redirect::Policy::none();
    Client::builder()
        .tls_certs_only([ca])
        .no_proxy()
        .redirect(redirects)
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

/// A caller with one key.
pub(crate) struct Caller {
    client: Client,
    base: String,
    host: String,
    pub(crate) key_id: String,
    key: RsaKeyPair,
}

pub(crate) fn key(pem: &str) -> RsaKeyPair {
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap()
}

impl Caller {
    fn with(cloud: &Cloud, key_id: String, pem: &str) -> Self {
        let base = cloud.endpoint();
        let host = base.trim_start_matches("https://").to_owned();
        Self { client: http(cloud.ca_pem()), base, host, key_id, key: key(pem) }
    }

    pub(crate) fn new(cloud: &Cloud, account: &Account) -> Self {
        Self::with(cloud, account.key_id(), &account.private_key_pem)
    }

    pub(crate) fn of_session(cloud: &Cloud, session: &Session) -> Self {
        Self::with(cloud, session.key_id(), &session.private_key_pem)
    }

    pub(crate) fn with_key(cloud: &Cloud, key_id: &str, pem: &str) -> Self {
        Self::with(cloud, key_id.to_owned(), pem)
    }

    pub(crate) fn sign(&self, message: &str) -> String {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        STANDARD.encode(signature)
    }

    /// Headers of a signed request; the instance principal's leaves the host out.
    fn signed(&self, method: &Method, target: &str, body: Option<&str>, with_host: bool) -> HeaderMap {
        let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let target = format!("{} {target}", method.as_str().to_lowercase());
        let mut lines = vec![("date", date.clone()), ("(request-target)", target)];
        if with_host {
            lines.push(("host", self.host.clone()));
        }
        if let Some(body) = body {
            lines.push(("content-length", body.len().to_string()));
            lines.push(("content-type", "application/json".to_owned()));
            lines.push(("x-content-sha256", STANDARD.encode(Sha256::digest(body))));
        }
        let message: Vec<_> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let names: Vec<_> = lines.iter().map(|(name, _)| *name).collect();
        let signature = self.sign(&message.join("\n"));
        let authorization = format!(
            r#"Signature version="1",headers="{}",keyId="{}",algorithm="rsa-sha256",signature="{signature}""#,
            names.join(" "),
            self.key_id
        );
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&authorization).unwrap());
        for (name, value) in
            lines.into_iter().filter(|(name, _)| !matches!(*name, "host" | "(request-target)"))
        {
            headers.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        headers
    }

    /// An error is a connection without an answer, or one that is no JSON.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        extra: &[(&'static str, &str)],
    ) -> reqwest::Result<Answer> {
        let body = body.map(Value::to_string);
        let mut headers = self.signed(&method, target, body.as_deref(), target != "/v1/x509");
        for (name, value) in extra {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let request = self.client.request(method, format!("{}{target}", self.base)).headers(headers);
        let response = request.body(body.unwrap_or_default()).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body })
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.try_send(Method::GET, target, None, &[]).await.unwrap()
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer {
        self.try_send(Method::POST, target, Some(body), &[]).await.unwrap()
    }

    pub(crate) async fn post_with_token(&self, target: &str, body: &Value, token: &str) -> Answer {
        self.try_send(Method::POST, target, Some(body), &[("opc-retry-token", token)]).await.unwrap()
    }

    pub(crate) async fn put(&self, target: &str, body: &Value, etag: &str) -> Answer {
        self.try_send(Method::PUT, target, Some(body), &[("if-match", etag)]).await.unwrap()
    }

    pub(crate) async fn delete(&self, target: &str, etag: &str) -> Answer {
        self.try_send(Method::DELETE, target, None, &[("if-match", etag)]).await.unwrap()
    }

    /// A PUT of the state with the etag of a GET before it.
    pub(crate) async fn set_state(&self, id: &str, state: &str) -> Answer {
        let etag = self.get(&infrastructure(id)).await.etag();
        self.put(&infrastructure(id), &serde_json::json!({"connectionState": state}), &etag).await
    }
}

pub(crate) const INFRASTRUCTURES: &str = "/20221208/cccInfrastructures";
pub(crate) const SCHEDULES: &str = "/20221208/cccUpgradeSchedules";

pub(crate) fn infrastructure(id: &str) -> String {
    format!("{INFRASTRUCTURES}/{id}")
}

pub(crate) fn schedule(id: &str) -> String {
    format!("{SCHEDULES}/{id}")
}
