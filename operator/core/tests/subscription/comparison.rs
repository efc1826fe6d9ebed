//! Comparing, whatever there is to compare.

use proptest::{collection::vec, prelude::*, sample::select};
use slipway_core::{
    clock::{SignedDuration, Timestamp},
    subscription::{CORRECTIONS, Comparison, Differences, Drift, DriftPolicy, Field, Fields, compare},
};

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        Just(Field::DisplayName),
        Just(Field::ConsoleUrl),
        Just(Field::SupportCpuTotal),
        "[ab]".prop_map(Field::Label),
    ]
}

fn value() -> impl Strategy<Value = String> {
    select(vec!["", "x", "y", "z"]).prop_map(str::to_owned)
}

fn fields() -> impl Strategy<Value = Fields> {
    vec((field(), value()), 0..6).prop_map(|pairs| pairs.into_iter().collect())
}

fn drift() -> impl Strategy<Value = Drift> {
    let hours = 0_i64..48;
    (field(), value(), value(), 0..=CORRECTIONS, any::<bool>(), hours).prop_map(
        |(field, wanted, found, corrections, is_foreign, hours)| Drift {
            field,
            wanted,
            found,
            corrections,
            is_foreign,
            at: present() - SignedDuration::from_hours(hours),
        },
    )
}

fn present() -> Timestamp {
    "2026-01-10T12:00:00Z".parse().unwrap()
}

/// What there is to compare, but for the borrowing.
#[derive(Debug, Clone)]
struct Case {
    wanted: Fields,
    found: Fields,
    before: Option<Fields>,
    was_synced: bool,
    reports: bool,
    known: Vec<Drift>,
}

impl Case {
    fn compare(&self) -> Differences {
        let comparison = Comparison {
            wanted: &self.wanted,
            found: &self.found,
            before: self.before.as_ref(),
            was_synced: self.was_synced,
            policy: if self.reports { DriftPolicy::Report } else { DriftPolicy::Correct },
            now: present(),
        };
        compare(&comparison, &self.known)
    }

    fn found(&self, field: &Field) -> &str {
        self.found.get(field).map_or("", String::as_str)
    }
}

prop_compose! {
    fn case()(
        wanted in fields(), found in fields(), before in proptest::option::of(fields()), was_synced in any::<bool>(),
        reports in any::<bool>(), known in vec(drift(), 0..4),
    ) -> Case {
        Case { wanted, found, before, was_synced, reports, known }
    }
}

proptest! {
    #[test]
    fn a_difference_is_put_right_or_left_and_never_both(case in case()) {
        let found = case.compare();
        for (field, wanted) in &case.wanted {
            let corrected = found.corrections.contains_key(field);
            let left = found.left.iter().any(|drift| drift.field == *field);
            prop_assert_eq!(corrected || left, case.found(field) != wanted);
            prop_assert!(!(corrected && left));
        }
    }

    #[test]
    fn what_nobody_wants_is_not_touched(case in case()) {
        let found = case.compare();
        for (field, value) in &found.corrections {
            prop_assert_eq!(case.wanted.get(field), Some(value));
        }
        for drift in found.drift.iter().chain(&found.left) {
            prop_assert_eq!(case.wanted.get(&drift.field), Some(&drift.wanted));
        }
    }

    #[test]
    fn what_is_left_has_its_reason_and_is_remembered(case in case()) {
        let found = case.compare();
        for drift in &found.left {
            prop_assert!(drift.corrections >= CORRECTIONS || (case.reports && drift.is_foreign));
            prop_assert_eq!(case.found(&drift.field), &drift.found);
            prop_assert!(found.drift.contains(drift));
        }
        for drift in &found.drift {
            prop_assert!(drift.corrections <= CORRECTIONS && drift.at <= present());
        }
        let mut fields: Vec<_> = found.drift.iter().map(|drift| &drift.field).collect();
        fields.dedup();
        prop_assert_eq!(fields.len(), found.drift.len(), "each field once");
    }

    /// Whoever puts back what was there before at once is answered three times.
    #[test]
    fn every_fight_ends(mut case in case()) {
        let mut corrections = 0;
        for _ in 0..50 {
            let found = case.compare();
            corrections += found.corrections.len();
            (case.known, case.before) = (found.drift, Some(case.found.clone()));
        }
        prop_assert!(corrections <= case.wanted.len() * usize::try_from(CORRECTIONS).unwrap());
        prop_assert!(case.compare().corrections.is_empty());
    }
}
