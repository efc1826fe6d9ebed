//! The documents say what is true: links lead somewhere, arguments and metrics are those of the shipped operator, and the manifests to copy
//! are taken by the API server.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use slipway_core::infrastructure::HandshakeResult;
use slipway_e2e::{
    ApiProxy, ControlPlane, Moment, OperatorProcess, Rack, Rule, TestNamespace, Then, program, wait_for,
};

const OPERATIONS: &str = "docs/operations.md";
const ARGUMENTS: &str = "docs/reference/operator.md";
/// Documents whose manifests are complete.
const WITH_MANIFESTS: [&str; 5] =
    ["README.md", "docs/quick-start.md", "docs/infrastructure.md", "docs/subscriptions.md", OPERATIONS];
const ALERTS: &str = "config/alerts";
const LIMIT: Duration = Duration::from_secs(10);
const PREFIXES: [&str; 5] =
    ["slipway_", "controller_runtime_", "leader_election_", "rest_client_", "process_"];

fn read(document: &str) -> String {
    std::fs::read_to_string(program::project().join(document)).unwrap()
}

/// Every document of the repository that git knows or would add.
fn documents() -> Vec<PathBuf> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"];
    let output = Command::new("git").args(list).current_dir(program::project()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let all: Vec<PathBuf> = text.lines().map(PathBuf::from).filter(|path| whole(path).exists()).collect();
    assert!(all.contains(&PathBuf::from("README.md")) && all.len() > 10, "{all:?}");
    all
}

fn whole(path: &Path) -> PathBuf {
    program::project().join(path)
}

/// The text outside fenced blocks, and the blocks with what is written behind their fence.
fn split(text: &str) -> (String, Vec<(String, String)>) {
    let (mut prose, mut blocks, mut open) = (Vec::new(), Vec::new(), None);
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language, Vec::new())),
            (Some(_), Some((language, body))) => blocks.push((language.to_owned(), body.join("\n"))),
            (None, Some((language, mut body))) => {
                body.push(line);
                open = Some((language, body));
            }
            (None, None) => prose.push(line),
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    (prose.join("\n"), blocks)
}

