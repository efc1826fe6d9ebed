//! The system resource and its reset information (DSP0268, `ComputerSystem`).

use super::{Indicator, Inner, Properties, Watchdog};
use crate::machine::{Activity, MachineState, Power};
use crate::shapes::{Presence, Shape};
use serde_json::{Value, json};

impl Properties {
    pub(super) fn of(shape: &Shape) -> Self {
        let properties = &shape.properties;
        let timeout_action = properties
            .watchdog_actions
            .as_ref()
            .and_then(|actions| actions.first().cloned())
            .unwrap_or_default();
        Self {
            asset_tag: (properties.asset_tag == Presence::Present).then(String::new),
            indicator: Indicator::Off,
            location: (properties.location_indicator == Presence::Present).then_some(false),
            watchdog: Watchdog { enabled: false, timeout_action },
            second_system: None,
            null_members: false,
        }
    }
}

impl Inner {
    pub(super) fn system(&self) -> Value {
        let state = self.machine.state();
        let identity = self.machine.identity();
        let shape = &self.shape.system;
        let id = self.system_id();
        let base = format!("Systems/{id}");
        let mut resource = json!({
            "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem",
            "@odata.id": self.path(&base),
            "Id": id,
            "Name": "System",
            "SystemType": "Physical",
            "Manufacturer": shape.manufacturer,
            "Model": shape.model,
            "SerialNumber": identity.serial,
            "UUID": identity.uuid,
            "BiosVersion": shape.bios_version,
            "PowerState": self.power_state(&state),
            "Status": {"State": "Enabled", "Health": "OK"},
            "Boot": self.boot(&state.boot_override),
            "ProcessorSummary": {"Count": 2, "LogicalProcessorCount": 64, "Model": "Simulated CPU 2.0 GHz"},
            "MemorySummary": {"TotalSystemMemoryGiB": 256},
            "EthernetInterfaces": self.link(&format!("{base}/EthernetInterfaces")),
            "Links": {"ManagedBy": [self.link(&format!("Managers/{}", self.manager_id()))]},
            "Actions": {"#ComputerSystem.Reset": self.reset_action(&base)},
        });
        if shape.sku {
            resource["SKU"] = json!(identity.serial);
        }
        if let Some(name) = &self.shape.boot.settings_object {
            let link = self.link(&format!("{base}/{name}"));
            resource["@Redfish.Settings"] =
                json!({"@odata.type": "#Settings.v1_3_5.Settings", "SettingsObject": link});
        }
        self.add_properties(&mut resource, &state);
        resource
    }

    /// Some show only where the machine came from until it has arrived.
    fn power_state(&self, state: &MachineState) -> Power {
        match state.power {
            Power::PoweringOn if !self.shape.reset.intermediate_states => Power::Off,
            Power::PoweringOff if !self.shape.reset.intermediate_states => Power::On,
            power => power,
        }
    }

    fn add_properties(&self, resource: &mut Value, state: &MachineState) {
        let shape = &self.shape.properties;
        let properties = self.properties.lock().clone();
        if shape.asset_tag != Presence::Absent {
            resource["AssetTag"] = json!(properties.asset_tag);
        }
        if shape.indicator_led != Presence::Absent {
            resource["IndicatorLED"] = json!(properties.indicator);
        }
        if shape.location_indicator != Presence::Absent {
            resource["LocationIndicatorActive"] = json!(properties.location);
        }
        if let Some(actions) = &shape.watchdog_actions {
            resource["HostWatchdogTimer"] = json!({
                "FunctionEnabled": properties.watchdog.enabled,
                "TimeoutAction": properties.watchdog.timeout_action,
                "TimeoutAction@Redfish.AllowableValues": actions,
                "WarningAction": "None",
                "Status": {"State": "Enabled"},
            });
        }
        if shape.boot_progress {
            resource["BootProgress"] = json!({"LastState": boot_progress(&state.activity)});
        }
        if shape.last_reset_time {
            resource["LastResetTime"] = json!(self.machine.last_reset().to_string());
        }
    }

    fn reset_action(&self, base: &str) -> Value {
        let target = self.path(&format!("{base}/Actions/ComputerSystem.Reset"));
        if self.shape.reset.action_info {
            return json!({"target": target, "@Redfish.ActionInfo": self.path(&format!("{base}/ResetActionInfo"))});
        }
        json!({"target": target, "ResetType@Redfish.AllowableValues": self.shape.reset.allowed})
    }

    pub(super) fn reset_action_info(&self) -> Value {
        json!({
            "@odata.type": "#ActionInfo.v1_4_0.ActionInfo",
            "@odata.id": self.path(&format!("Systems/{}/ResetActionInfo", self.system_id())),
            "Id": "ResetActionInfo",
            "Name": "Reset Action Info",
            "Parameters": [{
                "Name": "ResetType",
                "Required": true,
                "DataType": "String",
                "AllowableValues": self.shape.reset.allowed,
            }],
        })
    }
}

/// facts/metal-peers.md §4.16.
fn boot_progress(activity: &Activity) -> &'static str {
    match activity {
        Activity::Off => "None",
        Activity::Post => "MemoryInitializationStarted",
        Activity::Setup => "SetupEntered",
        Activity::NetworkBoot | Activity::NoBootableDevice | Activity::Hung { .. } => {
            "SystemHardwareInitializationComplete"
        }
        Activity::Installing | Activity::InstallerStopped { .. } => "OSBootStarted",
        Activity::Disk { .. } | Activity::Memory => "OSRunning",
    }
}
