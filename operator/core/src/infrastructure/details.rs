//! Name, description and subnet of a record that we made are kept as the spec has them.

use super::{Change, Effect, Plan, Situation};

/// Corrects what differs.
pub(super) fn next(situation: &Situation<'_>, plan: &mut Plan) {
    let (Some(wish), seen) = (&situation.wish.details, situation.seen) else { return };
    let change = Change {
        display_name: (wish.display_name != seen.display_name).then(|| wish.display_name.clone()),
        description: wish.description.clone().filter(|text| Some(text) != seen.description.as_ref()),
        subnet_id: (Some(&wish.subnet_id) != seen.subnet_id.as_ref()).then(|| wish.subnet_id.clone()),
        ..Change::default()
    };
    if change == Change::default() {
        return;
    }
    let fields: Vec<_> = [
        (change.display_name.is_some(), "displayName"),
        (change.description.is_some(), "description"),
        (change.subnet_id.is_some(), "subnetId"),
    ]
    .into_iter()
    .filter_map(|(differs, field)| differs.then_some(field))
    .collect();
    let why = format!("{} as in spec.create", fields.join(", "));
    let (etag, after) = (seen.etag.clone(), Box::new(plan.record.clone()));
    plan.effect = Some(Effect::Change { change, etag, after, why });
}
