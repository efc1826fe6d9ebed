//! The operator of the model: the controller's order of looks, writes and effects around the real planner.

use slipway_core::{
    reason::Reason,
    subscription::{
        DeletionPolicy, Drift, Effect, Known, Memory, Plan, Record, RemoteStatus, SETTLE, Situation, plan,
        release,
    },
};

use super::{
    law,
    scenario::Scenario,
    world::{Act, Status, World, now},
};
use crate::scene::OURS;

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
    /// The fields are changed, the labels are not.
    Half,
}

const POLICY: DeletionPolicy = DeletionPolicy::DeleteReserved;

/// What status and memory say.
fn known(world: &World) -> Known {
    let memory = &world.api.memory;
    let Status { id, reserving_since, fields, drift } = world.api.status.clone().unwrap_or_default();
    Known {
        subscription_id: id.or_else(|| memory.subscription_id.clone()),
        organization_id: memory.organization_id.clone(),
        reserving_since,
        fields,
        was_synced: memory.synced,
        was_active: memory.activated,
        drift,
    }
}

/// The records with our key: those that the search shows, and the one that is known.
fn seen(world: &World, scenario: &Scenario, known: &Known) -> Vec<Record> {
    let mut seen: Vec<_> = world.registrar.search().cloned().collect();
    let by_id = known.subscription_id.as_ref().filter(|_| scenario.reads_by_id);
    let missing = by_id.filter(|id| !seen.iter().any(|record| record.id == **id));
    seen.extend(missing.and_then(|id| world.registrar.find(id)).map(|kept| kept.record.clone()));
    seen
}

/// The plan for the world as it is.
pub(super) fn planned(world: &World, scenario: &Scenario) -> Plan {
    let known = known(world);
    plan(&Situation {
        wish: &world.wish(),
        known: &known,
        seen: &seen(world, scenario, &known),
        organization_id: Some(OURS),
        cluster: &world.sight(),
        settle: SETTLE,
        now: now(),
    })
}

/// Looks, and decides what comes next.
pub(super) fn look(world: &mut World, scenario: &Scenario) {
    if world.is_going {
        return let_go(world, scenario);
    }
    let plan = planned(world, scenario);
    law::planned(world, &plan);
    let status = world.api.status.clone().unwrap_or_default();
    match (plan.effect, &plan.record) {
        (None, Some(record)) => {
            let is_synced = plan.synced.as_ref().is_some_and(|found| found.reason == Reason::Verified);
            let compared = plan.synced.as_ref().map(|_| plan.drift.as_slice());
            keep(world, record, compared, is_synced);
        }
        (None, None) => {}
        (Some(effect @ Effect::Reserve(_)), _) => {
            let status = Status { reserving_since: Some(now()), ..status };
            world.process.acts.extend([Act::Store(status), Act::Run(effect, vec![])]);
        }
        (Some(effect), record) => {
            if let Some(record) = record.as_ref().filter(|record| status.id.as_ref() != Some(&record.id)) {
                keep(world, record, None, false);
            }
            world.process.acts.push_back(Act::Run(effect, plan.drift));
        }
    }
}

/// Memory, then status; what says nothing new is not written. `compared`: what there is to remember of differences.
fn keep(world: &mut World, record: &Record, compared: Option<&[Drift]>, is_synced: bool) {
    let memory = &world.api.memory;
    let before =
        if memory.subscription_id.as_ref() == Some(&record.id) { memory.clone() } else { Memory::default() };
    let memory = Memory {
        subscription_id: Some(record.id.clone()),
        organization_id: before.organization_id.or_else(|| record.organization_id.clone()),
        synced: before.synced || is_synced,
        activated: before.activated || record.status == RemoteStatus::Active,
        ..before
    };
    let status = world.api.status.clone().unwrap_or_default();
    let before = if status.id.as_ref() == Some(&record.id) { status } else { Status::default() };
    let status = Status {
        id: Some(record.id.clone()),
        reserving_since: None,
        fields: compared.map(|_| record.fields()).or(before.fields),
        drift: compared.map_or(before.drift, <[Drift]>::to_vec),
    };
    if memory != world.api.memory {
        world.process.acts.push_back(Act::Remember(memory));
    }
    if world.api.status.as_ref() != Some(&status) {
        world.process.acts.push_back(Act::Store(status));
    }
}

