//! What a system resource says (DSP0268 `ComputerSystem`); absent, null and odd values are borne.

use slipway_core::host::{Hardware, Indicator, Observation, Power, Properties};

use crate::{
    quirk::{Maker, Quirk},
    reset::Offer,
    resource::Resource,
};

const POWER: [(&str, Power); 5] = [
    ("On", Power::On),
    ("Off", Power::Off),
    ("PoweringOn", Power::PoweringOn),
    ("PoweringOff", Power::PoweringOff),
    ("Paused", Power::Paused),
];

const INDICATOR: [(&str, Indicator); 3] =
    [("Off", Indicator::Off), ("Lit", Indicator::Lit), ("Blinking", Indicator::Blinking)];

/// Power state; what is not said clearly is unknown (`facts/metal-peers.md §4.3`).
pub(crate) fn power(system: &Resource) -> Power {
    let word = system.text("/PowerState");
    POWER.iter().find(|(known, _)| Some(*known) == word).map_or(Power::Unknown, |(_, power)| *power)
}

/// The word for an indicator's state.
pub(crate) fn indicator_word(wanted: Indicator) -> &'static str {
    INDICATOR.iter().find(|(_, indicator)| *indicator == wanted).map_or("Off", |(word, _)| word)
}

/// All that the system resource shows.
pub(crate) fn observation(system: &Resource, maker: &Maker, offer: &Offer) -> Observation {
    let targets = system.words("/Boot/BootSourceOverrideTarget@Redfish.AllowableValues");
    let override_known = system.has("/Boot/BootSourceOverrideTarget");
    let offered = |target: &str| targets.as_ref().map(|targets| targets.contains(&target));
    Observation {
        power: power(system),
        hardware: hardware(system, maker),
        last_reset_time: system.owned("/LastResetTime"),
        boot_progress: system.owned("/BootProgress/LastState"),
        resets: offer.resets(),
        can_boot_network: offered("Pxe").unwrap_or(override_known),
        can_boot_http: offered("UefiHttp").unwrap_or(false),
        network_override_set: network_override_set(system),
        properties: properties(system),
        pin: None,
    }
}

fn network_override_set(system: &Resource) -> bool {
    let active = matches!(system.text("/Boot/BootSourceOverrideEnabled"), Some("Once" | "Continuous"));
    active && matches!(system.text("/Boot/BootSourceOverrideTarget"), Some("Pxe" | "UefiHttp"))
}

fn hardware(system: &Resource, maker: &Maker) -> Hardware {
    let sku = if maker.has(Quirk::SerialIsSku) { system.owned("/SKU") } else { None };
    Hardware {
        manufacturer: system.owned("/Manufacturer"),
        model: system.owned("/Model"),
        serial: sku.or_else(|| system.owned("/SerialNumber")),
        uuid: system.owned("/UUID").map(|uuid| uuid.to_lowercase()),
        bios_version: system.owned("/BiosVersion"),
        cpus: system.number("/ProcessorSummary/Count").and_then(whole),
        memory_mib: system.number("/MemorySummary/TotalSystemMemoryGiB").and_then(|gib| whole(gib * 1024.0)),
        ..Hardware::default()
    }
}

/// The number itself when it is a sound count; some send fractions of a GiB, some nonsense.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    (0.0..1e12).contains(&number).then_some(number.round() as i64)
}

fn properties(system: &Resource) -> Properties {
    let led = system.text("/IndicatorLED");
    let from_led = INDICATOR.iter().find(|(known, _)| Some(*known) == led).map(|(_, indicator)| *indicator);
    let from_location = system.has("/LocationIndicatorActive").then(|| {
        if system.flag("/LocationIndicatorActive") == Some(true) { Indicator::Lit } else { Indicator::Off }
    });
    Properties {
        asset_tag: system.has("/AssetTag").then(|| system.owned("/AssetTag").unwrap_or_default()),
        indicator: from_location.or(from_led),
        host_watchdog: system.flag("/HostWatchdogTimer/FunctionEnabled"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use slipway_core::host::{Indicator, Observation, Power};

    use super::observation;
    use crate::{quirk::Maker, reset::Offer, resource::Resource};

    fn seen(body: Value, vendor: &str) -> Observation {
        let system = Resource { path: "/redfish/v1/Systems/1".to_owned(), etag: None, body };
        let maker = Maker { vendor: vendor.to_owned(), ..Maker::default() };
        observation(&system, &maker, &Offer::of(&system))
    }

    #[test]
    fn an_empty_system_is_unknown_everywhere() {
        let seen = seen(json!({}), "");
        assert_eq!(seen.power, Power::Unknown);
        assert_eq!(seen.hardware, slipway_core::host::Hardware::default());
        assert!(!seen.can_boot_network && !seen.can_boot_http && seen.resets.is_empty());
        assert_eq!(seen.properties, slipway_core::host::Properties::default());
    }

    #[test]
    fn values_of_other_types_are_unknown_and_no_error() {
        let body = json!({
            "PowerState": 7, "Manufacturer": null, "Model": ["x"], "UUID": 5, "ProcessorSummary": "two", "Boot": null,
            "MemorySummary": {"TotalSystemMemoryGiB": -4}, "Actions": 3, "AssetTag": null, "IndicatorLED": "Unknown",
        });
        let seen = seen(body, "Dell");
        assert_eq!((seen.power, seen.hardware.memory_mib, seen.hardware.cpus), (Power::Unknown, None, None));
        assert_eq!((seen.properties.asset_tag.as_deref(), seen.properties.indicator), (Some(""), None));
    }

    #[test]
    fn numbers_and_names_are_read_as_people_know_them() {
        let body = json!({
            "PowerState": "PoweringOn", "SerialNumber": "CN123", "SKU": "ABC1234", "UUID": "4C4C4544-0000-1000-8000-B2C04F000001",
            "ProcessorSummary": {"Count": 2}, "MemorySummary": {"TotalSystemMemoryGiB": 0.5},
            "LocationIndicatorActive": true, "IndicatorLED": "Off",
            "Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "UefiHttp",
                     "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "UefiHttp"]},
        });
        let dell = seen(body.clone(), "Dell Inc.");
        assert_eq!(dell.hardware.serial.as_deref(), Some("ABC1234"));
        assert_eq!(seen(body, "Lenovo").hardware.serial.as_deref(), Some("CN123"));
        assert_eq!(dell.hardware.uuid.as_deref(), Some("4c4c4544-0000-1000-8000-b2c04f000001"));
        assert_eq!(
            (dell.power, dell.hardware.cpus, dell.hardware.memory_mib),
            (Power::PoweringOn, Some(2), Some(512))
        );
        assert!(dell.network_override_set && dell.can_boot_http && !dell.can_boot_network);
        assert_eq!(dell.properties.indicator, Some(Indicator::Lit));
    }
}
