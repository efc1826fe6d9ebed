//! From text to a rule (RFC 5545 §3.3.10).

use std::collections::BTreeMap;

use jiff::civil::Weekday;

use super::{
    RecurrenceError,
    rule::{DayOfWeek, End, Frequency, Rule},
};
use crate::clock::Timestamp;

/// The most occurrences COUNT may ask for; each is looked for in turn.
const MOST: u32 = 1000;

const FREQUENCIES: [(&str, Frequency); 5] = [
    ("YEARLY", Frequency::Yearly),
    ("MONTHLY", Frequency::Monthly),
    ("WEEKLY", Frequency::Weekly),
    ("DAILY", Frequency::Daily),
    ("HOURLY", Frequency::Hourly),
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// A part that lists numbers.
struct Numbers {
    name: &'static str,
    least: i16,
    most: i16,
    /// Whether `-1` counts from the end.
    from_end: bool,
}

const MONTHS: Numbers = Numbers { name: "BYMONTH", least: 1, most: 12, from_end: false };
const MONTH_DAYS: Numbers = Numbers { name: "BYMONTHDAY", least: 1, most: 31, from_end: true };
const YEAR_DAYS: Numbers = Numbers { name: "BYYEARDAY", least: 1, most: 366, from_end: true };
const HOURS: Numbers = Numbers { name: "BYHOUR", least: 0, most: 23, from_end: false };
const MINUTES: Numbers = Numbers { name: "BYMINUTE", least: 0, most: 59, from_end: false };
const SECONDS: Numbers = Numbers { name: "BYSECOND", least: 0, most: 59, from_end: false };
const POSITIONS: Numbers = Numbers { name: "BYSETPOS", least: 1, most: 366, from_end: true };
/// Ordinals of BYDAY: a year has 53 of some weekday.
const ORDINALS: Numbers = Numbers { name: "BYDAY", least: 1, most: 53, from_end: true };

/// The parts of a rule that nobody has read yet, by name.
struct Parts<'a>(BTreeMap<&'a str, &'a str>);

/// Reads a rule.
pub(super) fn rule(text: &str) -> Result<Rule, RecurrenceError> {
    let mut parts = Parts::split(text)?;
    let frequency = parts.frequency()?;
    let rule = Rule {
        frequency,
        interval: parts.whole("INTERVAL", u32::MAX)?.unwrap_or(1),
        end: parts.end()?,
        week_start: parts.week_start()?,
        days_of_week: parts.days_of_week(frequency)?,
        months: parts.numbers(&MONTHS)?,
        month_days: parts.limited(&MONTH_DAYS, frequency, &[Frequency::Weekly])?,
        year_days: parts.limited(
            &YEAR_DAYS,
            frequency,
            &[Frequency::Monthly, Frequency::Weekly, Frequency::Daily],
        )?,
        hours: parts.numbers(&HOURS)?,
        minutes: parts.numbers(&MINUTES)?,
        seconds: parts.numbers(&SECONDS)?,
        positions: parts.positions(text)?,
    };
    parts.none_left()?;
    Ok(rule)
}

fn refused(part: &str, value: &str, mend: impl Into<String>) -> RecurrenceError {
    RecurrenceError::Part { part: part.to_owned(), value: value.to_owned(), mend: mend.into() }
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, RecurrenceError> {
        if text.is_empty() {
            return Err(RecurrenceError::NoFrequency);
        }
        let mut parts = BTreeMap::new();
        for part in text.split(';') {
            let (name, value) =
                part.split_once('=').ok_or_else(|| RecurrenceError::NoPart(part.to_owned()))?;
            if let Some(bare) = name.strip_prefix("RRULE:") {
                return Err(refused(name, value, format!("leave out RRULE: and write {bare}={value}")));
            }
            if parts.insert(name, value).is_some() {
                return Err(refused(
                    name,
                    value,
                    "this part comes twice; write it once, with commas between values",
                ));
            }
        }
        Ok(Self(parts))
    }

    fn frequency(&mut self) -> Result<Frequency, RecurrenceError> {
        let value = self.0.remove("FREQ").ok_or(RecurrenceError::NoFrequency)?;
        let mend = "write YEARLY, MONTHLY, WEEKLY, DAILY or HOURLY";
        named(&FREQUENCIES, value).ok_or_else(|| refused("FREQ", value, mend))
    }

    /// A whole number from 1.
    fn whole(&mut self, name: &str, most: u32) -> Result<Option<u32>, RecurrenceError> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let number = Some(value).filter(|value| digits(value)).and_then(|value| value.parse().ok());
        match number.filter(|number| (1..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(refused(name, value, format!("write a whole number from 1 to {most}"))),
        }
    }

    fn end(&mut self) -> Result<End, RecurrenceError> {
        let count = self.whole("COUNT", MOST)?;
        let Some(value) = self.0.remove("UNTIL") else { return Ok(count.map_or(End::Never, End::Count)) };
        if count.is_some() {
            return Err(refused("UNTIL", value, "COUNT and UNTIL do not go together; leave out one"));
        }
        // RFC 5545: UNTIL is in UTC when DTSTART is. A bare day would leave open whether the day itself counts.
        let (day, time) = value.split_once('T').unwrap_or_default();
        let form = digits(day) && time.len() == 7 && time.strip_suffix('Z').is_some_and(digits);
        let last = Some(value).filter(|_| form).and_then(|value| value.parse::<Timestamp>().ok());
        last.map(|last| End::Until(last.as_second()))
            .ok_or_else(|| refused("UNTIL", value, "write a moment in UTC, as 20271231T235959Z"))
    }

    fn week_start(&mut self) -> Result<Weekday, RecurrenceError> {
        let Some(value) = self.0.remove("WKST") else { return Ok(Weekday::Monday) };
        named(&WEEKDAYS, value).ok_or_else(|| refused("WKST", value, "write one of MO TU WE TH FR SA SU"))
    }

    fn days_of_week(&mut self, frequency: Frequency) -> Result<Vec<DayOfWeek>, RecurrenceError> {
        let Some(value) = self.0.remove("BYDAY") else { return Ok(Vec::new()) };
        let mut days = Vec::new();
        for item in value.split(',') {
            let day = day_of_week(item).ok_or_else(|| {
                refused(
                    "BYDAY",
                    value,
                    "write days such as SU or MO,TH, or 1SA (the first) and -1FR (the last)",
                )
            })?;
            if day.ordinal.is_some() && frequency > Frequency::Monthly {
                let mend = "a numbered day needs FREQ=MONTHLY or FREQ=YEARLY; leave out the number";
                return Err(refused("BYDAY", value, mend));
            }
            if !days.contains(&day) {
                days.push(day);
            }
        }
        Ok(days)
    }

    fn numbers(&mut self, part: &Numbers) -> Result<Vec<i16>, RecurrenceError> {
        let Some(value) = self.0.remove(part.name) else { return Ok(Vec::new()) };
        let numbers: Option<Vec<i16>> = value.split(',').map(|item| part.read(item)).collect();
        let mut numbers = numbers.ok_or_else(|| {
            let from_end = if part.from_end { ", or negative to count from the end" } else { "" };
            let mend = format!(
                "write numbers from {} to {}, with commas between them{from_end}",
                part.least, part.most
            );
            refused(part.name, value, mend)
        })?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// [`Self::numbers`] of a part that some frequencies do not take.
    fn limited(
        &mut self,
        part: &Numbers,
        frequency: Frequency,
        without: &[Frequency],
    ) -> Result<Vec<i16>, RecurrenceError> {
        if let (Some(value), true) = (self.0.get(part.name), without.contains(&frequency)) {
            let frequency =
                FREQUENCIES.iter().find(|(_, known)| *known == frequency).map_or("", |(name, _)| name);
            return Err(refused(
                part.name,
                value,
                format!("does not go with FREQ={frequency}; leave it out"),
            ));
        }
        self.numbers(part)
    }

    fn positions(&mut self, text: &str) -> Result<Vec<i16>, RecurrenceError> {
        let alone = text.split(';').all(|part| !part.starts_with("BY") || part.starts_with("BYSETPOS"));
        match self.0.get(POSITIONS.name) {
            Some(value) if alone => {
                Err(refused("BYSETPOS", value, "chooses among days or times; add BYDAY or another BY part"))
            }
            _ => self.numbers(&POSITIONS),
        }
    }

    fn none_left(&self) -> Result<(), RecurrenceError> {
        let Some((name, value)) = self.0.first_key_value() else { return Ok(()) };
        let mend = match *name {
            "BYWEEKNO" => "weeks of the year are not read here; use BYMONTH with BYDAY".to_owned(),
            name if name.chars().any(|letter| letter.is_ascii_lowercase()) => {
                format!("write it in capitals, {}={}", name.to_ascii_uppercase(), value.to_ascii_uppercase())
            }
            _ => "is no part of a recurrence rule; leave it out".to_owned(),
        };
        Err(refused(name, value, mend))
    }
}

impl Numbers {
    fn read(&self, text: &str) -> Option<i16> {
        let bare = if self.from_end { text.strip_prefix(['+', '-']).unwrap_or(text) } else { text };
        let number = Some(bare).filter(|bare| digits(bare))?.parse::<i16>().ok()?;
        let number = Some(number).filter(|number| (self.least..=self.most).contains(number))?;
        Some(if text.starts_with('-') { -number } else { number })
    }
}

fn day_of_week(text: &str) -> Option<DayOfWeek> {
    let (ordinal, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let ordinal = if ordinal.is_empty() { None } else { Some(ORDINALS.read(ordinal)?) };
    Some(DayOfWeek { ordinal, weekday: named(&WEEKDAYS, name)? })
}

fn named<T: Copy>(names: &[(&str, T)], text: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
