//! `kubectl slipway capability` against the real API server and a simulated account service.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use kube::config::Kubeconfig;
use serde_json::{Value, json};
use slipway_e2e::kubectl::Output;
use slipway_e2e::{ControlPlane, Kubectl, TestNamespace, program};
use slipway_sim::{Fault, Ocm, OcmCall, OcmConfig, Trouble};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(30);
const MULTIARCH: &str = "capability.organization.bare_metal_installer_multiarch";
const HYPERSHIFT: &str = "capability.organization.hypershift";

/// A registrar, objects that lead to it, and a person.
struct Desk {
    namespace: TestNamespace,
    kubectl: Kubectl,
    kubeconfig: PathBuf,
    home: TempDir,
    ocm: Ocm,
    organization: String,
}

impl Desk {
    /// `edge1` with the service account, `edge2` with one that may not write labels of the organization.
    async fn open(test: &str) -> Self {
        let control_plane = ControlPlane::shared().await.unwrap();
        control_plane.install().await.unwrap();
        let namespace = TestNamespace::create(control_plane, test).await.unwrap();
        let kubectl = namespace.kubectl(control_plane);
        let home = TempDir::with_prefix("slipway-capability-").unwrap();
        let ocm = Ocm::start(OcmConfig::default()).await.unwrap();
        let organization = ocm.organization("A");
        let desk =
            Self { kubectl, kubeconfig: control_plane.kubeconfig(), home, namespace, ocm, organization };
        desk.secret("ocm-ca", &json!({"ca.crt": desk.ocm.ca_pem()})).await;
        for (name, account) in [("edge1", "slipway-sa"), ("edge2", "limited-sa")] {
            let account = desk.ocm.account(account).unwrap();
            // What `echo` leaves behind is no part of the secret.
            let secret = format!("{}\n", account.client_secret);
            desk.secret(name, &json!({"clientId": account.client_id, "clientSecret": secret})).await;
            desk.subscription(name, &desk.registrar(name)).await;
        }
        desk
    }

    fn registrar(&self, secret: &str) -> Value {
        json!({"ocm": {
            "url": self.ocm.url(), "tokenUrl": self.ocm.token_url(),
            "credentialsRef": {"name": secret}, "tls": {"caRef": {"name": "ocm-ca"}},
        }})
    }

    async fn secret(&self, name: &str, data: &Value) {
        let secret =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data});
        self.kubectl.apply(&secret.to_string()).await.unwrap();
    }

    async fn subscription(&self, name: &str, registrar: &Value) {
        let object = json!({
            "apiVersion": "slipway.dev/v1alpha1", "kind": "ClusterSubscription", "metadata": {"name": name},
            "spec": {"registrar": registrar, "cluster": {"declared": {}}},
        });
        self.kubectl.apply(&object.to_string()).await.unwrap();
    }

    /// The plugin as the person with this kubeconfig calls it, without a terminal.
    async fn plugin_as(&self, kubeconfig: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(program::kubectl_plugin().await.unwrap());
        command.args(arguments).args(["-n", self.namespace.name()]);
        self.run(&mut command, kubeconfig, "").await
    }

    async fn run(&self, command: &mut Command, kubeconfig: &Path, typed: &str) -> Output {
        command.env("HOME", self.home.path()).env("KUBECONFIG", kubeconfig);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut keys = child.stdin.take().unwrap();
        let feed = async move {
            // The plugin may end without reading; its exit code tells then.
            let _not_read = keys.write_all(typed.as_bytes()).await;
            keys
        };
        let both = async { tokio::join!(feed, child.wait_with_output()).1 };
        let output = tokio::time::timeout(LIMIT, both).await.unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().replace('\r', "");
        let output =
            Output { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        self.check_secrets(&output);
        output
    }

    /// No credential is ever printed.
    fn check_secrets(&self, output: &Output) {
        for account in ["slipway-sa", "limited-sa"] {
            let secret = self.ocm.account(account).unwrap().client_secret;
            assert!(!output.stdout.contains(&secret) && !output.stderr.contains(&secret), "{output:?}");
        }
    }

    /// `capability` with these arguments.
    async fn capability(&self, arguments: &[&str]) -> Output {
        self.plugin_as(&self.kubeconfig, &[&["capability"], arguments].concat()).await
    }

    /// The same on a terminal that `script` (util-linux) makes, with this typed.
    async fn on_terminal(&self, arguments: &str, typed: &str) -> Output {
        let plugin = program::kubectl_plugin().await.unwrap();
        let line = format!("exec '{}' capability {arguments} -n {}", plugin.display(), self.namespace.name());
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]);
        self.run(&mut command, &self.kubeconfig, typed).await
    }

    fn label(&self, key: &str) -> Option<String> {
        self.ocm.label("organizations", &self.organization, key)
    }

    /// Calls that change something, besides those for tokens.
    fn writes(&self) -> Vec<OcmCall> {
        let calls = self.ocm.calls().into_iter();
        calls.filter(|call| call.method != "GET" && !call.path.contains("openid-connect")).collect()
    }

    /// A kubeconfig of somebody without any right of their own.
    fn kubeconfig_of(&self, user: &str) -> PathBuf {
        let mut config = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        config.auth_infos[0].auth_info.as_mut().unwrap().impersonate = Some(user.to_owned());
        let file = self.home.path().join(user);
        // JSON is YAML.
        std::fs::write(&file, serde_json::to_vec(&config).unwrap()).unwrap();
        file
    }
}

