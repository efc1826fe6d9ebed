//! Making a record (`facts/ocm.md §2.4`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{loose, principal::Reference};
use crate::said::bounded;

/// What is asked for.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) account_username: &'a str,
    pub(crate) cluster_id: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) managed: bool,
    pub(crate) product_category: &'a str,
    pub(crate) product_id: &'a str,
    pub(crate) reserve: bool,
    pub(crate) resources: [Value; 0],
}

/// What is answered.
#[derive(Debug, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) allowed: bool,
    #[serde(default, deserialize_with = "loose::parts")]
    excess_resources: Vec<Excess>,
    #[serde(default, deserialize_with = "loose::part")]
    subscription: Option<Reference>,
}

/// A resource that is short.
#[derive(Debug, Deserialize)]
struct Excess {
    #[serde(default, deserialize_with = "loose::text")]
    resource_type: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    resource_name: Option<String>,
    #[serde(default, deserialize_with = "loose::number")]
    count: Option<f64>,
}

/// Most short resources that are named.
const NAMED: usize = 10;

impl Authorization {
    /// Id of the record.
    pub(crate) fn id(self) -> Option<String> {
        self.subscription?.id
    }

    /// The resources that are short, in words; empty when none is named.
    pub(crate) fn shortage(&self) -> String {
        let words: Vec<String> = self.excess_resources.iter().take(NAMED).map(Excess::words).collect();
        words.join(", ")
    }
}

impl Excess {
    fn words(&self) -> String {
        let word = |text: &Option<String>| bounded(text.as_deref().unwrap_or_default(), 60);
        let (kind, name) = (word(&self.resource_type), word(&self.resource_name));
        let name = if name == kind { String::new() } else { name };
        let named = [kind, name].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let named = if named.is_empty() { "a resource without a name".to_owned() } else { named };
        match self.count.and_then(loose::whole) {
            Some(count) => format!("{named} ({count})"),
            None => named,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Authorization;

    #[test]
    fn what_is_short_is_named() {
        let answer: Authorization = serde_json::from_value(json!({
            "allowed": false,
            "excess_resources": [
                {"resource_type": "cluster", "resource_name": "cluster", "count": 1, "byoc": false},
                {"resource_type": "compute.node", "resource_name": "m5\nx", "count": 2.0},
                {},
            ],
        }))
        .unwrap();
        assert_eq!(answer.shortage(), "cluster (1), compute.node m5 x (2), a resource without a name");
        assert_eq!(answer.id(), None);
    }
}
