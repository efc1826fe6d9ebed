//! A resource as a BMC sent it; everything in it may be missing or of another type.

use serde_json::Value;

use crate::etag::ETag;

/// A JSON object, its tag and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// Path that was asked for, exactly as given by whoever linked to it.
    pub(crate) path: String,
    /// What `If-Match` compares.
    pub(crate) etag: Option<ETag>,
    pub(crate) body: Value,
}

impl Resource {
    /// Text at a JSON pointer, trimmed; `None` when empty.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        let text = self.body.pointer(pointer)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The same, owned and at most 256 characters.
    pub(crate) fn owned(&self, pointer: &str) -> Option<String> {
        self.text(pointer).map(|text| text.chars().take(256).collect())
    }

    /// `@odata.id` of the link at a JSON pointer.
    pub(crate) fn link(&self, pointer: &str) -> Option<&str> {
        link_of(self.body.pointer(pointer)?)
    }

    /// Links of a list; what is none is left out.
    pub(crate) fn links(&self, pointer: &str) -> Vec<String> {
        self.list(pointer).iter().filter_map(link_of).map(str::to_owned).collect()
    }

    /// Values of a list; empty when there is none.
    pub(crate) fn list(&self, pointer: &str) -> &[Value] {
        self.body.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Words of a list, or `None` when there is no list.
    pub(crate) fn words(&self, pointer: &str) -> Option<Vec<&str>> {
        let list = self.body.pointer(pointer)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// Whether the property exists, be it null.
    pub(crate) fn has(&self, pointer: &str) -> bool {
        self.body.pointer(pointer).is_some()
    }

    /// Truth at a JSON pointer.
    pub(crate) fn flag(&self, pointer: &str) -> Option<bool> {
        self.body.pointer(pointer)?.as_bool()
    }

    /// Number at a JSON pointer.
    pub(crate) fn number(&self, pointer: &str) -> Option<f64> {
        self.body.pointer(pointer)?.as_f64()
    }
}

fn link_of(value: &Value) -> Option<&str> {
    value.get("@odata.id").and_then(Value::as_str).filter(|link| !link.is_empty())
}

/// The last segment of a path, for people and to compare with `systemId`.
pub(crate) fn last_segment(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}
