//! The chart gives the operator the rights that `config/` gives it, no more and no less.

use std::collections::BTreeSet;

use serde_json::Value;
use slipway_e2e::operator_access::NAMESPACE;
use slipway_e2e::program;

use crate::manifest::{self, of_kind, text, texts};
use crate::stage::{self, Stage};

/// Folder of `config/`, and the values that make the chart serve the same.
const PAIRS: [(&str, &str); 2] = [("default", "namespaces: ['*']"), ("namespaced", "")];
/// Ends of the names of roles that are there to be bound.
const TO_BIND: [&str; 2] = ["-approver", "-secret-reader"];

pub(crate) async fn those_of_config(stage: Stage) -> anyhow::Result<()> {
    for (folder, values) in PAIRS {
        let theirs = kustomized(&stage, folder).await?;
        let ours = stage.objects(NAMESPACE, values).await?;
        let (in_config, in_chart) = (granted(&theirs), granted(&ours));
        anyhow::ensure!(in_config.len() > 20, "config/{folder} grants {in_config:?}");
        let difference: Vec<_> = in_config.symmetric_difference(&in_chart).collect();
        anyhow::ensure!(
            difference.is_empty(),
            "config/{folder} and the chart with {values:?} differ in {difference:#?}"
        );
    }
    let (theirs, ours) =
        (kustomized(&stage, "default").await?, stage.objects(NAMESPACE, "namespaces: ['*']").await?);
    for end in TO_BIND {
        let rules = |objects: &[Value]| -> Vec<Value> {
            let roles =
                of_kind(objects, "ClusterRole").filter(|role| text(role, "/metadata/name").ends_with(end));
            roles.map(|role| role["rules"].clone()).collect()
        };
        let (in_config, in_chart) = (rules(&theirs), rules(&ours));
        anyhow::ensure!(
            in_config.len() == 1 && in_config == in_chart,
            "*{end}: {in_config:?} and {in_chart:?}"
        );
    }
    secrets(&stage).await
}

/// Where Secrets can be read in each mode.
async fn secrets(stage: &Stage) -> anyhow::Result<()> {
    let cases = [
        ("", vec![NAMESPACE]),
        ("namespaces: [a, b]", vec!["a", "b"]),
        ("namespaces: ['*']", vec![]),
        ("{namespaces: ['*'], secretNamespaces: [c]}", vec!["c"]),
        ("{namespaces: ['*'], secretNamespaces: ['*']}", vec!["*"]),
    ];
    for (values, wanted) in cases {
        let granted = granted(&stage.objects(NAMESPACE, values).await?);
        let read =
            granted.iter().filter(|right| right.what == "get secrets *").map(|right| right.place.as_str());
        let read: BTreeSet<&str> = read.collect();
        anyhow::ensure!(read == wanted.into_iter().collect(), "{values}: Secrets are read in {read:?}");
    }
    Ok(())
}

async fn kustomized(stage: &Stage, folder: &str) -> anyhow::Result<Vec<Value>> {
    let folder = program::project().join("config").join(folder);
    let kubectl = stage.control_plane().await?.kubectl();
    manifest::objects(&kubectl.ok(&["kustomize", stage::path(&folder)?]).await?)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    /// A namespace, or `*`.
    place: String,
    /// Verb, resource with its group, and the object's name or `*`.
    what: String,
}

/// What the operator's account may do by these objects.
fn granted(objects: &[Value]) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for binding in of_kind(objects, "RoleBinding").chain(of_kind(objects, "ClusterRoleBinding")) {
        let subjects = binding["subjects"].as_array().into_iter().flatten();
        if !subjects
            .clone()
            .any(|subject| subject["kind"] == "ServiceAccount" && subject["name"] == "slipway")
        {
            continue;
        }
        let place = match text(binding, "/metadata/namespace") {
            "" => "*",
            namespace => namespace,
        };
        let (kind, name) = (text(binding, "/roleRef/kind"), text(binding, "/roleRef/name"));
        let roles = of_kind(objects, kind).filter(|role| {
            role["metadata"]["name"] == name
                && (kind == "ClusterRole" || text(role, "/metadata/namespace") == place)
        });
        let granted = roles.flat_map(|role| role["rules"].as_array().into_iter().flatten());
        rights.extend(granted.flat_map(spelled_out).map(|what| Right { place: place.into(), what }));
    }
    rights
}

/// A rule as single rights.
fn spelled_out(rule: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let names = match texts(rule, "/resourceNames") {
        names if names.is_empty() => vec!["*"],
        names => names,
    };
    for group in texts(rule, "/apiGroups") {
        let dot = if group.is_empty() { "" } else { "." };
        for resource in texts(rule, "/resources") {
            for verb in texts(rule, "/verbs") {
                found.extend(names.iter().map(|name| format!("{verb} {resource}{dot}{group} {name}")));
            }
        }
    }
    found
}
