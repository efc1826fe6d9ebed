//! Fields of a request's body, with the service's checks.

use super::refusal::Refusal;
use serde_json::{Map, Value, json};

/// The fields of a body. A `null` is a field that is not there.
#[derive(Debug)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn of(body: &'a Value) -> Result<Self, Refusal> {
        body.as_object().map(Self).ok_or_else(Refusal::unreadable)
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str, longest: usize) -> Result<Option<String>, Refusal> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| Refusal::invalid(format!("{name} has to be a string.")))?;
        if text.chars().count() > longest {
            return Err(Refusal::invalid(format!("{name} is longer than {longest} characters.")));
        }
        Ok(Some(text.to_owned()))
    }

    pub(super) fn required(&self, name: &str, longest: usize) -> Result<String, Refusal> {
        let text = self.text(name, longest)?;
        text.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing(name))
    }

    /// Both kinds of tags, each only when given: they replace the old value as a whole.
    pub(super) fn tags(&self, tags: &mut Tags) -> Result<(), Refusal> {
        if let Some(value) = self.value("freeformTags") {
            let map = value.as_object().filter(|map| map.values().all(Value::is_string));
            tags.freeform =
                map.cloned().ok_or_else(|| Refusal::invalid("freeformTags has to map to strings."))?;
        }
        if let Some(value) = self.value("definedTags") {
            let map = value.as_object().filter(|map| map.values().all(Value::is_object));
            tags.defined =
                map.cloned().ok_or_else(|| Refusal::invalid("definedTags has to map to objects."))?;
        }
        Ok(())
    }
}

/// Tags of a resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags {
    freeform: Map<String, Value>,
    defined: Map<String, Value>,
}

impl Tags {
    pub(super) fn show(&self, object: &mut Value) {
        object["freeformTags"] = json!(self.freeform);
        object["definedTags"] = json!(self.defined);
        object["systemTags"] = json!({});
    }
}
