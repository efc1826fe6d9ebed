//! Durations as text (design, API rule 7).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Units in the order in which they may appear, with their length in seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A duration as a person writes it: `45m`, `1h30m`, `10d`. Kept as text, so that what was applied is what is shown.
///
/// The bounds of each field are checked by the API server; [`DurationText::parse`] still fails on text that never
/// passed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DurationText(pub String);

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// No number at all.
    #[error("a duration is empty: write for example 45m")]
    Empty,
    /// A number without unit, a unit without number, a unit that does not exist, or units out of order.
    #[error(
        "`{0}` is not a duration: write days, hours, minutes and seconds in this order, for example 1h30m"
    )]
    Form(String),
    /// More seconds than 64 bits hold.
    #[error("`{0}` is too long a duration")]
    TooLong(String),
}

impl DurationText {
    /// The duration that the text stands for.
    ///
    /// # Errors
    /// [`DurationError`] when the text is empty, malformed or too long.
    pub fn parse(&self) -> Result<Duration, DurationError> {
        if self.0.is_empty() {
            return Err(DurationError::Empty);
        }
        let mut rest = self.0.as_str();
        let mut seconds: u64 = 0;
        for (unit, length) in UNITS {
            let Some((number, after)) = rest.split_once(unit) else {
                continue;
            };
            let count = self.count(number)?;
            let part = count.checked_mul(length).ok_or_else(|| self.too_long())?;
            seconds = seconds.checked_add(part).ok_or_else(|| self.too_long())?;
            rest = after;
        }
        if rest.is_empty() { Ok(Duration::from_secs(seconds)) } else { Err(self.malformed()) }
    }

    fn count(&self, number: &str) -> Result<u64, DurationError> {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.malformed());
        }
        number.parse().map_err(|_| self.too_long())
    }

    fn malformed(&self) -> DurationError {
        DurationError::Form(self.0.clone())
    }

    fn too_long(&self) -> DurationError {
        DurationError::TooLong(self.0.clone())
    }
}

impl From<&str> for DurationText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for DurationText {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration = Self::from(text);
        duration.parse().map(|_| duration)
    }
}

impl fmt::Display for DurationText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl JsonSchema for DurationText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DurationText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 2, "maxLength": 24 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_seconds() {
        let cases = [("45m", 2_700), ("1h30m", 5_400), ("10d", 864_000), ("1d2h3m4s", 93_784), ("0s", 0)];
        for (text, seconds) in cases {
            assert_eq!(DurationText::from(text).parse(), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(DurationText::default().parse(), Err(DurationError::Empty));
        for text in ["45", "m", "30m1h", "1.5h", "-1m", " 1m", "1m ", "1w", "1m1m", "+1m"] {
            assert_eq!(DurationText::from(text).parse(), Err(DurationError::Form(text.into())), "{text}");
        }
        for text in ["99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(DurationText::from(text).parse(), Err(DurationError::TooLong(text.into())), "{text}");
        }
    }
}
