//! Where a search begins, and what may go wrong on the way.

use slipway_core::infrastructure::Memory;

use super::{
    service::{Phase, Service},
    world::{Api, Process, Wish, World},
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
    /// OCI shows another fingerprint.
    Wrong,
    /// OCI goes to `REJECT` by itself.
    Forced,
    /// Contact is lost.
    Outage,
    /// OCI shows no PIN for a while.
    NoPin,
    /// A person works by hand.
    Person,
}

/// One search.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) phase: Phase,
    pub(super) wish: Wish,
    /// Whether connections grow older.
    pub(super) ages: bool,
    pub(super) faults: Vec<Fault>,
    pub(super) at_most: u8,
    pub(super) crashes: u8,
    pub(super) wipes: u8,
    /// Whether and how often the spec changes.
    pub(super) changes: bool,
    pub(super) changes_at_most: u8,
    /// Whether `REJECT` in `REJECT` makes a new PIN.
    pub(super) rotates: bool,
}

impl Scenario {
    /// A rack in `REJECT` that nobody has seen yet and that is to be connected; nothing goes wrong.
    pub(super) fn new(name: &'static str) -> Self {
        let wish = Wish {
            rejected: false,
            manual: false,
            approved: None,
            refresh_id: 0,
            refreshes: false,
            reconnects: true,
        };
        Self {
            name,
            phase: Phase::Reject,
            wish,
            ages: false,
            faults: Vec::new(),
            at_most: 0,
            crashes: 0,
            wipes: 0,
            changes: false,
            changes_at_most: 0,
            rotates: true,
        }
    }

    /// The same where these faults occur, so many in all.
    pub(super) fn faults(mut self, faults: &[Fault], at_most: u8) -> Self {
        self.faults = faults.to_vec();
        self.at_most = at_most;
        self
    }

    /// The same with so many crashes and lost states.
    pub(super) fn crashes(mut self, crashes: u8, wipes: u8) -> Self {
        (self.crashes, self.wipes) = (crashes, wipes);
        self
    }

    /// The same where the spec changes so often.
    pub(super) fn changes(mut self, at_most: u8) -> Self {
        (self.changes, self.changes_at_most) = (true, at_most);
        self
    }

    /// The world at the beginning.
    pub(super) fn world(&self) -> World {
        World {
            service: Service::new(self.phase),
            api: Api { status: None, memory: Memory::default() },
            process: Process::default(),
            wish: self.wish,
            ages: self.ages,
            faults_left: self.at_most,
            crashes_left: self.crashes,
            wipes_left: self.wipes,
            changes_left: self.changes_at_most,
            answer: None,
            mismatched: 0,
            counted: false,
            adopted: self.wish.refresh_id,
            unseen: false,
            broken: None,
        }
    }

    pub(super) fn has(&self, fault: Fault, world: &World) -> bool {
        world.faults_left > 0 && self.faults.contains(&fault)
    }
}
