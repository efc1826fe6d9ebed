//! PATCH of the system and of its settings object (facts/metal-peers.md §4.2, §4.5, §4.13).

use super::answer::{Answer, base_message};
use super::{Indicator, Inner, Properties, etag};
use crate::machine::{Activity, BootOverride};
use crate::shapes::{PatchStyle, Presence};
use http::HeaderMap;
use serde_json::{Map, Value, json};

/// Why one property is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    property: String,
    message: &'static str,
    arguments: Vec<String>,
}

impl Rejection {
    fn new(property: &str, message: &'static str, arguments: Vec<String>) -> Self {
        Self { property: property.to_owned(), message, arguments }
    }

    pub(super) fn unknown(property: &str) -> Self {
        Self::new(property, "PropertyUnknown", vec![property.to_owned()])
    }

    pub(super) fn missing(property: &str) -> Self {
        Self::new(property, "PropertyMissing", vec![property.to_owned()])
    }

    pub(super) fn value_type(property: &str, value: &Value) -> Self {
        Self::new(property, "PropertyValueTypeError", vec![value.to_string(), property.to_owned()])
    }

    pub(super) fn not_in_list(property: &str, value: &Value) -> Self {
        Self::new(property, "PropertyValueNotInList", vec![value.to_string(), property.to_owned()])
    }

    pub(super) fn conflict(property: &str, other: &str) -> Self {
        Self::new(property, "PropertyValueConflict", vec![property.to_owned(), other.to_owned()])
    }

    fn message(&self) -> Value {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        base_message(self.message, &arguments)
    }
}

/// What a PATCH would leave behind.
struct Draft {
    properties: Properties,
    boot: Option<BootOverride>,
}

impl Inner {
    pub(super) fn patch_system(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        self.write(headers, body, &self.system(), false).unwrap_or_else(|refused| refused)
    }

    pub(super) fn patch_settings(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        self.write(headers, body, &self.settings(), true).unwrap_or_else(|refused| refused)
    }

    fn write(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        resource: &Value,
        pending: bool,
    ) -> Result<Answer, Answer> {
        etag::check(self.shape.etag, headers, resource)?;
        let written = object(body)?;
        self.check_moment(&written, pending)?;
        let mut draft = Draft { properties: self.properties.lock().clone(), boot: None };
        let mut rejected = Vec::new();
        for (name, value) in &written {
            if let Err(rejection) = self.take(&mut draft, name, value, pending) {
                rejected.push(rejection);
            }
        }
        let all_or_nothing =
            self.shape.properties.patch == PatchStyle::Atomic || rejected.len() == written.len();
        if !rejected.is_empty() && all_or_nothing {
            return Err(refused(&rejected));
        }
        self.apply(draft, pending);
        if rejected.is_empty() {
            return Ok(Answer::done(self.shape.properties.patch_status));
        }
        let notes: Map<String, Value> = rejected
            .iter()
            .map(|one| (format!("{}@Message.ExtendedInfo", one.property), json!([one.message()])))
            .collect();
        Ok(Answer::json(200, &Value::Object(notes)))
    }

    /// Refusals that concern the whole write: the self test, and a boot write to the wrong object.
    fn check_moment(&self, written: &Map<String, Value>, pending: bool) -> Result<(), Answer> {
        if let Some(refusal) = self.shape.post_refusal.as_ref().filter(|_| self.in_post()) {
            return Err(Answer::refusal(refusal));
        }
        match &self.shape.boot.direct_write {
            Some(refusal) if !pending && written.contains_key("Boot") => Err(Answer::refusal(refusal)),
            _ => Ok(()),
        }
    }

    pub(super) fn in_post(&self) -> bool {
        self.machine.state().activity == Activity::Post
    }

    fn take(&self, draft: &mut Draft, name: &str, value: &Value, pending: bool) -> Result<(), Rejection> {
        if name == "Boot" {
            let state = self.machine.state();
            let current = state.pending_override.filter(|_| pending).unwrap_or(state.boot_override);
            draft.boot = Some(self.changed_override(&current, value)?);
            return Ok(());
        }
        // Apply time and other annotations (DSP0266, `@Redfish.SettingsApplyTime`).
        if name.starts_with('@') {
            return Ok(());
        }
        if pending {
            return Err(Rejection::unknown(name));
        }
        self.take_property(&mut draft.properties, name, value)
    }

    fn take_property(&self, draft: &mut Properties, name: &str, value: &Value) -> Result<(), Rejection> {
        let shape = &self.shape.properties;
        match name {
            "AssetTag" if shape.asset_tag != Presence::Absent => {
                let tag = value.as_str().ok_or_else(|| Rejection::value_type(name, value))?;
                draft.asset_tag = Some(tag.to_owned());
            }
            "IndicatorLED" if shape.indicator_led != Presence::Absent => {
                draft.indicator = indicator(value).ok_or_else(|| Rejection::not_in_list(name, value))?;
                draft.location = draft.location.map(|_| draft.indicator != Indicator::Off);
            }
            "LocationIndicatorActive" if shape.location_indicator != Presence::Absent => {
                let lit = value.as_bool().ok_or_else(|| Rejection::value_type(name, value))?;
                draft.location = Some(lit);
                draft.indicator = if lit { Indicator::Lit } else { Indicator::Off };
            }
            "HostWatchdogTimer" => {
                let actions = shape.watchdog_actions.as_ref().ok_or_else(|| Rejection::unknown(name))?;
                take_watchdog(draft, actions, value)?;
            }
            _ => return Err(Rejection::unknown(name)),
        }
        Ok(())
    }

    /// With a settings object, a boot override waits there for the next boot.
    fn apply(&self, draft: Draft, pending: bool) {
        *self.properties.lock() = draft.properties;
        if let Some(boot) = draft.boot {
            self.machine.update(|state| {
                if pending {
                    state.pending_override = Some(boot);
                } else {
                    state.boot_override = boot;
                }
            });
        }
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Answer> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) if !map.is_empty() => Ok(map),
        Ok(Value::Object(_)) => Err(Answer::error(400, "EmptyJSON", &[])),
        _ => Err(Answer::error(400, "MalformedJSON", &[])),
    }
}

fn indicator(value: &Value) -> Option<Indicator> {
    match value.as_str()? {
        "Off" => Some(Indicator::Off),
        "Lit" => Some(Indicator::Lit),
        "Blinking" => Some(Indicator::Blinking),
        _ => None,
    }
}

fn take_watchdog(draft: &mut Properties, actions: &[String], value: &Value) -> Result<(), Rejection> {
    let written = value.as_object().ok_or_else(|| Rejection::value_type("HostWatchdogTimer", value))?;
    for (name, value) in written {
        match name.as_str() {
            "FunctionEnabled" => {
                draft.watchdog.enabled = value.as_bool().ok_or_else(|| Rejection::value_type(name, value))?;
            }
            "TimeoutAction" => {
                let known = actions.iter().find(|action| value.as_str() == Some(action));
                draft.watchdog.timeout_action =
                    known.cloned().ok_or_else(|| Rejection::not_in_list(name, value))?;
            }
            other => return Err(Rejection::unknown(other)),
        }
    }
    Ok(())
}

fn refused(rejected: &[Rejection]) -> Answer {
    let messages: Vec<Value> = rejected.iter().map(Rejection::message).collect();
    let first = messages.first().cloned().unwrap_or_default();
    let error =
        json!({"code": first["MessageId"], "message": first["Message"], "@Message.ExtendedInfo": messages});
    Answer::json(400, &json!({ "error": error }))
}
