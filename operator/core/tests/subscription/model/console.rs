//! What a person at the registrar's console does to the record, and the registrar itself.

use slipway_core::subscription::{Release, RemoteStatus};

use super::{
    scenario::{Fault, Scenario},
    step::Step,
    world::World,
};

/// What can happen there.
pub(super) fn steps(world: &World, scenario: &Scenario) -> Vec<Step> {
    let mut steps = vec![];
    if !world.is_reachable {
        steps.push(Step::Reach);
    } else if scenario.has(Fault::Unreachable, world) {
        steps.push(Step::Fault(Fault::Unreachable));
    }
    let Some(record) = world.shown() else { return steps };
    let is_reserved = record.status == RemoteStatus::Reserved;
    for fault in [
        Fault::Rename,
        Fault::Archive,
        Fault::Delete,
        Fault::Telemetry,
        Fault::Label,
        Fault::Transfer,
        Fault::Word,
    ] {
        let may = match fault {
            Fault::Archive => !is_reserved,
            // Reserved records send none; an active one misses some, whoever activated it.
            Fault::Telemetry => matches!(record.status, RemoteStatus::Active | RemoteStatus::Reserved),
            Fault::Word => !matches!(record.status, RemoteStatus::Other(_)),
            _ => true,
        };
        if may && scenario.has(fault, world) {
            steps.push(Step::Fault(fault));
        }
    }
    if scenario.faults.contains(&Fault::Telemetry)
        && !matches!(record.status, RemoteStatus::Reserved | RemoteStatus::Active)
    {
        steps.push(Step::Telemetry);
    }
    steps
}

/// Telemetry is back.
pub(super) fn telemetry(world: &mut World) {
    set(world, |_| RemoteStatus::Active);
}

fn set(world: &mut World, next: impl Fn(&RemoteStatus) -> RemoteStatus) {
    let shown = world.shown().map(|record| (record.id.clone(), next(&record.status)));
    if let Some((id, status)) = shown {
        world.registrar.set(&id, status);
    }
}

/// It happens.
pub(super) fn happen(world: &mut World, fault: Fault) {
    match fault {
        Fault::Unreachable => world.is_reachable = false,
        Fault::Archive => set(world, |status| match status {
            RemoteStatus::Archived => RemoteStatus::Disconnected,
            _ => RemoteStatus::Archived,
        }),
        Fault::Telemetry => set(world, |status| match status {
            RemoteStatus::Reserved => RemoteStatus::Active,
            _ => RemoteStatus::Stale,
        }),
        Fault::Word => set(world, |_| RemoteStatus::Other("Suspended".to_owned())),
        Fault::Delete => {
            let id = world.shown().map(|record| record.id.clone());
            if let Some(id) = id {
                world.registrar.release(&id, Release::Delete);
            }
        }
        _ => edit(world, fault),
    }
}

fn edit(world: &mut World, fault: Fault) {
    world.count_fight();
    let Some(kept) = world.registrar.kept.first_mut() else { return };
    match fault {
        Fault::Rename => kept.record.display_name = Some("theirs".to_owned()),
        Fault::Label => {
            let theirs =
                ["slipway.team", "team", "slipway.installation"].map(|key| (key.to_owned(), "x".repeat(600)));
            if kept.record.labels.remove("slipway.installation").is_none() {
                kept.record.labels.extend(theirs);
            }
        }
        Fault::Transfer => kept.record.organization_id = Some("org-theirs".to_owned()),
        _ => {}
    }
}
