//! One state of an object, as it was recorded, and what a person says of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use slipway_e2e::foreign::Verdict;
use slipway_e2e::objects::condition;
use slipway_e2e::program;

const FOLDER: &str = "e2e/tests/gitops/records";
const HEAD: &str =
    "# Recorded from the operator by SLIPWAY_UPDATE=1; what is expected is a person's word and stays.\n";
/// What nobody has judged yet.
const NOBODY: &str = "?";
/// In the place of all times.
const MOMENT: &str = "2026-01-01T00:00:00Z";
/// Longer runs of letters and digits are names that are others in each run: identifiers, times, digests.
const LONGEST_WORD: usize = 18;

/// A recorded state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// What a person says.
    pub(crate) expected: Expected,
    /// The object, without what no judge looks at.
    pub(crate) object: Value,
}

/// What a person says of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expected {
    /// In kstatus' words.
    pub(crate) status: String,
    /// In Argo CD's words.
    pub(crate) health: String,
}

impl From<&Verdict> for Expected {
    fn from(verdict: &Verdict) -> Self {
        Self { status: verdict.status.clone(), health: verdict.health.clone() }
    }
}

fn folder() -> PathBuf {
    program::project().join(FOLDER)
}

/// All records by their names.
pub(crate) fn all() -> anyhow::Result<BTreeMap<String, Record>> {
    let mut records = BTreeMap::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).context("no name")?.to_owned();
        let text = std::fs::read_to_string(&path)?;
        records.insert(name.clone(), serde_yaml::from_str(&text).with_context(|| name)?);
    }
    Ok(records)
}

/// Puts these states in the place of the recorded ones. What a person said of a state stays.
pub(crate) fn replace(objects: &BTreeMap<String, Value>) -> anyhow::Result<()> {
    let before = all()?;
    for name in before.keys() {
        std::fs::remove_file(path(name))?;
    }
    for (name, object) in objects {
        let nobody = || Expected { status: NOBODY.to_owned(), health: NOBODY.to_owned() };
        let expected = before.get(name).map_or_else(nobody, |record| record.expected.clone());
        let record = Record { expected, object: object.clone() };
        std::fs::write(path(name), format!("{HEAD}{}", serde_yaml::to_string(&record)?))?;
    }
    Ok(())
}

fn path(name: &str) -> PathBuf {
    Path::new(&folder()).join(format!("{name}.yaml"))
}

/// The name of a state: what tells it from the others of its kind.
pub(crate) fn name(object: &Value) -> String {
    let (metadata, status) = (&object["metadata"], &object["status"]);
    let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
    let ready = condition(object, "Ready");
    let reason = ready["reason"].as_str().unwrap_or_default();
    if ready.is_null() {
        return format!("{kind}-unseen");
    }
    if metadata["deletionTimestamp"].is_string() && reason != "Deleting" {
        return format!("{kind}-deleted");
    }
    if status["observedGeneration"] != metadata["generation"] {
        return format!("{kind}-changed");
    }
    format!("{kind}-{}-{reason}", status["phase"].as_str().unwrap_or_default()).to_lowercase()
}

/// An object as it is stored: what judges look at and what people read, alike in each run.
pub(crate) fn scrubbed(object: &Value) -> Value {
    let (metadata, status) = (&object["metadata"], &object["status"]);
    let mut kept = json!({
        "apiVersion": object["apiVersion"], "kind": object["kind"],
        "metadata": {"name": metadata["name"], "generation": metadata["generation"]},
        "spec": {}, "status": {"observedGeneration": status["observedGeneration"]},
    });
    if metadata["deletionTimestamp"].is_string() {
        kept["metadata"]["deletionTimestamp"] = json!(MOMENT);
        kept["metadata"]["finalizers"] = metadata["finalizers"].clone();
    }
    if object["spec"]["suspend"] == true {
        kept["spec"]["suspend"] = json!(true);
    }
    if status["phase"].is_string() {
        kept["status"]["phase"] = status["phase"].clone();
    }
    if let Some(conditions) = status["conditions"].as_array() {
        kept["status"]["conditions"] = conditions.iter().map(plain).collect();
    }
    kept
}

/// A condition without what is another in each run.
fn plain(condition: &Value) -> Value {
    let mut condition = condition.clone();
    condition["lastTransitionTime"] = json!(MOMENT);
    condition["message"] = json!(words(condition["message"].as_str().unwrap_or_default()));
    condition
}

/// A text whose ports, identifiers and times are the same in each run.
fn words(text: &str) -> String {
    let mut words = String::new();
    for piece in
        text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.:".contains(letter))
    {
        let word = piece.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let rest = &piece[word.len()..];
        let has_digit = word.chars().any(|letter| letter.is_ascii_digit());
        if word.starts_with("127.") {
            words.push_str("192.0.2.1");
        } else if has_digit && word.len() > LONGEST_WORD {
            words.push_str("ID");
        } else {
            words.push_str(word);
        }
        words.push_str(rest);
    }
    words
}
