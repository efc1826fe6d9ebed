//! What the world cannot tell again: kept in the annotation `slipway.dev/memory`, which backups and moves carry.

use serde::{Deserialize, Serialize};

use super::Record;
use crate::clock::Timestamp;

/// Requests that were carried out. JSON of a few hundred bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The installation on the host's disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<Done>,
    /// Installations carried out before, by id, the latest last: an id is used once, also when a manifest goes back to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
    /// The last reboot carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reboot: Option<Done>,
    /// The BMC's key, trusted on first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

/// One request and when it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The request's `id`.
    pub id: String,
    /// When it was done.
    pub at: Timestamp,
}

/// Ids that are kept of installations carried out before; keeps the annotation to a few hundred bytes.
const EARLIER: usize = 8;

impl Memory {
    /// What is worth remembering of a record; what an earlier memory holds stays where the record says nothing newer.
    ///
    /// When another installation has begun, the one on the disk is none any more and is forgotten: were the status lost now, the
    /// host would otherwise count as one with a known history and be installed a second time in the middle of it.
    #[must_use]
    pub fn updated(&self, record: &Record, pin: Option<&str>) -> Self {
        let install = match &record.install {
            Some(install) if install.is_installed() => Some(Done {
                id: install.id.clone(),
                at: install.installed_at.unwrap_or(install.requested_at),
            }),
            Some(install) => self.install.clone().filter(|done| done.id == install.id),
            None => self.install.clone(),
        };
        let rebooted = record
            .reboot
            .as_ref()
            .and_then(|reboot| reboot.completed_at.map(|at| Done { id: reboot.id.clone(), at }));
        Self {
            earlier: self.earlier_than(record),
            install,
            reboot: rebooted.or_else(|| self.reboot.clone()),
            pin: pin.map(str::to_owned).or_else(|| self.pin.clone()),
        }
    }

    /// The installations before the one on record.
    fn earlier_than(&self, record: &Record) -> Vec<String> {
        let mut earlier = self.earlier.clone();
        let replaced = self
            .install
            .as_ref()
            .filter(|done| record.install.as_ref().is_some_and(|install| install.id != done.id));
        if let Some(done) = replaced {
            earlier.retain(|id| *id != done.id);
            earlier.push(done.id.clone());
        }
        earlier.drain(..earlier.len().saturating_sub(EARLIER));
        earlier
    }
}
