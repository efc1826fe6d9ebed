//! Recorded states of every kind, judged by kstatus and by the shipped health scripts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::foreign::{GitOpsTools, HealthScripts};
use slipway_e2e::program;

use crate::record::{self, Expected, Record};
use crate::{life, recorder::KINDS};

type Records = BTreeMap<String, Record>;

/// Every recorded state gets the word of a person, from both.
pub(crate) async fn judged_as_a_person_would(tools: GitOpsTools) -> anyhow::Result<()> {
    if std::env::var_os("SLIPWAY_UPDATE").is_some_and(|value| value == "1") {
        record::replace(&Box::pin(life::recorded()).await?)?;
    }
    let scripts = HealthScripts::shipped().await?;
    assert_eq!(scripts.kinds(), KINDS.map(|(kind, _)| kind));
    let records = record::all()?;
    assert_words_exist(&records)?;
    assert_whole(&records)?;
    let objects: Vec<Value> = records.values().map(|record| record.object.clone()).collect();
    let verdicts = tools.judge(&scripts, &objects).await?;
    let differing: Vec<String> = records
        .iter()
        .zip(&verdicts)
        .filter(|((_, record), verdict)| record.expected != Expected::from(*verdict))
        .map(|((name, record), verdict)| {
            format!("{name}: a person says {:?}, they say {verdict:?}", record.expected)
        })
        .collect();
    anyhow::ensure!(
        differing.is_empty(),
        "{} of {} differ:\n{}",
        differing.len(),
        records.len(),
        differing.join("\n")
    );
    Ok(())
}

/// The reasons in the records are those that the operator has now, else the records are old.
fn assert_words_exist(records: &Records) -> anyhow::Result<()> {
    let page = std::fs::read_to_string(program::project().join("docs/reasons.md"))?;
    let known: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    for (name, record) in records {
        for condition in record.object["status"]["conditions"].as_array().into_iter().flatten() {
            let reason = condition["reason"].as_str().unwrap_or_default();
            anyhow::ensure!(known.contains(reason), "{name}: there is no reason {reason:?}; record anew");
        }
    }
    Ok(())
}

/// Every phase of every kind is there, and the states that a tool is easily wrong about.
fn assert_whole(records: &Records) -> anyhow::Result<()> {
    for (kind, plural) in KINDS {
        let of_kind: Vec<&Record> = records.values().filter(|record| record.object["kind"] == kind).collect();
        let recorded: BTreeSet<&str> =
            of_kind.iter().filter_map(|record| record.object["status"]["phase"].as_str()).collect();
        let phases = phases(plural)?;
        let known: BTreeSet<&str> = phases.iter().map(String::as_str).collect();
        assert_eq!(recorded, known, "phases of {kind}");
        let has = |status: &str| of_kind.iter().any(|record| record.expected.status == status);
        for status in ["InProgress", "Current", "Failed"] {
            anyhow::ensure!(has(status), "no {kind} is {status}");
        }
        let is_profile = kind == "InstallProfile";
        anyhow::ensure!(has("Terminating") != is_profile, "a {kind} that is being deleted");
        let suspended = of_kind.iter().any(|record| record.expected.health == "Suspended");
        anyhow::ensure!(suspended != is_profile, "a {kind} that is suspended");
        let lower = kind.to_lowercase();
        for state in ["unseen", "changed"] {
            let name = format!("{lower}-{state}");
            anyhow::ensure!(records.contains_key(&name), "no record {name}");
        }
    }
    Ok(())
}

/// The phases that a kind's description allows.
fn phases(plural: &str) -> anyhow::Result<Vec<String>> {
    let file = program::project().join(format!("config/crd/slipway.dev_{plural}.yaml"));
    let crd: Value = serde_yaml::from_str(&std::fs::read_to_string(file)?)?;
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let words = schema["properties"]["status"]["properties"]["phase"]["enum"].as_array();
    let words = words.context("the phase has no words")?;
    Ok(words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect())
}
