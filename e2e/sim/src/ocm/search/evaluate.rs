//! Whether a row fits a search. What has no value is neither true nor false, as in a database.

use super::tree::{Comparison, Literal, Sign, Tree};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::cmp::Ordering;

/// Only what is true fits.
pub(super) fn fits(tree: &Tree, row: &Value) -> bool {
    truth(tree, row) == Some(true)
}

fn truth(tree: &Tree, row: &Value) -> Option<bool> {
    match tree {
        Tree::Not(one) => truth(one, row).map(|one| !one),
        Tree::And(a, b) => match (truth(a, row), truth(b, row)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (a, b) => Some(a? && b?),
        },
        Tree::Or(a, b) => match (truth(a, row), truth(b, row)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (a, b) => Some(a? || b?),
        },
        Tree::Compare(comparison, a, b) => holds(*comparison, &value(a, row)?, &value(b, row)?),
        Tree::Like { not, folded, value: text, pattern } => {
            let (text, pattern) = (value(text, row)?, value(pattern, row)?);
            Some(like(text.as_str()?, pattern.as_str()?, *folded) != *not)
        }
        Tree::In { not, value: one, list } => {
            let one = value(one, row)?;
            let any = list.iter().filter_map(|other| match (&one, other) {
                // Long lists of keys are the usual thing.
                (Value::String(one), Tree::Literal(Literal::Text(other))) => Some(texts(one, other)),
                (one, other) => compare(one, &value(other, row)?),
            });
            Some(any.into_iter().any(Ordering::is_eq) != *not)
        }
        Tree::Between { not, value: one, low, high } => {
            let one = value(one, row)?;
            let (low, high) = (compare(&one, &value(low, row)?)?, compare(&one, &value(high, row)?)?);
            Some((low.is_ge() && high.is_le()) != *not)
        }
        Tree::Null { not, value: one } => Some(value(one, row).is_none() != *not),
        Tree::Literal(_) | Tree::Field(_) => value(tree, row)?.as_bool(),
        Tree::Negative(_) | Tree::Arithmetic(..) => None,
    }
}

/// The value of a part; `None` when it has none.
fn value(tree: &Tree, row: &Value) -> Option<Value> {
    match tree {
        Tree::Literal(Literal::Text(text)) => Some(Value::from(text.as_str())),
        Tree::Literal(Literal::Number(number)) => Some(Value::from(*number)),
        Tree::Literal(Literal::Bool(truth)) => Some(Value::from(*truth)),
        Tree::Literal(Literal::Time(time)) => Some(Value::from(time.to_string())),
        Tree::Field(name) => field(name, row).filter(|value| !value.is_null()).cloned(),
        Tree::Negative(one) => Some(Value::from(-value(one, row)?.as_f64()?)),
        Tree::Arithmetic(sign, a, b) => {
            let (a, b) = (value(a, row)?.as_f64()?, value(b, row)?.as_f64()?);
            let result = match sign {
                Sign::Plus => a + b,
                Sign::Minus => a - b,
                Sign::Times => a * b,
                Sign::Over => a / b,
                Sign::Modulo => a % b,
            };
            result.is_finite().then(|| Value::from(result))
        }
        _ => truth(tree, row).map(Value::from),
    }
}

/// A field of a row, one of a relation by a dot.
pub(super) fn field<'a>(name: &str, row: &'a Value) -> Option<&'a Value> {
    name.split('.').try_fold(row, |value, part| value.get(part))
}

fn holds(comparison: Comparison, a: &Value, b: &Value) -> Option<bool> {
    if let Comparison::Matches | Comparison::MatchesNot = comparison {
        let matches = Regex::new(b.as_str()?).ok()?.is_match(a.as_str()?);
        return Some(matches == (comparison == Comparison::Matches));
    }
    let order = compare(a, b)?;
    Some(match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::Unequal => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// Which of two values comes first; `None` when they cannot be compared.
pub(in crate::ocm) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::Number(a), Value::String(b)) => a.as_f64()?.partial_cmp(&b.parse().ok()?),
        (Value::String(a), Value::Number(b)) => a.parse().ok().and_then(|a: f64| a.partial_cmp(&b.as_f64()?)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::String(b)) => Some(a.cmp(&truth_of(b)?)),
        (Value::String(a), Value::Bool(b)) => Some(truth_of(a)?.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(texts(a, b)),
        _ => None,
    }
}

/// Two texts, or two times when both are.
fn texts(a: &str, b: &str) -> Ordering {
    match (time_of(a), time_of(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

/// A truth as databases read it from a text.
pub(super) fn truth_of(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// RFC 3339 or a bare date.
pub(super) fn time_of(text: &str) -> Option<Timestamp> {
    // Most texts are none, and reading each twice for every item of a long list takes its time.
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    text.parse().ok().or_else(|| {
        let date: Date = text.parse().ok()?;
        date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// `%` is any text, `_` any one letter, a backslash takes the next letter as it is.
fn like(text: &str, pattern: &str, folded: bool) -> bool {
    let mut regex = String::from("(?s)^");
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            _ => {
                let plain = if letter == '\\' { letters.next().unwrap_or(letter) } else { letter };
                regex.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4])));
            }
        }
    }
    regex.push('$');
    let built = RegexBuilder::new(&regex).case_insensitive(folded).size_limit(64 << 20).build();
    built.is_ok_and(|regex| regex.is_match(text))
}
