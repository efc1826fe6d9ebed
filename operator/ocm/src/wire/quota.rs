//! What an organization may have, and has (`facts/ocm.md §2.9`).

use serde::Deserialize;

use super::loose;
use crate::said::bounded;

/// One quota.
#[derive(Debug, Deserialize)]
pub(crate) struct QuotaCost {
    #[serde(default, deserialize_with = "loose::text")]
    quota_id: Option<String>,
    #[serde(default, deserialize_with = "loose::number")]
    allowed: Option<f64>,
    #[serde(default, deserialize_with = "loose::number")]
    consumed: Option<f64>,
}

impl QuotaCost {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        self.quota_id.as_deref().unwrap_or_default()
    }

    /// The quota in words when it is used up; `None` when there is some left, or nobody says how much.
    pub(crate) fn used_up(&self) -> Option<String> {
        let (allowed, consumed) = (loose::whole(self.allowed?)?, loose::whole(self.consumed?)?);
        (consumed >= allowed).then(|| format!("{} {consumed} of {allowed} used", bounded(self.id(), 60)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::QuotaCost;

    #[test]
    fn a_quota_that_is_used_up_is_told() {
        for (quota, told) in [
            (
                json!({"quota_id": "cluster|any", "allowed": 3, "consumed": 3}),
                Some("cluster|any 3 of 3 used"),
            ),
            (json!({"quota_id": "cluster", "allowed": 3.0, "consumed": 4}), Some("cluster 4 of 3 used")),
            (json!({"quota_id": "cluster", "allowed": 3, "consumed": 2}), None),
            (json!({"quota_id": "cluster", "allowed": null}), None),
        ] {
            let quota: QuotaCost = serde_json::from_value(quota).unwrap();
            assert_eq!(quota.used_up().as_deref(), told);
        }
    }
}
