//! Keeps ten thousand hosts from being looked at all at once, as they would be after a restart: a look under way costs a hundred times the memory
//! of a host at rest.

use std::time::Duration;

use tokio::{sync::Semaphore, time::timeout};

/// Who may be under way at once without having waited long.
const ROOM: usize = 128;
/// Who takes longer gives up the place and goes on: nobody waits long for BMCs that hang.
const PATIENCE: Duration = Duration::from_secs(1);

/// The places.
#[derive(Debug)]
pub(crate) struct Crowd {
    places: Semaphore,
    patience: Duration,
}

impl Crowd {
    /// An empty room.
    pub(crate) const fn new() -> Self {
        Self::of(ROOM, PATIENCE)
    }

    const fn of(room: usize, patience: Duration) -> Self {
        Self { places: Semaphore::const_new(room), patience }
    }

    /// Begins the work when there is a place. Until then it has no memory of its own.
    pub(crate) async fn through<F: Future>(&self, work: impl FnOnce() -> F) -> F::Output {
        // Never closed: a place is found in the end.
        let place = self.places.acquire().await;
        let mut work = Box::pin(work());
        let done = timeout(self.patience, &mut work).await;
        drop(place);
        match done {
            Ok(output) => output,
            Err(_) => work.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
        task::Poll,
    };

    use futures::{future::join_all, poll};

    use super::*;

    const LONG: Duration = Duration::from_mins(10);

    #[tokio::test]
    async fn no_more_than_the_room_holds_begin_until_one_is_done() {
        let (crowd, begun) = (Crowd::of(2, LONG), AtomicUsize::new(0));
        let hang = || {
            begun.fetch_add(1, Ordering::Relaxed);
            pending::<()>()
        };
        let first = Box::pin(crowd.through(hang));
        let others = join_all((0..2).map(|_| crowd.through(hang)));
        tokio::pin!(first, others);
        assert!(matches!((poll!(&mut first), poll!(&mut others)), (Poll::Pending, Poll::Pending)));
        assert_eq!(begun.load(Ordering::Relaxed), 2);
        drop(std::mem::replace(&mut *first, Box::pin(crowd.through(hang))));
        assert!(matches!(poll!(&mut others), Poll::Pending));
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn nobody_waits_for_those_who_hang() {
        let crowd = Crowd::of(2, Duration::ZERO);
        let hanging = join_all((0..9).map(|_| crowd.through(pending::<()>)));
        let done = tokio::select! {
            biased;
            _ = hanging => unreachable!("they hang"),
            done = crowd.through(|| async { 7 }) => done,
            () = tokio::time::sleep(LONG) => 0,
        };
        assert_eq!(done, 7);
    }
}
