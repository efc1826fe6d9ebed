//! The demo as a person starts it and ends it: twelve hosts are installed, and Ctrl-C leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use slipway_e2e::{program, wait_for};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// A run takes about 15 s.
const LIMIT: Duration = Duration::from_mins(3);

#[tokio::test]
async fn the_demo_installs_its_rack_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"))
        .env("SLIPWAY_BINARY", program::operator().await.unwrap())
        .env("SLIPWAY_CONTROLPLANE", program::control_plane().await.unwrap())
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
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
    let ended = tokio::time::timeout(LIMIT, demo.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    wait_for("no process and no file of the demo", LIMIT, || async {
        let processes = processes_under(temporary.path().to_str().unwrap());
        anyhow::ensure!(processes.is_empty(), "still running: {processes:?}");
        let files: Vec<PathBuf> = std::fs::read_dir(temporary.path())?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        anyhow::ensure!(files.is_empty(), "still there: {files:?}");
        Ok(())
    })
    .await
    .unwrap();
}

/// Command lines of the processes that were given a path in this folder.
fn processes_under(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    commands.filter(|command| command.contains(folder)).map(|command| command.replace('\0', " ")).collect()
}
