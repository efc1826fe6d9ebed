//! Answers that may be some minutes old.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::time::Instant;

/// Most answers that are kept; one account has one organization, seldom a handful.
const MOST: usize = 64;

/// Answers by what was asked for, each with the moment before it was asked.
pub(crate) struct Kept<T>(Mutex<HashMap<String, (Instant, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// The answer, when it was asked for after `since`.
    pub(crate) fn get(&self, key: &str, since: Instant) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(asked, _)| *asked >= since).map(|(_, answer)| answer.clone())
    }

    /// Keeps an answer.
    pub(crate) fn put(&self, key: &str, asked: Instant, answer: T) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key.to_owned(), (asked, answer));
    }
}