#[track_caller]
fn done(output: &Output) -> &str {
    assert!(output.code == Some(0) && output.stderr.is_empty(), "{output:?}");
    &output.stdout
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    assert!(output.code == Some(1) && output.stderr.starts_with("error: "), "{output:?}");
    for words in words {
        assert!(output.stderr.contains(words), "not refused with {words:?}: {output:?}");
    }
}

#[tokio::test]
async fn capabilities_are_set_shown_and_unset() {
    let desk = Desk::open("capability-life").await;
    desk.ocm.set_capability("A", "hypershift", "false");
    let set =
        ["set", "edge1", "bare_metal_installer_multiarch=true", "capability.organization.hypershift=true"];
    let output = desk.capability(&[&set[..], &["--yes"]].concat()).await;
    let title = format!(
        "clustersubscription {}/edge1: organization {} at {}\n\n",
        desk.namespace.name(),
        desk.organization,
        desk.ocm.url()
    );
    let text = done(&output);
    assert!(text.starts_with(&title) && text.contains(&format!("\n{MULTIARCH} set to true.\n")), "{text}");
    assert!(text.contains("\nhypershift                       false    true   capability."), "{text}");
    assert_eq!((desk.label(MULTIARCH), desk.label(HYPERSHIFT)), (Some("true".into()), Some("true".into())));

    let shown = desk.capability(&["get", "edge1"]).await;
    let rows = format!(
        "NAME                             VALUE   CAPABILITY\n\
         bare_metal_installer_multiarch   true    {MULTIARCH}\n\
         hypershift                       true    {HYPERSHIFT}\n"
    );
    assert_eq!(done(&shown), format!("{title}{rows}"));
    let shown = desk.capability(&["get", "edge1", "-o", "json"]).await;
    let json: Value = serde_json::from_str(done(&shown)).unwrap();
    assert_eq!(json["of"], json!({"kind": "organization", "id": desk.organization}));
    assert_eq!(json["registrar"], json!(desk.ocm.url()));
    let first = json!({"name": "bare_metal_installer_multiarch", "capability": MULTIARCH, "value": "true"});
    assert_eq!(json["capabilities"][0], first);

    let output = desk.capability(&["unset", "edge1", "hypershift", "never_set", "-y"]).await;
    assert!(done(&output).contains(&format!("\n{HYPERSHIFT} unset.\n")), "{output:?}");
    assert_eq!((desk.label(MULTIARCH), desk.label(HYPERSHIFT)), (Some("true".into()), None));
    assert!(desk.ocm.subscriptions().is_empty() && desk.ocm.violations().is_empty());
}

