//! Signers by Secret, kept until the Secret changes.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use slipway_core::{failure::Failure, secret::Secret, trust::Trust};
use slipway_outbound::Connector;

use crate::{
    credentials::{OperatorIdentity, Principal},
    environment::Environment,
    region::Region,
    signer::Signer,
    source::Surroundings,
};

/// Signers kept at once; those used least of late go first.
const KEPT: usize = 256;

/// An account as an object of a user names it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Namespace and name of the Secret; whatever tells Secrets apart.
    pub secret: String,
    /// Changes whenever the content may have changed (the Secret's uid and resourceVersion).
    pub version: String,
    /// What the Secret holds.
    pub content: BTreeMap<String, Secret>,
    /// The region of the object; that of the Secret does not count here.
    pub region: Region,
    /// How the certificate of the auth service is judged when a session is refreshed.
    pub trust: Trust,
}

/// Everybody in whose name requests are signed. Made once and shared.
pub struct Keyring {
    surroundings: Arc<Surroundings>,
    own: OperatorIdentity,
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    secret: String,
    version: String,
    region: Region,
    trust: Trust,
    /// A Secret that is wrong stays wrong until it changes.
    outcome: Outcome,
}

type Outcome = Result<Arc<Signer>, Failure>;

impl Kept {
    fn new(account: &Account, outcome: Outcome) -> Self {
        let Account { secret, version, region, trust, .. } = account.clone();
        Self { secret, version, region, trust, outcome }
    }

    fn is_for(&self, account: &Account) -> bool {
        self.secret == account.secret && self.region == account.region && self.trust == account.trust
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keyring").field("own", &self.own).finish_non_exhaustive()
    }
}

impl Keyring {
    /// `connector` guards the way to addresses that a user's object leads to; `own` is the administrator's word.
    #[must_use]
    pub fn new(connector: Arc<Connector>, environment: Environment, own: OperatorIdentity) -> Self {
        let surroundings = Arc::new(Surroundings::new(connector, environment));
        Self { surroundings, own, kept: Mutex::default() }
    }

    /// Who signs for this account. The key is parsed once for each version of the Secret; a new version drops the old key and
    /// its token at once. No request is made.
    ///
    /// Errors: `SecretIncomplete` or `CredentialsInvalid` with every mistake of the Secret.
    pub fn signer(&self, account: &Account) -> Result<Arc<Signer>, Failure> {
        // An encrypted key takes a while to read: nobody else waits for it.
        let outcome = self.find(account).unwrap_or_else(|| self.make(account));
        let mut kept = self.kept();
        kept.retain(|known| known.secret != account.secret || known.version == account.version);
        let found = kept.iter().position(|known| known.is_for(account)).and_then(|place| kept.remove(place));
        let entry = found.unwrap_or_else(|| Kept::new(account, outcome));
        let outcome = entry.outcome.clone();
        kept.truncate(KEPT - 1);
        kept.push_front(entry);
        outcome
    }

    /// Drops what is kept for a Secret that nobody names any more.
    pub fn forget(&self, secret: &str) {
        self.kept().retain(|known| known.secret != secret);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, account: &Account) -> Option<Outcome> {
        let kept = self.kept();
        let same = |known: &&Kept| known.is_for(account) && known.version == account.version;
        kept.iter().find(same).map(|known| known.outcome.clone())
    }

    fn make(&self, account: &Account) -> Outcome {
        let principal = Principal::read(&account.content, self.own)?;
        Ok(Arc::new(Signer::new(principal, account, self.surroundings.clone())))
    }
}
