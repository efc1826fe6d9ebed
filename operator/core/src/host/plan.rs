//! What should happen to a host next: a pure function from what is asked, on record and seen to effects and words.

use std::time::Duration;

use super::{
    BootFrom, HostWish, Indicator, InstallRecord, Intent, Observation, Outcome, Power, PowerWish,
    PropertyChange, Record, Reset, Timings, install, power_plan, reboot,
};
use crate::{clock::Timestamp, finding::Finding, reason::Reason};

/// Everything a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What is asked.
    pub wish: &'a HostWish,
    /// What is on record.
    pub record: &'a Record,
    /// What the BMC says.
    pub seen: &'a Observation,
    /// Limits.
    pub timings: &'a Timings,
    /// The present.
    pub now: Timestamp,
}

/// One thing to do to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Set the boot source of the next start. May be repeated.
    BootFrom(BootFrom),
    /// Write `before` (which holds the intent), send the reset, and take `after` as the record once the BMC took it.
    Reset {
        /// What to send.
        reset: Reset,
        /// Record to be stored first.
        before: Box<Record>,
        /// Record from then on.
        after: Box<Record>,
    },
    /// Write small properties. May be repeated.
    WriteProperties(Vec<PropertyChange>),
}

/// What should happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The record as it is now known to be; to be stored whether or not there are effects.
    pub record: Record,
    /// What to do, in order. The first failure ends it.
    pub effects: Vec<Effect>,
    /// How the host stands as a whole.
    pub overall: Finding,
    /// When to look again. `None`: at the next poll.
    pub look_again: Option<Duration>,
}

impl Plan {
    pub(super) fn working(&mut self, reason: Reason, message: impl Into<String>) {
        self.overall = Finding::new(reason, message);
    }

    pub(super) fn stuck(&mut self, reason: Reason, message: impl Into<String>) {
        self.overall = Finding::new(reason, message);
        self.effects.clear();
    }

    pub(super) fn wait(&mut self, pause: Duration) {
        self.look_again = Some(self.look_again.map_or(pause, |earlier| earlier.min(pause)));
    }

    /// The effects in words, for `status.plan`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.effects.iter().map(Effect::words).collect()
    }
}

impl Effect {
    fn words(&self) -> String {
        match self {
            Self::BootFrom(BootFrom::Network { .. }) => "set the next boot to PXE".to_owned(),
            Self::BootFrom(BootFrom::Http { .. }) => "set the next boot to UEFI HTTP".to_owned(),
            Self::BootFrom(BootFrom::Disk) => "clear the boot override".to_owned(),
            Self::Reset { reset, before, .. } => {
                let request = before.intent.as_ref().map_or("", |intent| intent.request.as_str());
                format!("reset {reset} for {request}")
            }
            Self::WriteProperties(changes) => format!("write {} properties", changes.len()),
        }
    }
}

/// Makes the plan for a host that answers.
#[must_use]
pub fn plan(situation: &Situation<'_>) -> Plan {
    let mut plan = Plan {
        record: situation.record.clone(),
        effects: Vec::new(),
        overall: settled(situation),
        look_again: None,
    };
    if let Some(mismatch) = mismatch(situation) {
        plan.stuck(Reason::IdentityMismatch, mismatch);
        return plan;
    }
    take_up(situation, &mut plan);
    let open = settle_intent(situation, &mut plan);
    if open {
        return plan;
    }
    let reboot = plan.record.reboot.clone();
    let busy = install::next(situation, &mut plan)
        || reboot::next(situation, &mut plan)
        || power_plan::next(situation, &mut plan);
    if !busy {
        tidy(situation, &mut plan);
    }
    hold(situation, plan, reboot)
}

/// How a host stands of which nothing more is asked.
pub(super) fn settled(situation: &Situation<'_>) -> Finding {
    match (&situation.wish.install, &situation.record.install) {
        (Some(wish), Some(record)) if wish.id == record.id && record.is_installed() => {
            Finding::fine(Reason::Installed, format!("profile {} is installed", wish.profile))
        }
        _ => Finding::fine(Reason::Available, "the host is ready to be used"),
    }
}

fn mismatch(situation: &Situation<'_>) -> Option<String> {
    let hardware = &situation.seen.hardware;
    let wished = situation.wish.identity.mismatch(hardware);
    if let Some(difference) = wished {
        return Some(format!("the machine is another than spec.identity says: its {difference}"));
    }
    let difference = situation.record.identity.mismatch(hardware)?;
    Some(format!(
        "the machine is another than the one seen before: its {difference}; if it was replaced, delete the object and apply it again"
    ))
}

