//! Everything there is in a small world: OCI, rack, API server, operator process, and what must be counted.
//!
//! There is no clock: the present stays where it is, and when time passes every date on record moves into the past. Dates older than any
//! limit are all alike, numbers of attempts are, and so are failures in a row, so the number of worlds is finite.

use std::{
    collections::VecDeque,
    fmt::{self, Display},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use slipway_core::{
    clock::Timestamp,
    infrastructure::{ConnectionState, Effect, Fingerprint, HandshakeResult, Memory, Record, Rules},
};

use super::service::{Service, number};

/// One step of time.
pub(super) const TICK: Duration = Duration::from_hours(48);
/// Steps of time after which OCI ends a connection, and before that, from which it is refreshed.
pub(super) const LIFETIME: u8 = 4;
pub(super) const BEFORE: u8 = 2;

/// Limits of whole steps of time.
pub(super) const RULES: Rules = Rules {
    reject_time: TICK,
    lifetime: Duration::from_hours(48 * 4),
    warning: TICK,
    pin: TICK,
    request: TICK,
    fingerprint: TICK,
    connect: TICK,
    mismatches: 3,
};

/// The present.
pub(super) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + TICK * 1_000
}

/// What the API server keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Api {
    pub(super) status: Option<Record>,
    pub(super) memory: Memory,
}

/// What is asked.
#[expect(clippy::struct_excessive_bools, reason = "each is one field of the spec")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Wish {
    pub(super) rejected: bool,
    pub(super) manual: bool,
    pub(super) approved: Option<u8>,
    pub(super) refresh_id: u8,
    /// Whether the connection is refreshed before its end.
    pub(super) refreshes: bool,
    /// Whether an outage of one step of time is the last.
    pub(super) reconnects: bool,
}

/// One thing on a reconcile's way.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Remember(Record),
    Store(Record),
    /// Do this; the record is the one to be kept when nothing was done.
    Run(Effect, Record),
}

/// The operator process: all of it is lost in a crash.
#[derive(Debug, Clone, Default)]
pub(super) struct Process {
    /// Whether the PIN that OCI shows was given to the rack by this process.
    pub(super) spent: bool,
    pub(super) acts: VecDeque<Act>,
}

/// A small world.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) service: Service,
    pub(super) api: Api,
    pub(super) process: Process,
    pub(super) wish: Wish,
    /// Whether connections grow older.
    pub(super) ages: bool,
    pub(super) faults_left: u8,
    pub(super) crashes_left: u8,
    pub(super) wipes_left: u8,
    pub(super) changes_left: u8,
    /// What the rack answered to the PIN that we gave it last, while nobody else gave it one.
    pub(super) answer: Option<u8>,
    /// Attempts in a row whose mismatch was remembered, and whether this one is counted.
    pub(super) mismatched: u8,
    pub(super) counted: bool,
    /// The `refreshId` that there was at first sight.
    pub(super) adopted: u8,
    /// The connection came about while nobody looked.
    pub(super) unseen: bool,
    /// A law that was broken.
    pub(super) broken: Option<String>,
}

impl World {
    /// Records that a law was broken, if it was.
    pub(super) fn hold(&mut self, law: bool, broken: impl Display) {
        if !law && self.broken.is_none() {
            self.broken = Some(broken.to_string());
        }
    }

    /// The process ends, and another one begins.
    pub(super) fn crash(&mut self) {
        self.process = Process::default();
    }

    /// A key that nobody has yet.
    pub(super) fn mint(&mut self) -> u8 {
        let mut used = vec![self.service.rack, self.service.fingerprint, self.answer, self.wish.approved];
        for record in self.records() {
            let handshake = &record.handshake;
            used.extend(
                [&handshake.rack_fingerprint, &handshake.oci_fingerprint].map(|key| key.as_ref().map(number)),
            );
        }
        (0..=u8::MAX).find(|key| !used.contains(&Some(*key))).unwrap()
    }

    /// Every record that is kept anywhere.
    fn records(&mut self) -> impl Iterator<Item = &mut Record> {
        let acts = self.process.acts.iter_mut().flat_map(|act| match act {
            Act::Run(Effect::GivePin { before: other } | Effect::Change { after: other, .. }, record) => {
                vec![other.as_mut(), record]
            }
            Act::Remember(record) | Act::Store(record) | Act::Run(_, record) => vec![record],
        });
        self.api.status.as_mut().into_iter().chain(acts)
    }

    /// One step of time passes.
    pub(super) fn tick(&mut self) {
        let lifetime = self.lifetime();
        self.service.tick(lifetime);
        for record in self.records() {
            age(record, TICK, lifetime);
        }
        age_memory(&mut self.api.memory, TICK, lifetime);
    }

    /// Up to which age connections are told apart.
    fn lifetime(&self) -> u8 {
        if self.ages { LIFETIME + 1 } else { 0 }
    }

    /// Makes alike what makes no difference.
    pub(super) fn normalise(&mut self) {
        self.service.normalise();
        if self.process.acts.is_empty() {
            (self.service.changed, self.service.rotated) = (false, false);
        }
        if !self.service.phase.stands() {
            self.unseen &= self.api.status.is_some();
        }
        if self.service.phase.stands() || self.service.phase == super::service::Phase::Ready {
            self.answer = None;
        }
        let lifetime = self.lifetime();
        for record in self.records() {
            age(record, Duration::ZERO, lifetime);
        }
        age_memory(&mut self.api.memory, Duration::ZERO, lifetime);
    }

