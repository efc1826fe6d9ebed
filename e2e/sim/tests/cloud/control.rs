//! The program that serves a cloud with racks, and its control API.

use crate::SOON;
use crate::caller::http;
use reqwest::Client;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const PLAN: &str = r"
speed: 0
faults:
- {effect: {kind: retry-later, status: 429, seconds: 1}, path: nothing}
racks:
- {name: good, infrastructure: true}
- {name: bad, infrastructure: true, faults: [{effect: {kind: fingerprint-upper-case}}]}
- {name: later}
";

/// The program, ended with its handle.
struct Program {
    child: Child,
    ready: Value,
    client: Client,
}

impl Program {
    async fn start(arguments: &[&str], folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_slipway-sim"))
            .arg("cloud")
            .args(arguments)
            .arg("--folder")
            .arg(folder.join("oci"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(SOON, lines.next_line()).await.unwrap().unwrap().unwrap();
        let client = Client::builder().timeout(SOON).no_proxy().build().unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap(), client }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready["control"].as_str().unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        self.client.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> u16 {
        self.client.post(self.url(path)).json(&body).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_site_is_run_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.yaml");
    std::fs::write(&file, PLAN).unwrap();
    let mut program = Program::start(&["--file", file.to_str().unwrap()], folder.path()).await;
    let config = std::fs::read_to_string(program.ready["config"].as_str().unwrap()).unwrap();
    let key = program.ready["key"].as_str().unwrap();
    assert!(
        config.contains(&format!("key_file={key}"))
            && config.contains(program.ready["user"].as_str().unwrap())
    );
    let racks = program.ready["racks"].as_array().unwrap().clone();
    let named = |index: usize| racks[index]["infrastructure"].as_str().map(str::to_owned);
    assert_eq!((racks.len(), named(2)), (3, None));
    let id = named(1).unwrap();

    assert_eq!(program.post("/clock", json!({"advance": 1200})).await, 200);
    let pin = program.get(&format!("/infrastructures/{id}")).await["provisioningPin"].clone();
    let ca = std::fs::read_to_string(racks[1]["ca"].as_str().unwrap()).unwrap();
    let posted =
        http(&ca).post(racks[1]["url"].as_str().unwrap()).json(&json!({"pin": pin})).send().await.unwrap();
    let fingerprint = posted.json::<Value>().await.unwrap()["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(fingerprint, fingerprint.to_uppercase());
    program.post("/clock", json!({"advance": 60})).await;
    let seen = program.get(&format!("/infrastructures/{id}")).await;
    assert_eq!(seen["provisioningFingerprint"], fingerprint.to_lowercase());
    assert_eq!(program.get("/racks/1/posts").await[0]["status"], 200);
    assert_eq!(program.get("/faults").await[0]["hits"], 0);
    assert_eq!(program.post(&format!("/infrastructures/{id}/reject"), json!({})).await, 200);
    assert_eq!(program.get(&format!("/infrastructures/{id}")).await["connectionState"], "REJECT");
    assert_eq!(program.post("/racks/3/contact", json!({"up": false})).await, 404);
    assert_eq!(program.get("/violations").await, json!([]));
    program.child.kill().await.unwrap();
}

#[tokio::test]
async fn a_site_is_run_from_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(&["--racks", "2", "--create", "--speed", "0"], folder.path()).await;
    let list = program.get("/infrastructures").await;
    let names: Vec<_> =
        list.as_array().unwrap().iter().map(|one| one["displayName"].as_str().unwrap()).collect();
    assert_eq!((names.len(), names.contains(&"rack-1"), names.contains(&"rack-2")), (2, true, true));
    let ca = std::fs::read_to_string(program.ready["ca"].as_str().unwrap()).unwrap();
    let endpoint = program.ready["endpoint"].as_str().unwrap();
    let unsigned = http(&ca).get(format!("{endpoint}/20221208/cccInfrastructures")).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    assert_eq!(program.get("/calls").await[0]["status"], 401);
    program.child.kill().await.unwrap();
}
