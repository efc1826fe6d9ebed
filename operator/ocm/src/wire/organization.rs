//! An organization with its capabilities (`facts/ocm.md §2.8`).

use std::collections::BTreeMap;

use serde::Deserialize;
use slipway_core::subscription::Capability;

use super::{Label, loose};

/// What the key of a label begins with that is a capability.
const PREFIX: &str = "capability.organization.";

#[derive(Debug, Deserialize)]
pub(crate) struct Organization {
    /// Only an organization has one: an object of another kind is none.
    #[serde(rename = "id")]
    _id: String,
    #[serde(default, deserialize_with = "loose::parts")]
    capabilities: Vec<Named>,
    #[serde(default, deserialize_with = "loose::parts")]
    labels: Vec<Label>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    #[serde(default, deserialize_with = "loose::word")]
    value: Option<String>,
}

impl Organization {
    /// Its capabilities, each once; the list of capabilities counts more than labels.
    pub(crate) fn capabilities(self) -> Vec<Capability> {
        let labels = self.labels.into_iter().filter(|label| label.key.starts_with(PREFIX));
        let labels = labels.map(|label| (label.key, label.value.unwrap_or_default()));
        let listed = self.capabilities.into_iter().map(|known| (known.name, known.value.unwrap_or_default()));
        let all: BTreeMap<String, String> = labels.chain(listed).collect();
        all.into_iter().map(|(name, value)| Capability { name, value }).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Organization;

    #[test]
    fn capabilities_come_from_both_places() {
        let organization: Organization = serde_json::from_value(json!({
            "id": "o1",
            "capabilities": [
                {"name": "capability.organization.a", "value": "true", "inherited": false},
                {"name": "capability.organization.n", "value": 7},
                {"value": "nameless"},
            ],
            "labels": [
                {"key": "capability.organization.a", "value": "false"},
                {"key": "capability.organization.b", "value": "true"},
                {"key": "other", "value": "x"},
            ],
        }))
        .unwrap();
        let found: Vec<_> =
            organization.capabilities().into_iter().map(|one| (one.name, one.value)).collect();
        let expected = [("a", "true"), ("b", "true"), ("n", "7")];
        let expected: Vec<_> = expected
            .map(|(name, value)| (format!("capability.organization.{name}"), value.to_owned()))
            .into();
        assert_eq!(found, expected);
    }
}
