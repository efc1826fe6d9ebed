//! Times as the service writes them (`facts/ocm.md §2`).

use jiff::Timestamp;

/// A time without a value, in records.
pub(super) const ZERO: &str = "0001-01-01T00:00:00Z";
/// A time without a value, in metrics.
pub(super) const ZERO_METRIC: &str = "1970-01-01T00:00:00Z";

/// RFC 3339 in UTC with up to six digits of a second.
pub(super) fn written(at: Timestamp) -> String {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at).to_string()
}

/// A time that the service or a caller has written.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