/// Targets of links, `[text](target)`.
fn links(prose: &str) -> Vec<&str> {
    let behind = prose.split("](").skip(1);
    behind.filter_map(|rest| rest.split_once(')').map(|(target, _)| target)).collect()
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(text: &str) -> BTreeSet<String> {
    let (prose, _) = split(text);
    prose
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

/// What is wrong with a link of a document.
fn broken(document: &Path, target: &str) -> Option<String> {
    if target.starts_with("https://") || target.starts_with("http://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() { whole(document) } else { whole(document).with_file_name(path) };
    if !file.exists() {
        return Some(format!("{}: there is no {target}", document.display()));
    }
    let named = fragment.is_empty() || anchors(&std::fs::read_to_string(&file).unwrap()).contains(fragment);
    (!named).then(|| format!("{}: {target} names no heading", document.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let (mut count, mut all) = (0, Vec::new());
    for document in documents() {
        let text = std::fs::read_to_string(whole(&document)).unwrap();
        let (prose, _) = split(&text);
        let targets = links(&prose);
        count += targets.len();
        all.extend(targets.into_iter().filter_map(|target| broken(&document, target)));
    }
    assert!(all.is_empty(), "{all:#?}");
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn a_broken_link_is_seen() {
    let document = Path::new("docs/operations.md");
    assert_eq!(links("see [a](b.md) and [c](../d#e)"), ["b.md", "../d#e"]);
    assert!(broken(document, "nowhere.md").is_some() && broken(document, "reasons.md#nothing").is_some());
    assert!(broken(document, "reasons.md#available").is_none() && broken(document, "../README.md").is_none());
}

/// Cells of the table rows whose first cell begins so.
fn rows(text: &str, first: &str) -> Vec<Vec<String>> {
    let rows = text.lines().filter(|line| line.starts_with(first));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[tokio::test]
async fn the_reference_of_the_arguments_is_that_of_the_shipped_operator() {
    let program = program::operator().await.unwrap();
    let output = Command::new(program).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let page = read(ARGUMENTS);
    let table = rows(&page, "| `--");
    assert!(table.len() > 25, "{}", table.len());
    let flags = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")).count();
    let shared = table.iter().filter(|row| !row[0].contains("--help")).count();
    assert_eq!(flags, shared, "--help and {ARGUMENTS} differ");
    // What the rows say of each flag is made from its definition; a test beside that sees to it.
    for row in &table {
        for word in row[..2].iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
            assert!(help.contains(word), "--help lacks {word}");
        }
    }
}

/// A metric's name without the ending that its kind brings.
fn family(name: &str) -> String {
    let endings = ["_total", "_bucket", "_sum", "_count", "_info"];
    endings.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
}

/// Families that are exposed.
fn exposed(metrics: &str) -> BTreeSet<String> {
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| family(line.split(' ').next().unwrap())).collect()
}

/// Metrics that a document names: words in backticks that begin as ours do. What is followed by `=` or `::` is a crate of a log filter.
fn named(text: &str) -> BTreeSet<String> {
    let (prose, _) = split(text);
    let quoted = prose.split('`').skip(1).step_by(2);
    let words = quoted.flat_map(|code| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts: Vec<usize> = PREFIXES.iter().filter_map(|prefix| code.find(prefix)).collect();
        starts.into_iter().filter_map(move |start| {
            let end = code[start..].find(|c| !is_word(c)).map_or(code.len(), |length| start + length);
            let is_crate =
                code[end..].starts_with('=') || code[end..].starts_with("::") || code[..start].ends_with('/');
            (!is_crate).then(|| code[start..end].to_owned())
        })
    });
    words.filter(|word| !word.ends_with('_')).map(|word| family(&word)).collect()
}

/// An operator that has done everything there is a metric for: one host installed, one image fetched, one write refused.
async fn busy_operator() -> (Rack, ApiProxy) {
    let control_plane = ControlPlane::shared().await.unwrap();
    let proxy = ApiProxy::start(control_plane).await.unwrap();
    let refused = AtomicBool::new(false);
    proxy.install(Rule::new(
        Moment::BeforeForwarding,
        |call| call.write_number.is_some() && call.resource == "baremetalhosts",
        move |_| {
            if refused.swap(true, Ordering::SeqCst) {
                Then::GoOn
            } else {
                Then::Answer(StatusCode::INTERNAL_SERVER_ERROR)
            }
        },
    ));
    let operator = OperatorProcess::options().api(proxy.url(), proxy.ca_pem());
    let rack = Rack::options().operator(operator).start(control_plane, "docs-metrics").await.unwrap();
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    rack.wait_phase(0, "Installed").await.unwrap();
    (rack, proxy)
}

#[tokio::test]
async fn every_metric_is_documented_and_every_documented_metric_is_there() {
    let (rack, _proxy) = busy_operator().await;
    let documented: BTreeSet<String> =
        rows(&read(OPERATIONS), "| `").iter().flat_map(|row| named(&row[0])).collect();
    // What is counted last is counted a moment after the host shows as installed.
    let exposed = wait_for("exposed and documented metrics to be the same", LIMIT, || async {
        let exposed = exposed(&rack.operator.metrics().await?);
        let differ: Vec<&String> = exposed.symmetric_difference(&documented).collect();
        anyhow::ensure!(differ.is_empty(), "either not in {OPERATIONS} or not exposed: {differ:?}");
        Ok(exposed)
    })
    .await
    .unwrap();
    for document in documents() {
        let text = std::fs::read_to_string(whole(&document)).unwrap();
        let missing: Vec<String> = named(&text).difference(&exposed).cloned().collect();
        assert!(missing.is_empty(), "{} names {missing:?}, which is not exposed", document.display());
    }
}

#[test]
fn names_of_metrics_are_found_in_text() {
    let text = "`slipway_a_total` and `x{slipway_b=\"1\"}` `slipway_c > 0`, `info,slipway_redfish=debug`, `slipway_netboot::x`";
    assert_eq!(named(text), ["slipway_a", "slipway_c"].map(str::to_owned).into());
    assert_eq!(exposed("# TYPE slipway_a counter\nslipway_a_total 1\n"), ["slipway_a".to_owned()].into());
}

/// One alert of a rules file.
#[derive(Debug, serde::Deserialize)]
struct Alert {
    #[serde(rename = "alert")]
    name: String,
    expr: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// Every alert of the rules files that the kustomization lists.
fn alerts() -> Vec<Alert> {
    let yaml = |file: &str| -> serde_json::Value { serde_yaml::from_str(&read(file)).unwrap() };
    let listed: Vec<String> =
        serde_json::from_value(yaml(&format!("{ALERTS}/kustomization.yaml"))["resources"].take()).unwrap();
    let files = std::fs::read_dir(program::project().join(ALERTS)).unwrap().count();
    assert_eq!(listed.len() + 1, files, "{ALERTS}/kustomization.yaml does not list every file");
    let rules = listed.iter().map(|file| yaml(&format!("{ALERTS}/{file}")));
    rules.flat_map(alerts_of).collect()
}

fn alerts_of(mut rules: serde_json::Value) -> Vec<Alert> {
    assert_eq!(
        (&rules["apiVersion"], &rules["kind"]),
        (&"monitoring.coreos.com/v1".into(), &"PrometheusRule".into())
    );
    let groups: Vec<serde_json::Value> = serde_json::from_value(rules["spec"]["groups"].take()).unwrap();
    groups
        .into_iter()
        .flat_map(|mut group| serde_json::from_value::<Vec<Alert>>(group["rules"].take()).unwrap())
        .collect()
}

/// Words of an expression that begin as our metrics do, as they stand there.
fn metrics_in(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix))).collect()
}

/// Values that an expression gives a label, alternatives of a pattern one by one.
fn values_of<'a>(label: &str, expression: &'a str) -> Vec<&'a str> {
    let begin = format!("{{{label}=");
    let quoted = expression.split(&begin as &str).skip(1).filter_map(|rest| rest.split('"').nth(1));
    quoted.flat_map(|values| values.split('|')).collect()
}

