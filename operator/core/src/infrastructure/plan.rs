//! What should happen to a rack next: a pure function from what is asked, on record and seen to one effect and words.

use std::time::Duration;

use super::{
    Change, Etag, InfrastructureWish, Observation, Order, Record, RefreshDue, Rules, ScheduleCreation,
    ScheduleSight, UpgradeEvent, connection, details, refresh_due, schedule,
};
use crate::{
    clock::Timestamp,
    finding::Finding,
    reason::{Class, Reason},
};

/// Everything a plan is made from. The present is OCI's clock when it answered: its rules are judged by its own clock
/// (`facts/reliability-ux.md §1.8`).
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What is asked.
    pub wish: &'a InfrastructureWish,
    /// What is on record.
    pub record: &'a Record,
    /// What OCI says.
    pub seen: &'a Observation,
    /// Whether the PIN that OCI shows is one that this process has given to a rack already.
    pub pin_is_spent: bool,
    /// What OCI says of the upgrade schedule.
    pub schedule: &'a ScheduleSight,
    /// `<namespace>/<name>` of the object.
    pub owner: &'a str,
    /// Limits.
    pub rules: &'a Rules,
}

impl Situation<'_> {
    /// The present, by OCI's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.seen.seen_at
    }
}

/// One thing to do to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Change the rack's record. May be repeated.
    Change {
        /// To what.
        change: Change,
        /// Only if this is still its version; `None`: whatever it is.
        etag: Option<Etag>,
        /// Record to be taken once OCI did it, as [`Effect::taken`] completes it.
        after: Box<Record>,
        /// Why, for a person.
        why: String,
    },
    /// Store `before`, give the rack the PIN that OCI shows, and take what it answers. Never repeated.
    GivePin {
        /// Record to be stored first.
        before: Box<Record>,
    },
    /// Make the upgrade schedule. May be repeated: it is looked for before, and its token makes one only.
    CreateSchedule(ScheduleCreation),
    /// Give the upgrade schedule other times. May be repeated.
    ChangeSchedule {
        /// Which.
        id: String,
        /// Only if this is still its version.
        etag: Option<Etag>,
        /// Its times.
        events: Vec<UpgradeEvent>,
    },
}

impl Effect {
    /// The effect in words, for `status.plan`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Change { change: Change { order: Some(Order::Ready), .. }, why, .. } => {
                format!("tell Oracle Cloud READY: {why}")
            }
            Self::Change { change: Change { order: Some(Order::Reject), .. }, why, .. } => {
                format!("tell Oracle Cloud REJECT: {why}")
            }
            Self::Change { why, .. } => format!("change the record at Oracle Cloud: {why}"),
            Self::GivePin { before } => {
                format!("give the rack its PIN (attempt {})", before.handshake.attempt)
            }
            Self::CreateSchedule(creation) => {
                format!("make the upgrade schedule {:?}", creation.display_name)
            }
            Self::ChangeSchedule { id, .. } => format!("correct the times of the upgrade schedule {id}"),
        }
    }
}

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// At once: there is more to do.
    Now,
    /// Soon: something is under way at the other side.
    Soon,
    /// At this moment of OCI's clock, and at the latest as at rest.
    At(Timestamp),
    /// At rest.
    AtRest,
}

/// What should happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The record as it is now known to be; to be stored whether or not there is an effect.
    pub record: Record,
    /// What to do.
    pub effect: Option<Effect>,
    /// How the rack stands as a whole.
    pub overall: Finding,
    /// When to look again.
    pub look: Look,
    /// When a connection that stands should be refreshed.
    pub refresh: Option<RefreshDue>,
    /// When the next attempt may begin at the earliest.
    pub not_before: Option<Timestamp>,
}

impl Plan {
    pub(super) fn say(&mut self, reason: Reason, message: impl Into<String>) {
        self.overall = Finding::new(reason, message);
    }

    /// Nothing more is done until a person acts.
    pub(super) fn stuck(&mut self, reason: Reason, message: impl Into<String>) {
        self.say(reason, message);
        self.effect = None;
    }