    /// A number that tells worlds apart: of a million, two are taken for one with a chance below one in ten million.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.write(&mut hasher);
        hasher.finish()
    }

    fn write(&self, hasher: &mut DefaultHasher) {
        (&self.service, self.wish, self.process.spent).hash(hasher);
        (self.faults_left, self.crashes_left, self.wipes_left, self.changes_left).hash(hasher);
        (self.answer, self.mismatched, self.counted, self.adopted, self.unseen, &self.broken).hash(hasher);
        write_record(self.api.status.as_ref(), hasher);
        write_memory(&self.api.memory, hasher);
        for act in &self.process.acts {
            write_act(act, hasher);
        }
    }
}

fn aged(moment: Timestamp, by: Duration, oldest: u8) -> Timestamp {
    (moment - by).max(now() - TICK * u32::from(oldest))
}

/// Moves what matters of a record's dates into the past, and the rest to the present.
fn age(record: &mut Record, by: Duration, lifetime: u8) {
    if let Some((state, since)) = &mut record.state {
        *since = aged(*since, by, oldest(state.as_str()));
    }
    if let Some(since) = &mut record.connected_since {
        *since = aged(*since, by, lifetime);
    }
    if let Some(refresh) = &mut record.refresh {
        refresh.completed_at = refresh.completed_at.map(|_| now());
    }
    let handshake = &mut record.handshake;
    let is_measured = handshake.step == slipway_core::infrastructure::Step::Posted;
    handshake.started_at =
        handshake.started_at.map(|began| if is_measured { aged(began, by, 2) } else { now() });
    (handshake.attempt, handshake.failures) = (handshake.attempt.min(1), handshake.failures.min(1));
}

fn age_memory(memory: &mut Memory, by: Duration, lifetime: u8) {
    memory.state.iter_mut().for_each(|seen| seen.since = aged(seen.since, by, oldest(&seen.word)));
    memory.connected_since.iter_mut().for_each(|since| *since = aged(*since, by, lifetime));
    memory.refresh.iter_mut().for_each(|refresh| refresh.at = refresh.at.map(|_| now()));
    if let Some(attempt) = &mut memory.handshake {
        (attempt.number, attempt.failures) = (attempt.number.min(1), attempt.failures.min(1));
    }
}

/// Up to which age states are told apart: beyond, no limit is left.
pub(super) fn oldest(state: &str) -> u8 {
    match state {
        "REJECT" => 3,
        "CONNECTED" => 0,
        _ => 1,
    }
}

fn write_record(record: Option<&Record>, hasher: &mut DefaultHasher) {
    record.is_some().hash(hasher);
    let Some(record) = record else { return };
    let handshake = &record.handshake;
    let keys = [&handshake.rack_fingerprint, &handshake.oci_fingerprint]
        .map(|key| key.as_ref().map(Fingerprint::as_str));
    let state = record.state.as_ref().map(|(state, since)| (state.as_str(), since));
    let refresh = record.refresh.as_ref().map(|refresh| (&refresh.id, refresh.completed_at));
    (record.known, state, record.connected_since, refresh, keys).hash(hasher);
    (handshake.attempt, handshake.step, handshake.started_at).hash(hasher);
    (handshake.result == Some(HandshakeResult::Mismatched), handshake.failures, handshake.mismatches)
        .hash(hasher);
}

fn write_memory(memory: &Memory, hasher: &mut DefaultHasher) {
    let state = memory.state.as_ref().map(|seen| (&seen.word, seen.since));
    let refresh = memory.refresh.as_ref().map(|done| (&done.id, done.at));
    let attempt = memory.handshake.map(|of| (of.number, of.spent, of.failures, of.mismatches));
    (state, memory.connected_since, refresh, attempt).hash(hasher);
}

fn write_act(act: &Act, hasher: &mut DefaultHasher) {
    match act {
        Act::Remember(record) => (0_u8, [None, Some(record)]),
        Act::Store(record) => (1, [None, Some(record)]),
        Act::Run(Effect::GivePin { before }, record) => (2, [Some(&**before), Some(record)]),
        Act::Run(Effect::Change { change, etag, after, .. }, record) => {
            (etag.is_some(), change.order == Some(slipway_core::infrastructure::Order::Ready)).hash(hasher);
            (3, [Some(&**after), Some(record)])
        }
        Act::Run(_, record) => (4, [None, Some(record)]),
    }
    .write(hasher);
}

/// An act as it is told apart from others.
trait Write {
    fn write(self, hasher: &mut DefaultHasher);
}

impl Write for (u8, [Option<&Record>; 2]) {
    fn write(self, hasher: &mut DefaultHasher) {
        self.0.hash(hasher);
        for record in self.1 {
            write_record(record, hasher);
        }
    }
}

impl Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brief = |record: &Record| {
            let handshake = &record.handshake;
            let state = record.state.as_ref().map(|(state, since)| {
                format!("{} for {}", ConnectionState::as_str(state), (now() - *since).get_hours() / 48)
            });
            let keys = [&handshake.rack_fingerprint, &handshake.oci_fingerprint]
                .map(|key| key.as_ref().map_or("-", Fingerprint::as_str));
            format!(
                "{:?} {:?} {state:?} {keys:?} failures {} mismatches {} refresh {:?}",
                handshake.step,
                handshake.result,
                handshake.failures,
                handshake.mismatches,
                record.refresh.as_ref().map(|refresh| &refresh.id)
            )
        };
        let Service { phase, since, given, rack, fingerprint, .. } = &self.service;
        write!(
            formatter,
            "{phase:?} for {since}, PIN given {given}, rack {rack:?}, shows {fingerprint:?}; status [{}]; remembered {:?}; spent {}",
            self.api.status.as_ref().map_or("none".to_owned(), brief),
            self.api.memory.handshake,
            self.process.spent,
        )
    }
}
