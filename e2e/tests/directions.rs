//! Which crate may know which: the design's directions of dependencies (design §3), read from cargo.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

const KUBERNETES: &[&str] = &["kube", "kube-core", "kube-client", "kube-runtime", "k8s-openapi"];
const NETWORK: &[&str] = &["tokio", "reqwest", "hyper", "axum"];

/// What one crate of ours may know. Development dependencies are free.
struct Direction {
    /// Crates of ours it may use directly.
    ours: &'static [&'static str],
    /// Crates that may not be anywhere below it.
    never: &'static [&'static [&'static str]],
}

/// An adapter is every crate below `operator/` that has no line of its own here.
const ADAPTER: Direction = Direction { ours: &["slipway-core", "slipway-outbound"], never: &[KUBERNETES] };

const DIRECTIONS: &[(&str, Direction)] = &[
    ("slipway-core", Direction { ours: &[], never: &[KUBERNETES, NETWORK] }),
    ("slipway-outbound", Direction { ours: &["slipway-core"], never: &[KUBERNETES] }),
    ("slipway-crds", Direction { ours: &[], never: &[] }),
    ("slipway-controllers", Direction { ours: &["slipway-core", "slipway-crds"], never: &[&["axum"]] }),
    (
        "kubectl-slipway",
        // The labels of an organization are the person's own doing, with the person's own right to the Secret.
        Direction {
            ours: &["slipway-core", "slipway-crds", "slipway-ocm", "slipway-outbound"],
            never: &[&["axum"]],
        },
    ),
    ("slipway-sim", Direction { ours: &[], never: &[KUBERNETES] }),
];

/// Programs that put everything together.
const WHOLES: &[&str] = &["slipway", "slipway-e2e"];

/// Every package by its id: its name and the ids of what it uses outside tests.
struct Graph {
    packages: BTreeMap<String, (String, Vec<String>)>,
    members: Vec<String>,
}

impl Graph {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version=1", "--locked"])
            .current_dir(slipway_e2e::program::project())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let names: BTreeMap<String, String> =
            list(&metadata["packages"]).map(|p| (text(&p["id"]), text(&p["name"]))).collect();
        let node = |node: &Value| {
            let used =
                list(&node["deps"]).filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"] != "dev"));
            let id = text(&node["id"]);
            (id.clone(), (names[&id].clone(), used.map(|dep| text(&dep["pkg"])).collect()))
        };
        let packages = list(&metadata["resolve"]["nodes"]).map(node).collect();
        Self { packages, members: list(&metadata["workspace_members"]).map(text).collect() }
    }

    fn name(&self, id: &str) -> &str {
        &self.packages[id].0
    }

    /// Names of all that is below these packages, with themselves.
    fn below(&self, ids: &[String]) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = ids.iter().collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(&self.packages[id].1);
            }
        }
        seen.into_iter().map(|id| self.name(id)).collect()
    }

    /// Everything that a member knows against its direction.
    fn breaches(&self, member: &str, direction: &Direction) -> Vec<String> {
        let direct =
            self.packages[member].1.iter().filter(|id| self.members.contains(id)).map(|id| self.name(id));
        let ours = direct.filter(|name| !direction.ours.contains(name));
        let below = self.below(&[member.to_owned()]);
        let never = direction.never.iter().copied().flatten().copied().filter(|name| below.contains(name));
        ours.chain(never).map(|known| format!("{} knows {known}", self.name(member))).collect()
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn direction(name: &str) -> &'static Direction {
    DIRECTIONS.iter().find(|(of, _)| *of == name).map_or(&ADAPTER, |(_, direction)| direction)
}

#[test]
fn every_crate_knows_only_what_the_design_allows() {
    let graph = Graph::read();
    let checked = graph.members.iter().filter(|id| !WHOLES.contains(&graph.name(id)));
    let breaches: Vec<String> =
        checked.flat_map(|id| graph.breaches(id, direction(graph.name(id)))).collect();
    assert!(breaches.is_empty(), "{breaches:#?}");
    for (name, _) in DIRECTIONS {
        assert!(graph.members.iter().any(|id| graph.name(id) == *name), "there is no crate {name} any more");
    }
}

#[test]
fn a_breach_is_seen() {
    let graph = Graph::read();
    let operator = graph.members.iter().find(|id| graph.name(id) == "slipway").unwrap();
    let nothing = Direction { ours: &[], never: &[NETWORK] };
    assert!(graph.breaches(operator, &nothing).contains(&"slipway knows tokio".to_owned()));
}

#[test]
fn one_provider_of_cryptography_is_in_the_tree() {
    // cargo metadata also lists what only a feature that is off would bring; cargo tree does not.
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--locked",
            "--edges=normal,build,dev",
            "--prefix=none",
            "--format={p}",
        ])
        .current_dir(slipway_e2e::program::project())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("aws-lc-rs"), "not a tree: {}", names.len());
    for second in ["ring", "openssl", "native-tls"] {
        assert!(!names.contains(second), "{second} is in the tree: cargo tree --workspace -i {second}");
    }
}

#[test]
fn no_crate_of_ours_takes_what_std_has() {
    let graph = Graph::read();
    for id in &graph.members {
        let used = graph.packages[id].1.iter().map(|id| graph.name(id));
        let needless: Vec<&str> =
            used.filter(|name| ["once_cell", "lazy_static", "chrono"].contains(name)).collect();
        assert!(needless.is_empty(), "{} uses {needless:?}", graph.name(id));
    }
}
