//! An account service whose clock stands still, and clients of it that know nothing of the crate's inside.

use futures::stream;
use reqwest::header::HeaderMap;
use reqwest::{Body, Certificate, Client, Method};
use serde_json::{Value, json};
use slipway_sim::{Ocm, OcmConfig, OcmSwitches};
use std::time::Duration;

pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);
pub(crate) const BASE: &str = "/api/accounts_mgmt/v1/";

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

    /// Status and number of an error, whose form is checked on the way (`facts/ocm.md §2.1`).
    pub(crate) fn error(&self) -> (u16, &str) {
        let body = &self.body;
        let id = body["id"].as_str().unwrap_or_default();
        assert_eq!(body["kind"], "Error", "{body}");
        assert_eq!(body["code"], format!("ACCT-MGMT-{id}"));
        assert_eq!(body["href"], format!("/api/accounts_mgmt/v1/errors/{id}"));
        assert_eq!(body["operation_id"].as_str().unwrap().len(), 36);
        assert!(!body["reason"].as_str().unwrap().is_empty());
        (self.status, id)
    }

    pub(crate) fn items(&self) -> &Vec<Value> {
        self.body["items"].as_array().unwrap()
    }

    /// A field of every item.
    pub(crate) fn each(&self, field: &str) -> Vec<&str> {
        self.items().iter().map(|item| item[field].as_str().unwrap()).collect()
    }
}

/// An HTTP client that trusts this CA and nothing else.
pub(crate) fn http(ca: &str) -> Client {
    let ca = Certificate::from_pem(ca.as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([ca])
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

pub(crate) struct Scene {
    pub(crate) ocm: Ocm,
    pub(crate) client: Client,
}

/// Somebody with a token.
pub(crate) struct Caller<'a> {
    scene: &'a Scene,
    authorization: String,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::with(OcmConfig::default()).await
    }

    pub(crate) async fn with(config: OcmConfig) -> Self {
        let ocm = Ocm::start(OcmConfig { speed: 0.0, ..config }).await.unwrap();
        let client = http(ocm.ca_pem());
        Self { ocm, client }
    }

    pub(crate) async fn switched(change: impl FnOnce(&mut OcmSwitches)) -> Self {
        let scene = Self::start().await;
        scene.ocm.switches(change);
        scene
    }

    pub(crate) fn caller(&self, username: &str) -> Caller<'_> {
        let token = self.ocm.access_token(username).unwrap();
        self.with_header(format!("Bearer {token}"))
    }

    pub(crate) fn with_header(&self, authorization: String) -> Caller<'_> {
        Caller { scene: self, authorization }
    }

    pub(crate) fn service(&self) -> Caller<'_> {
        self.caller("slipway-sa")
    }

    /// A reserved record of `jdoe`; its id.
    pub(crate) async fn reserve(&self, cluster_id: &str) -> String {
        let answer = self.service().authorize(&wish("jdoe", cluster_id)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body["subscription"]["id"].as_str().unwrap().to_owned()
    }

    /// A record that was reserved and made Active.
    pub(crate) async fn activate(&self, cluster_id: &str, external_id: &str) -> String {
        let id = self.reserve(cluster_id).await;
        let body = json!({"external_cluster_id": external_id, "status": "Active"});
        assert_eq!(self.service().patch(&format!("subscriptions/{id}"), &body).await.status, 200);
        id
    }

    pub(crate) fn status(&self, id: &str) -> String {
        self.ocm.subscription(id).unwrap()["status"].as_str().unwrap().to_owned()
    }
}

/// What assisted-service sends (`facts/ocm.md §2.4`).
pub(crate) fn wish(username: &str, cluster_id: &str) -> Value {
    json!({
        "account_username": username, "cluster_id": cluster_id, "display_name": "demo", "managed": false,
        "product_category": "AssistedInstall", "product_id": "OCP", "reserve": true, "resources": [],
    })
}

pub(crate) fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

impl Caller<'_> {
    /// An error is a connection without an answer. Bodies are sent in chunks without a length, as the vendor's library
    /// does (`facts/ocm.md §1.6`). A body that is no JSON is given back as a text.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> reqwest::Result<Answer> {
        let base = if path.starts_with('/') { "" } else { BASE };
        let url = format!("{}{base}{path}", self.scene.ocm.url());
        let mut request = self.scene.client.request(method, url);
        if !self.authorization.is_empty() {
            request = request.header("authorization", &self.authorization);
        }
        if let Some(body) = body {
            let chunks = body.into_bytes().chunks(7).map(<[u8]>::to_vec).collect::<Vec<_>>();
            let chunks = stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
            request = request.header("content-type", "application/json").body(Body::wrap_stream(chunks));
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body })
    }

    /// Every answer but a 204 is JSON by its head (`facts/ocm.md §1.6`).
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let answer = self.try_send(method, path, body).await.unwrap();
        let wanted = if answer.status == 204 { "" } else { "application/json" };
        assert_eq!(answer.header("content-type"), wanted, "{path}");
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn search(&self, collection: &str, search: &str) -> Answer {
        self.get(&format!("{collection}?search={}", escaped(search))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn authorize(&self, wish: &Value) -> Answer {
        self.post("cluster_authorizations", wish).await
    }
}
