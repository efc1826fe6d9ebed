//! Signs the requests of one principal, and keeps its token fresh.

use std::{fmt, sync::Arc, time::Duration};

use slipway_core::{
    backoff,
    clock::{SignedDuration, Timestamp},
    failure::Failure,
    reason::Class,
};
use slipway_outbound::Request;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    credentials::{Credential, Form, Principal},
    key::PrivateKey,
    keyring::Account,
    region::Region,
    sign::Hand,
    source::{Source, Surroundings},
    token::Token,
};

/// First pause after a renewal that failed; doubled for each further one.
const PAUSE: Duration = Duration::from_secs(2);
/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A token that is refused this soon after it was made would be refused again.
const FRESH: SignedDuration = SignedDuration::from_secs(30);

/// Which credential a request was signed with: a 401 to it says nothing of a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(u64);

/// Somebody at Oracle Cloud who signs requests. Shared by all that act in his name; one of them renews his token, the others
/// wait for it.
pub struct Signer {
    form: Form,
    region: Option<Region>,
    voucher: Voucher,
}

enum Voucher {
    Lasting { key_id: String, key: PrivateKey },
    Renewed { source: Source, surroundings: Arc<Surroundings>, memory: Mutex<Memory> },
}

/// What is known of the token.
#[derive(Default)]
struct Memory {
    token: Option<Arc<Token>>,
    generation: u64,
    /// A service refused the token.
    refused: bool,
    failed: Option<Failed>,
}

/// The last renewal, when it failed.
struct Failed {
    failure: Failure,
    at: Timestamp,
    pause: Duration,
    count: u32,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signer").field("form", &self.form).finish_non_exhaustive()
    }
}

impl Signer {
    pub(crate) fn new(principal: Principal, account: &Account, surroundings: Arc<Surroundings>) -> Self {
        let (form, region) = (principal.form(), principal.region().cloned());
        let renewed = |source| Voucher::Renewed { source, surroundings, memory: Mutex::default() };
        let voucher = match principal.credential {
            Credential::ApiKey { key_id, key } => Voucher::Lasting { key_id, key },
            Credential::Session { token, key } => {
                let (region, trust) = (account.region.clone(), account.trust.clone());
                renewed(Source::Session { token, key: Arc::new(key), region, trust })
            }
            Credential::Instance => renewed(Source::Instance),
            Credential::Resource => renewed(Source::Resource),
            Credential::Workload => renewed(Source::Workload),
        };
        Self { form, region, voucher }
    }

    /// How the principal proves itself.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The region that the Secret names, if any.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// Signs a request to the service at `origin`, which is what the peer was opened with. Called before every try: the date must
    /// be fresh, and the headers of an earlier signature are replaced. Sets `date`, `authorization`, and for POST, PUT and PATCH
    /// `content-length`, `x-content-sha256` and, where it is not set, `content-type` (`facts/oci.md §2.1`).
    ///
    /// Errors: [`slipway_core::reason::Reason::CredentialsRefused`] when only a person can renew the token; those of the way to
    /// who renews it. A token that still lasts is used when its renewal fails.
    pub async fn sign(
        &self,
        request: &mut Request,
        origin: &Url,
        now: Timestamp,
    ) -> Result<Generation, Failure> {
        match &self.voucher {
            Voucher::Lasting { key_id, key } => {
                Hand { key_id, key }.sign(request, origin, now)?;
                Ok(Generation(0))
            }
            Voucher::Renewed { source, surroundings, memory } => {
                let mut memory = memory.lock().await;
                let token = memory.token(source, surroundings, now).await?;
                let generation = Generation(memory.generation);
                drop(memory);
                let key_id = token.key_id();
                Hand { key_id: key_id.expose(), key: &token.key }.sign(request, origin, now)?;
                Ok(generation)
            }
        }
    }

    /// Tells that a service answered 401 to what was signed with `generation`. Whether one more try, signed anew, may help: a
    /// lasting key stays the same, and so does a token that was just made.
    pub async fn invalidate(&self, generation: Generation, now: Timestamp) -> bool {
        let Voucher::Renewed { memory, .. } = &self.voucher else {
            return false;
        };
        let mut memory = memory.lock().await;
        if memory.generation != generation.0 {
            return true;
        }
        let fresh =
            memory.token.as_ref().is_some_and(|token| now.duration_since(token.obtained).abs() < FRESH);
        memory.refused |= !fresh;
        !fresh
    }
}

impl Memory {
    async fn token(
        &mut self,
        source: &Source,
        surroundings: &Surroundings,
        now: Timestamp,
    ) -> Result<Arc<Token>, Failure> {
        let lasting = self.token.clone().filter(|token| !self.refused && now < token.ends);
        if let Some(token) = lasting.as_ref().filter(|token| now < token.renew_at) {
            return Ok(token.clone());
        }
        if let Some(failed) = self.failed.as_ref().filter(|failed| failed.holds(now)) {
            return lasting.ok_or_else(|| failed.failure.clone());
        }
        match source.renew(surroundings, self.token.as_deref(), now).await {
            Ok(token) => {
                let token = Arc::new(token);
                let generation = self.generation + 1;
                *self = Self { token: Some(token.clone()), generation, ..Self::default() };
                Ok(token)
            }
            Err(failure) => {
                let count = self.failed.as_ref().map_or(0, |failed| failed.count.saturating_add(1));
                self.failed = Some(Failed::new(failure.clone(), count, now));
                lasting.ok_or(failure)
            }
        }
    }
}

impl Failed {
    fn new(failure: Failure, count: u32, at: Timestamp) -> Self {
        let pause = match failure.reason.class() {
            Class::Person => LONGEST_PAUSE,
            _ => backoff::delay(PAUSE, LONGEST_PAUSE, count, 0),
        };
        let pause = pause.max(failure.retry_after.unwrap_or_default());
        Self { failure, at, pause, count }
    }

    /// Whether nobody should be asked yet. A clock that was set back ends the pause.
    fn holds(&self, now: Timestamp) -> bool {
        let since = now.duration_since(self.at);
        !since.is_negative() && Duration::try_from(since).is_ok_and(|since| since < self.pause)
    }
}
