//! Calls held on purpose, for tests that kill the caller at one of them.

use crate::guarded::Guarded;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Where a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// It has come in and nothing is done.
    BeforeEffect,
    /// All is done and nothing is answered.
    AfterEffect,
    /// The answer is on the wire; nothing is held any more.
    AfterAnswer,
}

impl Position {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::BeforeEffect, Self::AfterEffect, Self::AfterAnswer];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Reached,
    Released,
    Abandoned,
}

#[derive(Debug)]
struct Entry {
    left: u64,
    position: Position,
    method: Option<String>,
    path: Option<String>,
    stage: Arc<watch::Sender<Stage>>,
    call: Arc<Guarded<Option<String>>>,
}

impl Entry {
    fn is_for(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    entries: Vec<Entry>,
}

/// Counts the calls to a cloud and its racks, all in one row, and holds the wanted one. Copies are one gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Guarded<State>>);

impl Gate {
    /// Calls that came in so far, to the cloud and to its racks.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.lock().calls
    }

    /// Holds the n-th call from now, 1 being the next, whatever it is.
    #[must_use = "dropping the hold lets nothing be held"]
    pub fn hold(&self, nth: u64, position: Position) -> Hold {
        self.add(nth, position, None, None)
    }

    /// Holds the n-th call from now of this method whose path contains this text.
    #[must_use = "dropping the hold lets nothing be held"]
    pub fn hold_on(&self, method: &str, path: &str, nth: u64, position: Position) -> Hold {
        self.add(nth, position, Some(method.to_owned()), Some(path.to_owned()))
    }

    fn add(&self, nth: u64, position: Position, method: Option<String>, path: Option<String>) -> Hold {
        let stage = Arc::new(watch::channel(Stage::Waiting).0);
        let call = Arc::new(Guarded::default());
        let hold = Hold { stage: Arc::clone(&stage), call: Arc::clone(&call) };
        self.0.lock().entries.push(Entry { left: nth.max(1), position, method, path, stage, call });
        hold
    }

    /// A call has come in; it passes the three positions with what is given back.
    pub(crate) fn arrive(&self, method: &str, path: &str) -> Passage {
        let mut state = self.0.lock();
        state.calls += 1;
        let mut mine = Vec::new();
        state.entries.retain_mut(|entry| {
            if *entry.stage.borrow() != Stage::Waiting {
                return false;
            }
            if !entry.is_for(method, path) {
                return true;
            }
            entry.left -= 1;
            if entry.left > 0 {
                return true;
            }
            *entry.call.lock() = Some(format!("{method} {path}"));
            mine.push((entry.position, Arc::clone(&entry.stage)));
            false
        });
        Passage(mine)
    }
}

/// One call's way through the gate.
#[derive(Debug)]
pub(crate) struct Passage(Vec<(Position, Arc<watch::Sender<Stage>>)>);

impl Passage {
    /// Waits here if a test wants it; false when the connection is to be cut.
    pub(crate) async fn pass(&self, position: Position) -> bool {
        for (_, stage) in self.0.iter().filter(|(wanted, _)| *wanted == position) {
            reach(stage);
            let mut seen = stage.subscribe();
            let over = seen.wait_for(|stage| matches!(stage, Stage::Released | Stage::Abandoned)).await;
            if over.is_ok_and(|stage| *stage == Stage::Abandoned) {
                return false;
            }
        }
        true
    }

    /// What is to be told once the answer has left; `None` when nobody waits for it.
    pub(crate) fn answered(self) -> Option<impl FnOnce() + Send + 'static> {
        let told: Vec<_> =
            self.0.into_iter().filter(|(position, _)| *position == Position::AfterAnswer).collect();
        (!told.is_empty()).then_some(move || told.iter().for_each(|(_, stage)| reach(stage)))
    }
}

fn reach(stage: &watch::Sender<Stage>) {
    stage.send_if_modified(|stage| {
        let waiting = *stage == Stage::Waiting;
        if waiting {
            *stage = Stage::Reached;
        }
        waiting
    });
}

/// A call that is to be held. Dropped without [`Hold::release`], the held call is cut off: before the effect nothing is
/// done, after it nothing is answered.
#[derive(Debug)]
pub struct Hold {
    stage: Arc<watch::Sender<Stage>>,
    call: Arc<Guarded<Option<String>>>,
}

impl Hold {
    /// Waits until the call is at its position; false when that does not come within the limit.
    pub async fn reached(&self, limit: Duration) -> bool {
        let mut stage = self.stage.subscribe();
        let reached = stage.wait_for(|stage| *stage != Stage::Waiting);
        tokio::time::timeout(limit, reached).await.is_ok_and(|seen| seen.is_ok())
    }

    /// Whether the call is, or was, at its position.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        *self.stage.borrow() != Stage::Waiting
    }

    /// Method and path of the call, once it has come in.
    #[must_use]
    pub fn call(&self) -> Option<String> {
        self.call.lock().clone()
    }

    /// Lets the call go on, also when its caller is gone: a request that is late.
    pub fn release(self) {
        self.stage.send_replace(Stage::Released);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.stage.send_if_modified(|stage| {
            let open = matches!(stage, Stage::Waiting | Stage::Reached);
            if open {
                *stage = Stage::Abandoned;
            }
            open
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn the_wanted_call_waits_and_others_pass() {
        let gate = Gate::default();
        let hold = gate.hold_on("PUT", "/things", 2, Position::BeforeEffect);
        assert!(gate.arrive("PUT", "/things/1").pass(Position::BeforeEffect).await);
        assert!(gate.arrive("GET", "/things/1").pass(Position::BeforeEffect).await);
        assert!(!hold.is_reached());
        let passage = gate.arrive("PUT", "/things/2");
        let waiting = tokio::spawn(async move { passage.pass(Position::BeforeEffect).await });
        assert!(hold.reached(LIMIT).await);
        assert_eq!(hold.call().as_deref(), Some("PUT /things/2"));
        hold.release();
        assert!(waiting.await.unwrap());
        assert_eq!(gate.calls(), 3);
    }

    #[tokio::test]
    async fn a_dropped_hold_cuts_its_call_and_holds_no_other() {
        let gate = Gate::default();
        let hold = gate.hold(1, Position::AfterEffect);
        let passage = gate.arrive("GET", "/");
        let waiting = tokio::spawn(async move { passage.pass(Position::AfterEffect).await });
        assert!(hold.reached(LIMIT).await);
        drop(hold);
        assert!(!waiting.await.unwrap());
        drop(gate.hold(1, Position::BeforeEffect));
        assert!(gate.arrive("GET", "/").pass(Position::BeforeEffect).await);
    }
}
