//! Clusters that are looked for together.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use slipway_core::{failure::Failure, subscription::Record};
use tokio::sync::oneshot;

type Outcome = Result<Vec<Record>, Failure>;

/// Who waits for records of which key. Whoever has the turn asks for all of them at once.
#[derive(Default)]
pub(crate) struct Gather(Mutex<Vec<Waiting>>);

/// One who waits.
struct Waiting {
    key: String,
    answer: oneshot::Sender<Outcome>,
}

/// Those that one message asks for. Dropped without an outcome, each of them asks again.
pub(crate) struct Batch(Vec<Waiting>);

impl Gather {
    /// Waits from now on. What comes is the outcome of a message that was sent later, or an error when its sender gave up.
    pub(crate) fn join(&self, key: &str) -> oneshot::Receiver<Outcome> {
        let (answer, outcome) = oneshot::channel();
        self.waiting().push(Waiting { key: key.to_owned(), answer });
        outcome
    }

    /// Takes the first of those who still wait; they have at most so many keys.
    pub(crate) fn take(&self, most: usize) -> Batch {
        let mut waiting = self.waiting();
        waiting.retain(|one| !one.answer.is_closed());
        let mut keys = BTreeSet::new();
        let fits = |one: &Waiting| {
            keys.insert(one.key.clone());
            keys.len() <= most.max(1)
        };
        let end = waiting.iter().map(fits).position(|fits| !fits).unwrap_or(waiting.len());
        Batch(waiting.drain(..end).collect())
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys, each once.
    pub(crate) fn keys(&self) -> BTreeSet<&str> {
        self.0.iter().map(|one| one.key.as_str()).collect()
    }

    /// Gives each its records: those that `is_of` says are of its key, whatever else the site sent.
    pub(crate) fn tell(self, outcome: &Outcome, is_of: impl Fn(&Record, &str) -> bool) {
        for Waiting { key, answer } in self.0 {
            let own =
                |records: &Vec<Record>| records.iter().filter(|one| is_of(one, &key)).cloned().collect();
            // Who does not wait any more needs no answer.
            answer.send(outcome.as_ref().map(own).map_err(Clone::clone)).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Gather;

    #[test]
    fn a_batch_has_so_many_keys_in_order_and_none_of_those_who_left() {
        let gather = Gather::default();
        let waiting: Vec<_> = ["b", "a", "left", "b", "c"].map(|key| (key, gather.join(key))).into();
        let waiting: Vec<_> = waiting.into_iter().filter(|(key, _)| *key != "left").collect();
        let first = gather.take(2);
        assert_eq!(first.keys().into_iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(first.0.len(), 3);
        assert_eq!(gather.take(2).keys().into_iter().collect::<Vec<_>>(), ["c"]);
        assert!(gather.take(2).is_empty());
        drop(waiting);
    }
}
