//! What is remembered of one key.

use std::time::Duration;

use slipway_core::{failure::Failure, subscription::Record};
use tokio::time::Instant;

/// How long a key is kept that was asked for once only.
const ONCE: Duration = Duration::from_mins(1);

/// What is remembered of one key.
pub(super) struct Entry {
    /// The age that is taken by those who ask for it at rest; zero: nobody has.
    age: Duration,
    asked: Instant,
    /// Somebody waits for it.
    pub(super) is_wanted: bool,
    /// When the list began that these are from.
    read: Option<(Instant, Vec<Record>)>,
    /// When the list began that failed.
    failed: Option<(Instant, Failure)>,
    /// What was read before is not true any more.
    not_before: Option<Instant>,
}

impl Entry {
    pub(super) fn new(now: Instant) -> Self {
        Self { age: Duration::ZERO, asked: now, is_wanted: false, read: None, failed: None, not_before: None }
    }

    pub(super) fn ask(&mut self, age: Duration, now: Instant) {
        self.asked = now;
        if !age.is_zero() {
            self.age = age;
        }
    }

    /// What is known for somebody who came then and takes this age.
    pub(super) fn outcome(
        &self,
        age: Duration,
        came: Instant,
        now: Instant,
    ) -> Option<Result<Vec<Record>, Failure>> {
        if let Some((began, records)) = &self.read {
            let is_fresh =
                !age.is_zero() && self.is_true_since(*began) && now.saturating_duration_since(*began) <= age;
            if is_fresh || *began >= came {
                return Some(Ok(records.clone()));
            }
        }
        let failed = self.failed.as_ref().filter(|(began, _)| *began >= came);
        failed.map(|(_, failure)| Err(failure.clone()))
    }

    /// How much of its age has passed, in thousandths; `None`: nothing true is known.
    pub(super) fn passed(&self, now: Instant) -> Option<u128> {
        let (began, _) = self.read.as_ref().filter(|(began, _)| self.is_true_since(*began))?;
        Some(now.saturating_duration_since(*began).as_micros() * 1000 / self.age.as_micros().max(1))
    }

    /// Whether it is read with others: somebody asks for it now and then.
    pub(super) fn is_regular(&self) -> bool {
        !self.age.is_zero()
    }

    /// Whether nobody has asked for it within three of its ages.
    pub(super) fn is_unasked(&self, now: Instant) -> bool {
        let kept = if self.age.is_zero() { ONCE } else { self.age * 3 };
        now.saturating_duration_since(self.asked) > kept
    }

    pub(super) fn store(&mut self, began: Instant, outcome: Result<Vec<Record>, Failure>) {
        self.is_wanted = false;
        match outcome {
            Ok(records) => {
                self.read = Some((began, records));
                self.failed = None;
            }
            Err(failure) => self.failed = Some((began, failure)),
        }
    }

    /// What is known is not true any more.
    pub(super) fn outdate(&mut self, now: Instant) {
        self.not_before = Some(now);
    }

    pub(super) fn records(&self) -> &[Record] {
        self.read.as_ref().map_or(&[], |(_, records)| records)
    }

    pub(super) fn records_mut(&mut self) -> Option<&mut Vec<Record>> {
        self.read.as_mut().map(|(_, records)| records)
    }

    fn is_true_since(&self, began: Instant) -> bool {
        self.not_before.is_none_or(|not_before| began >= not_before)
    }
}