    /// Orders REJECT or READY for what was seen.
    pub(super) fn order(&mut self, order: Order, etag: Option<&Etag>, after: Record, why: impl Into<String>) {
        let change = Change { order: Some(order), ..Change::default() };
        let (etag, after) = (etag.cloned(), Box::new(after));
        self.effect = Some(Effect::Change { change, etag, after, why: why.into() });
        // Not at once: what OCI shows may lag behind what it was told, and every order counts.
        self.look = Look::Soon;
    }
}

impl Plan {
    /// Orders REJECT for the very version that was seen: a rack that has just been connected is not cut.
    pub(super) fn reject_if_unchanged(
        &mut self,
        situation: &Situation<'_>,
        after: Record,
        why: impl Into<String>,
    ) {
        if let Some(etag) = &situation.seen.etag {
            return self.order(Order::Reject, Some(etag), after, why);
        }
        let message = "Oracle Cloud showed no version (etag) of the record; nothing is changed without one";
        self.say(Reason::CloudFault, message);
        self.look = Look::Soon;
    }
}

/// Makes the plan for a rack whose record was read.
#[must_use]
pub fn plan(situation: &Situation<'_>) -> Plan {
    let mut plan = Plan {
        record: connection::sighted(situation),
        effect: None,
        overall: Finding::new(Reason::Observed, observed(situation)),
        look: Look::AtRest,
        refresh: None,
        not_before: None,
    };
    refresh(situation, &mut plan);
    if let Some(gone) = lifecycle(situation) {
        connection::cut_broken(situation, &mut plan);
        plan.overall = gone;
        return hold(situation, plan);
    }
    connection::next(situation, &mut plan);
    if plan.effect.is_none() {
        details::next(situation, &mut plan);
        if plan.effect.is_none() {
            schedule::next(situation, &mut plan);
        }
        // Not at once: what OCI keeps otherwise than it was written would be written without end.
        if plan.effect.is_some() {
            plan.look = plan.look.min(Look::Soon);
        }
    }
    hold(situation, plan)
}

fn observed(situation: &Situation<'_>) -> String {
    let state = situation.seen.state.as_ref().map_or("unknown", |state| state.as_str());
    format!("the connection is {state}; spec.connection is not set, so it is looked at only")
}

/// A record that is gone or broken: nothing is to be done about its connection, unless it is to be cut.
fn lifecycle(situation: &Situation<'_>) -> Option<Finding> {
    let details = situation.seen.lifecycle_details.as_deref().unwrap_or("without a reason");
    let id = &situation.seen.id;
    match situation.seen.lifecycle_state.as_str() {
        "DELETED" => {
            let message =
                format!("{id} was deleted at Oracle Cloud; delete this object, too, or apply a new one");
            Some(Finding::new(Reason::InfrastructureDeleted, message))
        }
        "FAILED" => {
            let message = format!("Oracle Cloud says that {id} has failed: {details}");
            Some(Finding::new(Reason::InfrastructureFailed, message))
        }
        _ => None,
    }
}

fn refresh(situation: &Situation<'_>, plan: &mut Plan) {
    let policy = situation.wish.connection.as_ref().and_then(|wish| wish.refresh.as_ref());
    plan.refresh =
        plan.record.connected_since.map(|since| refresh_due(since, policy, situation.rules, situation.now()));
}

/// A suspended object gets no effect; what would be done is said.
fn hold(situation: &Situation<'_>, mut plan: Plan) -> Plan {
    if !situation.wish.suspended {
        return plan;
    }
    plan.look = Look::AtRest;
    if let Some(effect) = &plan.effect {
        plan.overall = Finding::new(
            Reason::Suspended,
            format!("spec.suspend holds it back; next would be: {}", effect.words()),
        );
    } else if plan.overall.reason.class() != Class::Person {
        plan.overall =
            Finding::new(Reason::Suspended, format!("spec.suspend is set; {}", plan.overall.message));
    }
    plan
}

/// A moment for messages: to the second.
pub(super) fn clock_time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `from` and so much later.
pub(super) fn later(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
