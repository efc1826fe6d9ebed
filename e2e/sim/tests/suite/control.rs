//! The control API, and the program that serves it.

use crate::SOON;
use reqwest::Client;
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The program, ended with its handle.
struct Program {
    child: Child,
    ready: Value,
    _files: tempfile::TempDir,
}

impl Program {
    async fn start(arguments: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_slipway-sim"))
            .args(arguments)
            .arg("--ca-file")
            .arg(files.path().join("ca.pem"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(SOON, lines.next_line()).await.unwrap().unwrap().unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap(), _files: files }
    }

    fn control(&self, path: &str) -> String {
        format!("{}{path}", self.ready["control"].as_str().unwrap())
    }
}

fn client(ca: Option<&str>) -> Client {
    let builder = Client::builder().timeout(SOON);
    let builder = match ca {
        Some(ca) => builder.tls_certs_only([reqwest::Certificate::from_pem(ca.as_bytes()).unwrap()]),
        None => builder,
    };
    builder.build().unwrap()
}

#[tokio::test]
async fn the_program_says_where_it_is_and_is_controlled() {
    let mut program = Program::start(&["--count", "2", "--shape", "generic", "--shape", "openbmc"]).await;
    let ca = std::fs::read_to_string(program.ready["ca"].as_str().unwrap()).unwrap();
    let plain = client(None);
    let list: Value = plain.get(program.control("/bmcs")).send().await.unwrap().json().await.unwrap();
    let shapes: Vec<_> = list.as_array().unwrap().iter().map(|bmc| bmc["shape"].as_str().unwrap()).collect();
    assert_eq!(shapes, ["generic", "openbmc"]);
    let address = list[1]["address"].as_str().unwrap();
    assert_eq!(address, format!("https://127.20.0.2:{}", program.ready["port"]));
    let fault = json!({"effect": {"kind": "status", "code": 503, "message_id": null}, "times": 1});
    let set = plain.post(program.control("/bmcs/1/faults")).json(&fault).send().await.unwrap();
    assert_eq!(set.status(), 200);
    let tls = client(Some(&ca));
    let root = format!("{address}/redfish/v1/");
    assert_eq!(tls.get(&root).send().await.unwrap().status(), 503);
    assert_eq!(tls.get(&root).send().await.unwrap().status(), 200);
    let counters: Value = plain.get(program.control("/counters")).send().await.unwrap().json().await.unwrap();
    assert_eq!(counters["gets"], 2);
    let press =
        plain.post(program.control("/bmcs/0/power")).json(&json!({"reset": "On"})).send().await.unwrap();
    assert_eq!(press.json::<Value>().await.unwrap(), true);
    assert_eq!(plain.get(program.control("/bmcs/2")).send().await.unwrap().status(), 404);
    program.child.kill().await.unwrap();
}
