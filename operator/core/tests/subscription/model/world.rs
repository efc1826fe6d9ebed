//! Everything there is in a small world: registrar, cluster, API server, operator process, and what must be counted.
//!
//! There is no clock: the present stays where it is, and when time passes every date on record moves into the past. Dates older than any
//! limit are all alike, so the number of worlds is finite.

use std::{collections::VecDeque, fmt, time::Duration};

use slipway_core::{
    clock::{SignedDuration, Timestamp},
    finding::Finding,
    reason::Reason,
    subscription::{
        ClusterFacts, ClusterSight, Drift, DriftPolicy, Effect, Fields, INSTALLATION, Memory, Record,
        Release, SETTLE, SubscriptionWish, Support,
    },
};

use super::registrar::Registrar;
use crate::scene::{CLUSTER, CONSOLE};

/// One step of time: a third of the settle time.
pub(super) const TICK: Duration = Duration::from_secs(SETTLE.as_secs() / 3);

/// The present.
pub(super) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 10_000)
}

/// What status keeps.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Status {
    pub(super) id: Option<String>,
    pub(super) reserving_since: Option<Timestamp>,
    pub(super) fields: Option<Fields>,
    pub(super) drift: Vec<Drift>,
}

/// What the API server keeps.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) status: Option<Status>,
    pub(super) memory: Memory,
}

/// One thing on a reconcile's way.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Remember(Memory),
    Store(Status),
    /// Do this at the registrar; the differences are the ones to be kept when it is done.
    Run(Effect, Vec<Drift>),
    Release(String, Release),
    /// The finalizer is taken off.
    LetGo,
}

/// The operator process: all of it is lost in a crash.
#[derive(Debug, Clone, Default)]
pub(super) struct Process {
    pub(super) acts: VecDeque<Act>,
    /// Whether the call that comes next has waited for its turn.
    pub(super) waited: bool,
}

/// What the cluster is, by the number of its installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cluster {
    Absent,
    Preparing(u8),
    Installed(u8),
}

/// A small world.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that is so or not")]
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) registrar: Registrar,
    pub(super) api: Api,
    pub(super) process: Process,
    pub(super) cluster: Cluster,
    pub(super) is_reachable: bool,
    /// Number of the name in the spec.
    pub(super) name: u8,
    pub(super) drift: DriftPolicy,
    /// The object is being deleted.
    pub(super) is_going: bool,
    pub(super) is_gone: bool,
    pub(super) faults_left: u8,
    pub(super) crashes_left: u8,
    pub(super) wipes_left: u8,
    pub(super) changes_left: u8,
    /// How often somebody else changed a field, as far as it matters.
    pub(super) fights: u8,
    /// Whether what we did, or what was there before, was ever not recorded: the status was lost, or an answer.
    pub(super) is_unsure: bool,
    /// A law that was broken.
    pub(super) broken: Option<String>,
}

/// The id for telemetry of an installation.
pub(super) fn external(installation: u8) -> String {
    format!("00000000-0000-0000-0000-{installation:012}")
}

impl World {
    /// Records that a law was broken, if it was.
    pub(super) fn hold(&mut self, law: bool, broken: &str) {
        if !law && self.broken.is_none() {
            self.broken = Some(broken.to_owned());
        }
    }

    /// Whether a person, and not the registrar, is at work.
    pub(super) fn count_fight(&mut self) {
        self.fights = (self.fights + 1).min(4);
    }

    /// What is asked of the record.
    pub(super) fn wish(&self) -> SubscriptionWish {
        SubscriptionWish {
            cluster_id: CLUSTER.to_owned(),
            display_name: format!("edge-{}", self.name),
            product_id: "OCP".to_owned(),
            product_category: "AssistedInstall".to_owned(),
            support: Support::default(),
            labels: [(INSTALLATION.to_owned(), "site-a".to_owned())].into(),
            drift: self.drift,
            follows_cluster: true,
            suspended: false,
        }
    }

    /// What the cluster says.
    pub(super) fn sight(&self) -> ClusterSight {
        if !self.is_reachable {
            return ClusterSight::Unknown(Finding::new(Reason::ClusterUnreachable, "no route"));
        }
        let facts = |number: u8, is_installed| ClusterFacts {
            external_cluster_id: Some(external(number)),
            console_url: Some(CONSOLE.to_owned()),
            is_installed,
        };
        ClusterSight::Known(match self.cluster {
            Cluster::Absent => ClusterFacts::default(),
            Cluster::Preparing(number) => facts(number, false),
            Cluster::Installed(number) => facts(number, true),
        })
    }

    /// The record that a person at the console sees.
    pub(super) fn shown(&self) -> Option<&Record> {
        self.registrar.kept.first().map(|kept| &kept.record)
    }

    /// The process ends, and another one begins. `counts_anew`: so does the settle time of what is not answered, because a call may have waited
    /// for its turn since it was put on record.
    pub(super) fn crash(&mut self, counts_anew: bool) {
        self.is_unsure |= self.process.acts.iter().any(|act| matches!(act, Act::Store(_)));
        self.process = Process::default();
        if let Some(status) = self.api.status.as_mut().filter(|_| counts_anew) {
            status.reserving_since = status.reserving_since.map(|_| now());
        }
    }

    /// An id that nobody has heard of.
    pub(super) fn mint(&self) -> String {
        let heard = |id: &String| {
            let status = self.api.status.as_ref().and_then(|status| status.id.as_ref());
            self.registrar.find(id).is_some()
                || [self.api.memory.subscription_id.as_ref(), status].contains(&Some(id))
        };
        (0..=u8::MAX).map(|number| format!("s{number}")).find(|id| !heard(id)).unwrap()
    }

    /// One step of time passes.
    pub(super) fn tick(&mut self) {
        self.registrar.tick();
        self.age(TICK);
    }

    /// Every date moves into the past.
    pub(super) fn age(&mut self, by: Duration) {
        let oldest = now() - TICK * 4;
        let aged = |moment: Timestamp| (moment - by).max(oldest);
        for status in self.states() {
            status.reserving_since = status.reserving_since.map(aged);
            status.drift.iter_mut().for_each(|drift| drift.at -= by);
        }
    }

    /// Every status that is kept anywhere.
    pub(super) fn states(&mut self) -> impl Iterator<Item = &mut Status> {
        let acts = self.process.acts.iter_mut().filter_map(|act| match act {
            Act::Store(status) => Some(status),
            _ => None,
        });
        self.api.status.as_mut().into_iter().chain(acts)
    }
}

impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kept in &self.registrar.kept {
            let record = &kept.record;
            let fields: Vec<_> =
                record.fields().into_iter().map(|(field, value)| format!("{field}={value}")).collect();
            write!(formatter, "[{} {} lag {}: {}] ", record.id, record.status, kept.lag, fields.join(" "))?;
        }
        let Self { cluster, is_reachable, name, is_going, is_gone, .. } = self;
        write!(
            formatter,
            "{cluster:?} reachable {is_reachable} name {name} going {is_going} gone {is_gone}; "
        )?;
        write!(
            formatter,
            "status {:?}; memory {:?}; acts {:?}",
            self.api.status, self.api.memory, self.process.acts
        )
    }
}
