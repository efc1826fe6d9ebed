//! Durations as ISO 8601 writes them (`facts/oci.md §1.6`).

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Reads `PT48H`, `P2D`, `P1W`; a day has 24 hours. `None` for months and years, which have no length, and for what is none.
pub(super) fn read(text: &str) -> Option<Duration> {
    let span: Span = text.trim().parse().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(length).ok()
}

/// Writes whole seconds, in hours, minutes and seconds.
pub(super) fn write(duration: Duration) -> String {
    SignedDuration::from_secs(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{read, write};

    #[test]
    fn durations_go_both_ways() {
        for (text, hours) in [
            ("PT48H", Some(48)),
            ("P2D", Some(48)),
            ("P1W", Some(168)),
            ("P1DT12H", Some(36)),
            ("PT2880M", Some(48)),
            (" pt48h ", Some(48)),
            ("P1M", None),
            ("P1Y", None),
            ("-PT1H", None),
            ("48", None),
            ("", None),
        ] {
            assert_eq!(read(text), hours.map(Duration::from_hours), "{text}");
        }
        for (seconds, text) in [(48 * 3600, "PT48H"), (5400, "PT1H30M"), (61, "PT1M1S"), (0, "PT0S")] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(write(duration), text);
            assert_eq!(read(text), Some(duration));
        }
    }
}