#[tokio::test]
async fn a_dry_run_shows_the_very_requests_and_sends_none() {
    let desk = Desk::open("capability-dry").await;
    desk.ocm.set_capability("A", "hypershift", "true");
    let mut shown = Vec::new();
    for call in [["set", "edge1", "bare_metal_installer_multiarch=true"], ["unset", "edge1", "hypershift"]] {
        let output = desk.capability(&[&call[..], &["--dry-run"]].concat()).await;
        let text = done(&output);
        assert!(text.contains("\nNothing was changed. The account slipway-sa would send:\n\n"), "{text}");
        assert!(desk.writes().is_empty(), "{:?}", desk.writes());
        shown.push(text.to_owned());
    }
    assert_eq!((desk.label(MULTIARCH), desk.label(HYPERSHIFT)), (None, Some("true".into())));
    done(&desk.capability(&["set", "edge1", "bare_metal_installer_multiarch=true", "--yes"]).await);
    done(&desk.capability(&["unset", "edge1", "hypershift", "--yes"]).await);
    let writes = desk.writes();
    assert_eq!(writes.len(), shown.len());
    for (call, shown) in writes.iter().zip(shown) {
        let line = format!("\n  {} {}{}\n", call.method, desk.ocm.url(), call.path);
        let body = if call.body.is_null() { String::new() } else { format!("  {}\n", call.body) };
        assert!(shown.ends_with(&format!("{line}{body}")), "{line}{body} is not what was shown: {shown}");
    }
}

#[tokio::test]
async fn a_person_is_asked_with_the_organization_and_the_environment() {
    let desk = Desk::open("capability-ask").await;
    let call = "set edge1 hypershift=true";
    refused(&desk.capability(&call.split(' ').collect::<Vec<_>>()).await, &["add --yes, or --dry-run"]);
    let question = format!("Change organization {} at 127.0.0.1? [y/N] ", desk.organization);
    let output = desk.on_terminal(call, "\n").await;
    assert!(output.code == Some(1) && output.stdout.contains(&question), "{output:?}");
    assert!(output.stdout.contains("error: not confirmed; nothing is changed\n"), "{output:?}");
    assert!(desk.writes().is_empty() && desk.label(HYPERSHIFT).is_none());
    let output = desk.on_terminal(call, "y\n").await;
    assert!(output.code == Some(0) && output.stdout.contains(&question), "{output:?}");
    assert_eq!(desk.label(HYPERSHIFT).as_deref(), Some("true"));
}

#[tokio::test]
async fn accounts_and_records_have_capabilities_too() {
    let desk = Desk::open("capability-others").await;
    let account = desk.ocm.account("slipway-sa").unwrap();
    let set = ["set", "edge1", "--of", "account", "bare_metal_installer_admin=true", "--yes"];
    let output = desk.capability(&set).await;
    let title = format!(": account {} (slipway-sa) at ", account.id);
    assert!(done(&output).contains(&title), "{output:?}");
    let key = "capability.account.bare_metal_installer_admin";
    assert_eq!(desk.ocm.label("accounts", &account.id, key).as_deref(), Some("true"));
    desk.ocm.put_label("accounts", &account.id, "other", "x");
    let shown = desk.capability(&["get", "edge1", "--of=account"]).await;
    assert!(done(&shown).ends_with(&format!("\nbare_metal_installer_admin   true    {key}\n")), "{shown:?}");

    let get = ["get", "edge1", "--of", "subscription"];
    refused(&desk.capability(&get).await, &["status.subscriptionId is empty"]);
    let record = desk.ocm.reserve_as("slipway-sa", "0e2c7b1a-0000-4000-8000-000000000000", "edge1");
    let status = json!({"status": {"subscriptionId": record}}).to_string();
    let patch = ["patch", "csub", "edge1", "--type=merge", "--subresource=status", "-p", &status];
    desk.kubectl.ok(&patch).await.unwrap();
    let shown = desk.capability(&get).await;
    let nothing = "\n\nNo capabilities are shown to the account slipway-sa.\n";
    assert!(done(&shown).ends_with(nothing), "{shown:?}");
    let set = ["set", "edge1", "--of=subscription", "capability.cluster.subscribed_ocp=true", "-y"];
    done(&desk.capability(&set).await);
    let key = "capability.cluster.subscribed_ocp";
    assert_eq!(desk.ocm.label("subscriptions", &record, key).as_deref(), Some("true"));
    done(&desk.capability(&["unset", "edge1", "--of=subscription", "subscribed_ocp", "-y"]).await);
    assert_eq!(desk.ocm.label("subscriptions", &record, key), None);
}

