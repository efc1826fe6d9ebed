//! The operator of the model: the controller's order of writes and effects around the real planner.

use slipway_core::infrastructure::{
    Approval, Change, ConnectionWish, Desired, Effect, InfrastructureWish, Plan, Record, RefreshPolicy,
    ScheduleSight, Situation, pin_given, pin_lost, plan,
};

use super::{
    law,
    service::print,
    world::{Act, BEFORE, RULES, TICK, World},
};

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is done, and the answer says so.
    Done,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// The request is lost, and nobody knows.
    RequestLost,
    /// It is not done, and that is known.
    Refused,
}

/// What is on record, to the best of the API server's knowledge.
fn recalled(world: &World) -> Record {
    let mut record = world.api.status.clone().unwrap_or_default();
    record.recall(&world.api.memory);
    record
}

/// What is asked of the rack.
fn wish(world: &World) -> InfrastructureWish {
    let wish = world.wish;
    let connection = ConnectionWish {
        desired: if wish.rejected { Desired::Rejected } else { Desired::Connected },
        approval: if wish.manual {
            Approval::Manual(wish.approved.and_then(print))
        } else {
            Approval::Automatic
        },
        refresh_id: (wish.refresh_id > 0).then(|| wish.refresh_id.to_string()),
        refresh: wish.refreshes.then_some(RefreshPolicy { before: TICK * u32::from(BEFORE), window: None }),
        outage: wish.reconnects.then_some(TICK),
    };
    InfrastructureWish { connection: Some(connection), schedule: None, details: None, suspended: false }
}

/// The plan for the world as it is.
pub(super) fn planned(world: &World) -> (Record, Plan) {
    let record = recalled(world);
    let (wish, seen) = (wish(world), world.service.look());
    let situation = Situation {
        wish: &wish,
        record: &record,
        seen: &seen,
        pin_is_spent: world.process.spent,
        schedule: &ScheduleSight::NotLooked,
        owner: "default/rack1",
        rules: &RULES,
    };
    let plan = plan(&situation);
    (record, plan)
}

/// Looks, and decides what comes next.
pub(super) fn look(world: &mut World) {
    let (record, plan) = planned(world);
    law::planned(world, &record, &plan);
    match plan.effect {
        Some(effect) => {
            if let Effect::GivePin { before } = &effect {
                keep(world, before);
            }
            world.process.acts.push_back(Act::Run(effect, plan.record));
        }
        None => keep(world, &plan.record),
    }
}

/// Memory, then status; what says nothing new is not written.
fn keep(world: &mut World, record: &Record) {
    if world.api.memory.updated(record, None) != world.api.memory {
        world.process.acts.push_back(Act::Remember(record.clone()));
    }
    if world.api.status.as_ref() != Some(record) {
        world.process.acts.push_back(Act::Store(record.clone()));
    }
}

/// Goes one act further. `fate` is that of a call.
pub(super) fn go_on(world: &mut World, rotates: bool, fate: Fate) {
    match world.process.acts.pop_front().unwrap() {
        Act::Remember(record) => {
            law::remembered(world, &record);
            world.api.memory = world.api.memory.updated(&record, None);
        }
        Act::Store(record) => world.api.status = Some(record),
        Act::Run(Effect::GivePin { before }, record) => {
            let kept = give_pin(world, &before, fate).unwrap_or(record);
            keep(world, &kept);
        }
        Act::Run(Effect::Change { change, etag, after, .. }, record) => {
            let kept = change_record(world, &change, etag.is_some(), &after, rotates, fate).unwrap_or(record);
            keep(world, &kept);
        }
        Act::Run(..) => panic!("no schedule is asked for"),
    }
}

/// Gives the rack the PIN that was seen; `None`: it was not sent.
fn give_pin(world: &mut World, before: &Record, fate: Fate) -> Option<Record> {
    if fate == Fate::Refused {
        return None;
    }
    // When OCI has made another PIN meanwhile, that one is not spent.
    world.process.spent |= !world.service.rotated;
    if fate == Fate::RequestLost {
        return Some(pin_lost(before));
    }
    let key = world.mint();
    law::given(world);
    if !world.service.rotated {
        world.service.given += 1;
        world.service.rack = Some(key);
    }
    (world.answer, world.counted) = (Some(key), false);
    Some(if fate == Fate::Done { pin_given(before, print(key)?) } else { pin_lost(before) })
}

/// Changes OCI's record; `None`: as far as is known it was not changed.
fn change_record(
    world: &mut World,
    change: &Change,
    etag: bool,
    after: &Record,
    rotates: bool,
    fate: Fate,
) -> Option<Record> {
    let order = change.order?;
    if matches!(fate, Fate::Refused | Fate::RequestLost) || !world.service.takes(order, etag) {
        return None;
    }
    law::told(world, order);
    super::step::told(world, order, rotates);
    (fate == Fate::Done).then(|| Effect::taken(after, Some(order), &world.service.look()))
}
