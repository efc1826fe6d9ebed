//! What must never happen (`facts/reliability-ux.md §1.7`, S4 and S5), checked where it would.
//!
//! - At most one intent is open, and no reset is planned while it is not known what became of the last one.
//! - For one id and attempt the machine is switched on at most once, and taken down at most once; a reboot takes it down at most once.
//!   The start from the disk, where the installer proves completion by switching off, is the one more that there is.
//! - An installation that was completed is never followed by a reset for the same id, nor by its script.
//! - A system that Slipway knows nothing of is not reset unless the person said so.
//! - An installer is reset for its own id only by a process that has watched it fail, and for a later attempt.
//! - A reboot counts as done only when the machine was taken down or started for it, or when it was adopted.

use slipway_core::{
    host::{Completion, Effect, Plan, Power, Record, Reset},
    reason::Reason,
};

use super::{
    machine::{Change, Disk, Runs, Try},
    scenario::Scenario,
    world::{Request, World},
};

/// A plan was made while an intent was open or not.
pub(super) fn planned(world: &mut World, scenario: &Scenario, record: &Record, plan: &Plan, is_open: bool) {
    let resets: Vec<_> = plan
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Reset { before, .. } => before.intent.as_ref(),
            _ => None,
        })
        .collect();
    world.hold(resets.len() <= 1, "one plan resets twice");
    let Some(next) = resets.first() else { return };
    if let Some(open) = &record.intent {
        let same = open.request == next.request;
        world.hold(!(is_open && same), format!("{} is planned while {} is open", next.reset, open.reset));
    }
    let takes_down = next.reset != Reset::On;
    let knows = record.install.is_some() || scenario.proceed || next.request.starts_with("reboot:");
    world.hold(!takes_down || knows, "a running host without history is to be taken down");
    world.hold(
        plan.overall.reason != Reason::HistoryUnknown,
        "the history is unknown, and there is an effect",
    );
}

/// A record was stored.
pub(super) fn stored(world: &mut World, scenario: &Scenario, record: &Record) {
    if let Some(install) = record.install.as_ref().filter(|install| install.is_installed()) {
        let id: u8 = install.id.parse().unwrap();
        let is_there =
            world.machine.disk == Disk::Installed(id) || matches!(world.machine.runs, Runs::Installer(_));
        // Another id may already be on its way over it; then this is history. And a script that was served proves only itself.
        let is_more =
            world.wanted != Some(id) || scenario.completion == Completion::ScriptServed || world.restored > 0;
        world.hold(is_there || is_more, format!("installation {id} is called done, and is not on the disk"));
        world.completed.insert(id);
    }
    let reboot = record.reboot.as_ref().filter(|reboot| reboot.completed_at.is_some());
    let was = world.api.status.as_ref().and_then(|status| status.reboot.as_ref());
    if let (Some(reboot), Some(was)) = (reboot, was) {
        let id: u8 = reboot.id.parse().unwrap();
        let began_here = was.id == reboot.id && was.completed_at.is_none();
        let happened =
            world.downs.contains_key(&Request::Reboot(id)) || world.ups.contains_key(&Request::Reboot(id));
        world.hold(!began_here || happened, format!("reboot {id} is called done, and never happened"));
    }
}

/// An installer was told that its report is kept.
pub(super) fn acknowledged(world: &mut World, of: Try) {
    let status = world.api.status.as_ref().and_then(|status| status.install.as_ref());
    if status.is_some_and(|install| install.id == of.id.to_string() && install.is_installed()) {
        world.completed.insert(of.id);
    }
}

/// A script was handed out.
pub(super) fn served(world: &mut World, of: Try) {
    let again = world.completed.contains(&of.id);
    if again && world.forgotten {
        world.completed.remove(&of.id);
        return;
    }
    world.hold(!again, format!("installation {} is complete, and its script is served again", of.id));
}

/// A reset reaches the machine.
pub(super) fn resets(world: &mut World, scenario: &Scenario, reset: Reset, request: Request) {
    if reset == Reset::On || world.machine.power() == Power::Off {
        return;
    }
    let Request::Install(next) = request else { return };
    if scenario.proceed && world.replaced > 0 {
        return;
    }
    let done = world.completed.contains(&next.id);
    world.hold(!done, format!("installation {} is complete, and {reset} is sent for it", next.id));
    let running = world.machine.installer().filter(|running| running.id == next.id && world.restored == 0);
    if let Some(running) = running {
        let watched = world.process.witnessed.is_some_and(|watched| watched.id == next.id);
        world.hold(
            watched,
            format!("{reset} for {next:?} on the installer of {running:?} that nobody watched"),
        );
        world.hold(
            next.attempt > running.attempt,
            format!("{reset} for {next:?} on the installer of {running:?}"),
        );
    }
}

/// A reset had this effect.
pub(super) fn changed(world: &mut World, change: Change, request: Request) {
    if change != Change::None && change != Change::WentOff {
        world.reset_seen();
    }
    let counts = match change {
        Change::None => return,
        Change::WentOn => &mut world.ups,
        Change::WentOff | Change::Restarted => &mut world.downs,
    };
    let count = counts.entry(request).or_default();
    *count += 1;
    let count = *count;
    let again = match request {
        Request::Reboot(_) => world.restored,
        Request::Install(of) if change == Change::WentOn => {
            let from_disk = world.completed.contains(&of.id);
            if world.forgotten {
                world.completed.remove(&of.id);
            }
            world.replaced + world.lost_reports + u8::from(from_disk)
        }
        Request::Install(_) => world.replaced,
    };
    let allowed = 1 + again;
    world.hold(count <= allowed, format!("{change:?} {count} times for {request:?}"));
}
