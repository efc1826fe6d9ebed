//! Where a search begins, and what may go wrong on the way.

use slipway_core::subscription::{DriftPolicy, Memory};

use super::{
    registrar::Registrar,
    world::{Api, Cluster, Process, World},
};

/// What may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The answer to a call is lost.
    AnswerLost,
    /// A call is lost.
    RequestLost,
    /// A call is not carried out, and that is known.
    Refused,
    /// Of a change only the first part is carried out.
    Half,
    /// A person renames the record.
    Rename,
    /// A person archives the record, and takes it out again.
    Archive,
    /// A person deletes the record.
    Delete,
    /// The registrar misses telemetry.
    Telemetry,
    /// The cluster cannot be looked at.
    Unreachable,
    /// A person takes the labels off the record, or puts one of ours on it.
    Label,
    /// The record goes to another organization.
    Transfer,
    /// The record gets a status that nobody knows.
    Word,
}

/// One search.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that is so or not")]
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) drift: DriftPolicy,
    pub(super) faults: Vec<Fault>,
    pub(super) at_most: u8,
    pub(super) crashes: u8,
    pub(super) wipes: u8,
    /// How often the spec changes.
    pub(super) changes: u8,
    /// Whether the object may be deleted.
    pub(super) goes: bool,
    /// Whether the registrar keeps no address of a console.
    pub(super) forgets: bool,
    /// Whether a record whose id is known is read by its id when it is not found.
    pub(super) reads_by_id: bool,
    /// Whether the settle time is counted from the start of the process at the earliest.
    pub(super) counts_anew: bool,
    /// Whether corrections that failed are counted.
    pub(super) counts_failures: bool,
    /// Whether a status is lost also while a record that was made is not found yet.
    pub(super) lags_when_wiped: bool,
}

impl Scenario {
    /// A cluster that has no record and is not installed; nothing goes wrong.
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            drift: DriftPolicy::Correct,
            faults: Vec::new(),
            at_most: 0,
            crashes: 0,
            wipes: 0,
            changes: 0,
            goes: false,
            forgets: false,
            reads_by_id: true,
            counts_anew: true,
            counts_failures: false,
            lags_when_wiped: false,
        }
    }

    /// The same where these faults occur, so many in all.
    pub(super) fn faults(mut self, faults: &[Fault], at_most: u8) -> Self {
        (self.faults, self.at_most) = (faults.to_vec(), at_most);
        self
    }

    /// The same with so many crashes and lost states.
    pub(super) fn crashes(mut self, crashes: u8, wipes: u8) -> Self {
        (self.crashes, self.wipes) = (crashes, wipes);
        self
    }

    /// The same where the spec changes so often.
    pub(super) fn changes(mut self, changes: u8) -> Self {
        self.changes = changes;
        self
    }

    /// The same where others' changes are reported.
    pub(super) fn reporting(mut self) -> Self {
        self.drift = DriftPolicy::Report;
        self
    }

    /// The same at a registrar that keeps no address of a console.
    pub(super) fn forgetting(mut self) -> Self {
        self.forgets = true;
        self
    }

    /// The same where the object may be deleted.
    pub(super) fn going(mut self) -> Self {
        self.goes = true;
        self
    }

    /// The world at the beginning.
    pub(super) fn world(&self) -> World {
        World {
            registrar: Registrar { kept: vec![], forgets: self.forgets },
            api: Api { status: None, memory: Memory::default() },
            process: Process::default(),
            cluster: Cluster::Absent,
            is_reachable: true,
            name: 0,
            drift: self.drift,
            is_going: false,
            is_gone: false,
            faults_left: self.at_most,
            crashes_left: self.crashes,
            wipes_left: self.wipes,
            changes_left: self.changes,
            fights: 0,
            is_unsure: false,
            broken: None,
        }
    }

    pub(super) fn has(&self, fault: Fault, world: &World) -> bool {
        world.faults_left > 0 && self.faults.contains(&fault)
    }
}
