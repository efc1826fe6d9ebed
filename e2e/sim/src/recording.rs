//! What was asked of one BMC: every call and the counters.

use crate::guarded::Guarded;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// One call as the BMC saw it.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// Number of the call at this BMC, from 1.
    pub number: u64,
    /// When it came, since the start of the fleet.
    pub at: Duration,
    /// HTTP method.
    pub method: String,
    /// Path with the query.
    pub path: String,
    /// HTTP status of the answer; `None` when none was sent (yet).
    pub status: Option<u16>,
    /// `If-Match` of the request.
    pub if_match: Option<String>,
    /// JSON body of a write; never of a login.
    pub body: Option<serde_json::Value>,
}

/// Sums over all calls to one BMC (or, added up, to a fleet).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// All calls.
    pub calls: u64,
    /// GET and HEAD calls.
    pub gets: u64,
    /// POST, PATCH, PUT and DELETE calls, logins and logouts included.
    pub writes: u64,
    /// Sessions made.
    pub logins: u64,
    /// Sessions ended by DELETE.
    pub logouts: u64,
    /// Calls let in by Basic authentication.
    pub basic: u64,
    /// Wrong passwords, by session or Basic.
    pub failed_logins: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Reset actions accepted, by `ResetType`.
    pub resets: BTreeMap<String, u64>,
}

impl Counters {
    /// Reset actions accepted, of any type.
    #[must_use]
    pub fn reset_count(&self) -> u64 {
        self.resets.values().sum()
    }

    /// Adds another BMC's sums.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.gets += other.gets;
        self.writes += other.writes;
        self.logins += other.logins;
        self.logouts += other.logouts;
        self.basic += other.basic;
        self.failed_logins += other.failed_logins;
        self.connections += other.connections;
        for (kind, count) in &other.resets {
            *self.resets.entry(kind.clone()).or_default() += count;
        }
    }
}

#[derive(Debug)]
struct Tape {
    limit: usize,
    calls: VecDeque<Call>,
    counters: Counters,
}

/// The recording of one BMC.
#[derive(Debug)]
pub(crate) struct Recording {
    started: Instant,
    tape: Guarded<Tape>,
    changed: watch::Sender<u64>,
}

/// What is known of a call when it comes in.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) if_match: Option<String>,
}

impl Recording {
    pub(crate) fn new(started: Instant, limit: usize) -> Self {
        let tape = Tape { limit, calls: VecDeque::new(), counters: Counters::default() };
        Self { started, tape: Guarded::new(tape), changed: watch::channel(0).0 }
    }

    /// Notes a call that has come in; its number is what `finish` takes.
    pub(crate) fn begin(&self, arrival: Arrival) -> u64 {
        let Arrival { method, path, if_match } = arrival;
        let mut tape = self.tape.lock();
        tape.counters.calls += 1;
        match method.as_str() {
            "GET" | "HEAD" => tape.counters.gets += 1,
            _ => tape.counters.writes += 1,
        }
        let number = tape.counters.calls;
        if tape.calls.len() >= tape.limit {
            tape.calls.pop_front();
        }
        let at = self.started.elapsed();
        tape.calls.push_back(Call { number, at, method, path, status: None, if_match, body: None });
        drop(tape);
        self.changed.send_replace(number);
        number
    }

    pub(crate) fn note_body(&self, number: u64, body: serde_json::Value) {
        self.edit(number, |call| call.body = Some(body));
    }

    pub(crate) fn finish(&self, number: u64, status: u16) {
        self.edit(number, |call| call.status = Some(status));
        self.changed.send_replace(number);
    }

    fn edit(&self, number: u64, change: impl FnOnce(&mut Call)) {
        let mut tape = self.tape.lock();
        if let Some(call) = tape.calls.iter_mut().rev().find(|call| call.number == number) {
            change(call);
        }
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.tape.lock().counters);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.tape.lock().calls.iter().cloned().collect()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.tape.lock().counters.clone()
    }

    /// Forgets calls and sums; numbers start again at 1.
    pub(crate) fn clear(&self) {
        let mut tape = self.tape.lock();
        tape.calls.clear();
        tape.counters = Counters::default();
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(path: &str) -> Arrival {
        Arrival { method: "GET".to_owned(), path: path.to_owned(), if_match: None }
    }

    #[tokio::test]
    async fn old_calls_are_dropped_and_counters_go_on() {
        let recording = Recording::new(Instant::now(), 2);
        for path in ["/a", "/b", "/c"] {
            let number = recording.begin(arrival(path));
            recording.finish(number, 200);
        }
        let paths: Vec<_> = recording.calls().into_iter().map(|call| (call.number, call.path)).collect();
        assert_eq!(paths, [(2, "/b".to_owned()), (3, "/c".to_owned())]);
        assert_eq!(recording.counters().gets, 3);
    }
}