#[test]
fn every_alert_is_about_metrics_that_are_there() {
    let page = read(OPERATIONS);
    let documented: BTreeSet<String> =
        rows(&page, "| `").iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let results: Vec<&str> = HandshakeResult::ALL.into_iter().map(HandshakeResult::as_str).collect();
    let (alerts, mut names) = (alerts(), BTreeSet::new());
    for alert in &alerts {
        assert!(names.insert(&alert.name), "{} is there twice", alert.name);
        let severity = alert.labels["severity"].as_str();
        assert!(["warning", "critical"].contains(&severity), "{alert:?}");
        assert!(
            alert.annotations.contains_key("summary") && alert.annotations.contains_key("description"),
            "{alert:?}"
        );
        let metrics = metrics_in(&alert.expr);
        // What the page names is what the operator exposes: that is a test of its own.
        let unknown: Vec<_> = metrics.iter().filter(|metric| !documented.contains(**metric)).collect();
        assert!(!metrics.is_empty() && unknown.is_empty(), "{} asks for {unknown:?}", alert.name);
        for value in values_of("result", &alert.expr) {
            assert!(results.contains(&value), "{} asks for the result {value:?}", alert.name);
        }
    }
    assert!(names.len() >= 17, "{names:?}");
}

#[test]
fn metrics_and_labels_are_found_in_expressions() {
    let expression = r#"rate(slipway_a_total{result=~"One|Two"}[5m]) > 0 unless on(name) process_b == 1"#;
    assert_eq!(metrics_in(expression), ["process_b", "slipway_a_total"].into());
    assert_eq!(values_of("result", expression), ["One", "Two"]);
}

#[tokio::test]
async fn every_manifest_to_copy_is_taken_by_the_api_server() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let namespace = TestNamespace::create(control_plane, "docs").await.unwrap();
    let kubectl = namespace.kubectl(control_plane);
    let mut count = 0;
    for document in WITH_MANIFESTS {
        let (_, blocks) = split(&read(document));
        for (_, block) in blocks.iter().filter(|(language, _)| language == "yaml") {
            let apply = ["apply", "--server-side", "--validate=strict", "--dry-run=server", "-f", "-"];
            let taken = kubectl.run_with_input(&apply, block).await.unwrap();
            assert!(taken.code == Some(0) && taken.stderr.is_empty(), "{document}: {taken:?}\n{block}");
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} manifests were found");
}

#[test]
fn power_words_are_quoted_in_every_document() {
    for document in documents() {
        let text = std::fs::read_to_string(whole(&document)).unwrap();
        for (_, block) in split(&text).1 {
            for line in block.lines() {
                let bare =
                    ["power: On", "power: Off", "indicator: Off"].iter().any(|word| line.contains(word));
                assert!(!bare, "{}: quote the word, YAML takes it for a boolean: {line}", document.display());
            }
        }
    }
}
