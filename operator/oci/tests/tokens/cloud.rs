//! A small cloud: the auth service, the metadata service, a cluster's token service, and a service that wants signatures.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request as Asked, State},
    response::Response,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use slipway_core::{
    clock::{SignedDuration, Timestamp},
    failure::Failure,
    secret::Secret,
    trust::Trust,
};
use slipway_oci::{Account, Environment, Keyring, OperatorIdentity, Region, Signer};
use slipway_outbound::{Answer, Connector, Method, Plaintext, Policy, Request};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

/// What a request was, as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// One attribute of the signature.
    pub(crate) fn attribute(&self, name: &str) -> String {
        let header = &self.headers["authorization"];
        let (_, rest) = header.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Checks the signature of what came over the wire by the vendor's rules.
    pub(crate) fn is_signed_by(&self, spki: &[u8]) -> bool {
        let line = |name: &str| match name {
            "(request-target)" => format!("{name}: {} {}", self.method.to_lowercase(), self.target),
            name => format!("{name}: {}", self.headers[name]),
        };
        let text = self.attribute("headers").split(' ').map(line).collect::<Vec<_>>().join("\n");
        if let Some(sealed) = self.headers.get("x-content-sha256") {
            let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.body);
            assert_eq!(*sealed, STANDARD.encode(hash));
        }
        let signature = STANDARD.decode(self.attribute("signature")).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki).verify(text.as_bytes(), &signature).is_ok()
    }
}

type Answering = dyn Fn(&Call) -> Response + Send + Sync;

#[derive(Clone)]
struct Behind {
    calls: Arc<Mutex<Vec<Call>>>,
    answering: Arc<Answering>,
}

/// A running server; stops when dropped.
pub(crate) struct Server {
    pub(crate) url: Url,
    calls: Arc<Mutex<Vec<Call>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(answering: impl Fn(&Call) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let behind = Behind { calls: calls.clone(), answering: Arc::new(answering) };
        let router = Router::new().fallback(answer).with_state(behind);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, calls, task }
    }

    /// What was asked since the last look.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(behind): State<Behind>, asked: Asked) -> Response {
    let (parts, body) = asked.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let headers =
        parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let call = Call {
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().unwrap().to_string(),
        headers: headers.collect(),
        body: body.to_vec(),
    };
    let response = (behind.answering)(&call);
    behind.calls.lock().unwrap().push(call);
    response
}

pub(crate) fn reply(status: u16, body: impl Into<Body>) -> Response {
    Response::builder().status(status).header("content-type", "application/json").body(body.into()).unwrap()
}

pub(crate) fn token_reply(token: &str) -> Response {
    reply(200, json!({"token": token}).to_string())
}

/// A token that ends then; `serial` tells tokens apart.
pub(crate) fn jwt(ends: Timestamp, serial: usize) -> String {
    let claims = json!({"exp": ends.as_second(), "jti": serial}).to_string();
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// The moment so many seconds after the start.
pub(crate) fn at(seconds: i64) -> Timestamp {
    start().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn data() -> Value {
    serde_json::from_str(include_str!("../data/keys.json")).unwrap()
}

/// One of the test keys, or another text of theirs.
pub(crate) fn pem(name: &str) -> String {
    data()["keys"][name].as_str().unwrap().to_owned()
}

pub(crate) fn passphrase() -> String {
    data()["passphrase"].as_str().unwrap().to_owned()
}

/// Base64 inside of a PEM text, decoded.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    let inner: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(inner).unwrap()
}

/// The public half of the test key (`SubjectPublicKeyInfo`).
pub(crate) fn public() -> Vec<u8> {
    der(&pem("public"))
}

pub(crate) fn environment() -> Environment {
    Environment::from_variables(&BTreeMap::new()).unwrap()
}

pub(crate) fn keyring(environment: Environment) -> Keyring {
    let policy = Policy { allow_insecure: true, ..Policy::default() };
    Keyring::new(Arc::new(Connector::new(policy)), environment, OperatorIdentity::Permitted)
}

pub(crate) fn account(version: &str, content: &[(&str, &str)]) -> Account {
    Account {
        secret: "rack/oci".to_owned(),
        version: version.to_owned(),
        content: content.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect(),
        region: Region::parse("us-ashburn-1").unwrap(),
        trust: Trust::System,
    }
}

/// Signs a GET and answers the keyId it was signed with.
pub(crate) async fn key_id(signer: &Signer, now: Timestamp) -> Result<String, Failure> {
    let url = Url::parse("https://ccc.us-ashburn-1.oci.oraclecloud.com").unwrap();
    let mut request = Request::new(Method::GET, "/20221208/cccInfrastructures", Duration::from_secs(5));
    signer.sign(&mut request, &url, now).await?;
    let header = request.headers["authorization"].to_str().unwrap().to_owned();
    let (_, rest) = header.split_once("keyId=\"").unwrap();
    Ok(rest.split('"').next().unwrap().to_owned())
}

/// Signs a request and sends it to a service on this machine.
pub(crate) async fn send(signer: &Signer, server: &Server, mut request: Request, now: Timestamp) -> Answer {
    let policy = Policy { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() };
    let connector = Connector::new(policy);
    let peer = connector
        .open(&server.url, &connector.trust(&Trust::System).unwrap(), Plaintext::Allowed)
        .await
        .unwrap();
    signer.sign(&mut request, &server.url, now).await.unwrap();
    peer.send(request).await.unwrap()
}
