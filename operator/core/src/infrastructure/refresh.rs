//! When a connection is to be refreshed before OCI ends it.

use std::time::Duration;

use super::{RefreshPolicy, Rules};
use crate::clock::Timestamp;

/// When a refresh is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshDue {
    /// When it should begin.
    pub at: Timestamp,
    /// When OCI ends the connection.
    pub limit: Timestamp,
    /// Whether the policy asks for one now.
    pub is_now: bool,
    /// Whether the policy asks for one, and no window opens before the limit.
    pub misses_limit: bool,
}

/// When a connection that stands since `connected_since` is to be refreshed. Without a policy, `at` is when people should be told.
#[must_use]
pub fn refresh_due(
    connected_since: Timestamp,
    policy: Option<&RefreshPolicy>,
    rules: &Rules,
    now: Timestamp,
) -> RefreshDue {
    let limit = later(connected_since, rules.lifetime);
    let Some(policy) = policy else {
        return RefreshDue { at: earlier(limit, rules.warning), limit, is_now: false, misses_limit: false };
    };
    let from = earlier(limit, policy.before).max(connected_since);
    let Some(window) = &policy.window else {
        return RefreshDue { at: from, limit, is_now: now >= from, misses_limit: false };
    };
    // The window that is open, or the next; those that are past do not come back.
    let missed = |at| RefreshDue { at, limit, is_now: false, misses_limit: true };
    match window.at_or_after(from.max(now)) {
        Some((opens, _)) if opens.max(from) < limit => {
            let at = opens.max(from);
            RefreshDue { at, limit, is_now: now >= at, misses_limit: false }
        }
        _ => missed(limit),
    }
}

fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recurrence::Window;

    const DAY: Duration = Duration::from_hours(24);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn due(window: Option<&str>, before: u32, now: &str) -> RefreshDue {
        let window = window.map(|rule| Window::parse(rule, Duration::from_hours(4)).unwrap());
        let policy = RefreshPolicy { before: DAY * before, window };
        // 90 days later is Friday 2026-04-10.
        refresh_due(at("2026-01-10T00:00:00Z"), Some(&policy), &Rules::default(), at(now))
    }

    #[test]
    fn without_a_policy_people_are_told_at_day_80_and_nothing_is_done() {
        let due =
            refresh_due(at("2026-01-10T00:00:00Z"), None, &Rules::default(), at("2026-04-09T00:00:00Z"));
        assert_eq!((due.at, due.is_now), (at("2026-03-31T00:00:00Z"), false));
        assert_eq!(due.limit, at("2026-04-10T00:00:00Z"));
    }

    #[test]
    fn without_a_window_it_is_due_from_the_first_moment_on() {
        assert!(!due(None, 10, "2026-03-30T23:59:59Z").is_now);
        assert!(due(None, 10, "2026-03-31T00:00:00Z").is_now);
    }

    #[test]
    fn a_window_is_waited_for_and_what_was_missed_comes_again() {
        let sundays = Some("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2");
        let before = due(sundays, 10, "2026-02-01T03:00:00Z");
        assert_eq!(
            (before.at, before.is_now),
            (at("2026-04-05T02:00:00Z"), false),
            "a window before the time is none"
        );
        assert!(due(sundays, 10, "2026-04-05T02:00:00Z").is_now);
        assert!(due(sundays, 10, "2026-04-05T05:59:59Z").is_now);
        assert!(!due(sundays, 10, "2026-04-05T06:00:00Z").is_now);
        let earlier = due(sundays, 17, "2026-03-29T07:00:00Z");
        assert_eq!(
            (earlier.at, earlier.is_now, earlier.misses_limit),
            (at("2026-04-05T02:00:00Z"), false, false)
        );
    }

    #[test]
    fn a_window_that_comes_too_late_is_named() {
        let yearly = Some("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1;BYHOUR=2");
        assert!(due(yearly, 10, "2026-02-01T00:00:00Z").misses_limit);
        assert!(due(Some("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2"), 10, "2026-04-05T07:00:00Z").misses_limit);
    }

    #[test]
    fn a_policy_longer_than_the_age_begins_with_the_connection() {
        let due = due(None, 89, "2026-01-10T00:00:00Z");
        assert!(!due.is_now);
    }
}
