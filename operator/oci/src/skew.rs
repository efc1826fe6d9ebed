//! A clock that is wrong, said so.

use jiff::fmt::rfc2822;
use slipway_core::clock::{SignedDuration, Timestamp};
use slipway_outbound::HeaderMap;

/// What Oracle bears (`facts/oci.md §2.1`).
const BORNE: SignedDuration = SignedDuration::from_mins(5);

/// How far the operator's clock is off, beyond what Oracle bears. Written as words for a person, with the mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew(SignedDuration);

impl Skew {
    /// How far the operator's clock is ahead of the service's; below zero when it is behind.
    #[must_use]
    pub fn ahead(self) -> SignedDuration {
        self.0
    }
}

impl std::fmt::Display for Skew {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let direction = if self.0.is_negative() { "behind" } else { "ahead of" };
        write!(
            formatter,
            "the operator's clock is {} minutes {direction} Oracle's, and Oracle refuses what is signed more than 5 minutes off; \
             set the clock of the node",
            self.0.as_secs().unsigned_abs() / 60
        )
    }
}

/// Whether an answer's `Date` shows that our clock is further off than Oracle bears. Worth a look at every 401.
#[must_use]
pub fn clock_skew(headers: &HeaderMap, now: Timestamp) -> Option<Skew> {
    let date = headers.get("date")?.to_str().ok()?;
    let theirs = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let ahead = now.duration_since(theirs);
    (ahead.abs() > BORNE).then_some(Skew(ahead))
}

#[cfg(test)]
mod tests {
    use slipway_outbound::HeaderMap;

    use super::clock_skew;

    #[test]
    fn only_what_oracle_refuses_is_named() {
        for (now, words) in [
            ("2026-01-01T00:04:59Z", None),
            ("2025-12-31T23:55:01Z", None),
            ("2026-01-01T01:00:00Z", Some("60 minutes ahead of")),
            ("2025-12-31T23:00:00Z", Some("60 minutes behind")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("date", "Thu, 01 Jan 2026 00:00:00 GMT".parse().unwrap());
            let skew = clock_skew(&headers, now.parse().unwrap()).map(|skew| skew.to_string());
            assert_eq!(skew.is_some(), words.is_some(), "{now}");
            assert!(skew.unwrap_or_default().contains(words.unwrap_or_default()), "{now}");
        }
        assert_eq!(clock_skew(&HeaderMap::new(), "2026-01-01T00:00:00Z".parse().unwrap()), None);
    }
}
