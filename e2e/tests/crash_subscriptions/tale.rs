//! The lives that are lived.

use std::fmt;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;

use crate::person::Person;

const EXTERNAL: &str = "4c4c4544-0038-4b10-8051-b4c04f4d3732";
const CONSOLE: &str = "https://console-openshift-console.apps.edge-7.example.com";
/// How long somebody waits at most before he thinks better of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What happens in a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tale {
    /// Declared, renamed, installed, deleted: the record stays.
    Whole,
    /// Declared and deleted: the record goes.
    Reserved,
    /// Installed and deleted, where the policy is to delete what is active too.
    Purged,
    /// Deleted when the registrar was called so many times, whatever has come of it.
    Hasty(u64),
}

impl fmt::Display for Tale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Tale {
    /// Whether the record outlives the object.
    pub(crate) fn leaves_one(self) -> bool {
        self == Self::Whole
    }

    /// Lives it.
    pub(crate) async fn live(self, person: Person) -> anyhow::Result<()> {
        match self {
            Self::Whole => whole(&person).await,
            Self::Reserved => reserved(&person).await,
            Self::Purged => purged(&person).await,
            Self::Hasty(calls) => hasty(&person, calls).await,
        }
    }
}

async fn whole(person: &Person) -> anyhow::Result<()> {
    let support = json!({"level": "Standard", "usage": "Production"});
    person.declare(&json!({"support": support, "labels": {"team": "edge"}})).await?;
    person.wait_ready("Reserved").await?;
    person.ask(&json!({"displayName": "Edge Seven"})).await?;
    person.wait_ready("Reserved").await?;
    person.ask(&json!({"cluster": {"declared": {"externalClusterId": EXTERNAL}}})).await?;
    person.wait_ready("Reserved").await?;
    person.ask(&json!({"cluster": {"declared": {"consoleUrl": CONSOLE, "installed": true}}})).await?;
    let last = person.wait_ready("Active").await?;
    let id = last["status"]["subscriptionId"].as_str().unwrap_or_default();
    let record = person.ocm.subscription(id).unwrap_or_default();
    for (field, wanted) in [
        ("display_name", "Edge Seven"),
        ("external_cluster_id", EXTERNAL),
        ("console_url", CONSOLE),
        ("support_level", "Standard"),
        ("usage", "Production"),
        ("status", "Active"),
    ] {
        ensure!(record[field] == wanted, "{field} is not {wanted:?}: {record}");
    }
    ensure!(record["labels"].to_string().contains("slipway.team"), "no label: {record}");
    person.delete().await
}

async fn reserved(person: &Person) -> anyhow::Result<()> {
    person.declare(&json!({})).await?;
    person.wait_ready("Reserved").await?;
    person.delete().await
}

async fn purged(person: &Person) -> anyhow::Result<()> {
    let cluster = json!({"declared": {"installed": true, "externalClusterId": EXTERNAL}});
    person.declare(&json!({"deletionPolicy": "Delete", "cluster": cluster})).await?;
    person.wait_ready("Active").await?;
    person.delete().await
}

async fn hasty(person: &Person, calls: u64) -> anyhow::Result<()> {
    let enough = person.ocm.call_count() + calls;
    person.declare(&json!({})).await?;
    // In quiet lives there are fewer.
    _ = person.ocm.wait_until(PATIENCE, |ocm| ocm.call_count() >= enough).await;
    person.delete().await
}