/// Goes one act further. `fate` is that of a call.
pub(super) fn go_on(world: &mut World, scenario: &Scenario, fate: Fate) {
    world.process.waited = false;
    match world.process.acts.pop_front().unwrap() {
        Act::Remember(memory) => world.api.memory = memory,
        Act::Store(status) => world.api.status = Some(status),
        Act::Run(effect @ Effect::Reserve(_), _) => reserve(world, &effect, fate),
        Act::Run(effect, drift) => {
            if let Some(record) = change(world, &effect, fate) {
                keep(world, &record, Some(&drift), false);
            } else if scenario.counts_failures {
                let status = world.api.status.clone().unwrap_or_default();
                world.process.acts.push_back(Act::Store(Status { drift, ..status }));
            }
        }
        Act::Release(id, what) => {
            if !matches!(fate, Fate::RequestLost | Fate::Refused) {
                world.registrar.release(&id, what);
            }
        }
        Act::LetGo => {
            law::let_go(world);
            world.is_gone = true;
        }
    }
}

/// Makes a record. What became of a lost request nobody knows, and its time counts from now.
fn reserve(world: &mut World, effect: &Effect, fate: Fate) {
    let Effect::Reserve(reservation) = effect else { return };
    let status = world.api.status.clone().unwrap_or_default();
    let open = Act::Store(Status { reserving_since: Some(now()), ..status.clone() });
    match fate {
        Fate::Refused => world.process.acts.push_back(Act::Store(Status { reserving_since: None, ..status })),
        Fate::RequestLost => world.process.acts.push_back(open),
        Fate::Done | Fate::AnswerLost | Fate::Half => {
            law::reserved(world);
            let id = world.mint();
            let made = world.registrar.reserve(&id, reservation);
            match fate {
                Fate::Done => keep(world, &made, None, false),
                _ => world.process.acts.push_back(open),
            }
        }
    }
}

/// Changes a record, and answers it as it is then; `None`: nobody knows.
fn change(world: &mut World, effect: &Effect, fate: Fate) -> Option<Record> {
    if matches!(fate, Fate::RequestLost | Fate::Refused) {
        return None;
    }
    let answer = match effect {
        Effect::Amend { id, fields } if fate == Fate::Half => {
            let mut fields = fields.clone();
            fields.retain(|field, _| !matches!(field, slipway_core::subscription::Field::Label(_)));
            world.registrar.amend(id, &fields)
        }
        Effect::Amend { id, fields } => world.registrar.amend(id, fields),
        Effect::Activate { id } => {
            law::activated(world, id);
            world.registrar.set(id, RemoteStatus::Active)
        }
        Effect::Reserve(_) => None,
    };
    world.is_unsure |= fate != Fate::Done;
    answer.filter(|_| fate == Fate::Done)
}

/// The object is being deleted: its record is let go, then the object.
fn let_go(world: &mut World, scenario: &Scenario) {
    let known = known(world);
    let mut seen = seen(world, scenario, &known);
    seen.sort_by_key(|record| Some(&record.id) != known.subscription_id.as_ref());
    let act = match seen.first() {
        Some(record) => {
            release(POLICY, record).map_or(Act::LetGo, |what| Act::Release(record.id.clone(), what))
        }
        None if known.reserving_since.is_some_and(|since| since + SETTLE > now()) => return,
        None => Act::LetGo,
    };
    law::releases(world, &act);
    world.process.acts.push_back(act);
}
