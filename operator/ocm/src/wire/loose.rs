//! Fields of which a value that does not fit is no fault of the whole (`facts/ocm.md §2`): it is read as absent.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use slipway_core::clock::Timestamp;

/// A text that is not empty.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        _ => None,
    })
}

/// The text of a text, a number or a switch.
pub(crate) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    })
}

/// A moment. The years 1 and 1970 begin with what means "never".
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let moment = text(from)?.and_then(|text| text.trim().parse::<Timestamp>().ok());
    Ok(moment.filter(|moment| *moment > Timestamp::UNIX_EPOCH))
}

/// A switch, also as a text.
pub(crate) fn switch<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(switch) => Some(switch),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    })
}

/// A number, also one with a fraction or as a text.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let number = match Value::deserialize(from)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    Ok(number.filter(|number| number.is_finite()))
}

/// A part of its own; absent where it is not what it should be.
pub(crate) fn part<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

/// The parts of a list that are what they should be.
pub(crate) fn parts<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let Value::Array(values) = Value::deserialize(from)? else { return Ok(vec![]) };
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

/// The nearest whole number of up to 53 bits.
pub(crate) fn whole(number: f64) -> Option<i64> {
    /// 2^53, up to which each whole number has its own value.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    let rounded = number.round();
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range by the check")]
    (rounded.abs() <= LARGEST).then_some(rounded as i64)
}

/// The nearest whole number of 32 bits.
pub(crate) fn small(number: f64) -> Option<i32> {
    whole(number).and_then(|number| i32::try_from(number).ok())
}