#[tokio::test]
async fn an_account_without_the_right_is_told_of_the_support_ticket() {
    let desk = Desk::open("capability-denied").await;
    desk.ocm.set_capability("A", "hypershift", "true");
    assert!(done(&desk.capability(&["get", "edge2"]).await).contains("hypershift"));
    for call in [["set", "edge2", "hypershift=false"], ["unset", "edge2", "hypershift"]] {
        let output = desk.capability(&[&call[..], &["--yes"]].concat()).await;
        let owner = format!("{HYPERSHIFT} of organization {} is not {}; ", desk.organization, call[0]);
        refused(&output, &[&owner, "open a support ticket", " with 403 ACCT-MGMT-11 ", "operation_id"]);
    }
    assert_eq!(desk.label(HYPERSHIFT).as_deref(), Some("true"));
}

#[tokio::test]
async fn a_lost_answer_and_what_was_done_before_it_are_told() {
    let desk = Desk::open("capability-lost").await;
    desk.ocm.add_fault(Fault::new(Trouble::CutAfter).on("DELETE", "labels").once());
    desk.ocm.set_capability("A", "first", "true");
    let output = desk.capability(&["unset", "edge1", "first", "second", "--yes"]).await;
    let look = format!("capability get edge1 -n {} --of organization", desk.namespace.name());
    refused(
        &output,
        &["capability.organization.first of organization ", " may be unset or not; look: ", &look],
    );
    assert_eq!(desk.writes().len(), 1, "nothing is sent twice");
    desk.ocm.add_fault(Fault::new(Trouble::Html { status: 403 }).on("DELETE", "second").once());
    let output = desk.capability(&["unset", "edge1", "first", "second", "--yes"]).await;
    refused(&output, &["second of organization ", "; before it was done: capability.organization.first"]);
}

#[tokio::test]
async fn rights_to_the_object_and_its_secrets_are_needed_and_named() {
    let desk = Desk::open("capability-rights").await;
    let jane = desk.kubeconfig_of("jane");
    let get = ["capability", "get", "edge1"];
    let secrets = "secrets --resource-name=edge1 --resource-name=ocm-ca";
    for (resource, thing, grant, words) in [
        (
            "clustersubscriptions.slipway.dev",
            "edge1",
            "clustersubscriptions.slipway.dev --resource-name=edge1",
            "you may not read clustersubscription ",
        ),
        ("secrets", "edge1", secrets, "the Secret \"edge1\" (spec.registrar.ocm.credentialsRef)"),
        ("secrets", "ocm-ca", secrets, "the Secret \"ocm-ca\" (spec.registrar.ocm.tls.caRef)"),
    ] {
        let grant = format!("--verb=get --resource={grant} && ");
        refused(&desk.plugin_as(&jane, &get).await, &[words, &grant]);
        assert_eq!(desk.ocm.call_count(), 0, "nothing is sent without the Secrets");
        // What the message says, but one thing at a time.
        let role = format!("capabilities-{}-{thing}", resource.split('.').next().unwrap());
        let (resource, name) = (format!("--resource={resource}"), format!("--resource-name={thing}"));
        desk.kubectl.ok(&["create", "role", &role, "--verb=get", &resource, &name]).await.unwrap();
        let bind = ["create", "rolebinding", &role, &format!("--role={role}"), "--user=jane"];
        desk.kubectl.ok(&bind).await.unwrap();
        let what = format!("{}/{thing}", resource.trim_start_matches("--resource="));
        let can = ["auth", "can-i", "get", &what, "--as=jane"];
        // The API server's authorizer learns of a binding by its own watch.
        slipway_e2e::wait_for("the right to be there", LIMIT, || async { desk.kubectl.ok(&can).await })
            .await
            .unwrap();
    }
    done(&desk.plugin_as(&jane, &get).await);
}

