//! The kubectl plugin against the real API server: called by its name and as `kubectl slipway`, with and without a terminal.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use kube::config::Kubeconfig;
use serde_json::{Value, json};
use slipway_e2e::kubectl::Output;
use slipway_e2e::{ControlPlane, Kubectl, TestNamespace, program};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(30);
const APPROVED: &str = "jsonpath={.spec.connection.approvedFingerprint}";
const VERSION: &str = "jsonpath={.metadata.resourceVersion}";

/// A SHA-512 digest as the rack writes it.
fn print() -> String {
    "3a7f09bc5512de84".repeat(8)
}

/// The same as another program would write it.
fn with_colons() -> String {
    print().to_uppercase().as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":")
}

/// One `Infrastructure` that waits for approval, and a person who looks at it.
struct Desk {
    namespace: TestNamespace,
    kubectl: Kubectl,
    kubeconfig: PathBuf,
    home: TempDir,
}

impl Desk {
    async fn open(test: &str) -> Self {
        let control_plane = ControlPlane::shared().await.unwrap();
        control_plane.install().await.unwrap();
        let namespace = TestNamespace::create(control_plane, test).await.unwrap();
        let kubectl = namespace.kubectl(control_plane);
        let home = TempDir::with_prefix("slipway-cli-").unwrap();
        let desk = Self { kubectl, kubeconfig: control_plane.kubeconfig(), home, namespace };
        let rack = json!({
            "apiVersion": "slipway.dev/v1alpha1",
            "kind": "Infrastructure",
            "metadata": {"name": "rack1"},
            "spec": {
                "oci": {"region": "us-ashburn-1", "credentialsRef": {"name": "oci"}},
                "infrastructureId": "ocid1.cccinfrastructure.oc1.iad.aaaa",
                "rack": {"provisioningUrl": "https://rps.rack1.example.com/rps_pin"},
                "connection": {"approval": "Manual"},
            },
        });
        desk.kubectl.apply(&rack.to_string()).await.unwrap();
        desk.status(&json!({
            "connectionState": "REQUEST",
            "handshake": {
                "attempt": 2, "step": "AwaitingApproval", "rackFingerprint": print(), "ociFingerprint": with_colons(),
            },
        }))
        .await;
        desk
    }

    /// Changes the status as the operator would.
    async fn status(&self, status: &Value) {
        self.patch(&["--subresource=status"], &json!({"status": status})).await;
    }

    async fn patch(&self, more: &[&str], patch: &Value) {
        let text = patch.to_string();
        self.kubectl
            .ok(&[&["patch", "sinfra", "rack1", "--type=merge", "-p", &text], more].concat())
            .await
            .unwrap();
    }

    async fn field(&self, path: &str) -> String {
        self.kubectl.ok(&["get", "sinfra", "rack1", "-o", path]).await.unwrap()
    }

