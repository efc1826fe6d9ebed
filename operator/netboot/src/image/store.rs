//! The images on disk and on their way.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use slipway_core::{
    backoff,
    boot::{Artifact, ImageState},
    clock::{Clock, Timestamp},
    failure::Failure,
    reason::Reason,
};
use tokio::{runtime::Handle, sync::Semaphore};
use url::Url;

use super::{
    ImageSource,
    fetch::{UNFINISHED, fetch},
};
use crate::{metrics::Metrics, render::is_sha256};

/// Fetches that run at the same time; others wait for their turn.
const AT_ONCE: usize = 4;

/// Pause after the first failed fetch.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// Longest pause between two fetches.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Every image by its digest. Several hosts and profiles share one.
pub(crate) struct Images {
    folder: PathBuf,
    source: Arc<dyn ImageSource>,
    clock: Arc<dyn Clock>,
    turns: Semaphore,
    runtime: Handle,
    metrics: Metrics,
    known: Mutex<HashMap<String, State>>,
}

enum State {
    Ready(u64),
    Fetching(Arc<AtomicU64>),
    Failed { failure: Failure, url: Url, failures: u32, again_at: Timestamp },
}

impl Images {
    /// Opens the store: images of an earlier run are taken over, unfinished files removed.
    pub(crate) fn open(
        data_dir: &Path,
        source: Arc<dyn ImageSource>,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        metrics: Metrics,
    ) -> io::Result<Self> {
        let folder = data_dir.join("images").join("sha256");
        fs::create_dir_all(&folder)?;
        let mut known = HashMap::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            } else if is_sha256(&name) {
                known.insert(name, State::Ready(entry.metadata()?.len()));
            }
        }
        let store = Self {
            folder,
            source,
            clock,
            turns: Semaphore::new(AT_ONCE),
            runtime,
            metrics,
            known: known.into(),
        };
        store.count_bytes(&store.known());
        Ok(store)
    }

    /// Where the image stands; starts to fetch it when nobody does and its pause is over.
    pub(crate) fn ask(self: &Arc<Self>, artifact: &Artifact) -> ImageState {
        if !is_sha256(&artifact.sha256) {
            let why = format!("sha256 of {} is not 64 lower-case hexadecimal digits", artifact.url);
            return ImageState::Failed(Failure::new(Reason::ProfileInvalid, why));
        }
        let mut known = self.known();
        let failures = match known.get(&artifact.sha256) {
            Some(State::Ready(length)) => return ImageState::Ready(*length),
            Some(State::Fetching(so_far)) => return ImageState::Fetching(so_far.load(Ordering::Relaxed)),
            // A corrected URL is tried at once.
            Some(State::Failed { failure, url, again_at, .. })
                if *url == artifact.url && self.clock.now() < *again_at =>
            {
                return ImageState::Failed(failure.clone());
            }
            Some(State::Failed { url, failures, .. }) if *url == artifact.url => *failures,
            Some(State::Failed { .. }) | None => 0,
        };
        let so_far = Arc::new(AtomicU64::new(0));
        known.insert(artifact.sha256.clone(), State::Fetching(so_far.clone()));
        drop(known);
        self.runtime.spawn(self.clone().run(artifact.clone(), so_far, failures));
        ImageState::Fetching(0)
    }

    /// Path and length of an image that is ready.
    pub(crate) fn ready(&self, sha256: &str) -> Option<(PathBuf, u64)> {
        match self.known().get(sha256) {
            Some(State::Ready(length)) => Some((self.folder.join(sha256), *length)),
            _ => None,
        }
    }

    /// Whether the image is being fetched or will be again.
    pub(crate) fn is_awaited(&self, sha256: &str) -> bool {
        matches!(self.known().get(sha256), Some(State::Fetching(_) | State::Failed { .. }))
    }

    /// Forgets an image whose file has gone; it is fetched again when it is next asked for.
    pub(crate) fn lost(&self, sha256: &str) {
        let mut known = self.known();
        known.remove(sha256);
        self.count_bytes(&known);
    }

    async fn run(self: Arc<Self>, artifact: Artifact, so_far: Arc<AtomicU64>, failures: u32) {
        let turn = self.turns.acquire().await;
        let result = fetch(&*self.source, &artifact, &self.folder, &so_far).await;
        drop(turn);
        let result_word = if result.is_ok() { "ok" } else { "failed" };
        self.metrics.image_fetches(result_word);
        let state = match result {
            Ok(length) => {
                tracing::info!(image.sha256 = artifact.sha256, image.bytes = length, "Image is ready");
                State::Ready(length)
            }
            Err(failure) => self.failed(&artifact, failure, failures),
        };
        let mut known = self.known();
        known.insert(artifact.sha256, state);
        self.count_bytes(&known);
    }

    fn failed(&self, artifact: &Artifact, failure: Failure, failures: u32) -> State {
        let seed = artifact.sha256.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
        let pause = backoff::delay(FIRST_PAUSE, LONGEST_PAUSE, failures, seed);
        let again_at = self.clock.now().checked_add(pause).unwrap_or(Timestamp::MAX);
        tracing::warn!(image.sha256 = artifact.sha256, reason = %failure.reason, "Image was not fetched: {failure}");
        State::Failed { failure, url: artifact.url.clone(), failures: failures.saturating_add(1), again_at }
    }

    fn count_bytes(&self, known: &HashMap<String, State>) {
        let ready = known
            .values()
            .filter_map(|state| if let State::Ready(length) = state { Some(*length) } else { None });
        self.metrics.image_bytes(ready.sum());
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
