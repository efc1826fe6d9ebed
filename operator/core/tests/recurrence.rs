//! Recurrence rules against the examples of RFC 5545 §3.8.5.3 and the calendar, windows, and Oracle's rule for upgrades.
#![expect(clippy::unwrap_used, reason = "test code, also outside of the test functions themselves")]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use slipway_core::{
    clock::{SignedDuration, Timestamp},
    recurrence::{Event, Recurrence, RecurrenceError, Window, check_upgrade_events},
};

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The first occurrences of a rule, as text.
fn occurrences(rule: &str, anchor: &str, most: usize) -> Vec<String> {
    let (rule, anchor) = (Recurrence::parse(rule).unwrap(), moment(anchor));
    let after = |last: &Timestamp| rule.next(anchor, *last + SignedDuration::from_secs(1));
    std::iter::successors(rule.next(anchor, anchor), after)
        .take(most)
        .map(|found| found.to_string())
        .collect()
}

/// Rule, anchor at 09:00, days of the first occurrences (all of them where the rule ends); the RFC's are read as UTC.
const DAYS: &[(&str, &str, &[&str])] = &[
    ("FREQ=DAILY;INTERVAL=10;COUNT=3", "1997-09-02", &["1997-09-02", "1997-09-12", "1997-09-22"]),
    (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997-09-02",
        &["1997-09-02", "1997-09-16", "1997-09-30", "1997-10-14"],
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "1997-08-05",
        &["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "1997-08-05",
        &["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
    ),
    ("FREQ=MONTHLY;BYDAY=1FR", "1997-09-05", &["1997-09-05", "1997-10-03", "1997-11-07"]),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU", "1997-09-07", &["1997-09-07", "1997-09-28", "1997-11-02"]),
    ("FREQ=MONTHLY;BYDAY=-2MO", "1997-09-22", &["1997-09-22", "1997-10-20", "1997-11-17"]),
    ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", &["1997-09-28", "1997-10-29", "1997-11-28"]),
    ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "1997-09-02", &["1998-02-13", "1998-03-13", "1998-11-13"]),
    ("FREQ=MONTHLY;BYMONTHDAY=30", "2007-01-15", &["2007-01-30", "2007-03-30", "2007-04-30"]),
    (
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
        "1997-09-04",
        &["1997-09-04", "1997-10-07", "1997-11-06"],
    ),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997-09-29",
        &["1997-09-29", "1997-10-30", "1997-11-27"],
    ),
    // A cadence of two months across the end of a year, where a library went wrong.
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=-1MO", "2023-10-30", &["2023-10-30", "2023-12-25", "2024-02-26"]),
    ("FREQ=YEARLY;COUNT=3;BYMONTH=6,7", "1997-06-10", &["1997-06-10", "1997-07-10", "1998-06-10"]),
    ("FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200", "1997-01-01", &["1997-01-01", "1997-04-10", "1997-07-19"]),
    ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", &["1997-05-19", "1998-05-18", "1999-05-17"]),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "1997-03-30", &["1997-03-30", "1998-03-29", "1999-03-28"]),
    (
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997-03-13",
        &["1997-03-13", "1997-03-20", "1997-03-27", "1998-03-05"],
    ),
    (
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05",
        &["1996-11-05", "2000-11-07", "2004-11-02"],
    ),
    ("FREQ=YEARLY", "2096-02-29", &["2096-02-29", "2104-02-29"]),
    ("FREQ=DAILY;BYMONTH=1;UNTIL=19980102T090000Z", "1997-12-30", &["1998-01-01", "1998-01-02"]),
];

#[test]
fn days_are_those_of_the_standard() {
    for (rule, anchor, days) in DAYS {
        let expected: Vec<_> = days.iter().map(|day| format!("{day}T09:00:00Z")).collect();
        let bounded = rule.contains("COUNT") || rule.contains("UNTIL");
        let most = if bounded { usize::MAX } else { days.len() };
        assert_eq!(occurrences(rule, &format!("{anchor}T09:00:00Z"), most), expected, "{rule}");
    }
}

