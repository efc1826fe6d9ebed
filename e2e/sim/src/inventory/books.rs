//! What the inventory has written down.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One message as the inventory saw it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InventoryCall {
    /// Number of the call, from 1.
    pub number: u64,
    /// `type` of the body as claimed; empty when there is none.
    pub kind: String,
    /// `data` of the body as claimed.
    pub data: Value,
    /// `webhook-id`.
    pub webhook_id: Option<String>,
    /// By the inventory's clock.
    pub at: Timestamp,
    /// Whether it was signed as it should be.
    pub is_signed: bool,
    /// HTTP status of the answer; `None` when none was sent (yet).
    pub status: Option<u16>,
}

/// Labels of one holder.
pub(super) type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub(super) struct Books {
    records: BTreeMap<String, Map<String, Value>>,
    made: u64,
    /// Which record was made for which message.
    answered: HashMap<String, String>,
    /// Labels of organizations and accounts, by kind and id.
    labels: BTreeMap<(String, String), Labels>,
    calls: Vec<InventoryCall>,
    pub(super) claimed: BTreeSet<String>,
    pub(super) short: Option<String>,
    pub(super) capabilities: Vec<(String, String)>,
}

impl Books {
    pub(super) fn begin(&mut self, call: InventoryCall) -> u64 {
        let number = self.calls.len() as u64 + 1;
        self.calls.push(InventoryCall { number, ..call });
        number
    }

    pub(super) fn finish(&mut self, number: u64, status: Option<u16>) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.number == number) {
            call.status = status;
        }
    }

    pub(super) fn calls(&self) -> Vec<InventoryCall> {
        self.calls.clone()
    }

    pub(super) fn records(&self) -> Vec<Value> {
        self.records.values().cloned().map(Value::Object).collect()
    }

    pub(super) fn record(&self, id: &str) -> Option<Value> {
        self.records.get(id).cloned().map(Value::Object)
    }

    /// Records whose member is one of these texts.
    pub(super) fn with(&self, member: &str, values: &[&str]) -> Vec<Value> {
        let fits = |record: &&Map<String, Value>| {
            record.get(member).and_then(Value::as_str).is_some_and(|text| values.contains(&text))
        };
        self.records.values().filter(fits).cloned().map(Value::Object).collect()
    }

    pub(super) fn add(&mut self, record: Value, now: Timestamp) -> String {
        self.made += 1;
        let given = match record {
            Value::Object(given) => given,
            _ => Map::new(),
        };
        let id = given.get("id").and_then(Value::as_str).map(str::to_owned);
        let id = id.unwrap_or_else(|| format!("site-{:06}", self.made));
        let whole = json!({"id": id, "status": "Reserved", "labels": {}, "createdAt": now, "updatedAt": now});
        let mut whole = whole.as_object().cloned().unwrap_or_default();
        whole.extend(given);
        self.records.insert(id.clone(), whole);
        id
    }

    pub(super) fn edit(&mut self, id: &str, change: Value, now: Timestamp) -> bool {
        let Some(record) = self.records.get_mut(id) else { return false };
        if let Value::Object(change) = change {
            for (member, value) in change {
                let _ = if value.is_null() { record.remove(&member) } else { record.insert(member, value) };
            }
        }
        record.insert("updatedAt".to_owned(), json!(now));
        true
    }

    pub(super) fn forget(&mut self, id: &str) {
        self.records.remove(id);
    }

    /// The living record that this message made before, or that has its key; `None`: one is to be made.
    pub(super) fn made_for(&self, webhook_id: &str, cluster_id: &str) -> Option<Value> {
        let living = |record: &Value| record["status"] != "Deprovisioned";
        let same = self.answered.get(webhook_id).and_then(|id| self.record(id)).filter(living);
        same.or_else(|| self.with("clusterId", &[cluster_id]).into_iter().find(living))
    }

    pub(super) fn reserve(&mut self, webhook_id: &str, record: Value, now: Timestamp) -> Option<Value> {
        let id = self.add(record, now);
        self.answered.insert(webhook_id.to_owned(), id.clone());
        self.record(&id)
    }

    /// Labels of a holder; `None` when there is no such record.
    pub(super) fn labels(&self, kind: &str, id: &str) -> Option<Value> {
        if kind == "subscription" {
            return self.records.get(id).map(|record| record.get("labels").cloned().unwrap_or(json!({})));
        }
        Some(json!(self.labels.get(&(kind.to_owned(), id.to_owned())).cloned().unwrap_or_default()))
    }

    /// Sets a label, or takes it away; false when there is no such record.
    pub(super) fn label(&mut self, kind: &str, id: &str, key: &str, value: Option<&str>) -> bool {
        let Some(Value::Object(mut labels)) = self.labels(kind, id) else { return false };
        let _ = match value {
            Some(value) => labels.insert(key.to_owned(), json!(value)),
            None => labels.remove(key),
        };
        if kind == "subscription" {
            if let Some(record) = self.records.get_mut(id) {
                record.insert("labels".to_owned(), Value::Object(labels));
            }
            return true;
        }
        let text = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
        let labels = labels.into_iter().filter_map(text).collect();
        self.labels.insert((kind.to_owned(), id.to_owned()), labels);
        true
    }
}
