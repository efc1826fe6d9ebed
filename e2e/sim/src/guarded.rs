//! A value behind a mutex that outlives a panicked holder.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// State shared by the tasks of one BMC. A test that panics while holding it must not hide its own message behind
/// poisoning errors of every other task.
#[derive(Debug, Default)]
pub(crate) struct Guarded<T>(Mutex<T>);

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
