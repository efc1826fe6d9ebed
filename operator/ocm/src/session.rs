//! What belongs to one account: its pace, its token, and what is remembered of its records.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use slipway_core::{
    clock::Clock,
    failure::Failure,
    reason::Reason,
    secret::Secret,
    subscription::{Account, Capability, Principal},
    trust::Trust,
};
use slipway_outbound::{Connector, Observer, Peer};
use tokio::{sync::Semaphore, time::Instant};
use url::Url;

use crate::{
    budget::Budget,
    credentials::Credentials,
    environment,
    limits::Limits,
    memo::Memo,
    roll::Roll,
    token::{Counts, exchange::Exchange, source::Source},
};

/// How long it is kept what belongs to an account that nobody speaks for.
const KEPT: Duration = Duration::from_hours(6);
/// How often sessions and keys without use are looked for.
const SWEEP: Duration = Duration::from_mins(1);
/// Most organizations whose capabilities are remembered in one session.
const ORGANIZATIONS: usize = 64;

/// What all sessions share.
pub(crate) struct Surroundings {
    pub(crate) connector: Arc<Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) counts: Arc<Counts>,
}

/// What the requests of one account at one address share, however it is reached.
pub(crate) struct Lane {
    pub(crate) budget: Budget,
    /// Requests under way.
    pub(crate) places: Semaphore,
    /// Until when the registrar asked to be left alone.
    held_until: Mutex<Option<Instant>>,
    /// Paths of which the registrar said that they will go away.
    deprecated: Mutex<BTreeSet<&'static str>>,
}

impl Lane {
    fn new(limits: &Limits) -> Self {
        Self {
            budget: Budget::new(limits.requests_per_second, limits.burst),
            places: Semaphore::new(limits.concurrent.max(1)),
            held_until: Mutex::default(),
            deprecated: Mutex::default(),
        }
    }

    /// Leaves the registrar alone for a while.
    pub(crate) fn hold(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut held = lock(&self.held_until);
        *held = Some(held.map_or(until, |known| known.max(until)));
    }

    /// How long the registrar is still to be left alone.
    pub(crate) fn held(&self) -> Option<Duration> {
        let left = lock(&self.held_until).map(|until| until.saturating_duration_since(Instant::now()));
        left.filter(|left| !left.is_zero())
    }

    /// Whether it is the first time that this is said of the path.
    pub(crate) fn is_news(&self, path: &'static str) -> bool {
        lock(&self.deprecated).insert(path)
    }
}

/// How a request proves who we are.
pub(crate) enum Proof {
    /// By a token that ends.
    Token(Source),
    /// By the same header for ever.
    Fixed(Secret),
}

/// A connection, and when its name was looked up.
type Line = (Arc<Peer>, Instant);

/// What belongs to one account.
pub(crate) struct Session {
    pub(crate) lane: Arc<Lane>,
    pub(crate) proof: Proof,
    /// Scheme, host and port: a path in the address does not count (`facts/ocm.md §1.6`).
    pub(crate) origin: Url,
    pub(crate) line: tokio::sync::Mutex<Option<Line>>,
    pub(crate) principal: Memo<Principal>,
    /// Records by our key.
    pub(crate) clusters: Roll,
    /// Records by the id for telemetry.
    pub(crate) externals: Roll,
    capabilities: Mutex<HashMap<String, Arc<Memo<Vec<Capability>>>>>,
}

impl Session {
    /// What is remembered of an organization.
    pub(crate) fn capabilities(&self, organization_id: &str) -> Arc<Memo<Vec<Capability>>> {
        let mut known = lock(&self.capabilities);
        if known.len() >= ORGANIZATIONS && !known.contains_key(organization_id) {
            known.clear();
        }
        known.entry(organization_id.to_owned()).or_default().clone()
    }

    fn ends(&self) -> Option<Instant> {
        match &self.proof {
            Proof::Token(source) => source.ends(),
            Proof::Fixed(_) => None,
        }
    }
}

