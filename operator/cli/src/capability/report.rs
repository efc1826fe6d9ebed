//! What `get` shows.

use serde_json::{Value, json};
use slipway_core::subscription::Capability;

use super::args::Format;
use super::desk::Desk;
use super::key::short;
use super::place::Place;
use crate::table::table;

/// Why there is nothing to show or to change at a webhook.
pub(crate) const AT_THE_SITE: &str = "the registrar is a webhook: capabilities are kept at the site that answers it, and are read and changed there";

/// The capabilities of one owner, as they were found.
pub(crate) fn found(desk: &Desk, place: &Place<'_>, found: &[Capability], format: Format) -> String {
    match format {
        Format::Json => written(&json!({
            "object": {"namespace": place.namespace, "name": place.name},
            "registrar": desk.origin(),
            "of": {"kind": desk.kind().word(), "id": desk.id()},
            "capabilities": found.iter().map(|one| listed(one, desk)).collect::<Vec<_>>(),
        })),
        Format::Table if found.is_empty() => {
            format!(
                "{}\n\nNo capabilities are shown to the account {}.\n",
                title(desk, place),
                desk.username()
            )
        }
        Format::Table => {
            let rows = found.iter().map(|one| [short(&one.name, desk.kind()), &one.value, &one.name]);
            let rows: Vec<_> = std::iter::once(["NAME", "VALUE", "CAPABILITY"]).chain(rows).collect();
            format!("{}\n\n{}", title(desk, place), table(&rows))
        }
    }
}

fn listed(capability: &Capability, desk: &Desk) -> Value {
    json!({"name": short(&capability.name, desk.kind()), "capability": capability.name, "value": capability.value})
}

/// What `get` says of a webhook.
pub(crate) fn webhook(place: &Place<'_>, format: Format) -> String {
    match format {
        Format::Json => written(&json!({
            "object": {"namespace": place.namespace, "name": place.name},
            "registrar": "webhook",
            "capabilities": null,
            "note": AT_THE_SITE,
        })),
        Format::Table => format!(
            "{}: {AT_THE_SITE}.\n\nWhat Slipway last heard of them:\n\n  {}\n",
            place.object(),
            place.known()
        ),
    }
}

/// The first line: which object led to which owner at which registrar.
pub(crate) fn title(desk: &Desk, place: &Place<'_>) -> String {
    format!("{}: {} at {}", place.object(), desk.owner(), desk.origin())
}

fn written(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { namespace: "metal", name: "edge1" };

    #[test]
    fn a_webhook_says_where_its_capabilities_are() {
        let text = webhook(&PLACE, Format::Table);
        assert!(text.starts_with("clustersubscription metal/edge1: the registrar is a webhook: "), "{text}");
        assert!(text.contains("\n  kubectl -n metal get csub edge1 -o jsonpath="), "{text}");
        let json: Value = serde_json::from_str(&webhook(&PLACE, Format::Json)).unwrap();
        assert!(json["capabilities"].is_null() && json["note"].as_str().unwrap() == AT_THE_SITE, "{json}");
    }
}