#[test]
fn times_of_the_day_come_from_the_rule_and_else_from_the_anchor() {
    let anchor = "1997-09-02T09:10:11Z";
    for (rule, expected) in [
        ("FREQ=DAILY;BYHOUR=6,18", ["1997-09-02T18:10:11Z", "1997-09-03T06:10:11Z"]),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=40,20;BYSECOND=0", ["1997-09-02T09:20:00Z", "1997-09-02T09:40:00Z"]),
        ("FREQ=HOURLY;INTERVAL=3", ["1997-09-02T09:10:11Z", "1997-09-02T12:10:11Z"]),
        ("FREQ=HOURLY;INTERVAL=20;BYHOUR=1,5", ["1997-09-03T05:10:11Z", "1997-09-04T01:10:11Z"]),
        ("FREQ=HOURLY;INTERVAL=5;BYDAY=SU", ["1997-09-07T04:10:11Z", "1997-09-07T09:10:11Z"]),
        (
            "FREQ=HOURLY;BYMINUTE=0,30;BYSETPOS=-1;BYSECOND=0",
            ["1997-09-02T09:30:00Z", "1997-09-02T10:30:00Z"],
        ),
    ] {
        assert_eq!(occurrences(rule, anchor, 2), expected, "{rule}");
    }
    let counted = occurrences("FREQ=DAILY;BYHOUR=6,18;COUNT=3", "1997-09-02T00:00:00Z", usize::MAX);
    assert_eq!(counted, ["1997-09-02T06:00:00Z", "1997-09-02T18:00:00Z", "1997-09-03T06:00:00Z"]);
    let (daily, whole) = (Recurrence::parse("FREQ=DAILY").unwrap(), moment(anchor));
    let half = whole + SignedDuration::from_millis(500);
    assert_eq!(daily.next(half, whole), Some(whole), "fractions of the anchor are left out");
    assert_eq!(daily.next(whole, half), Some(whole + SignedDuration::from_hours(24)));
}

/// Rule, and what its refusal says.
const REFUSED: &[(&str, &str)] = &[
    ("", "FREQ is missing"),
    ("BYDAY=SU", "FREQ is missing"),
    ("RRULE:FREQ=DAILY", "leave out RRULE: and write FREQ=DAILY"),
    ("FREQ=DAILY;", "\"\" is no part"),
    ("FREQ=MINUTELY", "FREQ=MINUTELY: write YEARLY, MONTHLY"),
    ("FREQ=DAILY;byhour=2", "byhour=2: write it in capitals, BYHOUR=2"),
    ("FREQ=DAILY;BYHOUR=24", "BYHOUR=24: write numbers from 0 to 23"),
    ("FREQ=DAILY;BYHOUR=-1", "BYHOUR=-1: write numbers from 0 to 23"),
    ("FREQ=DAILY;BYHOUR=", "BYHOUR=: write numbers"),
    ("FREQ=DAILY;BYHOUR=2;BYHOUR=3", "BYHOUR=3: this part comes twice"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0: write numbers from 1 to 31"),
    ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY=1: does not go with FREQ=WEEKLY"),
    ("FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY=1: does not go with FREQ=MONTHLY"),
    ("FREQ=WEEKLY;BYDAY=1SU", "BYDAY=1SU: a numbered day needs FREQ=MONTHLY"),
    ("FREQ=WEEKLY;BYDAY=SUN", "BYDAY=SUN: write days such as SU"),
    ("FREQ=WEEKLY;BYDAY=\u{e9}", "write days such as SU"),
    ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0: write a whole number from 1"),
    ("FREQ=DAILY;COUNT=1001", "COUNT=1001: write a whole number from 1 to 1000"),
    ("FREQ=DAILY;UNTIL=20271231", "UNTIL=20271231: write a moment in UTC"),
    ("FREQ=DAILY;UNTIL=20271231T000000", "write a moment in UTC"),
    ("FREQ=DAILY;UNTIL=2027-12-31T235959Z", "write a moment in UTC"),
    ("FREQ=DAILY;UNTIL=20271331T000000Z", "write a moment in UTC"),
    ("FREQ=DAILY;COUNT=2;UNTIL=20271231T000000Z", "COUNT and UNTIL do not go together"),
    ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS=1: chooses among days or times"),
    ("FREQ=WEEKLY;WKST=1", "WKST=1: write one of MO"),
    ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO=20: weeks of the year are not read here"),
    ("FREQ=YEARLY;BYEASTER=0", "BYEASTER=0: is no part of a recurrence rule"),
];

#[test]
fn what_is_no_rule_is_refused_with_the_part_and_the_mend() {
    for (text, words) in REFUSED {
        let refusal = Recurrence::parse(text).unwrap_err().to_string();
        assert!(refusal.contains(words), "{text}: {refusal}");
    }
}

#[test]
fn a_rule_that_never_occurs_says_so_at_once() {
    let now = moment("2026-11-21T14:00:00Z");
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;INTERVAL=2;BYHOUR=1",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=1;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1000",
        "FREQ=YEARLY;INTERVAL=4294967295;UNTIL=20200101T000000Z",
        "FREQ=HOURLY;COUNT=1000",
    ] {
        let rule = Recurrence::parse(rule).unwrap();
        let begun = Instant::now();
        assert_eq!(rule.next(moment("2020-01-01T00:00:00Z"), now), None, "{}", rule.as_str());
        assert!(begun.elapsed() < Duration::from_secs(2), "{} took {:?}", rule.as_str(), begun.elapsed());
    }
}

