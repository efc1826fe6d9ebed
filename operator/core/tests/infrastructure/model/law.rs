//! What must never happen (`facts/reliability-ux.md §1.7`, S1 to S3), checked where it would, by what is true and not by what is on record.
//!
//! - S1: `READY` is told only while OCI shows the fingerprint that the rack answered to the PIN that we gave it last, and that a person
//!   approved, where one has to.
//! - S2: no PIN is given to the rack twice by us, nor before OCI has been in `REJECT` for its time.
//! - S3: a connection that stands is cut only when it is to be rejected, for a `refreshId` that is new, when its refresh is due, or when
//!   contact is lost for the time of the policy.
//! - No attempt begins after three mismatches without a person.
//! - A plan that changes nothing is not made again at once.

use slipway_core::infrastructure::{Effect, HandshakeResult, Look, Order, Plan, Record, Step};

use super::{
    service::Phase,
    world::{BEFORE, LIFETIME, World, now},
};

/// A plan was made.
pub(super) fn planned(world: &mut World, record: &Record, plan: &Plan) {
    if let Some(Effect::GivePin { .. }) = plan.effect {
        let service = &world.service;
        let is_due = service.phase == Phase::Reject && service.since >= 1;
        world.hold(is_due, "S2: a PIN is to be given before the time in REJECT is over");
    }
    let changes = plan.effect.is_some() || plan.record != *record;
    let spins = match plan.look {
        Look::Now => true,
        Look::At(moment) => moment <= now(),
        Look::Soon | Look::AtRest => false,
    };
    world.hold(changes || !spins, format!("it is looked at again at once for nothing: {:?}", plan.overall));
    if !world.service.phase.stands() {
        world.unseen = false;
    }
}

/// A PIN reaches the rack.
pub(super) fn given(world: &mut World) {
    let again = !world.service.rotated && world.service.given > 0;
    world.hold(!again, "S2: a PIN is given to the rack a second time");
    world.hold(world.mismatched < 3, "a fourth attempt after three mismatches");
}

/// A record was remembered.
pub(super) fn remembered(world: &mut World, record: &Record) {
    let handshake = &record.handshake;
    let is_mismatch = handshake.step == Step::Failed && handshake.result == Some(HandshakeResult::Mismatched);
    if is_mismatch && !world.counted {
        world.mismatched = (world.mismatched + 1).min(3);
        world.counted = true;
    }
}

/// OCI takes an order.
pub(super) fn told(world: &mut World, order: Order) {
    let (service, wish) = (&world.service, world.wish);
    match order {
        Order::Ready => {
            let is_same = service.fingerprint.is_some() && service.fingerprint == world.answer;
            let is_approved = !wish.manual || wish.approved == service.fingerprint;
            world.hold(is_same, "S1: READY is told, and the fingerprints are not the same");
            world.hold(is_approved, "S1: READY is told, and nobody approved it");
        }
        Order::Reject if service.phase.stands() => {
            let kept = world.api.status.as_ref().and_then(|status| status.refresh.as_ref());
            let taken_up =
                kept.map(|refresh| &refresh.id).or(world.api.memory.refresh.as_ref().map(|done| &done.id));
            let is_new = wish.refresh_id != world.adopted && taken_up != Some(&wish.refresh_id.to_string());
            let is_due = wish.refreshes
                && service.phase == Phase::Connected
                && (world.unseen || service.connected >= LIFETIME - BEFORE);
            let is_lost = wish.reconnects && service.phase == Phase::Disconnected && service.since >= 1;
            let may = wish.rejected || is_new || is_due || is_lost;
            world.hold(may, "S3: a connection that stands is cut, and the spec does not ask for it");
        }
        Order::Reject => {}
    }
}
