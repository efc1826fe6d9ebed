//! Small properties of a system (`facts/metal-peers.md §4.13`, `facts/metal-peers.md §4.18 F`).

use serde_json::{Map, Value, json};
use slipway_core::{
    failure::Failure,
    host::{Indicator, PropertyChange},
    reason::Reason,
};

use crate::{
    discovery,
    message::{self, Class},
    reply::Reply,
    resource::Resource,
    system,
    visit::Visit,
    write,
};

/// Writes those that differ in one PATCH, then one by one when the BMC does not take them together.
///
/// Errors: `InvalidSpec` naming the properties that the machine does not have or refuses, after the others were written.
pub(crate) async fn write(visit: &mut Visit<'_>, changes: &[PropertyChange]) -> Result<(), Failure> {
    let place = discovery::system(visit).await?;
    let (mut wanted, mut refused) = (vec![], vec![]);
    for change in changes {
        match property(&place, change) {
            Property::Missing(name) => refused.push(name.to_owned()),
            Property::AsWanted => {}
            Property::Differs(name, value) => wanted.push((name, value)),
        }
    }
    if !wanted.is_empty() {
        let together: Map<_, _> =
            wanted.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let reply = write::patch(visit, &place, &Value::Object(together)).await?;
        if !is_taken(&reply) {
            judge(visit, &reply)?;
            refused.extend(one_by_one(visit, &place, &wanted).await?);
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    let message = format!("{} does not let {} be set on this machine", visit.label(), refused.join(", "));
    Err(Failure::new(Reason::InvalidSpec, message))
}

/// Names of those that are refused even alone.
async fn one_by_one(
    visit: &mut Visit<'_>,
    place: &Resource,
    wanted: &[(&'static str, Value)],
) -> Result<Vec<String>, Failure> {
    let mut refused = vec![];
    // One that was refused alone is refused again.
    if let [(name, _)] = wanted {
        return Ok(vec![(*name).to_owned()]);
    }
    for (name, value) in wanted {
        // The tag changed when part of the first PATCH was taken.
        let fresh = visit.get(&place.path).await?;
        let reply = write::patch(visit, &fresh, &json!({*name: value})).await?;
        if !is_taken(&reply) {
            judge(visit, &reply)?;
            refused.push((*name).to_owned());
        }
    }
    Ok(refused)
}

enum Property {
    /// The machine does not have it.
    Missing(&'static str),
    AsWanted,
    /// Name and value to write.
    Differs(&'static str, Value),
}

fn property(system: &Resource, change: &PropertyChange) -> Property {
    let differing = |name: &'static str, same: bool, value: Value| {
        if same { Property::AsWanted } else { Property::Differs(name, value) }
    };
    match change {
        PropertyChange::AssetTag(tag) if system.has("/AssetTag") => {
            differing("AssetTag", system.text("/AssetTag").unwrap_or_default() == tag, json!(tag))
        }
        PropertyChange::AssetTag(_) => Property::Missing("AssetTag"),
        PropertyChange::Indicator(wanted) if system.has("/LocationIndicatorActive") => {
            let lit = *wanted != Indicator::Off;
            differing(
                "LocationIndicatorActive",
                system.flag("/LocationIndicatorActive") == Some(lit),
                json!(lit),
            )
        }
        PropertyChange::Indicator(wanted) if system.has("/IndicatorLED") => {
            let word = system::indicator_word(*wanted);
            differing("IndicatorLED", system.text("/IndicatorLED") == Some(word), json!(word))
        }
        PropertyChange::Indicator(_) => Property::Missing("IndicatorLED"),
        PropertyChange::HostWatchdog(on) if system.has("/HostWatchdogTimer/FunctionEnabled") => {
            let same = system.flag("/HostWatchdogTimer/FunctionEnabled") == Some(*on);
            differing("HostWatchdogTimer", same, json!({"FunctionEnabled": on}))
        }
        PropertyChange::HostWatchdog(_) => Property::Missing("HostWatchdogTimer"),
    }
}

/// A success may still name properties that were left out (`facts/metal-peers.md §4.13`).
fn is_taken(reply: &Reply) -> bool {
    let annotated = reply.body.as_object().into_iter().flatten();
    let left_out =
        annotated.filter(|(name, _)| name.ends_with("@Message.ExtendedInfo") && !name.starts_with('@'));
    let trouble =
        |value: &Value| message::class(&message::in_list(value)).is_some_and(|class| class != Class::Success);
    let mut left_out = left_out.map(|(_, value)| trouble(value));
    reply.status().is_success() && !left_out.any(|trouble| trouble)
}

/// Goes on when the form is to blame; else the refusal is the failure.
fn judge(visit: &Visit<'_>, reply: &Reply) -> Result<(), Failure> {
    if reply.status().is_success() || write::is_about_form(reply) {
        return Ok(());
    }
    Err(visit.refusal("the setting of properties", reply))
}
