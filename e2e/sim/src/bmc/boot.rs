//! The `Boot` object: how it reads and what may be written (facts/metal-peers.md §4.5).

use super::Inner;
use super::patch::Rejection;
use crate::machine::{BootOverride, Enabled};
use crate::shapes::{BootShape, ModeProperty};
use serde_json::{Map, Value, json};

const ENABLED: &str = "BootSourceOverrideEnabled";
const TARGET: &str = "BootSourceOverrideTarget";
const MODE: &str = "BootSourceOverrideMode";
const URI: &str = "HttpBootUri";

impl Inner {
    pub(super) fn boot(&self, current: &BootOverride) -> Value {
        let shape = &self.shape.boot;
        let enabled = if shape.persistent { Enabled::Continuous } else { current.enabled };
        let target = match (shape.persistent, current.target.as_str()) {
            (true, "None") => "Hdd",
            (_, target) => target,
        };
        let mut boot = json!({
            ENABLED: enabled,
            "BootSourceOverrideEnabled@Redfish.AllowableValues": shape.enabled,
            TARGET: target,
            "BootSourceOverrideTarget@Redfish.AllowableValues": shape.targets,
        });
        match shape.mode {
            ModeProperty::Absent => {}
            ModeProperty::Null => boot[MODE] = json!(current.mode),
            ModeProperty::Present => boot[MODE] = json!(current.mode.as_deref().unwrap_or("UEFI")),
        }
        if shape.mode != ModeProperty::Absent {
            boot["BootSourceOverrideMode@Redfish.AllowableValues"] = json!(["UEFI", "Legacy"]);
        }
        if shape.http_boot_uri {
            boot[URI] = json!(current.http_boot_uri);
        }
        boot
    }

    /// The settings object shows what is pending, else what is in force.
    pub(super) fn settings(&self) -> Value {
        let state = self.machine.state();
        let name = self.shape.boot.settings_object.as_deref().unwrap_or_default();
        json!({
            "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem",
            "@odata.id": self.path(&format!("Systems/{}/{name}", self.system_id())),
            "Id": name,
            "Name": "Pending system settings",
            "Boot": self.boot(state.pending_override.as_ref().unwrap_or(&state.boot_override)),
        })
    }

    /// The override after a write, or what is wrong with it.
    pub(super) fn changed_override(
        &self,
        current: &BootOverride,
        written: &Value,
    ) -> Result<BootOverride, Rejection> {
        let shape = &self.shape.boot;
        let Some(written) = written.as_object() else {
            return Err(Rejection::value_type("Boot", written));
        };
        check_set(shape, written)?;
        let mut next = current.clone();
        for (name, value) in written {
            match name.as_str() {
                ENABLED => next.enabled = enabled(shape, value)?,
                TARGET => next.target = one_of(TARGET, &shape.targets, value)?,
                MODE if shape.mode != ModeProperty::Absent => {
                    next.mode = Some(one_of(MODE, &["UEFI".to_owned(), "Legacy".to_owned()], value)?);
                }
                URI if shape.http_boot_uri => next.http_boot_uri = uri(value)?,
                other => return Err(Rejection::unknown(other)),
            }
        }
        if shape.mode_resets_to_legacy && !written.contains_key(MODE) {
            next.mode = Some("Legacy".to_owned());
        }
        Ok(next)
    }
}

/// Rules over the properties of one write together.
fn check_set(shape: &BootShape, written: &Map<String, Value>) -> Result<(), Rejection> {
    let missing = [ENABLED, TARGET, MODE].into_iter().find(|name| !written.contains_key(*name));
    if let Some(missing) = missing.filter(|_| shape.full_triple) {
        return Err(Rejection::missing(missing));
    }
    let is = |name: &str, text: &str| written.get(name).and_then(Value::as_str) == Some(text);
    if shape.disabled_keeps_target && is(ENABLED, "Disabled") && is(TARGET, "None") {
        return Err(Rejection::conflict(TARGET, ENABLED));
    }
    Ok(())
}

fn enabled(shape: &BootShape, value: &Value) -> Result<Enabled, Rejection> {
    let name = one_of(ENABLED, &shape.enabled, value)?;
    Enabled::named(&name).ok_or_else(|| Rejection::not_in_list(ENABLED, value))
}

fn one_of(property: &'static str, allowed: &[String], value: &Value) -> Result<String, Rejection> {
    let text = value.as_str().ok_or_else(|| Rejection::value_type(property, value))?;
    let known = allowed.iter().find(|known| *known == text);
    known.cloned().ok_or_else(|| Rejection::not_in_list(property, value))
}

fn uri(value: &Value) -> Result<Option<String>, Rejection> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(Rejection::value_type(URI, other)),
    }
}