/// Rule of a window, its duration in hours, a moment, when it opens and closes.
const WINDOWS: &[(&str, u64, &str, &str, &str)] = &[
    ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", 4, "2026-11-21T14:00Z", "2026-11-22T02:00Z", "2026-11-22T06:00Z"),
    ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", 4, "2026-11-22T02:00Z", "2026-11-22T02:00Z", "2026-11-22T06:00Z"),
    ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", 4, "2026-11-22T05:59:59.9Z", "2026-11-22T02:00Z", "2026-11-22T06:00Z"),
    ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", 4, "2026-11-22T06:00Z", "2026-11-29T02:00Z", "2026-11-29T06:00Z"),
    // What is left open: a Monday, the first of a month, 1 January, midnight.
    ("FREQ=WEEKLY", 1, "2026-11-21T14:00Z", "2026-11-23T00:00Z", "2026-11-23T01:00Z"),
    ("FREQ=MONTHLY;INTERVAL=3", 1, "2026-11-21T14:00Z", "2027-01-01T00:00Z", "2027-01-01T01:00Z"),
    ("FREQ=YEARLY", 1, "2026-11-21T14:00Z", "2027-01-01T00:00Z", "2027-01-01T01:00Z"),
    ("FREQ=DAILY;BYHOUR=22", 4, "2026-11-21T01:59Z", "2026-11-20T22:00Z", "2026-11-21T02:00Z"),
    // Windows that overlap: the one that opened first.
    ("FREQ=HOURLY", 3, "2026-11-21T14:30Z", "2026-11-21T12:00Z", "2026-11-21T15:00Z"),
    ("FREQ=DAILY", 1, "1970-01-01T00:00Z", "1970-01-01T00:00Z", "1970-01-01T01:00Z"),
];

#[test]
fn a_window_is_the_open_one_or_the_next() {
    for (rule, hours, now, opens, closes) in WINDOWS {
        let window = Window::parse(rule, Duration::from_hours(*hours)).unwrap();
        assert_eq!(window.at_or_after(moment(now)), Some((moment(opens), moment(closes))), "{rule} at {now}");
    }
}