/// An object that is seen for the first time, or without its history: a reboot id that it already carries is taken as done, because a
/// restored object cannot be told from a new one (`docs/decisions/0004-history.md`). That holds for an id that memory does not know,
/// too: the status may have been lost while that reboot was under way.
fn take_up(situation: &Situation<'_>, plan: &mut Plan) {
    if situation.record.registered {
        return;
    }
    plan.record.registered = true;
    if let Some(wish) = &situation.wish.reboot {
        let known =
            plan.record.reboot.take().filter(|record| record.id == wish.id && record.completed_at.is_some());
        let adopted = || reboot::RebootRecord { id: wish.id.clone(), completed_at: Some(situation.now) };
        plan.record.reboot = Some(known.unwrap_or_else(adopted));
    }
}

/// Looks what became of an open intent. Returns whether the plan ends here.
fn settle_intent(situation: &Situation<'_>, plan: &mut Plan) -> bool {
    let Some(intent) = plan.record.intent.clone() else { return false };
    if is_withdrawn(&intent, situation.wish) {
        plan.record.intent = None;
        return false;
    }
    match intent.outcome(situation.seen, situation.now, situation.timings) {
        Outcome::Wait => {
            plan.working(Reason::PowerChanging, format!("waiting for {} to show", intent.reset));
            plan.wait(situation.timings.transition);
            return true;
        }
        Outcome::Unknown => {
            plan.stuck(Reason::OutcomeUnknown, unknown(&intent));
            return true;
        }
        Outcome::NotDone => plan.record.intent = None,
        Outcome::Done => {
            plan.record.intent = None;
            carried_out(&intent, &mut plan.record, situation);
        }
    }
    false
}

/// What a reset that is now known to have happened means for the record: a reboot is done when the machine runs again, whoever started it.
fn carried_out(intent: &Intent, record: &mut Record, situation: &Situation<'_>) {
    let runs = situation.seen.power != Power::Off;
    if let (true, Some(reboot)) = (runs && intent.request.starts_with("reboot:"), &mut record.reboot) {
        reboot.completed_at.get_or_insert(situation.now);
    }
}

/// A person resolves an unknown outcome by giving another id or taking the request back.
fn is_withdrawn(intent: &Intent, wish: &HostWish) -> bool {
    match intent.request.split_once(':') {
        Some(("install", asked)) => {
            let id = asked.rsplit_once(':').map(|(id, _attempt)| id);
            wish.install.as_ref().is_none_or(|install| id != Some(&install.id))
        }
        Some(("reboot", id)) => wish.reboot.as_ref().is_none_or(|reboot| id != reboot.id),
        _ => wish.power.is_none(),
    }
}

fn unknown(intent: &Intent) -> String {
    format!(
        "{} was sent at {} for {}, and it cannot be told whether it happened; it is not repeated. Look at the host, then give spec.reboot.id a \
         new value to have it done, or remove spec.reboot to leave the host as it is",
        intent.reset, intent.started_at, intent.request
    )
}

/// Small things, when nothing else is to be done.
fn tidy(situation: &Situation<'_>, plan: &mut Plan) {
    let installed = situation.record.install.as_ref().is_some_and(InstallRecord::is_installed);
    if installed && situation.seen.network_override_set {
        plan.effects.push(Effect::BootFrom(BootFrom::Disk));
    }
    let changes: Vec<_> =
        situation.wish.properties.iter().filter(|change| differs(change, situation.seen)).cloned().collect();
    if !changes.is_empty() {
        plan.effects.push(Effect::WriteProperties(changes));
    }
}

/// Whether a property that the machine has differs from what is asked. Where only lit and dark exist, blinking is lit.
fn differs(change: &PropertyChange, seen: &Observation) -> bool {
    let now = &seen.properties;
    match change {
        PropertyChange::AssetTag(tag) => now.asset_tag.as_ref().is_some_and(|current| current != tag),
        PropertyChange::HostWatchdog(on) => now.host_watchdog.is_some_and(|current| current != *on),
        PropertyChange::Indicator(wanted) => now.indicator.is_some_and(|current| {
            current != *wanted && !(current == Indicator::Lit && *wanted == Indicator::Blinking)
        }),
    }
}

/// Keeps every effect of a suspended host back, and the record as it was before them; `reboot` is what is known of it by now.
fn hold(situation: &Situation<'_>, mut plan: Plan, reboot: Option<reboot::RebootRecord>) -> Plan {
    if !situation.wish.suspended || plan.effects.is_empty() {
        return plan;
    }
    plan.record = Record { registered: true, reboot, ..situation.record.clone() };
    plan.overall =
        Finding::fine(Reason::Suspended, "spec.suspend is true; status.plan says what would be done");
    plan.look_again = None;
    plan
}

/// Makes the plan for a host that is being deleted under `PowerOff`: off, gracefully first. `None`: it is off, nothing is left to do.
#[must_use]
pub fn deletion(situation: &Situation<'_>) -> Option<Plan> {
    let wish = HostWish {
        power: Some(PowerWish::Off),
        reboot: None,
        install: None,
        properties: Vec::new(),
        suspended: false,
        ..situation.wish.clone()
    };
    if situation.seen.power == Power::Off {
        return None;
    }
    Some(plan(&Situation { wish: &wish, ..*situation }))
}
