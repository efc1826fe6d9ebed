//! Durations and recurrences of upgrade windows (facts/oci.md §1.6).

use std::collections::BTreeMap;
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// ISO 8601 duration such as `PT48H`, `P2D` or `P1W`; months and years have no fixed length and are refused.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let days = designated(days, &[('W', 7 * DAY), ('D', DAY)])?;
    let time = designated(time, &[('H', 60 * 60), ('M', 60), ('S', 1)])?;
    days.checked_add(time).map(Duration::from_secs)
}

/// Figures with designators, in this order, each at most once.
fn designated(text: &str, designators: &[(char, u64)]) -> Option<u64> {
    let mut rest = text;
    let mut sum: u64 = 0;
    for (designator, seconds) in designators {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 && rest[digits..].starts_with(*designator) {
            let figure: u64 = rest[..digits].parse().ok()?;
            sum = sum.checked_add(figure.checked_mul(*seconds)?)?;
            rest = &rest[digits + 1..];
        }
    }
    rest.is_empty().then_some(sum)
}

const NAMES: &[&str] = &[
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
];

/// A recurrence rule (RFC 5545 §3.3.10), as far as the service's rule needs it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    frequency: String,
    interval: u32,
    count: Option<u32>,
    months: Vec<u32>,
}

impl Recurrence {
    /// `None` for anything but a well-formed rule. A leading `RRULE:` is taken.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("RRULE:").unwrap_or(text);
        let mut parts = BTreeMap::new();
        for part in text.split(';') {
            let (name, value) = part.split_once('=')?;
            let known = NAMES.contains(&name) && !value.is_empty();
            if !known || parts.insert(name, value).is_some() {
                return None;
            }
        }
        let figure = |name: &str| parts.get(name).map(|value| value.parse::<u32>().ok().filter(|n| *n > 0));
        let interval = figure("INTERVAL").unwrap_or(Some(1))?;
        let count = figure("COUNT").map_or(Some(None), |count| count.map(Some))?;
        let months: Option<Vec<u32>> = parts.get("BYMONTH").map_or(Some(Vec::new()), |list| {
            list.split(',').map(|month| month.parse().ok().filter(|month| (1..=12).contains(month))).collect()
        });
        let mut months = months?;
        months.sort_unstable();
        let frequency = (*parts.get("FREQ")?).to_owned();
        let known = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];
        known.contains(&frequency.as_str()).then_some(Self { frequency, interval, count, months })
    }

    /// Whether it comes at least every three months.
    pub(super) fn is_quarterly(&self) -> bool {
        if self.count == Some(1) {
            return false;
        }
        if self.frequency == "YEARLY" || !self.months.is_empty() {
            return self.interval == 1 && self.widest_gap() <= 3;
        }
        match self.frequency.as_str() {
            "MONTHLY" => self.interval <= 3,
            "WEEKLY" => self.interval <= 13,
            "DAILY" => self.interval <= 92,
            _ => true,
        }
    }

    /// Months between two of the named months, around the year.
    fn widest_gap(&self) -> u32 {
        let Some(first) = self.months.first() else { return 12 };
        let following = self.months.iter().skip(1).copied().chain([first + 12]);
        self.months.iter().zip(following).map(|(month, next)| next - month).max().unwrap_or(12)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601() {
        for text in ["PT48H", "P2D", "P1DT24H", "PT47H59M60S"] {
            assert_eq!(duration(text), Some(Duration::from_hours(48)), "{text}");
        }
        assert_eq!(duration("P1W"), Some(Duration::from_hours(168)));
        for text in ["", "P", "PT", "P2DT", "48H", "PT48", "P2H", "PT2D", "PT1H1H", "P1M", "PT-1H", "pt48h"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_rule_comes_every_three_months_or_does_not() {
        let quarterly = |text: &str| Recurrence::parse(text).map(|rule| rule.is_quarterly());
        for text in [
            "FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA",
            "RRULE:FREQ=MONTHLY",
            "FREQ=WEEKLY;INTERVAL=13",
            "FREQ=DAILY",
            "FREQ=YEARLY;BYMONTH=1,4,7,10",
        ] {
            assert_eq!(quarterly(text), Some(true), "{text}");
        }
        for text in [
            "FREQ=MONTHLY;INTERVAL=4",
            "FREQ=YEARLY",
            "FREQ=YEARLY;BYMONTH=1,4,7",
            "FREQ=WEEKLY;INTERVAL=14",
            "FREQ=MONTHLY;COUNT=1",
        ] {
            assert_eq!(quarterly(text), Some(false), "{text}");
        }
        for text in [
            "",
            "MONTHLY",
            "FREQ=MONTHLY;",
            "FREQ=OFTEN",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;FREQ=DAILY",
            "BYDAY=1SA",
            "FREQ=DAILY;X=1",
        ] {
            assert_eq!(quarterly(text), None, "{text}");
        }
    }
}
