//! One case of one rule, read from a table of cases.

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use serde_json::{Value, json};

use crate::objects::OBJECTS;

/// One case a line: path of the rule, part of its message, where the values go, the value before (`-`: the object
/// is new), one that is accepted, one that is refused. Values are merged into the valid object of the kind; null removes.
const TABLES: [&str; 4] = [
    include_str!("data/bare_metal_host.cases"),
    include_str!("data/install_profile.cases"),
    include_str!("data/infrastructure.cases"),
    include_str!("data/cluster_subscription.cases"),
];

/// One line of a table of cases.
pub(crate) struct Case {
    pub(crate) kind: &'static str,
    pub(crate) base: Value,
    pub(crate) rule: &'static str,
    pub(crate) says: &'static str,
    pub(crate) at: &'static str,
    pub(crate) before: Option<Value>,
    pub(crate) accepted: Option<Value>,
    pub(crate) refused: Option<Value>,
}

impl Case {
    pub(crate) fn name(&self) -> String {
        format!("{} {} \"{}\"", self.kind, self.rule, self.says)
    }

    /// The object whose values at the case's place are merged with `patch`.
    pub(crate) fn object(&self, patch: &Value) -> DynamicObject {
        let mut whole = json!({ "spec": self.base.clone() });
        let place = format!("/{}", self.at.replace(['.', '['], "/").replace(']', ""));
        merge(whole.pointer_mut(&place).unwrap_or_else(|| panic!("{} has no {place}", self.kind)), patch);
        let mut object = DynamicObject::new("case-", &resource(self.kind)).data(whole);
        object.metadata.generate_name = object.metadata.name.take();
        object
    }
}

/// The merge of JSON merge patches (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let (Some(fields), true) = (patch.as_object(), target.is_object()) else {
        target.clone_from(patch);
        return;
    };
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut target[name], value);
        }
    }
}

/// Every case of every kind.
pub(crate) fn cases() -> Vec<Case> {
    let rows = OBJECTS.into_iter().zip(TABLES).flat_map(|((kind, base), table)| {
        let rows = table.lines().filter(|row| !row.starts_with('#'));
        rows.map(move |row| parse(kind, base, row))
    });
    rows.collect()
}

fn parse(kind: &'static str, base: &str, row: &'static str) -> Case {
    let columns: Vec<&str> = row.split(" | ").collect();
    let [rule, says, at, before, accepted, refused] = columns[..] else { panic!("not a case: {row}") };
    let value = |text: &str| {
        (text != "-").then(|| serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {row}")))
    };
    let base = serde_json::from_str(base).unwrap();
    Case {
        kind,
        base,
        rule,
        says,
        at,
        before: value(before),
        accepted: value(accepted),
        refused: value(refused),
    }
}

pub(crate) fn resource(kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("slipway.dev", "v1alpha1", kind))
}
