//! Which upgrade schedule is attached to a rack, and that it is as written.

use super::{Change, Effect, Plan, Schedule, ScheduleCreation, ScheduleWish, Situation, UpgradeEvent};
use crate::{
    finding::Finding,
    reason::{Class, Reason},
};

/// What is known of the schedule that the wish is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleSight {
    /// It was not looked at: there is nothing to keep, or it was looked at lately.
    NotLooked,
    /// There is none of this name.
    Absent,
    /// It is there.
    Found(Schedule),
    /// The wish cannot be carried out.
    Refused(Finding),
}

/// Attaches what is asked for, makes it when it is not there, corrects it when it differs. Until that is done the rack is not as asked.
pub(super) fn next(situation: &Situation<'_>, plan: &mut Plan) {
    let Some(wish) = &situation.wish.schedule else { return };
    decide(situation, wish, plan);
    if let (Some(effect), Class::Fine) = (&plan.effect, plan.overall.reason.class()) {
        plan.overall = Finding::new(Reason::Scheduling, format!("next: {}", effect.words()));
    }
}

fn decide(situation: &Situation<'_>, wish: &ScheduleWish, plan: &mut Plan) {
    match (wish, situation.schedule) {
        (_, ScheduleSight::Refused(finding)) => {
            // The state of the connection goes first, unless it is fine.
            if plan.overall.reason.class() == Class::Fine {
                plan.overall = finding.clone();
            }
        }
        (ScheduleWish::Existing(id), _) => attach(situation, plan, id),
        (ScheduleWish::Kept { .. }, ScheduleSight::NotLooked) => {}
        (ScheduleWish::Kept { display_name, events }, ScheduleSight::Absent) => {
            plan.effect = Some(Effect::CreateSchedule(creation(situation, display_name, events)));
        }
        (ScheduleWish::Kept { events, .. }, ScheduleSight::Found(schedule)) => {
            if is_same(events, &schedule.events) {
                attach(situation, plan, &schedule.id);
            } else {
                let (id, etag, events) = (schedule.id.clone(), schedule.etag.clone(), events.clone());
                plan.effect = Some(Effect::ChangeSchedule { id, etag, events });
            }
        }
    }
}

fn attach(situation: &Situation<'_>, plan: &mut Plan, id: &str) {
    if situation.seen.upgrade_schedule_id.as_deref() == Some(id) {
        return;
    }
    let change = Change { upgrade_schedule_id: Some(id.to_owned()), ..Change::default() };
    let (etag, after) = (situation.seen.etag.clone(), Box::new(plan.record.clone()));
    let why = format!("attach the upgrade schedule {id}");
    plan.effect = Some(Effect::Change { change, etag, after, why });
}

fn creation(situation: &Situation<'_>, display_name: &str, events: &[UpgradeEvent]) -> ScheduleCreation {
    let compartment_id = situation.seen.compartment_id.clone();
    // One token for all racks that share the schedule: were two to make it at once, OCI makes it once. Another one each hour, for OCI keeps
    // tokens for a day and a schedule that was deleted has to be made again (`facts/oci.md §2.9`).
    let hour = situation.now().as_second() / 3600;
    let seed = format!("schedule {compartment_id} {display_name} {hour}");
    ScheduleCreation {
        retry_token: uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, seed.as_bytes()).simple().to_string(),
        compartment_id,
        display_name: display_name.to_owned(),
        events: events.to_vec(),
        owner: situation.owner.to_owned(),
    }
}

/// Whether the times are the same, in any order.
fn is_same(wished: &[UpgradeEvent], seen: &[UpgradeEvent]) -> bool {
    wished.len() == seen.len()
        && wished.iter().all(|event| seen.contains(event))
        && seen.iter().all(|event| wished.contains(event))
}
