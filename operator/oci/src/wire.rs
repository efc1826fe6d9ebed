//! What goes over the wire, as far as it is needed (`facts/oci.md §1.3`). Read leniently: what is missing is `None`, words that are not known
//! are kept. None of it can be printed: a record may hold a PIN.

mod duration;
mod infrastructure;
mod listing;
mod schedule;

use jiff::fmt::rfc2822;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use slipway_core::{clock::Timestamp, infrastructure::Etag, secret::Secret};
use slipway_outbound::HeaderMap;

pub(crate) use infrastructure::{Change, Creation, Infrastructure};
pub(crate) use listing::Page;
pub(crate) use schedule::{Schedule, ScheduleChange, ScheduleCreation};

/// State of a record that is no more.
pub(crate) const DELETED: &str = "DELETED";

/// The headers of an answer, and our clock when it came.
pub(crate) struct Headers<'a> {
    pub(crate) map: &'a HeaderMap,
    pub(crate) now: Timestamp,
}

impl Headers<'_> {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.map.get(name)?.to_str().ok().filter(|text| !text.is_empty())
    }

    pub(crate) fn etag(&self) -> Option<Etag> {
        self.text("etag").map(|text| Etag(text.to_owned()))
    }

    /// The service's clock; ours where it shows none.
    pub(crate) fn date(&self) -> Timestamp {
        let date =
            self.text("date").and_then(|text| rfc2822::DateTimeParser::new().parse_timestamp(text).ok());
        date.unwrap_or(self.now)
    }
}

/// A secret text; empty ones are none.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()).map(Secret::new))
}

/// A part that is shown and nothing more: `None` when it has another form than expected.
fn lenient<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// A moment; `None` when it is not written as one.
fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// A text; empty ones are none.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
