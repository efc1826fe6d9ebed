//! Reboots that were asked for.

use super::{
    Effect, Intent, Plan, Power, PowerWish, RebootMode, Reset, Situation,
    plan::settled,
    power_plan::{self, switch_on},
};
use crate::{clock::Timestamp, reason::Reason};

/// What is known of the last reboot that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebootRecord {
    /// `spec.reboot.id`.
    pub id: String,
    /// When it was done; `None` while under way.
    pub completed_at: Option<Timestamp>,
}

/// Goes one step further with the reboot asked for, or says that there is none to do. A machine that is on has not been rebooted yet: when
/// it has, the plan's look at the open intent says so first.
pub(super) fn next(situation: &Situation<'_>, plan: &mut Plan) -> bool {
    let Some(wish) = &situation.wish.reboot else { return false };
    let known = plan.record.reboot.as_ref().filter(|record| record.id == wish.id);
    if known.is_some_and(|record| record.completed_at.is_some()) {
        return false;
    }
    plan.working(Reason::Rebooting, format!("reboot {:?} is under way", wish.id));
    plan.record.reboot = Some(RebootRecord { id: wish.id.clone(), completed_at: None });
    let request = format!("reboot:{}", wish.id);
    match situation.seen.power {
        Power::Off => start(situation, plan, &request),
        Power::On | Power::Paused => bring_down(situation, plan, wish.mode, &request),
        Power::PoweringOn | Power::PoweringOff | Power::Unknown => plan.wait(situation.timings.transition),
    }
    true
}

/// A host that is off is rebooted by starting it, unless it is wanted off: then it is done. The intent stays on record even when the BMC refuses:
/// whoever starts the host then, its reboot is done and it is not taken down again.
fn start(situation: &Situation<'_>, plan: &mut Plan, request: &str) {
    if situation.wish.power != Some(PowerWish::Off) {
        switch_on(situation, plan, request);
        plan.record.intent = Some(Intent::new(request, Reset::On, situation.seen, situation.now));
        return;
    }
    if let Some(record) = &mut plan.record.reboot {
        record.completed_at = Some(situation.now);
    }
    plan.overall = settled(situation);
}

fn bring_down(situation: &Situation<'_>, plan: &mut Plan, mode: RebootMode, request: &str) {
    let offered = |reset: Reset| situation.seen.resets.contains(&reset);
    let at_once = match mode {
        RebootMode::Graceful => None,
        RebootMode::Force => {
            [Reset::ForceRestart, Reset::PowerCycle].into_iter().find(|reset| offered(*reset))
        }
        RebootMode::PowerCycle => Some(Reset::PowerCycle).filter(|reset| offered(*reset)),
    };
    let Some(reset) = at_once else {
        return power_plan::switch_off(situation, plan, request, mode == RebootMode::Graceful);
    };
    let mut before = plan.record.clone();
    before.intent = Some(Intent::new(request, reset, situation.seen, situation.now));
    let mut after = plan.record.clone();
    after.reboot = after.reboot.map(|record| RebootRecord { completed_at: Some(situation.now), ..record });
    plan.effects.push(Effect::Reset { reset, before: Box::new(before), after: Box::new(after) });
    plan.wait(situation.timings.transition);
}
