//! The handler of `docs/webhook-registrar.md`, run as it stands there.

use std::{process::Stdio, time::Duration};

use slipway_core::{
    reason::Reason,
    subscription::{Change, RegistrarPort, Release, RemoteStatus, Support},
    trust::Trust,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::scene::{CLUSTER, account_of, limits, registrar_with, reservation};

const PAGE: &str = include_str!("../../../../docs/webhook-registrar.md");
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const LIMIT: Duration = Duration::from_secs(30);

/// The program, and the port that it chose.
async fn start(folder: &std::path::Path) -> (Child, String) {
    let code = PAGE.split_once("```python\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    let program = folder.join("handler.py");
    std::fs::write(&program, code).unwrap();
    let mut child = Command::new("/usr/bin/python3")
        .arg("-I")
        .arg(&program)
        .env("SECRET", SECRET)
        .env_remove("PORT")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = timeout(LIMIT, lines.next_line()).await.unwrap().unwrap().unwrap();
    (child, port)
}

#[tokio::test]
async fn the_handler_of_the_page_keeps_a_record_through_its_life() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, port) = start(folder.path()).await;
    let (registrar, _) = registrar_with(limits(), 0);
    let account = &account_of(&format!("http://127.0.0.1:{port}/"), SECRET, Trust::System);
    let none = Duration::ZERO;
    assert_eq!(registrar.probe(account).await.unwrap().username, "127.0.0.1");
    assert_eq!(registrar.find(account, CLUSTER, none).await.unwrap(), []);
    let id = registrar.reserve(account, &reservation()).await.unwrap();
    assert_eq!(registrar.reserve(account, &reservation()).await.unwrap(), id);
    let support = Support { level: Some("Premium".to_owned()), ..Support::default() };
    let change = Change {
        external_cluster_id: Some("ext-1".to_owned()),
        support: support.clone(),
        ..Change::default()
    };
    let record = registrar.amend(account, &id, &change).await.unwrap();
    assert_eq!((record.external_cluster_id.as_deref(), record.support), (Some("ext-1"), support));
    assert_eq!(registrar.activate(account, &id).await.unwrap().status, RemoteStatus::Active);
    assert_eq!(registrar.find(account, CLUSTER, none).await.unwrap().len(), 1);
    assert_eq!(registrar.find_external(account, "ext-1", none).await.unwrap(), []);
    registrar.release(account, &id, Release::Delete).await.unwrap();
    registrar.release(account, &id, Release::Delete).await.unwrap();
    assert_eq!(registrar.read(account, &id).await.unwrap(), None);
    let wrong = account_of(account.url.as_str(), "another secret of it", Trust::System);
    let failure = registrar.read(&wrong, &id).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CredentialsRefused, "{failure}");
    let (late, _) = registrar_with(limits(), -1);
    let failure = late.read(account, &id).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClockSkew, "{failure}");
    child.kill().await.unwrap();
}
