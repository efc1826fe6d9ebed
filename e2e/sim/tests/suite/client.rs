//! A Redfish caller that knows nothing of the crate's inside.

use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use slipway_sim::Fleet;
use std::time::Duration;

/// Calls one BMC with Basic authentication, or without any.
pub(crate) struct Caller {
    client: Client,
    pub(crate) base: String,
    login: Option<(String, String)>,
}

/// An HTTP client that trusts this CA and nothing else.
pub(crate) fn http(ca: &str) -> Client {
    Client::builder()
        .tls_certs_only([Certificate::from_pem(ca.as_bytes()).unwrap()])
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Caller {
    pub(crate) fn new(fleet: &Fleet, index: usize) -> Self {
        Self {
            client: http(fleet.ca_pem()),
            base: fleet.address(index),
            login: Some((fleet.username().to_owned(), fleet.password(index))),
        }
    }

    pub(crate) fn anonymous(fleet: &Fleet, index: usize) -> Self {
        Self { login: None, ..Self::new(fleet, index) }
    }

    pub(crate) fn with_password(fleet: &Fleet, index: usize, password: &str) -> Self {
        Self { login: Some((fleet.username().to_owned(), password.to_owned())), ..Self::new(fleet, index) }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.login {
            Some((name, password)) => request.basic_auth(name, Some(password)),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    /// A PATCH with the tag that its GET gives.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Response {
        let tag = self.get(path).await.headers().get("etag").cloned();
        let mut request = self.request(Method::PATCH, path).json(body);
        if let Some(tag) = tag {
            let text = tag.to_str().unwrap().trim_start_matches("W/").to_owned();
            request = request.header(
                "If-Match",
                if text.len() < tag.len() { tag.to_str().unwrap().to_owned() } else { text },
            );
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn reset(&self, system: &str, kind: &str) -> StatusCode {
        let path = format!("{}/Actions/ComputerSystem.Reset", system.trim_end_matches('/'));
        self.post(&path, &serde_json::json!({"ResetType": kind})).await.status()
    }

    /// A session's token and path.
    pub(crate) async fn login(&self, fleet: &Fleet, index: usize) -> Response {
        let body = serde_json::json!({"UserName": fleet.username(), "Password": fleet.password(index)});
        self.post("/redfish/v1/SessionService/Sessions", &body).await
    }

    pub(crate) async fn get_with_token(&self, path: &str, token: &str) -> StatusCode {
        let url = format!("{}{path}", self.base);
        self.client.get(url).header("X-Auth-Token", token).send().await.unwrap().status()
    }
}

/// Last segment of the first `MessageId` of an error body.
pub(crate) async fn message_of(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    let id = body["error"]["@Message.ExtendedInfo"][0]["MessageId"].as_str().unwrap().to_owned();
    id.rsplit('.').next().unwrap().to_owned()
}
