//! Holds the controllers back until the cluster serves their kinds, and from a namespace until it may be listed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use kube::Client;
use slipway_controllers::Scope;
use tokio::sync::watch;

use crate::{
    definitions::{self, Lack},
    rights,
};

/// Between two looks at what was not there: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(4);

/// What the controllers wait for, in words.
#[derive(Default)]
struct Waiting {
    /// The kinds; until the first look there is none.
    definitions: Option<String>,
    /// Scopes that are not served.
    scopes: BTreeMap<Scope, String>,
    /// Whether any scope is served.
    serves: bool,
}

/// Who is let in, and what keeps the others out.
pub(crate) struct Admission {
    client: Client,
    waiting: Mutex<Waiting>,
}

impl Admission {
    /// Nothing is looked at before [`Admission::serve`].
    pub(crate) fn new(client: Client) -> Arc<Self> {
        Arc::new(Self { client, waiting: Mutex::default() })
    }

    /// Notes of what is not served, one a line; an error while nothing is.
    pub(crate) fn readiness(&self) -> Result<String, String> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let notes: String = waiting.scopes.values().flat_map(|note| [note, "\n"]).collect();
        match &waiting.definitions {
            Some(lack) => Err(lack.clone()),
            None if waiting.serves => Ok(notes),
            None if notes.is_empty() => {
                Err("the cluster is still being asked for kinds and rights".to_owned())
            }
            None => Err(notes.trim_end().to_owned()),
        }
    }

    /// Calls `serve` as soon as the kinds are served, with the scopes that may be listed, and again with each other scope as soon as that may be listed
    /// too. Ends when every call has ended, or while it waits when `stop` becomes true.
    ///
    /// Errors: the definitions of this version cannot be expressed, which the tests of `crds/` exclude.
    pub(crate) async fn serve<F>(
        &self,
        scopes: Vec<Scope>,
        stop: watch::Receiver<bool>,
        serve: impl Fn(Vec<Scope>) -> F,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = ()>,
    {
        let needed = definitions::needed()?;
        let kinds = self.await_kinds(&needed);
        if until(stop.clone(), kinds).await.is_none() {
            return Ok(());
        }
        drop(needed);
        let looks = join_all(scopes.iter().map(|scope| self.may_list(scope)));
        let Some(looks) = until(stop.clone(), looks).await else { return Ok(()) };
        let (admitted, others): (Vec<_>, Vec<_>) =
            scopes.into_iter().zip(looks).partition(|(_, may_list)| *may_list);
        let admitted: Vec<Scope> = admitted.into_iter().map(|(scope, _)| scope).collect();
        let first = async {
            if !admitted.is_empty() {
                self.now_serves();
                serve(admitted).await;
            }
        };
        let later = join_all(others.into_iter().map(|(scope, _)| async {
            if until(stop.clone(), self.await_right(&scope)).await.is_some() {
                self.now_serves();
                serve(vec![scope]).await;
            }
        }));
        futures::future::join(first, later).await;
        Ok(())
    }

    fn now_serves(&self) {
        self.change(|waiting| waiting.serves = true);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn await_kinds(&self, needed: &definitions::Fields) {
        let mut pauses = Pauses::default();
        loop {
            let lack = match definitions::ask(&self.client, needed).await {
                Ok(()) => None,
                Err(refused @ Lack::Refused(_)) => {
                    // What may not be looked at is no reason to do nothing.
                    tracing::warn!("The kinds are taken to be served: {refused}");
                    None
                }
                Err(lack) => Some(lack.to_string()),
            };
            let before = self.change(|waiting| std::mem::replace(&mut waiting.definitions, lack.clone()));
            match &lack {
                Some(lack) if before.as_ref() != Some(lack) => tracing::warn!("Waiting: {lack}"),
                None if before.is_some() => tracing::info!("The kinds are served now"),
                _ => {}
            }
            if lack.is_none() {
                return;
            }
            pauses.next().await;
        }
    }

    async fn await_right(&self, scope: &Scope) {
        let mut pauses = Pauses::default();
        while !self.may_list(scope).await {
            pauses.next().await;
        }
    }

    /// Looks at one scope, and says what has changed.
    async fn may_list(&self, scope: &Scope) -> bool {
        let denied = rights::unlistable(&self.client, scope).await;
        let place =
            scope.as_ref().map_or("the whole cluster".to_owned(), |name| format!("namespace {name:?}"));
        if denied.is_empty() {
            if self.change(|waiting| waiting.scopes.remove(scope)).is_some() {
                tracing::info!("Now {place} may be listed, and is served");
            }
            return true;
        }
        // The same rights lacking again need no question about the command.
        let words =
            format!("{place} is not served: the operator may not {} there; let it: ", rights::words(&denied));
        if !self.change(|waiting| waiting.scopes.get(scope).is_some_and(|note| note.starts_with(&words))) {
            let note = words + &rights::binding(&self.client, scope.as_deref()).await;
            tracing::warn!("Waiting: {note}");
            self.change(|waiting| waiting.scopes.insert(scope.clone(), note));
        }
        false
    }
}

/// Growing pauses.
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pauses {
    async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(LAST_PAUSE);
    }
}

/// What a future brings, or nothing when `stop` becomes true before.
async fn until<T>(mut stop: watch::Receiver<bool>, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        // A sender that is gone means the same as one that says stop.
        _ = stop.wait_for(|stop| *stop) => None,
        value = future => Some(value),
    }
}
