//! The demos as a person starts them: twelve hosts are installed until Ctrl-C, three racks are connected, three clusters are
//! registered. None leaves anything behind.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use slipway_e2e::{program, wait_for};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A run takes about 15 s.
const LIMIT: Duration = Duration::from_mins(3);

/// A demo whose files are all in this folder.
async fn start(temporary: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(arguments)
        .env("SLIPWAY_BINARY", program::operator().await.unwrap())
        .env("SLIPWAY_KUBECTL_PLUGIN", program::kubectl_plugin().await.unwrap())
        .env("SLIPWAY_CONTROLPLANE", program::control_plane().await.unwrap())
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Waits for the end of a demo, and until no process and no file of it is left.
async fn wait_gone(mut demo: Child, temporary: &Path) {
    let ended = tokio::time::timeout(LIMIT, demo.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    wait_for("no process and no file of the demo", LIMIT, || async {
        let processes = processes_under(temporary.to_str().unwrap());
        anyhow::ensure!(processes.is_empty(), "still running: {processes:?}");
        let files: Vec<PathBuf> =
            std::fs::read_dir(temporary)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        anyhow::ensure!(files.is_empty(), "still there: {files:?}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_demo_installs_its_rack_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = start(temporary.path(), &[]).await;
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    let last_line = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push(line);
            if said.last().unwrap().contains("less ") {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, last_line).await.unwrap();
    let all = said.join("\n");
    assert!(all.contains("All 12 hosts are installed"), "{all}");
    assert!(all.contains("export KUBECONFIG="), "{all}");

    let pid = Pid::from_raw(i32::try_from(demo.id().unwrap()).unwrap()).unwrap();
    let children = processes_under(temporary.path().to_str().unwrap());
    assert!(children.len() >= 2, "control plane and operator run: {children:?}");
    kill_process(pid, Signal::INT).unwrap();
    wait_gone(demo, temporary.path()).await;
}

/// What the log book of a rack has to tell, in this order.
const LOG_BOOKS: [(&str, &[&str]); 3] = [
    ("rack0", &["is being given its PIN", "the rack is being let in", "CONNECTED: connected since"]),
    ("rack1", &["is being given its PIN", "the fingerprints differ", "REJECT: attempt 1"]),
    ("rack2", &["is being given its PIN", "kubectl slipway approve", "let in", "CONNECTED: connected since"]),
];

#[tokio::test]
async fn the_demo_of_racks_shows_a_connection_a_mismatch_and_an_approval_and_ends_by_itself() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = start(temporary.path(), &["racks"]).await;
    let mut stdout = demo.stdout.take().unwrap();
    let mut all = String::new();
    tokio::time::timeout(LIMIT, stdout.read_to_string(&mut all)).await.unwrap().unwrap();
    wait_gone(demo, temporary.path()).await;
    let (story, books) = all.split_once("The log books").unwrap_or_else(|| panic!("{all}"));
    for words in ["ApprovalAwaited", "FingerprintMismatch", "Equal: all 128 characters.", "rack2 approved."] {
        assert!(story.contains(words), "no {words:?} in {all}");
    }
    for (rack, lines) in LOG_BOOKS {
        let mut rest = books.split_once(&format!("\n{rack}\n")).unwrap_or_else(|| panic!("{all}")).1;
        rest = rest.split("\n\n").next().unwrap();
        for line in lines {
            rest = rest.split_once(line).unwrap_or_else(|| panic!("{rack} does not tell {line:?}: {all}")).1;
        }
    }
}

/// What the log book of a subscription has to tell, in this order.
const EVENTS: [(&str, &[&str]); 3] = [
    ("berlin", &["Reserved", "Drifted", "displayName", "is let go"]),
    ("madrid", &["NotOpenShift", "is active", "Stale", "stays at the registrar"]),
    ("quebec", &["QuotaShort", "Reserved"]),
];

#[tokio::test]
async fn the_demo_of_subscriptions_shows_three_lives_and_ends_by_itself() {
    let temporary = tempfile::tempdir().unwrap();
    let began = std::time::Instant::now();
    let mut demo = start(temporary.path(), &["subscriptions"]).await;
    let mut stdout = demo.stdout.take().unwrap();
    let mut all = String::new();
    tokio::time::timeout(LIMIT, stdout.read_to_string(&mut all)).await.unwrap().unwrap();
    println!("{:?}", began.elapsed());
    wait_gone(demo, temporary.path()).await;
    println!("{all}");
    let (story, events) = all.split_once("The events").unwrap_or_else(|| panic!("{all}"));
    for words in [
        "QuotaShort",
        "do-not-use",
        "Stale",
        "bare_metal_installer_multiarch",
        "  Active\n",
        "  Deprovisioned\n",
    ] {
        assert!(story.contains(words), "no {words:?} in {all}");
    }
    for (name, lines) in EVENTS {
        let mut rest = events.split_once(&format!("\n{name}\n")).unwrap_or_else(|| panic!("{all}")).1;
        rest = rest.split("\n\n").next().unwrap();
        for line in lines {
            rest = rest.split_once(line).unwrap_or_else(|| panic!("{name} does not tell {line:?}: {all}")).1;
        }
    }
}

/// Command lines of the processes that were given a path in this folder.
fn processes_under(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    commands.filter(|command| command.contains(folder)).map(|command| command.replace('\0', " ")).collect()
}
