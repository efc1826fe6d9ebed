//! Steps that change a machine's power, each recorded before it is sent.

use super::{Effect, Intent, Plan, Power, PowerWish, Reset, Situation};
use crate::reason::Reason;

/// Starts a machine that is off. The intent stays open until the machine is seen to be on.
pub(super) fn switch_on(situation: &Situation<'_>, plan: &mut Plan, request: &str) {
    send(situation, plan, request, Reset::On);
}

/// Takes a running machine down: gracefully when asked and offered, else by cutting the power. The intent stays open until the machine
/// is seen to be off.
pub(super) fn switch_off(situation: &Situation<'_>, plan: &mut Plan, request: &str, graceful: bool) {
    let offered = &situation.seen.resets;
    let tried = situation.record.intent.as_ref().is_some_and(|intent| {
        matches!(intent.reset, Reset::GracefulShutdown | Reset::ForceOff) && intent.request == request
    });
    let reset = if graceful && !tried && offered.contains(&Reset::GracefulShutdown) {
        Reset::GracefulShutdown
    } else {
        Reset::ForceOff
    };
    if !offered.is_empty() && !offered.contains(&reset) {
        let names: Vec<_> = offered.iter().map(ToString::to_string).collect();
        return plan.stuck(
            Reason::ResetUnsupported,
            format!("the host must be switched off, and its BMC offers only {}", names.join(", ")),
        );
    }
    send(situation, plan, request, reset);
}

fn send(situation: &Situation<'_>, plan: &mut Plan, request: &str, reset: Reset) {
    let mut record = plan.record.clone();
    record.intent = Some(Intent::new(request, reset, situation.seen, situation.now));
    plan.effects.push(Effect::Reset { reset, before: Box::new(record.clone()), after: Box::new(record) });
    plan.wait(situation.timings.transition);
}

/// Brings the machine to the power state asked for. Acts only on a confirmed state (`facts/metal-peers.md` R28).
pub(super) fn next(situation: &Situation<'_>, plan: &mut Plan) -> bool {
    match (situation.wish.power, situation.seen.power) {
        (Some(PowerWish::On), Power::Off) => {
            plan.working(Reason::PowerChanging, "the host is being switched on");
            switch_on(situation, plan, "power");
            true
        }
        (Some(PowerWish::Off), Power::On | Power::Paused) => {
            plan.working(Reason::PowerChanging, "the host is being switched off");
            switch_off(situation, plan, "power", true);
            true
        }
        (Some(_), Power::PoweringOn | Power::PoweringOff) => {
            plan.working(Reason::PowerChanging, format!("the power state is {}", situation.seen.power));
            plan.wait(situation.timings.transition);
            true
        }
        (None, Power::PoweringOn | Power::PoweringOff) => {
            plan.wait(situation.timings.transition);
            false
        }
        _ => false,
    }
}
