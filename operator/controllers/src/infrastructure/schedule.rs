//! Looks at the upgrade schedule that the spec is about.

use slipway_core::{
    failure::Failure,
    finding::Finding,
    infrastructure::{Account, CloudPort, OWNER_TAG, Observation, Schedule, ScheduleSight, ScheduleWish},
    reason::Reason,
};

/// What is known of the schedule. The one that is attached is read; else it is looked for by name.
pub(super) async fn sight(
    cloud: &dyn CloudPort,
    account: &Account,
    wish: Option<&ScheduleWish>,
    seen: &Observation,
) -> Result<ScheduleSight, Failure> {
    let Some(ScheduleWish::Kept { display_name, .. }) = wish else { return Ok(ScheduleSight::NotLooked) };
    if let Some(id) = &seen.upgrade_schedule_id {
        let attached = cloud.schedule(account, id).await?;
        if attached.display_name == *display_name {
            return Ok(kept(vec![attached]));
        }
    }
    Ok(kept(cloud.find_schedules(account, &seen.compartment_id, display_name).await?))
}

/// Schedules that Slipway made may be shared by several racks; others are not changed.
fn kept(mut found: Vec<Schedule>) -> ScheduleSight {
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let foreign = found.first().map(|schedule| (schedule.id.clone(), schedule.display_name.clone()));
    match (found.into_iter().find(|schedule| schedule.freeform_tags.contains_key(OWNER_TAG)), foreign) {
        (Some(ours), _) => ScheduleSight::Found(ours),
        (None, None) => ScheduleSight::Absent,
        (None, Some((id, name))) => {
            let message = format!(
                "an upgrade schedule named {name:?} (spec.upgradeSchedule.displayName) is there already and was not made by Slipway: {id}; use it \
                 with spec.upgradeSchedule.scheduleId, or choose another name"
            );
            ScheduleSight::Refused(Finding::new(Reason::NameTaken, message))
        }
    }
}
