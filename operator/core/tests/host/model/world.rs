//! Everything there is in a small world: machine, API server, operator process, and what must be counted.
//!
//! There is no clock: the present stays where it is, and when time passes every date on record moves into the past. Dates older than any
//! limit are all alike, so the number of worlds is finite.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::{self, Display},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use slipway_core::{
    clock::Timestamp,
    host::{Effect, Memory, Record, Timings},
};

use super::machine::{Machine, Try};

/// One step of time.
pub(super) const TICK: Duration = Duration::from_mins(1);

/// Time for one attempt: the installer of the model may take three steps.
pub(super) const TIMEOUT: Duration = Duration::from_mins(3);

/// Older than every limit.
const OLDEST: Duration = Duration::from_mins(4);

/// Limits of whole steps of time.
pub(super) const TIMINGS: Timings = Timings {
    poll: TICK,
    transition: Duration::from_secs(5),
    settle: TICK,
    graceful: TICK,
    boot: Duration::from_mins(2),
    retry: Duration::from_secs(30),
};

/// The present.
pub(super) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

/// What asked for a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Request {
    Install(Try),
    Reboot(u8),
}

impl Request {
    /// Reads what an intent says.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = text.split(':');
        let kind = parts.next();
        let id = parts.next().unwrap().parse().unwrap();
        match kind {
            Some("install") => Self::Install(Try { id, attempt: parts.next().unwrap().parse().unwrap() }),
            Some("reboot") => Self::Reboot(id),
            _ => panic!("nothing of the model asks for {text}"),
        }
    }
}

/// What the API server keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Api {
    pub(super) status: Option<Record>,
    pub(super) memory: Memory,
}

/// What the boot service tells the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    /// Ask again.
    Unprimed,
    /// Boot from disk.
    Local,
    /// Install, for so many seconds.
    Install(Try, i64),
}

/// One thing on a reconcile's way.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Remember(Record),
    Store(Record),
    Acknowledge,
    Observe,
    Run(Effect, Record),
    Conclude(Record),
}

/// The operator process: all of it is lost in a crash.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub(super) witnessed: Option<Try>,
    pub(super) memory: Memory,
    pub(super) served: Option<Try>,
    pub(super) answer: Answer,
    pub(super) acts: VecDeque<Act>,
    /// The object was changed by others since this reconcile read it: its next write fails.
    pub(super) stale: bool,
}

impl Process {
    pub(super) fn new() -> Self {
        Self {
            witnessed: None,
            memory: Memory::default(),
            served: None,
            answer: Answer::Unprimed,
            acts: VecDeque::new(),
            stale: false,
        }
    }
}

/// A small world.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) api: Api,
    pub(super) copy: Option<Api>,
    pub(super) process: Process,
    /// `spec.install.id` and `spec.reboot.id`.
    pub(super) wanted: Option<u8>,
    pub(super) reboot: Option<u8>,
    pub(super) faults_left: u8,
    /// How often each request switched the machine on, and took it down.
    pub(super) ups: BTreeMap<Request, u8>,
    pub(super) downs: BTreeMap<Request, u8>,
    /// Installations whose completion was acknowledged or written down.
    pub(super) completed: BTreeSet<u8>,
    /// Reports that a script was served, lost in a crash, where nothing else says so.
    pub(super) lost_reports: u8,
    /// How often the status was replaced by another one, and by an older one.
    pub(super) replaced: u8,
    pub(super) restored: u8,
    /// What was done is neither in status nor annotation nor process any more.
    pub(super) forgotten: bool,
    /// A law that was broken.
    pub(super) broken: Option<String>,
}

