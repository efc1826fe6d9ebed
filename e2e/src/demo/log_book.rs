//! What happened to a rack, as `kubectl describe` shows it.

use std::fmt;

use serde_json::Value;

use crate::Site;
use crate::objects::condition;

/// Conditions that say how a rack stands.
const CONDITIONS: [&str; 3] = ["Ready", "FingerprintMatched", "Connected"];

/// The handshake, three conditions and all events of one rack.
pub(super) struct LogBook {
    name: String,
    object: Value,
    events: Vec<Value>,
}

impl LogBook {
    /// Reads that of one rack.
    pub(super) async fn read(site: &Site, index: usize) -> anyhow::Result<Self> {
        let (object, mut events) = (site.get(index).await?, site.events(index).await?);
        events.sort_by_key(|event| event["eventTime"].as_str().map(str::to_owned));
        Ok(Self { name: Site::name(index), object, events })
    }
}

impl fmt::Display for LogBook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.name)?;
        let handshake = &self.object["status"]["handshake"];
        for field in ["rackFingerprint", "ociFingerprint"] {
            writeln!(formatter, "  {field:<20} {}", ends(text(&handshake[field])))?;
        }
        for kind in CONDITIONS {
            let seen = condition(&self.object, kind);
            let (status, reason) = (text(&seen["status"]), text(&seen["reason"]));
            writeln!(formatter, "  {kind:<20} {status:<8} {reason}")?;
        }
        writeln!(formatter, "  Events")?;
        for event in &self.events {
            let (kind, reason) = (text(&event["type"]), text(&event["reason"]));
            writeln!(formatter, "    {kind:<8} {reason:<20} {}", text(&event["note"]))?;
        }
        Ok(())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Both ends of a fingerprint: a screen has no room for 128 digits, and the simulated rack lies in the last one.
fn ends(fingerprint: &str) -> String {
    match (fingerprint.get(..24), fingerprint.get(fingerprint.len().saturating_sub(24)..)) {
        (Some(first), Some(last)) => format!("{first} … {last}"),
        _ => fingerprint.to_owned(),
    }
}
