//! How tests hold the operator: its arguments, its rights, its readiness and its ends, shown with a stand-in.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use slipway_e2e::{ControlPlane, OperatorOptions, OperatorProcess, TestNamespace};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const LIMIT: Duration = Duration::from_secs(20);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_in")
}

/// Answers 503 `refusals` times and 200 after that. Returns its address and the number of times it was asked.
async fn health(refusals: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            _ = stream.read(&mut [0; 1024]).await;
            let status = if count.fetch_add(1, Ordering::SeqCst) < refusals { "503 No" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
            _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

async fn control_plane() -> &'static ControlPlane {
    let shared = ControlPlane::shared().await.unwrap();
    shared.install_from(&folder()).await.unwrap();
    shared
}

fn stand_in(metrics: SocketAddr) -> OperatorOptions {
    OperatorProcess::options().program(folder().join("operator.sh")).env("METRICS", metrics.to_string())
}

fn arguments(operator: &OperatorProcess) -> String {
    let entries = operator.log().entries();
    let said = entries.iter().find(|entry| entry["message"] == "Arguments").unwrap();
    said["all"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn is_started_waited_for_killed_and_started_again_at_the_same_addresses() {
    let control_plane = control_plane().await;
    let (metrics, asked) = health(2).await;
    let (a, b) = tokio::try_join!(
        TestNamespace::create(control_plane, "first"),
        TestNamespace::create(control_plane, "second")
    )
    .unwrap();
    let options = stand_in(metrics).namespace(a.name()).namespace(b.name()).arg("--allow-insecure-tls");
    let mut operator = options.start(control_plane).await.unwrap();
    assert!(asked.load(Ordering::SeqCst) >= 3);
    let first = arguments(&operator);
    assert!(first.starts_with("--boot-bind 127.0.0.1:0 --metrics-bind 127.0.0.1:0 "), "{first}");
    let last = format!("--namespace {} --namespace {} --allow-insecure-tls", a.name(), b.name());
    assert!(first.ends_with(&last), "{first}");
    assert_eq!(operator.metrics().await.unwrap(), "ok");

    operator.killer().unwrap().kill();
    assert_eq!(operator.wait_ended(LIMIT).await.unwrap().signal(), Some(9));
    assert_eq!(operator.kill().await.unwrap().signal(), Some(9));
    operator.start_again().await.unwrap();
    let again = arguments(&operator);
    assert!(again.starts_with(&format!("--boot-bind 127.0.0.1:7 --metrics-bind {metrics} ")), "{again}");
    assert_eq!(std::fs::read_to_string(operator.log_file()).unwrap().matches("Arguments").count(), 2);
    assert_eq!(operator.stop().await.unwrap().signal(), Some(15));
}

#[tokio::test]
async fn has_the_rights_of_its_account_and_no_more() {
    let control_plane = control_plane().await;
    let (metrics, _) = health(0).await;
    let operator = stand_in(metrics).start(control_plane).await.unwrap();
    let kubectl = control_plane.kubectl().with_kubeconfig(&operator.kubeconfig());
    let who = kubectl.ok(&["auth", "whoami", "--output=jsonpath={.status.userInfo.username}"]).await.unwrap();
    assert_eq!(who, "system:serviceaccount:slipway-system:slipway");
    let refused = kubectl.run(&["get", "secrets", "--all-namespaces"]).await.unwrap();
    assert!(refused.stderr.contains("Forbidden"), "{refused:?}");
}

#[tokio::test]
async fn an_operator_that_ends_at_once_is_reported_with_its_log() {
    let control_plane = control_plane().await;
    let (metrics, _) = health(0).await;
    let failure = stand_in(metrics).env("EXIT", "3").start(control_plane).await.unwrap_err();
    let text = format!("{failure:#}");
    assert!(text.contains("ended before it was ready") && text.contains("exit status: 3"), "{text}");
}
