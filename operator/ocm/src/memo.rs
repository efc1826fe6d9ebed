//! One answer that is remembered for a while and asked for by one at a time.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use slipway_core::failure::Failure;
use tokio::time::Instant;

/// An answer, and whoever waits for it.
pub(crate) struct Memo<T> {
    flight: tokio::sync::Mutex<()>,
    kept: Mutex<Option<Kept<T>>>,
}

/// What was answered to the question that was asked then.
struct Kept<T> {
    began: Instant,
    ended: Instant,
    outcome: Result<T, Failure>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { flight: tokio::sync::Mutex::default(), kept: Mutex::default() }
    }
}

impl<T: Clone> Memo<T> {
    /// What is remembered when it is no older than `age`, or what `ask` answers. Who waits for a question that was asked after he came
    /// takes its answer. A failure is that of all who came before it was there, and not remembered beyond that.
    pub(crate) async fn get(
        &self,
        age: Duration,
        ask: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let came = Instant::now();
        if let Some(outcome) = self.remembered(age, came) {
            return outcome;
        }
        let _first = self.flight.lock().await;
        if let Some(outcome) = self.remembered(age, came) {
            return outcome;
        }
        let began = Instant::now();
        let outcome = ask.await;
        *self.kept() = Some(Kept { began, ended: Instant::now(), outcome: outcome.clone() });
        outcome
    }

    /// Forgets the answer: it is not true any more.
    pub(crate) fn forget(&self) {
        *self.kept() = None;
    }

    fn remembered(&self, age: Duration, came: Instant) -> Option<Result<T, Failure>> {
        let kept = self.kept();
        let known = kept.as_ref()?;
        let will_do = match &known.outcome {
            Ok(_) => known.began.elapsed() <= age,
            Err(_) => known.ended >= came,
        };
        (will_do && !age.is_zero() || known.began >= came).then(|| known.outcome.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept<T>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use futures::future::join_all;
    use slipway_core::{failure::Failure, reason::Reason};
    use tokio::task::yield_now;

    use super::Memo;

    #[tokio::test]
    async fn many_ask_once_and_a_failure_is_not_remembered() {
        let (memo, asked) = (Memo::default(), AtomicUsize::new(0));
        let ask = || async {
            yield_now().await;
            match asked.fetch_add(1, Ordering::SeqCst) {
                0 => Err(Failure::new(Reason::RegistrarFault, "no")),
                count => Ok(count),
            }
        };
        let age = Duration::from_mins(1);
        let outcomes = join_all((0..50).map(|_| memo.get(age, ask()))).await;
        assert!(outcomes.iter().all(Result::is_err));
        let outcomes = join_all((0..50).map(|_| memo.get(age, ask()))).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Ok(1)));
        assert_eq!(memo.get(Duration::ZERO, ask()).await, Ok(2));
        memo.forget();
        assert_eq!(memo.get(age, ask()).await, Ok(3));
    }
}