#[test]
fn a_window_that_is_over_or_never_opens_is_none_and_one_without_sense_is_refused() {
    let hour = Duration::from_hours(1);
    let now = moment("2026-11-21T14:00:00Z");
    for rule in ["FREQ=DAILY;UNTIL=20261121T000000Z", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"] {
        assert_eq!(Window::parse(rule, hour).unwrap().at_or_after(now), None, "{rule}");
    }
    assert_eq!(Window::parse("FREQ=DAILY", Duration::ZERO), Err(RecurrenceError::NoDuration));
    let refusal = Window::parse("FREQ=DAILY;COUNT=3", hour).unwrap_err().to_string();
    assert!(refusal.starts_with("COUNT=3: a window has no first time"), "{refusal}");
    let endless = Window::parse("FREQ=DAILY", Duration::MAX).unwrap().at_or_after(now).unwrap();
    assert!(endless.0 < now && endless.1 == Timestamp::MAX, "{endless:?}");
}

/// Events (hours, rule, empty for none) that start on 2 January 2027, and the words of the refusal; empty: accepted.
const SCHEDULES: &[(&[(u64, &str)], &str)] = &[
    (&[(48, "FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA")], ""),
    (&[(48, "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1SA")], ""),
    (&[(48, "FREQ=MONTHLY;INTERVAL=3")], ""),
    (&[(48, "FREQ=MONTHLY;INTERVAL=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1")], ""),
    (&[(48, "FREQ=WEEKLY;INTERVAL=13")], ""),
    (&[(72, "FREQ=HOURLY;BYMINUTE=0,1,2,3,4,5;BYSECOND=0,1,2,3,4,5")], ""),
    (&[(48, "FREQ=YEARLY;BYMONTH=1,4,7,10")], ""),
    (&[(4, "FREQ=WEEKLY"), (48, "FREQ=MONTHLY")], ""),
    // Two that are too rare alone are enough together.
    (&[(48, "FREQ=YEARLY;BYMONTH=1,7"), (50, "FREQ=YEARLY;BYMONTH=4,10")], ""),
    (&[], "no event lasts 48h or more (there is none)"),
    (&[(24, "FREQ=WEEKLY"), (47, "")], "(the longest, \"1\", lasts 47h)"),
    (&[(48, "")], "event \"0\" lasts 48h or more but comes only once: give it a recurrence"),
    (&[(48, "FREQ=MONTHLY;COUNT=40")], "ends after 40 times: leave out COUNT=40"),
    (&[(48, "FREQ=MONTHLY;UNTIL=20991231T000000Z")], "ends on 2099-12-31: leave out UNTIL"),
    (&[(48, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")], "never comes"),
    (
        &[(48, "FREQ=MONTHLY;INTERVAL=4")],
        "120 days pass between the starts of the events of 48h or more on 2027-01-02 and 2027-05-02",
    ),
    (&[(48, "FREQ=WEEKLY;INTERVAL=14")], "98 days pass"),
    (&[(48, "FREQ=DAILY;INTERVAL=93")], "93 days pass"),
    // From 1 January to 29 April 2028: in the third month after, but nearly four months.
    (&[(48, "FREQ=YEARLY;BYYEARDAY=1,120,182,274")], "119 days pass"),
    // February has no 30th: a quarter is skipped.
    (&[(48, "FREQ=MONTHLY;INTERVAL=3;BYMONTH=2,5,8,11;BYMONTHDAY=30")], "never comes"),
    (
        &[(48, "FREQ=YEARLY;BYMONTH=2,5,8,11;BYMONTHDAY=30")],
        "182 days pass between the starts of the events of 48h or more on 2027-11-30",
    ),
    (
        &[(48, "FREQ=YEARLY;BYMONTH=2,5,8,11;BYMONTHDAY=29")],
        "181 days pass between the starts of the events of 48h or more on 2028-11-29",
    ),
];

#[test]
fn an_upgrade_schedule_needs_48_hours_every_three_months_for_good() {
    for (written, words) in SCHEDULES {
        let names = ["0", "1"];
        let rules: Vec<_> = written.iter().map(|(_, rule)| Recurrence::parse(rule).ok()).collect();
        let events: Vec<_> = written
            .iter()
            .zip(&rules)
            .zip(names)
            .map(|(((hours, _), rule), description)| Event {
                description,
                time_start: moment("2027-01-02T00:00:00Z"),
                duration: Duration::from_hours(*hours),
                recurrence: rule.as_ref(),
            })
            .collect();
        match check_upgrade_events(&events, moment("2026-11-21T14:00:00Z")) {
            Ok(()) => assert!(words.is_empty(), "{written:?} was accepted"),
            Err(refusal) => {
                assert!(!words.is_empty() && refusal.to_string().contains(words), "{written:?}: {refusal}");
            }
        }
    }
}

/// Rules of every part, most of them valid.
fn rules() -> impl Strategy<Value = String> {
    let part = |values: &'static [&'static str]| prop::option::weighted(0.3, prop::sample::select(values));
    let frequency = prop::sample::select(vec!["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]);
    let parts = (
        part(&["INTERVAL=2", "INTERVAL=3", "INTERVAL=25", "INTERVAL=4294967295"]),
        part(&["COUNT=1", "COUNT=40", "COUNT=1000", "UNTIL=20280229T101112Z"]),
        part(&["BYMONTH=2", "BYMONTH=1,4,7,10", "BYMONTH=12"]),
        part(&["BYMONTHDAY=1", "BYMONTHDAY=-1,13", "BYMONTHDAY=30", "BYMONTHDAY=29"]),
        part(&["BYDAY=SU", "BYDAY=MO,TU,WE,TH,FR", "BYDAY=1SA", "BYDAY=-1MO,5TU", "BYDAY=53WE"]),
        part(&["BYHOUR=2", "BYHOUR=0,23", "BYHOUR=5;BYMINUTE=0,30"]),
        part(&["BYSETPOS=1", "BYSETPOS=-1,2", "BYSETPOS=366"]),
        part(&["WKST=SU", "BYYEARDAY=60,-1", "BYSECOND=0,59"]),
    );
    (frequency, parts).prop_map(|(frequency, (a, b, c, d, e, f, g, h))| {
        let parts = [a, b, c, d, e, f, g, h].into_iter().flatten();
        parts.fold(format!("FREQ={frequency}"), |rule, part| format!("{rule};{part}"))
    })
}

proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC{0,40}|(FREQ|BY(DAY|HOUR|SETPOS)|UNTIL|COUNT|;|=|,|-|[0-9A-Z]){0,30}") {
        drop(Recurrence::parse(&text));
        drop(Window::parse(&text, Duration::from_hours(1)));
    }

    #[test]
    fn next_is_the_first_at_or_after_and_bounded_in_time(
        text in rules(), anchor in 0_i64..2_000_000_000, waits in (0_i64..300_000_000, 0_i64..100_000_000),
    ) {
        let Ok(rule) = Recurrence::parse(&text) else { return Ok(()) };
        let anchor = Timestamp::from_second(anchor).unwrap();
        let early = anchor + SignedDuration::from_secs(waits.0 - 10_000_000);
        let late = early + SignedDuration::from_secs(waits.1);
        let begun = Instant::now();
        let (first, second) = (rule.next(anchor, early), rule.next(anchor, late));
        prop_assert!(begun.elapsed() < Duration::from_secs(5), "{} took {:?}", text, begun.elapsed());
        if let Some(first) = first {
            prop_assert!(first >= early && first >= anchor, "{}", text);
            prop_assert_eq!(rule.next(anchor, first), Some(first), "{}", text);
            // Nothing between: later questions before it get the same answer, those after it a later one.
            if late <= first {
                prop_assert_eq!(second, Some(first), "{}", text);
            } else if let Some(second) = second {
                prop_assert!(second > first && second >= late, "{}", text);
            }
        } else if let Some(second) = second {
            // Only what is more than 40 years away is not seen.
            prop_assert!(second.duration_since(early) > SignedDuration::from_hours(40 * 365 * 24), "{}", text);
        }
    }

    #[test]
    fn extremes_of_time_are_no_trouble(text in rules(), moment in prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH])) {
        let Ok(rule) = Recurrence::parse(&text) else { return Ok(()) };
        for anchor in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            if let Some(found) = rule.next(anchor, moment) {
                prop_assert!(found >= moment && found.as_second() >= anchor.as_second(), "{}", text);
            }
        }
    }
}
