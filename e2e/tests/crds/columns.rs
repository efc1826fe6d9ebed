//! What `kubectl get` prints of each kind.

use serde_json::{Value, json};
use slipway_e2e::Kubectl;

use crate::objects::{apply_all, namespace};

/// A status with a value for every column, and the row that kubectl prints of it; `*` is a time that passes.
pub(crate) const COLUMNS: [(&str, &str, &str, &str); 4] = [
    (
        "sbmh",
        r#"{"observedGeneration": 1, "phase": "Installed", "power": "On", "hardware": {"model": "R7", "serial": "S07"},
            "install": {"id": "1", "profile": "harvester", "attempt": 1, "step": "Installing"}}"#,
        "NAME STATE POWER READY MAC PROFILE STEP REASON AGE BMC MODEL SERIAL MESSAGE",
        "x|Installed|On|True|52:54:00:00:00:07|harvester|Installing|AsWished|*|https://192.0.2.7|R7|S07|All is well.",
    ),
    (
        "iprof",
        r#"{"observedGeneration": 1, "phase": "Available"}"#,
        "NAME STATE READY OS VERSION ARCH REASON AGE COMPLETION MESSAGE",
        "x|Available|True|harvester|1.7.0|x86_64|AsWished|*|Callback|All is well.",
    ),
    (
        "sinfra",
        r#"{"observedGeneration": 1, "phase": "Connected", "connectionState": "CONNECTED", "shortName": "c3-1",
            "connectedSince": "2026-11-01T00:00:00Z", "refreshDueAt": "2027-02-01T02:00:00Z", "infrastructureId": "ocid1.x.a.b"}"#,
        "NAME STATE CONNECTION READY RACK SINCE REFRESH REASON AGE REGION OCID MESSAGE",
        "x|Connected|CONNECTED|True|c3-1|*|2027-02-01T02:00:00Z|AsWished|*|us-ashburn-1|ocid1.x.a.b|All is well.",
    ),
    (
        "csub",
        r#"{"observedGeneration": 1, "phase": "Active", "remoteStatus": "Active", "subscriptionId": "1svZ",
            "clusterId": "fcf4", "externalClusterId": "4c4c", "lastTelemetryAt": "2026-11-01T00:00:00Z"}"#,
        "NAME STATE REMOTE READY EXTERNAL TELEMETRY REASON AGE CLUSTER SUBSCRIPTION MESSAGE",
        "x|Active|Active|True|4c4c|*|AsWished|*|fcf4|1svZ|All is well.",
    ),
];

/// Number of columns that `kubectl get` leaves for `-o wide`, in the order of [`COLUMNS`].
const WIDE: [usize; 4] = [4, 2, 3, 3];

#[tokio::test]
async fn columns_tell_the_story() -> anyhow::Result<()> {
    let (_, kubectl) = namespace("columns").await?;
    apply_all(&kubectl).await?;
    for ((short, status, header, row), wide) in COLUMNS.into_iter().zip(WIDE) {
        patch_status(&kubectl, short, status).await?;
        let header: Vec<&str> = header.split(' ').collect();
        let row: Vec<&str> = row.split('|').collect();
        let narrow = header.len() - wide;
        compare(&kubectl.ok(&["get", short]).await?, &header[..narrow], &row[..narrow])?;
        compare(&kubectl.ok(&["get", short, "-o", "wide"]).await?, &header, &row)?;
    }
    Ok(())
}

pub(crate) async fn patch_status(kubectl: &Kubectl, short: &str, status: &str) -> anyhow::Result<()> {
    let mut status: Value = serde_json::from_str(status)?;
    status["conditions"] = json!([{ "type": "Ready", "status": "True", "reason": "AsWished", "message": "All is well.",
        "lastTransitionTime": "2026-11-21T00:00:00Z", "observedGeneration": 1 }]);
    let patch = json!({ "status": status }).to_string();
    kubectl.ok(&["patch", short, "x", "--subresource=status", "--type=merge", "-p", &patch]).await?;
    Ok(())
}

/// Columns are parted by three spaces; a `*` stands for anything but nothing.
fn compare(printed: &str, header: &[&str], row: &[&str]) -> anyhow::Result<()> {
    let lines: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    let [seen_header, seen_row] = &lines[..] else { anyhow::bail!("not two lines: {printed}") };
    let same = seen_row.len() == row.len()
        && seen_row.iter().zip(row).all(|(seen, wanted)| seen == wanted || *wanted == "*");
    anyhow::ensure!(seen_header == header && same, "wanted {header:?} {row:?}, printed:\n{printed}");
    Ok(())
}
