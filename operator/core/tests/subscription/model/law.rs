//! What must never happen (`facts/reliability-ux.md §1.7`, S8, and `facts/ocm.md §7.2`), checked where it would, by what is true and not by
//! what is on record.
//!
//! - No second living record is made for the cluster, and none after one of its records was active.
//! - A record that is active, or that others put away, is not deleted and not changed.
//! - A record is activated only when the cluster is installed and the record has its id for telemetry.
//! - No plan that does nothing is made again at once, and what there is to say fits the status.

use slipway_core::{
    reason::Reason,
    subscription::{Effect, Look, Plan, RemoteStatus},
};

use super::world::{Act, Cluster, World, external, now};
use crate::scene::OURS;

/// A plan was made.
pub(super) fn planned(world: &mut World, plan: &Plan) {
    let spins = match plan.look {
        Look::Now => true,
        Look::At(moment) => moment <= now(),
        Look::Soon | Look::AtRest => false,
    };
    world.hold(plan.effect.is_some() || !spins, "it is looked at again at once for nothing");
    world.hold(is_bounded(plan), "what there is to say does not fit the status");
    let id = match &plan.effect {
        Some(Effect::Amend { id, .. } | Effect::Activate { id }) => id,
        Some(Effect::Reserve(_)) | None => return,
    };
    let record = world.registrar.find(id).map(|kept| kept.record.clone());
    let was_ours = world.api.memory.organization_id.as_deref() == Some(OURS);
    let is_ours = record.is_some_and(|record| {
        let may =
            matches!(record.status, RemoteStatus::Reserved | RemoteStatus::Active | RemoteStatus::Stale);
        may && (!was_ours || record.organization_id.as_deref() == Some(OURS))
    });
    world.hold(is_ours, "a record that others put away or took over is to be changed");
}

/// The limits of the status' fields.
fn is_bounded(plan: &Plan) -> bool {
    let fits = |text: &str, most: usize| text.chars().count() <= most;
    let drift = |drift: &slipway_core::subscription::Drift| {
        fits(&drift.field.to_string(), 80) && fits(&drift.found, 500) && fits(&drift.wanted, 500)
    };
    plan.drift.len() <= 32 && plan.drift.iter().all(drift) && fits(&plan.overall.message, 4_000)
}

/// A record is about to be made.
pub(super) fn reserved(world: &mut World) {
    world.hold(world.registrar.kept.is_empty(), "S8: a second living record is made");
    world.hold(!world.api.memory.activated, "a record is reserved for a cluster that was in use");
}

/// A record is about to become active.
pub(super) fn activated(world: &mut World, id: &str) {
    let Some(kept) = world.registrar.find(id) else { return };
    let named = match world.cluster {
        Cluster::Installed(number) => kept.record.external_cluster_id == Some(external(number)),
        // The installation may have been given up since the look.
        _ => kept.record.external_cluster_id.is_some(),
    };
    world.hold(named, "a record is activated without its id for telemetry");
}

/// It was decided to let a record go. Between the look and the call somebody may activate it: nothing can be changed there on a condition
/// (`facts/ocm.md §2.5`).
pub(super) fn releases(world: &mut World, act: &Act) {
    let Act::Release(id, _) = act else { return };
    let is_reserved =
        world.registrar.find(id).is_some_and(|kept| kept.record.status == RemoteStatus::Reserved);
    world.hold(is_reserved, "S8: a record that is not reserved is to be let go");
}

/// The object goes.
pub(super) fn let_go(world: &mut World) {
    let leaks = world.registrar.kept.iter().any(|kept| kept.record.status == RemoteStatus::Reserved);
    world.hold(!leaks, "S8: a reserved record is left behind");
}

/// Whatever happens, no record that was active is reserved again.
pub(super) fn always(world: &mut World) {
    let back = world
        .registrar
        .kept
        .iter()
        .any(|kept| kept.was_active && kept.record.status == RemoteStatus::Reserved);
    world.hold(!back, "a record that was active is reserved again");
}

/// Whether what is said of a record at rest is so.
pub(super) fn rested(world: &World, plan: &Plan) -> Result<(), String> {
    let reason = plan.overall.reason;
    let Some(record) = world.shown() else {
        let is_true = reason == Reason::SubscriptionLost;
        return if is_true { Ok(()) } else { Err(format!("{reason} without a record: {world}")) };
    };
    let is_installed = matches!(world.cluster, Cluster::Installed(_));
    let is_named = record.display_name.as_deref() == Some(&format!("edge-{}", world.name));
    let is_true = match reason {
        Reason::Reserved => record.status == RemoteStatus::Reserved && !is_installed && is_named,
        Reason::Active => record.status == RemoteStatus::Active && is_installed && is_named,
        Reason::Stale => record.status == RemoteStatus::Stale && is_installed && is_named,
        Reason::ActivatedElsewhere => !is_installed && record.status != RemoteStatus::Reserved,
        Reason::SubscriptionArchived => record.status == RemoteStatus::Archived,
        Reason::SubscriptionDisconnected => record.status == RemoteStatus::Disconnected,
        Reason::SubscriptionTransferred => record.organization_id.as_deref() != Some(OURS),
        // What is not on record, nobody can tell from what others did.
        Reason::Drifted => world.fights > 0 || world.is_unsure,
        Reason::DriftContested => world.fights > 2 || world.registrar.forgets,
        _ => false,
    };
    if reason == Reason::DriftContested && !is_true {
        return Err(format!("contested, and nobody fights: {world}"));
    }
    if is_true { Ok(()) } else { Err(format!("{reason} at rest: {world}")) }
}
