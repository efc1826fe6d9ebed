//! Records that are looked at again and again, read together.
//!
//! Each key is remembered with the age that its asker takes. When one is too old, all that are nearly so are read with it, a hundred in
//! a list (`facts/ocm.md §7.3`): a thousand records cost ten requests an interval.

mod book;
mod entry;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use slipway_core::{failure::Failure, reason::Reason, subscription::Record};
use tokio::time::{Instant, sleep};

use crate::limits::Limits;
use book::Book;

/// The field that keys are values of.
#[derive(Clone, Copy)]
struct Field {
    name: &'static str,
    of: fn(&Record) -> Option<&str>,
}

/// Records by one of their fields.
pub(crate) struct Roll {
    field: Field,
    gather: Duration,
    flight: tokio::sync::Mutex<()>,
    book: Mutex<Book>,
}

impl Roll {
    /// By our own key.
    pub(crate) fn by_cluster(limits: &Limits) -> Self {
        Self::new(limits, Field { name: "cluster_id", of: |record| record.cluster_id.as_deref() })
    }

    /// By the id for telemetry.
    pub(crate) fn by_external(limits: &Limits) -> Self {
        Self::new(
            limits,
            Field { name: "external_cluster_id", of: |record| record.external_cluster_id.as_deref() },
        )
    }

    fn new(limits: &Limits, field: Field) -> Self {
        Self {
            field,
            gather: limits.gather,
            flight: tokio::sync::Mutex::default(),
            book: Mutex::new(Book::new(limits.chunk, limits.query, field.of)),
        }
    }

    /// The field as a search names it.
    pub(crate) fn field(&self) -> &'static str {
        self.field.name
    }

    /// Records of a key, no older than `age`; with `age` zero asked for after this began. `list` reads the records of some keys.
    ///
    /// Errors: those of `list`; what is remembered stays then.
    pub(crate) async fn records<F>(
        &self,
        key: &str,
        age: Duration,
        list: impl Fn(Vec<String>) -> F,
    ) -> Result<Vec<Record>, Failure>
    where
        F: Future<Output = Result<Vec<Record>, Failure>>,
    {
        let came = Instant::now();
        if let Some(records) = self.book().ask(key, age, came) {
            return Ok(records);
        }
        let _first = self.flight.lock().await;
        if let Some(outcome) = self.book().outcome(key, age, came, Instant::now()) {
            return outcome;
        }
        sleep(self.gather).await;
        let began = Instant::now();
        let chunks = self.book().due(key, began);
        let list = &list;
        join_all(chunks.into_iter().map(|keys| async move {
            let outcome = list(keys.clone()).await;
            self.book().store(&keys, began, outcome);
        }))
        .await;
        let outcome = self.book().outcome(key, age, came, Instant::now());
        outcome.unwrap_or_else(|| {
            Err(Failure::new(Reason::Internal, "a list was read without the key asked for"))
        })
    }

    /// The record of this id as it was last seen.
    pub(crate) fn known(&self, id: &str) -> Option<Record> {
        self.book().known(id)
    }

    /// Notes a record that was read by itself just now.
    pub(crate) fn learn(&self, record: &Record) {
        self.book().learn(record, Instant::now());
    }

    /// Forgets a record: it is not what it was.
    pub(crate) fn drop_record(&self, id: &str) {
        self.book().drop_record(id, Instant::now());
    }

    /// Forgets what is known of a key.
    pub(crate) fn drop_key(&self, key: &str) {
        self.book().drop_key(key, Instant::now());
    }

    /// Forgets keys that nobody asks for any more.
    pub(crate) fn forget_unasked(&self, now: Instant) {
        self.book().forget_unasked(now);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