#[tokio::test]
async fn what_is_missing_or_insecure_is_named() {
    let desk = Desk::open("capability-missing").await;
    let no_object = desk.capability(&["get", "edge9"]).await;
    refused(&no_object, &[&format!("there is no clustersubscription {}/edge9; ", desk.namespace.name())]);
    desk.subscription("nosecret", &desk.registrar("missing")).await;
    refused(
        &desk.capability(&["get", "nosecret"]).await,
        &["the Secret \"missing\" (spec.registrar.ocm.credentialsRef) does not exist"],
    );
    desk.secret("wrong", &json!({"clientId": "slipway-sa", "clientSecret": "canary"})).await;
    desk.subscription("wrong", &desk.registrar("wrong")).await;
    let wrong = desk.capability(&["get", "wrong"]).await;
    refused(&wrong, &["\"wrong\""]);
    assert!(!wrong.stderr.contains("canary"), "{wrong:?}");
    let hook = json!({"webhook": {"url": "https://inventory.example.com/hook", "credentialsRef": {"name": "edge1"}}});
    desk.subscription("hook", &hook).await;
    let site = "capabilities are kept at the site";
    assert!(done(&desk.capability(&["get", "hook"]).await).contains(site));
    refused(&desk.capability(&["set", "hook", "x=true", "--yes"]).await, &[site]);

    let mut plain = desk.registrar("edge1");
    plain["ocm"]["url"] = json!(desk.ocm.plain_url());
    plain["ocm"]["tokenUrl"] = json!(desk.ocm.plain_token_url());
    desk.subscription("plain", &plain).await;
    let mut blind = desk.registrar("edge1");
    blind["ocm"]["tls"] = json!({"insecureSkipVerify": true});
    desk.subscription("blind", &blind).await;
    desk.ocm.clear_journal();
    for (name, field) in [("plain", "spec.registrar.ocm.url"), ("blind", "tls.insecureSkipVerify")] {
        refused(&desk.capability(&["get", name]).await, &[field, "--allow-insecure-tls"]);
        assert!(desk.ocm.calls().is_empty(), "credentials were sent for {name}");
    }
    for name in ["plain", "blind"] {
        done(&desk.capability(&["get", name, "--allow-insecure-tls"]).await);
    }
    let mut stranger = desk.registrar("edge1");
    stranger["ocm"]["tls"] = json!(null);
    desk.subscription("stranger", &stranger).await;
    refused(&desk.capability(&["get", "stranger"]).await, &["spec.registrar.ocm.tls"]);
}

#[tokio::test]
async fn wrong_command_lines_end_with_two() {
    let desk = Desk::open("capability-usage").await;
    for (line, words) in [
        ("", "Usage: kubectl slipway capability"),
        ("get", "Usage: kubectl slipway capability get"),
        ("set edge1", "KEY=VALUE"),
        ("set edge1 hypershift", "\"hypershift\" has no value: write KEY=VALUE"),
        ("set edge1 hypershift=", "the value of \"hypershift\" is empty"),
        ("set edge1 hyper/shift=true", "\"hyper/shift\" is no name of a capability"),
        ("set edge1 x=1 capability.organization.x=2", "capability.organization.x is named twice"),
        ("set edge1 capability.account.x=1", "add --of account"),
        ("unset edge1 x=1", "name it without '='"),
        ("get edge1 -o yaml", "[possible values: table, json]"),
        ("get edge1 --of nobody", "[possible values: organization, account, subscription]"),
    ] {
        let arguments: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let output = desk.capability(&arguments).await;
        assert!(output.code == Some(2) && output.stderr.contains(words), "{line}: {output:?}");
    }
    assert_eq!(desk.ocm.call_count(), 0);
}

#[tokio::test]
async fn every_option_is_documented() {
    let desk = Desk::open("capability-docs").await;
    let page = std::fs::read_to_string(program::project().join("docs/cli.md")).unwrap();
    let mut options = BTreeSet::new();
    for verb in ["get", "set", "unset"] {
        let output = desk.capability(&[verb, "--help"]).await;
        let help = done(&output);
        assert!(help.contains(&format!("Usage: kubectl slipway capability {verb} ")), "{help}");
        let rows = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let words = rows.flat_map(|row| row.split([' ', ',']).filter(|word| word.starts_with("--")));
        options.extend(words.map(str::to_owned));
        assert!(page.contains(&format!("kubectl slipway capability {verb} ")), "no example of {verb}");
    }
    assert!(options.len() >= 9, "{options:?}");
    let missing: Vec<_> = options.iter().filter(|option| !page.contains(&format!("`{option}`"))).collect();
    assert!(missing.is_empty(), "docs/cli.md lacks {missing:?}");
}
