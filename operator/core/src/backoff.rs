//! How long to wait before the next try.

use std::time::Duration;

/// Delay before try `attempt + 1`: `first` doubled for each attempt up to `cap`, then moved by up to a fifth either way.
///
/// `seed` spreads objects that fail together; the same seed and attempt always give the same delay, so that a status
/// that shows the next try does not change from one look to the next.
#[must_use]
pub fn delay(first: Duration, cap: Duration, attempt: u32, seed: u64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempt.min(31)));
    let base = doubled.min(cap);
    let hash = (seed ^ u64::from(attempt)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
    let permille = 800 + u32::try_from(hash % 401).unwrap_or(0);
    base.saturating_mul(permille) / 1000
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::delay;

    #[test]
    fn delays_grow_to_the_cap_and_stay_within_a_fifth_of_it() {
        let (first, cap) = (Duration::from_secs(1), Duration::from_mins(5));
        for attempt in 0..40 {
            let ideal = first.saturating_mul(2_u32.saturating_pow(attempt.min(31))).min(cap);
            let actual = delay(first, cap, attempt, 7);
            assert!(actual >= ideal * 4 / 5 && actual <= ideal * 6 / 5, "{attempt}: {actual:?}");
        }
    }

    #[test]
    fn objects_that_fail_together_do_not_return_together() {
        let times: std::collections::BTreeSet<_> =
            (0..100).map(|seed| delay(Duration::from_mins(1), Duration::from_mins(1), 0, seed)).collect();
        assert!(times.len() > 50, "{}", times.len());
    }
}
