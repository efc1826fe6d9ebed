//! Gives the token of one account, and has it renewed by one at a time.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use slipway_core::{backoff, failure::Failure, reason::Reason, secret::Secret};
use tokio::{sync::OwnedMutexGuard, time::Instant};

use super::{
    Counts, Token,
    exchange::Exchange,
    grant::{self, Denial},
};

/// Versions of a Secret with the same content that are remembered as refused.
const VERSIONS: usize = 1024;

/// What stands in `Authorization`, and which token it is.
#[derive(Clone)]
pub(crate) struct Pass {
    pub(crate) header: Secret,
    pub(crate) generation: u64,
}

/// Who asks for a token.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// Version of his Secret.
    pub(crate) version: &'a str,
    /// Its name, for messages.
    pub(crate) secret_name: &'a str,
}

/// The tokens of one account.
pub(crate) struct Source {
    exchange: Arc<Exchange>,
    counts: Arc<Counts>,
    state: Arc<tokio::sync::Mutex<State>>,
    ends: Arc<Mutex<Option<Instant>>>,
    /// The generation that was refused although it was fresh, or 0: another one would not help.
    in_vain: AtomicU64,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    generation: u64,
    /// The latest token to renew with, where the service gives a new one each time.
    refresh: Option<Secret>,
    refused: Option<Refused>,
    failed: Option<Failed>,
}

/// Credentials that are refused until the Secret changes.
struct Refused {
    words: String,
    versions: VecDeque<String>,
}

/// A request that failed in a way that may pass.
struct Failed {
    failure: Failure,
    ended: Instant,
    again_at: Instant,
    in_a_row: u32,
}

impl Source {
    pub(crate) fn new(exchange: Exchange, counts: Arc<Counts>) -> Self {
        Self {
            exchange: Arc::new(exchange),
            counts,
            state: Arc::default(),
            ends: Arc::default(),
            in_vain: AtomicU64::new(0),
        }
    }

    /// The token. However many ask, one request is made, and its outcome is everybody's who waited for it.
    ///
    /// Errors: [`Reason::CredentialsRefused`], without a request when this version of the Secret was refused before, and those of
    /// the way to the token service.
    pub(crate) async fn pass(&self, asker: Asker<'_>) -> Result<Pass, Failure> {
        let came = Instant::now();
        let state = self.state.clone().lock_owned().await;
        if let Some(known) = state.known(asker, came, Instant::now(), self.exchange.is_token()) {
            return known;
        }
        self.fetch(state, asker).await
    }

    /// Has the next call fetch another token, because the service refuses this one. `false`: another would not help.
    pub(crate) async fn doubt(&self, pass: &Pass) -> bool {
        if self.in_vain.load(Ordering::SeqCst) == pass.generation {
            return false;
        }
        let mut state = self.state.lock().await;
        state.token.take_if(|token| token.generation == pass.generation);
        true
    }

    /// Notes that a token was refused that was fetched because the one before was.
    pub(crate) fn refused_fresh(&self, pass: &Pass) {
        self.in_vain.store(pass.generation, Ordering::SeqCst);
    }

    /// Notes that the service takes the token.
    pub(crate) fn accepted(&self, pass: &Pass) {
        let _ = self.in_vain.compare_exchange(pass.generation, 0, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// When the token in use ends.
    pub(crate) fn ends(&self) -> Option<Instant> {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What must not stand in a message.
    pub(crate) fn secret(&self) -> &Secret {
        self.exchange.credentials.secret()
    }

    /// Fetches a token in a task of its own: whoever stops waiting must not lose a token to renew with that is good only once.
    async fn fetch(&self, mut state: OwnedMutexGuard<State>, asker: Asker<'_>) -> Result<Pass, Failure> {
        let (exchange, counts, ends) = (self.exchange.clone(), self.counts.clone(), self.ends.clone());
        let (version, secret_name) = (asker.version.to_owned(), asker.secret_name.to_owned());
        let task = tokio::spawn(async move {
            let outcome = exchange.ask(state.refresh.as_ref()).await;
            let now = Instant::now();
            match outcome {
                Ok(grant) => {
                    counts.obtained.fetch_add(1, Ordering::Relaxed);
                    state.generation += 1;
                    let token = Token::new(grant.access.expose(), state.generation, grant.life, now);
                    *ends.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.ends);
                    let refresh =
                        grant.refresh.filter(|_| exchange.is_token()).or_else(|| state.refresh.take());
                    *state = State {
                        generation: state.generation,
                        refresh,
                        token: Some(token),
                        ..State::default()
                    };
                }
                Err(Denial::Final(words)) => {
                    counts.refused.fetch_add(1, Ordering::Relaxed);
                    *ends.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    state.refuse(words, version.clone());
                }
                Err(Denial::Passing(failure)) => {
                    counts.failed.fetch_add(1, Ordering::Relaxed);
                    let nanos = u64::from(exchange.clock.now().subsec_nanosecond().unsigned_abs());
                    state.fail(failure, now, nanos, &exchange);
                }
            }
            let asker = Asker { version: &version, secret_name: &secret_name };
            state.known(asker, now, now, exchange.is_token())
        });
        let outcome = task.await.ok().flatten();
        outcome.unwrap_or_else(|| Err(Failure::new(Reason::Internal, "a request for a token was broken off")))
    }
}

impl State {
    /// What is known without a request, for somebody who came then. Who came before the last request ended takes its failure.
    fn known(
        &self,
        asker: Asker<'_>,
        came: Instant,
        now: Instant,
        is_token: bool,
    ) -> Option<Result<Pass, Failure>> {
        if let Some(refused) = &self.refused
            && refused.versions.iter().any(|version| version == asker.version)
        {
            return Some(Err(grant::mend(&refused.words, is_token, asker.secret_name)));
        }
        let pass = |token: &Token| Pass { header: token.header.clone(), generation: token.generation };
        if let Some(token) = self.token.as_ref().filter(|token| now < token.renew_at) {
            return Some(Ok(pass(token)));
        }
        let failed = self.failed.as_ref().filter(|failed| failed.ended >= came || now < failed.again_at)?;
        // It is renewed ahead of its end for cases like this.
        let still_good = self.token.as_ref().filter(|token| now < token.ends);
        Some(still_good.map(pass).ok_or_else(|| failed.failure.clone()))
    }

    fn refuse(&mut self, words: String, version: String) {
        let mut versions = self.refused.take().map(|refused| refused.versions).unwrap_or_default();
        versions.truncate(VERSIONS - 1);
        versions.push_front(version);
        // The Secret may have an older token that is good for something when the one of its line is not.
        *self = Self {
            generation: self.generation,
            refused: Some(Refused { words, versions }),
            ..Self::default()
        };
    }

    fn fail(&mut self, failure: Failure, now: Instant, seed: u64, exchange: &Exchange) {
        let in_a_row = self.failed.as_ref().map_or(0, |failed| failed.in_a_row.saturating_add(1));
        let limits = &exchange.limits;
        let own = backoff::delay(limits.pause, limits.token_pause, in_a_row, seed);
        let pause = own.max(failure.retry_after.unwrap_or_default().min(limits.hold));
        self.failed = Some(Failed { failure, ended: now, again_at: now + pause, in_a_row });
    }
}