impl World {
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            machine,
            api: Api::default(),
            copy: None,
            process: Process::new(),
            wanted: None,
            reboot: None,
            faults_left: 0,
            ups: BTreeMap::new(),
            downs: BTreeMap::new(),
            completed: BTreeSet::new(),
            lost_reports: 0,
            replaced: 0,
            restored: 0,
            forgotten: false,
            broken: None,
        }
    }

    /// Records that a law was broken, if it was.
    pub(super) fn hold(&mut self, law: bool, broken: impl Display) {
        if !law && self.broken.is_none() {
            self.broken = Some(broken.to_string());
        }
    }

    /// The object is another one from now on.
    pub(super) fn replace(&mut self, api: Api) {
        self.process.stale = true;
        self.replaced += 1;
        self.api = api;
        self.notice_loss();
    }

    /// The process ends, and another one begins.
    pub(super) fn crash(&mut self) {
        self.process = Process::new();
        self.notice_loss();
    }

    /// Whether anything still knows what was completed.
    fn notice_loss(&mut self) {
        let status = self.api.status.as_ref().and_then(|status| status.install.as_ref());
        let in_status = status.filter(|install| install.is_installed()).map(|install| &install.id);
        let remembered = [&self.api.memory, &self.process.memory]
            .map(|memory| memory.install.as_ref().map(|done| &done.id));
        let wanted = self.wanted.filter(|id| self.completed.contains(id)).map(|id| id.to_string());
        let knows = |id: &String| in_status == Some(id) || remembered.contains(&Some(id));
        self.forgotten |= wanted.is_some_and(|id| !knows(&id));
    }

    /// Every record that is kept anywhere.
    fn records(&mut self) -> impl Iterator<Item = &mut Record> {
        let acts = self.process.acts.iter_mut().flat_map(|act| match act {
            Act::Run(Effect::Reset { before, after, .. }, record) => {
                vec![before.as_mut(), after.as_mut(), record]
            }
            Act::Remember(record) | Act::Store(record) | Act::Conclude(record) | Act::Run(_, record) => {
                vec![record]
            }
            Act::Acknowledge | Act::Observe => Vec::new(),
        });
        let copy = self.copy.as_mut().and_then(|copy| copy.status.as_mut());
        self.api.status.as_mut().into_iter().chain(copy).chain(acts)
    }

    /// The machine was reset: what was on record of `LastResetTime` is the past.
    pub(super) fn reset_seen(&mut self) {
        for record in self.records() {
            if let Some(intent) = &mut record.intent {
                let before = &mut intent.precondition.last_reset_time;
                *before = before.take().map(|_| "past".to_owned());
            }
        }
    }

    /// One step of time passes.
    pub(super) fn tick(&mut self) {
        for record in self.records() {
            age(record, TICK);
        }
        if let Answer::Install(of, left) = self.process.answer {
            self.process.answer = Answer::Install(of, (left - 60).max(0));
        }
    }

    /// Makes alike what makes no difference.
    pub(super) fn normalise(&mut self) {
        for record in self.records() {
            age(record, Duration::ZERO);
        }
        let kept = [&mut self.api.memory, &mut self.process.memory];
        let copied = self.copy.as_mut().map(|copy| &mut copy.memory);
        for memory in kept.into_iter().chain(copied) {
            for done in [&mut memory.install, &mut memory.reboot].into_iter().flatten() {
                done.at = now();
            }
        }
    }

    /// Two numbers that tell worlds apart.
    pub(super) fn fingerprint(&self) -> (u64, u64) {
        let once = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            self.write(&mut hasher);
            hasher.finish()
        };
        (once(1), once(2))
    }

    fn write(&self, hasher: &mut DefaultHasher) {
        self.machine.hash(hasher);
        for api in [Some(&self.api), self.copy.as_ref()] {
            api.is_some().hash(hasher);
            if let Some(api) = api {
                write_record(api.status.as_ref(), hasher);
                write_memory(&api.memory, hasher);
            }
        }
        let process = &self.process;
        (process.witnessed, process.served, process.answer, process.stale).hash(hasher);
        write_memory(&process.memory, hasher);
        for act in &process.acts {
            write_act(act, hasher);
        }
        (self.wanted, self.reboot, self.faults_left).hash(hasher);
        (&self.ups, &self.downs, &self.completed, &self.broken).hash(hasher);
        (self.lost_reports, self.replaced, self.restored, self.forgotten).hash(hasher);
    }
}

fn aged(moment: Timestamp, by: Duration) -> Timestamp {
    (moment - by).max(now() - OLDEST)
}

/// Moves what matters of a record's dates into the past, and the rest to the present.
fn age(record: &mut Record, by: Duration) {
    if let Some(install) = &mut record.install {
        install.requested_at = aged(install.requested_at, by);
        install.booted_at = install.booted_at.map(|_| now());
        install.installed_at = install.installed_at.map(|_| now());
        install.next_attempt_at = install.next_attempt_at.map(|due| (due - by).max(now()));
        install.message = None;
    }
    if let Some(intent) = &mut record.intent {
        intent.started_at = aged(intent.started_at, by);
    }
    if let Some(reboot) = &mut record.reboot {
        reboot.completed_at = reboot.completed_at.map(|_| now());
    }
}

fn write_record(record: Option<&Record>, hasher: &mut DefaultHasher) {
    record.is_some().hash(hasher);
    let Some(record) = record else { return };
    (record.registered, record.witnessed, &record.carried_out).hash(hasher);
    let install = record.install.as_ref().map(|install| {
        let dates = (install.requested_at, install.booted_at, install.installed_at, install.next_attempt_at);
        (&install.id, install.attempt, install.step, dates)
    });
    let intent = record.intent.as_ref().map(|intent| {
        (&intent.request, intent.reset.as_str(), &intent.precondition.last_reset_time, intent.started_at)
    });
    let reboot = record.reboot.as_ref().map(|reboot| (&reboot.id, reboot.completed_at));
    (install, intent, reboot).hash(hasher);
}

fn write_memory(memory: &Memory, hasher: &mut DefaultHasher) {
    let reboot = memory.reboot.as_ref().map(|done| &done.id);
    (memory.install.as_ref().map(|done| &done.id), &memory.earlier, reboot).hash(hasher);
}

fn write_act(act: &Act, hasher: &mut DefaultHasher) {
    let (kind, records): (u8, Vec<&Record>) = match act {
        Act::Remember(record) => (0, vec![record]),
        Act::Store(record) => (1, vec![record]),
        Act::Acknowledge => (2, Vec::new()),
        Act::Observe => (3, Vec::new()),
        Act::Run(Effect::Reset { before, after, .. }, record) => (4, vec![before, after, record]),
        Act::Run(_, record) => (5, vec![record]),
        Act::Conclude(record) => (6, vec![record]),
    };
    kind.hash(hasher);
    for record in records {
        write_record(Some(record), hasher);
    }
}

impl Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brief = |record: &Record| {
            let install = record
                .install
                .as_ref()
                .map(|install| format!("{}/{} {:?}", install.id, install.attempt, install.step));
            let intent =
                record.intent.as_ref().map(|intent| format!("{} for {}", intent.reset, intent.request));
            let reboot = record
                .reboot
                .as_ref()
                .map(|reboot| format!("{} done={}", reboot.id, reboot.completed_at.is_some()));
            format!("install {install:?} reboot {reboot:?} intent {intent:?}")
        };
        write!(
            formatter,
            "{:?} on {:?}; status [{}]; remembered {:?}; witnessed {:?}; tells {:?}",
            self.machine.runs,
            self.machine.disk,
            self.api.status.as_ref().map_or("none".to_owned(), brief),
            self.api.memory.install.as_ref().map(|done| &done.id),
            self.process.witnessed,
            self.process.answer,
        )
    }
}
