//! One infrastructure as the service keeps it and as it shows it (facts/oci.md §1.3).

use super::connection::Connection;
use super::fields::Tags;
use crate::wire::Trouble;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;

/// The service's connection states (facts/oci.md §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConnectionState {
    /// Not connected; there is a PIN.
    Reject,
    /// The rack has made contact.
    Request,
    /// A user has accepted.
    Ready,
    /// The link is up.
    Connected,
    /// The link is lost.
    Disconnected,
}

impl ConnectionState {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reject => "REJECT",
            Self::Request => "REQUEST",
            Self::Ready => "READY",
            Self::Connected => "CONNECTED",
            Self::Disconnected => "DISCONNECTED",
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One infrastructure.
#[derive(Debug)]
pub(super) struct Infrastructure {
    pub(super) id: String,
    pub(super) short_name: String,
    pub(super) display_name: String,
    pub(super) description: Option<String>,
    pub(super) compartment: String,
    pub(super) subnet: String,
    pub(super) connection: Connection,
    pub(super) connection_details: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) created: Timestamp,
    pub(super) lifecycle_state: String,
    pub(super) lifecycle_details: Option<String>,
    pub(super) inventory: Option<Value>,
    pub(super) network: Option<Value>,
    pub(super) upgrade: Option<Value>,
    pub(super) tags: Tags,
}

impl Infrastructure {
    pub(super) fn etag(&self) -> String {
        etag(&self.id, self.connection.revision)
    }

    pub(super) fn summary(&self) -> Value {
        let mut summary = json!({
            "id": self.id,
            "shortName": self.short_name,
            "displayName": self.display_name,
            "compartmentId": self.compartment,
            "subnetId": self.subnet,
            "timeCreated": time(self.created),
            "connectionState": self.connection.state,
            "lifecycleState": self.lifecycle_state,
        });
        self.tags.show(&mut summary);
        summary
    }

    /// The full object, without the fields that have no value.
    pub(super) fn full(&self) -> Value {
        let connection = &self.connection;
        let mut full = json!({
            "id": self.id,
            "shortName": self.short_name,
            "displayName": self.display_name,
            "description": self.description,
            "compartmentId": self.compartment,
            "subnetId": self.subnet,
            "connectionState": connection.state,
            "connectionDetails": self.connection_details,
            "cccUpgradeScheduleId": self.schedule,
            "provisioningFingerprint": connection.fingerprint(),
            "provisioningPin": connection.pin(),
            "timeCreated": time(self.created),
            "timeUpdated": time(connection.updated),
            "lifecycleState": self.lifecycle_state,
            "lifecycleDetails": self.lifecycle_details,
            "infrastructureInventory": self.inventory,
            "infrastructureNetworkConfiguration": self.network,
            "upgradeInformation": self.upgrade,
        });
        self.tags.show(&mut full);
        full
    }

    /// Whether a trouble would change what an answer with this object shows, or what comes after it.
    pub(super) fn is_touched_by(&self, trouble: &Trouble) -> bool {
        match trouble {
            Trouble::PinRotated | Trouble::PinAbsent | Trouble::PinEmpty => self.connection.pin().is_some(),
            Trouble::StateShown { .. } => true,
            Trouble::ForcedReject => self.connection.state != ConnectionState::Reject,
            Trouble::NeverConnected | Trouble::EmptyPage => false,
            _ => self.connection.fingerprint().is_some(),
        }
    }
}

/// Changes an answer as the troubles ask.
pub(super) fn distort(full: &mut Value, troubles: &[Trouble]) {
    for trouble in troubles {
        match trouble {
            Trouble::PinAbsent => full["provisioningPin"] = Value::Null,
            Trouble::PinEmpty => full["provisioningPin"] = json!(""),
            Trouble::StateShown { word } => full["connectionState"] = json!(word),
            _ => {
                let told = full["provisioningFingerprint"].as_str().unwrap_or_default().to_owned();
                if let Some(shown) = trouble.fingerprint(&told) {
                    full["provisioningFingerprint"] = shown;
                }
            }
        }
    }
}

/// Leaves out what has no value, at the top level and below.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// Another one for every change.
pub(super) fn etag(id: &str, revision: u64) -> String {
    let tail: String = id.chars().skip(id.chars().count().saturating_sub(8)).collect();
    format!("{tail}-{revision:08x}")
}

/// RFC 3339 with milliseconds, as the service writes times.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
