//! What a peer answered.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use slipway_core::trust::Pin;

/// Longest pause that is granted to a peer that asks for one.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// A whole answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, within the cap of the request.
    pub body: Bytes,
    /// Key that the peer showed, when trust is on first use.
    pub pin: Option<Pin>,
}

impl Answer {
    /// `Content-Type` without its parameters, at most 60 printable characters; for messages.
    #[must_use]
    pub fn content_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
        let kind = value.split(';').next().unwrap_or_default().trim();
        kind.chars().filter(char::is_ascii_graphic).take(60).collect()
    }

    /// `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3); at most an hour.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let pause = match value.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => until(value, now)?,
        };
        Some(pause.min(LONGEST_PAUSE))
    }
}

fn until(date: &str, now: Timestamp) -> Option<Duration> {
    let moment = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let pause: SignedDuration = moment.duration_since(now);
    Some(Duration::try_from(pause).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::{StatusCode, header::RETRY_AFTER};

    use super::Answer;

    fn pause(value: &str) -> Option<Duration> {
        let mut answer = Answer {
            status: StatusCode::SERVICE_UNAVAILABLE,
            headers: reqwest::header::HeaderMap::new(),
            body: bytes::Bytes::new(),
            pin: None,
        };
        answer.headers.insert(RETRY_AFTER, value.parse().unwrap());
        answer.retry_after("2026-11-20T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_pause_is_read_in_both_forms_and_bounded() {
        for (value, seconds) in [
            ("7", Some(7)),
            ("Fri, 20 Nov 2026 10:01:30 GMT", Some(90)),
            ("Fri, 20 Nov 2026 09:00:00 GMT", Some(0)),
            ("999999999", Some(3600)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(pause(value), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