/// What tells sessions apart. Secrets of the same content are one account, whatever their names.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    origin: String,
    token_url: Option<Url>,
    proxy: Option<Url>,
    trust: Trust,
    credentials: [u8; 32],
}

/// All sessions in use.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Known>);

#[derive(Default)]
struct Known {
    sessions: HashMap<Key, (Arc<Session>, Instant)>,
    lanes: HashMap<(String, [u8; 32]), Arc<Lane>>,
    swept: Option<Instant>,
}

impl Sessions {
    /// The session of an account. Nothing is sent.
    ///
    /// Errors: [`Reason::CredentialsInvalid`], [`Reason::InvalidSpec`].
    pub(crate) fn of(&self, account: &Account, surroundings: &Surroundings) -> Result<Arc<Session>, Failure> {
        let credentials = Credentials::read(&account.credentials, &account.secret_name)?;
        let key = Key {
            origin: account.url.origin().ascii_serialization(),
            token_url: account.token_url.clone(),
            proxy: account.proxy.clone(),
            trust: account.trust.clone(),
            credentials: credentials.identity(),
        };
        let now = Instant::now();
        let mut known = lock(&self.0);
        known.sweep(now);
        if let Some((session, used)) = known.sessions.get_mut(&key) {
            *used = now;
            return Ok(session.clone());
        }
        let lane = known.lanes.entry((key.origin.clone(), key.credentials));
        let lane = lane.or_insert_with(|| Arc::new(Lane::new(&surroundings.limits))).clone();
        let session = Arc::new(open(account, credentials, lane, surroundings)?);
        known.sessions.insert(key, (session.clone(), now));
        Ok(session)
    }

    /// Seconds until the first token in use ends.
    pub(crate) fn seconds_to_expiry(&self) -> Option<f64> {
        let known = lock(&self.0);
        let ends = known.sessions.values().filter_map(|(session, _)| session.ends()).min()?;
        let now = Instant::now();
        let left = ends.saturating_duration_since(now).as_secs_f64();
        Some(if ends >= now { left } else { -(now - ends).as_secs_f64() })
    }
}

impl Known {
    /// Drops what nobody has used for long.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_some_and(|swept| now - swept < SWEEP) {
            return;
        }
        self.swept = Some(now);
        self.sessions.retain(|_, (session, used)| Arc::strong_count(session) > 1 || now - *used < KEPT);
        self.lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
        for (session, _) in self.sessions.values() {
            session.clusters.forget_unasked(now);
            session.externals.forget_unasked(now);
        }
    }
}

fn open(
    account: &Account,
    credentials: Credentials,
    lane: Arc<Lane>,
    surroundings: &Surroundings,
) -> Result<Session, Failure> {
    let proof = match credentials {
        Credentials::Pull(header) => Proof::Fixed(header),
        credentials => Proof::Token(Source::new(
            Exchange {
                connector: surroundings.connector.clone(),
                clock: surroundings.clock.clone(),
                observer: surroundings.observer.clone(),
                limits: surroundings.limits.clone(),
                url: environment::token_url(account)?,
                is_given: account.token_url.is_some(),
                proxy: account.proxy.clone(),
                trust: account.trust.clone(),
                client_id: environment::client_id(&account.url),
                credentials,
            },
            surroundings.counts.clone(),
        )),
    };
    let limits = &surroundings.limits;
    Ok(Session {
        lane,
        proof,
        origin: origin(&account.url)?,
        line: tokio::sync::Mutex::default(),
        principal: Memo::default(),
        clusters: Roll::by_cluster(limits),
        externals: Roll::by_external(limits),
        capabilities: Mutex::default(),
    })
}

fn origin(url: &Url) -> Result<Url, Failure> {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    match origin.host() {
        Some(_) => Ok(origin),
        None => Err(Failure::new(
            Reason::InvalidSpec,
            "spec.registrar.ocm.url lacks a host; give one such as https://api.openshift.com",
        )),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
