//! Capabilities of an organization as labels of an object.

use std::collections::BTreeMap;

use super::Capability;

/// Begins the name of every label that stands for a capability.
pub const CAPABILITY_LABEL_PREFIX: &str = "capabilities.slipway.dev/";

/// Begins the name of a capability of an organization at the registrar (`facts/ocm.md §2.8`).
pub const ORGANIZATION_CAPABILITY_PREFIX: &str = "capability.organization.";

/// Longest name of a label behind its prefix, and longest value (Kubernetes, "Labels and Selectors").
const LONGEST: usize = 63;

/// Capabilities as labels, and the names of those that cannot be labels.
#[must_use]
pub fn capability_labels(capabilities: &[Capability]) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut labels, mut skipped) = (BTreeMap::new(), vec![]);
    for Capability { name, value } in capabilities {
        let short = name.strip_prefix(ORGANIZATION_CAPABILITY_PREFIX).unwrap_or(name);
        if is_label(short) && (value.is_empty() || is_label(value)) {
            labels.insert(format!("{CAPABILITY_LABEL_PREFIX}{short}"), value.clone());
        } else {
            skipped.push(name.clone());
        }
    }
    (labels, skipped)
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= LONGEST && ends(bytes.first()) && ends(bytes.last()) && bytes.iter().copied().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_become_labels_and_what_cannot_is_told() {
        let capability = |name: &str, value: &str| Capability { name: name.into(), value: value.into() };
        let (labels, skipped) = capability_labels(&[
            capability("capability.organization.hypershift", "true"),
            capability("capability.organization.clusters_registrations_per_hour", "12"),
            capability("capability.account.bare_metal_installer_admin", "true"),
            capability("capability.organization.bad name", "true"),
            capability("capability.organization.note", "two words"),
            capability(&format!("capability.organization.{}", "x".repeat(64)), "true"),
            capability("capability.organization._x", "true"),
        ]);
        let wanted = [
            ("capabilities.slipway.dev/hypershift", "true"),
            ("capabilities.slipway.dev/clusters_registrations_per_hour", "12"),
            ("capabilities.slipway.dev/capability.account.bare_metal_installer_admin", "true"),
        ];
        assert_eq!(labels, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert_eq!(skipped.len(), 4, "{skipped:?}");
    }
}