    /// A call with the settings that a person has: a kubeconfig in the environment, a home of its own.
    async fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let mut path = vec![program::kubectl_plugin().await.unwrap().parent().unwrap().to_path_buf()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        command.env("PATH", std::env::join_paths(path).unwrap()).env("HOME", self.home.path());
        command.env("KUBECONFIG", &self.kubeconfig).env("KUBECTL_KUBERC", "false");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// The plugin by its own name, without a terminal.
    async fn plugin(&self, arguments: &[&str]) -> Output {
        run(self.command(&program::kubectl_plugin().await.unwrap()).await.args(arguments)).await
    }

    /// `approve` of the rack in its namespace.
    async fn approve(&self, more: &[&str]) -> Output {
        self.plugin(&[&["approve", "rack1", "-n", self.namespace.name()], more].concat()).await
    }

    /// kubectl as a person has it on `PATH`.
    async fn kubectl(&self, arguments: &[&str]) -> Output {
        let link = self.home.path().join("kubectl");
        if !link.exists() {
            // The control plane's program is kubectl when it is called so.
            std::os::unix::fs::symlink(program::control_plane().await.unwrap(), &link).unwrap();
        }
        run(self.command(&link).await.args(arguments)).await
    }

    /// A kubeconfig of somebody without any right of their own, with this namespace in its context `theirs`.
    fn kubeconfig_of(&self, user: &str) -> PathBuf {
        let mut config = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        config.auth_infos[0].auth_info.as_mut().unwrap().impersonate = Some(user.to_owned());
        let mut theirs = config.contexts[0].clone();
        "theirs".clone_into(&mut theirs.name);
        theirs.context.as_mut().unwrap().namespace = Some(self.namespace.name().to_owned());
        config.contexts.push(theirs);
        let file = self.home.path().join(user);
        // JSON is YAML.
        std::fs::write(&file, serde_json::to_vec(&config).unwrap()).unwrap();
        file
    }
}

async fn run(command: &mut Command) -> Output {
    let output = tokio::time::timeout(LIMIT, command.output()).await.unwrap().unwrap();
    Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
fn refused(output: &Output, words: &str) {
    assert!(
        output.code == Some(1) && output.stderr.contains(words),
        "not refused with {words:?}: {output:?}"
    );
    assert!(output.stderr.starts_with("error: ") && !output.stdout.contains("approved."), "{output:?}");
}

#[tokio::test]
async fn what_was_shown_is_approved() {
    let desk = Desk::open("cli-approve").await;
    let output = desk.approve(&["--yes"]).await;
    assert!(output.code == Some(0) && output.stderr.is_empty(), "{output:?}");
    let object = format!("infrastructure {}/rack1", desk.namespace.name());
    assert!(
        output.stdout.starts_with(&format!("{object}: handshake attempt 2, connection REQUEST\n")),
        "{output:?}"
    );
    assert!(output.stdout.contains("\n   1-16   3a7f 09bc 5512 de84   3a7f 09bc 5512 de84\n"), "{output:?}");
    assert!(output.stdout.contains("\nEqual: all 128 characters.\n"), "{output:?}");
    assert!(output.stdout.contains(&format!("\n{object} approved.\n")), "{output:?}");
    assert_eq!(desk.field(APPROVED).await, print());
    let managers =
        desk.kubectl.ok(&["get", "sinfra", "rack1", "--show-managed-fields", "-o", "yaml"]).await.unwrap();
    assert!(managers.contains("manager: kubectl-slipway"), "{managers}");
    refused(&desk.approve(&["--yes"]).await, "approved already");
}

#[tokio::test]
async fn kubectl_finds_the_plugin_on_the_path() {
    let desk = Desk::open("cli-plugin").await;
    let help = desk.kubectl(&["slipway", "--help"]).await;
    assert!(help.code == Some(0) && help.stdout.contains("Usage: kubectl slipway "), "{help:?}");
    let mut call = vec!["slipway", "approve", "rack1"];
    refused(&desk.kubectl(&call).await, "there is no infrastructure default/rack1");
    call.extend(["--namespace", desk.namespace.name()]);
    refused(&desk.kubectl(&call).await, "add --yes");
    assert_eq!(desk.field(APPROVED).await, "");
    let output = desk.kubectl(&[&call[..], &["--yes"]].concat()).await;
    assert!(output.code == Some(0) && output.stdout.contains(" approved.\n"), "{output:?}");
    assert_eq!(desk.field(APPROVED).await, print());
}

#[tokio::test]
async fn refusals_change_nothing() {
    let desk = Desk::open("cli-refusals").await;
    let handshake = |field: &str, value: &str| json!({"status": {"handshake": {field: value}}});
    let different = format!("{}0", &print()[..127]);
    let status = &["--subresource=status"][..];
    let cases = [
        (status, handshake("ociFingerprint", ""), "OCI shows no fingerprint yet"),
        (
            status,
            handshake("ociFingerprint", &different),
            "NOT the same: the first difference is at character 128",
        ),
        (status, handshake("ociFingerprint", &print()[..64]), "NOT the same: one ends after 64 characters"),
        (
            status,
            json!({"status": {"handshake": {"ociFingerprint": print(), "rackFingerprint": null}}}),
            "the rack has not answered",
        ),
        (status, handshake("rackFingerprint", &print()), ""),
        (status, handshake("step", "Connecting"), ""),
        (
            status,
            json!({"status": {"connectionState": "READY"}}),
            "the connection is READY and the handshake at Connecting",
        ),
        (status, handshake("result", "Matched"), "the handshake is over: the fingerprints are the same"),
        (status, json!({"status": {"handshake": null}}), "no handshake has begun"),
        (
            &[],
            json!({"spec": {"connection": {"desired": "Rejected"}}}),
            "spec.connection.desired is not Connected",
        ),
        (
            &[],
            json!({"spec": {"connection": {"approval": "Automatic"}}}),
            "set spec.connection.approval to Manual",
        ),
    ];
    for (more, patch, words) in cases {
        desk.patch(more, &patch).await;
        if words.is_empty() {
            continue;
        }
        let before = desk.field(VERSION).await;
        let output = desk.approve(&["--yes", "--fingerprint", &print()]).await;
        refused(&output, words);
        assert!(output.stdout.contains(" connection RE"), "the comparison is shown first: {output:?}");
        assert_eq!(desk.field(VERSION).await, before, "{patch}");
    }
}

#[tokio::test]
async fn a_script_approves_only_what_was_read_at_the_rack() {
    let desk = Desk::open("cli-fingerprint").await;
    refused(&desk.approve(&["--fingerprint", &print()]).await, "add --yes");
    let other = print().replace("de84", "de85");
    let output = desk.approve(&["--yes", "--fingerprint", &other]).await;
    refused(&output, "not the one given with --fingerprint: the first difference is at character 16");
    assert_eq!(desk.field(APPROVED).await, "");
    let spaced = with_colons().replace(':', " ");
    assert_eq!(desk.approve(&["--yes", "--fingerprint", &spaced]).await.code, Some(0));
    assert_eq!(desk.field(APPROVED).await, print());
}

/// The plugin on a terminal, and what it has shown so far.
struct Terminal {
    child: tokio::process::Child,
    seen: String,
}

impl Terminal {
    /// Starts `approve` on a terminal that `script` (util-linux) makes, and waits for its question.
    async fn ask(desk: &Desk) -> Self {
        let plugin = program::kubectl_plugin().await.unwrap();
        let line = format!("exec '{}' approve rack1 -n {}", plugin.display(), desk.namespace.name());
        let mut command = desk.command(Path::new("script")).await;
        command
            .args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"])
            .stdin(Stdio::piped());
        let mut terminal = Self { child: command.spawn().unwrap(), seen: String::new() };
        terminal.read_until("? [y/N] ").await;
        assert!(terminal.seen.ends_with("? [y/N] "), "{}", terminal.seen);
        terminal
    }

    async fn read_until(&mut self, end: &str) {
        let out = self.child.stdout.as_mut().unwrap();
        let read = read_until(out, &mut self.seen, end);
        tokio::time::timeout(LIMIT, read).await.unwrap();
    }

    /// Types a line, and returns all that was shown and the exit code.
    async fn answer(mut self, line: &str) -> (String, Option<i32>) {
        let mut keys = self.child.stdin.take().unwrap();
        keys.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        keys.flush().await.unwrap();
        self.read_until("never shown: the end is meant").await;
        let status = tokio::time::timeout(LIMIT, self.child.wait()).await.unwrap().unwrap();
        (self.seen.replace('\r', ""), status.code())
    }
}

/// Reads until this text was seen or there is no more.
async fn read_until(out: &mut (impl AsyncRead + Unpin), seen: &mut String, end: &str) {
    let mut buffer = [0; 4096];
    while !seen.ends_with(end) {
        match out.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => seen.push_str(&String::from_utf8_lossy(&buffer[..length])),
        }
    }
}

#[tokio::test]
async fn on_a_terminal_a_person_is_asked() {
    let desk = Desk::open("cli-terminal").await;
    let (seen, code) = Terminal::ask(&desk).await.answer("").await;
    assert!(code == Some(1) && seen.contains("error: not confirmed; "), "{code:?} {seen}");
    assert_eq!(desk.field(APPROVED).await, "");
    let (seen, code) = Terminal::ask(&desk).await.answer("y").await;
    assert!(code == Some(0) && seen.contains(" approved.\n"), "{code:?} {seen}");
    assert_eq!(desk.field(APPROVED).await, print());
}

#[tokio::test]
async fn what_changed_while_a_person_looked_is_not_approved() {
    let desk = Desk::open("cli-conflict").await;
    let terminal = Terminal::ask(&desk).await;
    let other = print().replace("3a7f", "3a70");
    desk.status(&json!({"handshake": {"attempt": 3, "rackFingerprint": other, "ociFingerprint": other}}))
        .await;
    let (seen, code) = terminal.answer("yes").await;
    let again = format!("Look again: kubectl slipway approve rack1 -n {}\n", desk.namespace.name());
    assert!(
        code == Some(1) && seen.contains("changed while you looked") && seen.contains(&again),
        "{code:?} {seen}"
    );
    assert_eq!(desk.field(APPROVED).await, "");
    assert_eq!(desk.approve(&["--yes"]).await.code, Some(0));
    assert_eq!(desk.field(APPROVED).await, other);
}

#[tokio::test]
async fn the_approvers_role_is_enough_and_without_it_the_command_is_named() {
    let desk = Desk::open("cli-role").await;
    let file = desk.kubeconfig_of("jane");
    // The namespace comes from the context.
    let call = ["approve", "rack1", "--yes", "--context", "theirs", "--kubeconfig", file.to_str().unwrap()];
    let mend = format!(
        "kubectl -n {} create rolebinding slipway-approvers --clusterrole=slipway-approver",
        desk.namespace.name()
    );
    refused(&desk.plugin(&call).await, &mend);
    let bind =
        ["create", "rolebinding", "slipway-approvers", "--clusterrole=slipway-approver", "--user=jane"];
    desk.kubectl.ok(&bind).await.unwrap();
    // The API server's authorizer learns of a binding by its own watch.
    let can = ["auth", "can-i", "patch", "infrastructures.slipway.dev", "--as=jane"];
    slipway_e2e::wait_for("the right to be there", LIMIT, || async { desk.kubectl.ok(&can).await })
        .await
        .unwrap();
    let output = desk.plugin(&call).await;
    assert!(output.code == Some(0), "{output:?}");
    assert_eq!(desk.field(APPROVED).await, print());
}

#[tokio::test]
async fn wrong_command_lines_and_missing_clusters_are_told_apart() {
    let desk = Desk::open("cli-usage").await;
    for line in [
        &[][..],
        &["approve"],
        &["status", "rack1"],
        &["approve", "a/b"],
        &["approve", "a", "--fingerprint", ""],
    ] {
        let output = desk.plugin(line).await;
        assert!(output.code == Some(2) && output.stderr.contains("--help"), "{output:?}");
    }
    refused(&desk.plugin(&["approve", "rack1", "--kubeconfig", "missing"]).await, "--kubeconfig missing: ");
    refused(
        &desk.plugin(&["approve", "rack1", "--context", "missing"]).await,
        "the kubeconfig cannot be used: ",
    );
    refused(
        &desk.plugin(&["approve", "rack2", "-n", desk.namespace.name()]).await,
        "there is no infrastructure ",
    );
}

#[tokio::test]
async fn every_option_and_exit_code_is_documented() {
    let desk = Desk::open("cli-docs").await;
    let page = std::fs::read_to_string(program::project().join("docs/cli.md")).unwrap();
    let mut options = BTreeSet::new();
    for call in [&["--help"][..], &["approve", "--help"]] {
        let help = desk.plugin(call).await.stdout;
        let words = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        options.extend(
            words
                .flat_map(|line| line.split([' ', ',']).filter(|word| word.starts_with('-')))
                .map(str::to_owned),
        );
        for code in help.lines().skip_while(|line| *line != "Exit codes:").skip(1) {
            let (number, words) = code.trim().split_once("  ").unwrap();
            assert!(page.contains(&format!("| {number} | {words}")), "docs/cli.md lacks {code}");
        }
    }
    assert!(options.len() >= 10, "{options:?}");
    let rows = page.lines().filter(|line| line.starts_with("| `-"));
    let documented: BTreeSet<String> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split(", "))
        .map(|word| word.trim().trim_matches('`').to_owned())
        .collect();
    assert_eq!(documented, options, "docs/cli.md and --help differ");
}
