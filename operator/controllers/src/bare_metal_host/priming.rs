//! Holds the boot service back until it knows every host of the first lists.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use slipway_core::boot::BootPort;

/// Counts what the boot service still has to be told before it may answer: a host in the middle of an installation that asks for its script just
/// after a restart must not be taken for an unknown machine.
pub(crate) struct Priming {
    boot: Arc<dyn BootPort>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lists_to_come: usize,
    hosts_to_come: HashSet<String>,
    done: bool,
}

impl Priming {
    pub(crate) fn new(boot: Arc<dyn BootPort>) -> Self {
        Self { boot, state: Mutex::default() }
    }

    /// One more list of hosts is going to come.
    pub(crate) fn expect_list(&self) {
        self.change(|state| state.lists_to_come += 1);
    }

    /// A host of a first list is in the middle of an installation.
    pub(crate) fn expect_host(&self, uid: &str) {
        self.change(|state| {
            if !state.done {
                state.hosts_to_come.insert(uid.to_owned());
            }
        });
    }

    /// A list is complete.
    pub(crate) fn list_came(&self) {
        self.change(|state| state.lists_to_come = state.lists_to_come.saturating_sub(1));
    }

    /// A host is known to the boot service, or gone.
    pub(crate) fn host_came(&self, uid: &str) {
        self.change(|state| {
            state.hosts_to_come.remove(uid);
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.done {
            return;
        }
        change(&mut state);
        if state.lists_to_come == 0 && state.hosts_to_come.is_empty() {
            state.done = true;
            self.boot.primed();
        }
    }

    /// Whether the boot service knows every host.
    pub(crate) fn is_done(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).done
    }
}
