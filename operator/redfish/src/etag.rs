//! Entity tags, and what to try when a BMC does not like one (`facts/metal-peers.md §4.2`).

use serde_json::Value;
use slipway_outbound::{Answer, HeaderValue};

/// A tag as sent, with the marks of compression taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ETag(String);

/// The form of the tag that a BMC accepts; found out once and remembered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TagStyle {
    /// As it is sent.
    #[default]
    AsSent,
    /// Without its `W/`.
    Strong,
    /// No `If-Match` at all.
    None,
}

impl ETag {
    /// The tag of an answer: its header, else `@odata.etag` of its body. An empty one is none.
    pub(crate) fn of(answer: &Answer, body: &Value) -> Option<Self> {
        let header = answer.headers.get("etag").and_then(|value| value.to_str().ok());
        header
            .and_then(Self::parse)
            .or_else(|| body.get("@odata.etag").and_then(Value::as_str).and_then(Self::parse))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_suffix(";gzip").unwrap_or(text);
        let clean = match text.strip_suffix("-gzip\"").or_else(|| text.strip_suffix(";gzip\"")) {
            Some(start) => format!("{start}\""),
            None => text.to_owned(),
        };
        let opaque = clean.trim_start_matches("W/").trim_matches('"');
        (!opaque.is_empty()).then_some(Self(clean))
    }

    fn strong(&self) -> &str {
        self.0.strip_prefix("W/").unwrap_or(&self.0)
    }

    /// The header to send, in the style the BMC takes.
    pub(crate) fn header(&self, style: TagStyle) -> Option<HeaderValue> {
        let text = match style {
            TagStyle::AsSent => &self.0,
            TagStyle::Strong => self.strong(),
            TagStyle::None => return None,
        };
        HeaderValue::from_str(text).ok()
    }

    /// What to try after 412 to this style with a fresh tag.
    pub(crate) fn next_style(&self, refused: TagStyle) -> Option<TagStyle> {
        match refused {
            TagStyle::AsSent if self.strong() != self.0 => Some(TagStyle::Strong),
            TagStyle::AsSent | TagStyle::Strong => Some(TagStyle::None),
            TagStyle::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ETag, TagStyle};

    fn sent(text: &str, style: TagStyle) -> Option<String> {
        let header = ETag::parse(text)?.header(style)?;
        Some(header.to_str().unwrap().to_owned())
    }

    #[test]
    fn marks_of_compression_are_taken_off_and_empty_tags_ignored() {
        for (text, expected) in [
            ("\"1-gzip\"", Some("\"1\"")),
            ("\"1;gzip\"", Some("\"1\"")),
            ("\"1\";gzip", Some("\"1\"")),
            ("W/\"A\"", Some("W/\"A\"")),
            ("bare", Some("bare")),
            ("", None),
            ("\"\"", None),
            ("W/\"\"", None),
        ] {
            assert_eq!(sent(text, TagStyle::AsSent).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_ladder_goes_from_weak_to_strong_to_none() {
        let (weak, strong) = (ETag::parse("W/\"A\"").unwrap(), ETag::parse("\"A\"").unwrap());
        assert_eq!(weak.next_style(TagStyle::AsSent), Some(TagStyle::Strong));
        assert_eq!(sent("W/\"A\"", TagStyle::Strong).as_deref(), Some("\"A\""));
        assert_eq!(weak.next_style(TagStyle::Strong), Some(TagStyle::None));
        assert_eq!(strong.next_style(TagStyle::AsSent), Some(TagStyle::None));
        assert_eq!(strong.next_style(TagStyle::None), None);
    }
}
