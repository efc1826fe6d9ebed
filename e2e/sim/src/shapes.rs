//! Vendor shapes: what one make of BMC offers and how it behaves, read from `shapes/*.yaml`.

use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;

const FILES: [(&str, &str); 8] = [
    ("generic", include_str!("../shapes/generic.yaml")),
    ("dell-idrac9", include_str!("../shapes/dell-idrac9.yaml")),
    ("hpe-ilo5", include_str!("../shapes/hpe-ilo5.yaml")),
    ("lenovo-xcc", include_str!("../shapes/lenovo-xcc.yaml")),
    ("supermicro-x13", include_str!("../shapes/supermicro-x13.yaml")),
    ("ami-megarac", include_str!("../shapes/ami-megarac.yaml")),
    ("openbmc", include_str!("../shapes/openbmc.yaml")),
    ("sushy-like", include_str!("../shapes/sushy-like.yaml")),
];

/// Why a shape could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// No shape has this name.
    #[error("no shape {name:?}; there are: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A file of shapes is not what this crate reads.
    #[error("shape {name}: {reason}")]
    Malformed {
        /// Name of the shape.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// One make of BMC. All fields are open, so that a test can bend a single property.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Name of the shape.
    pub name: String,
    /// What the service root says.
    pub service_root: ServiceRoot,
    /// The system resource.
    pub system: SystemShape,
    /// The manager resource.
    pub manager: ManagerShape,
    /// Whether `@odata.id` values end in a slash; the root without it is then answered with 308 (facts/metal-peers.md §4.1).
    pub trailing_slash: bool,
    /// Whether `Accept-Encoding: identity` is answered with 406 (facts/metal-peers.md §4.1).
    pub refuses_identity_encoding: bool,
    /// Sessions.
    pub sessions: SessionShape,
    /// Account lockout; `None`: off.
    pub lockout: Option<Lockout>,
    /// Entity tags.
    pub etag: EtagShape,
    /// The reset action.
    pub reset: ResetShape,
    /// The boot override.
    pub boot: BootShape,
    /// How writes are refused during the power-on self test; `None`: they are accepted.
    pub post_refusal: Option<Refusal>,
    /// Small properties of the system.
    pub properties: PropertyShape,
}

/// What the service root says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRoot {
    /// `Vendor`; some leave it out (facts/metal-peers.md §4.1).
    pub vendor: Option<String>,
    /// `Product`.
    pub product: Option<String>,
    /// `RedfishVersion`.
    pub redfish_version: String,
    /// Key under `Oem`, the only hint where `Vendor` is missing.
    pub oem_key: Option<String>,
}

/// Constant parts of the system resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemShape {
    /// `Id`, the last segment of the path; `{uuid}` stands for the machine's UUID.
    pub id: String,
    /// `Manufacturer`.
    pub manufacturer: String,
    /// `Model`.
    pub model: String,
    /// `BiosVersion`.
    pub bios_version: String,
    /// Whether `SKU` carries the serial number people use (Dell's service tag, facts/metal-peers.md §4.15).
    pub sku: bool,
}

/// Constant parts of the manager resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagerShape {
    /// `Id`, the last segment of the path.
    pub id: String,
    /// `Model`.
    pub model: String,
    /// `FirmwareVersion`.
    pub firmware_version: String,
}

/// How sessions work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionShape {
    /// False: no session service at all, Basic only.
    pub offered: bool,
    /// Idle time after which a session ends, in seconds.
    #[serde(deserialize_with = "seconds")]
    pub timeout: Duration,
    /// Sessions open at once.
    pub limit: usize,
    /// Answer beyond the limit.
    pub over_limit: Refusal,
}

/// Account lockout (facts/metal-peers.md §4.1).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// Failed logins that close the account.
    pub threshold: u32,
    /// How long it stays closed, in seconds.
    #[serde(deserialize_with = "seconds")]
    pub duration: Duration,
}

/// Entity tags and what `If-Match` does (facts/metal-peers.md §4.2).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EtagShape {
    /// Form of the tag.
    pub form: EtagForm,
    /// What a PATCH's `If-Match` does.
    pub if_match: IfMatch,
    /// Whether `If-None-Match` is answered with 304.
    pub not_modified: bool,
}

/// Form of an entity tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum EtagForm {
    /// No tag at all.
    None,
    /// `W/"…"`.
    Weak,
    /// `"…"`.
    Strong,
}

/// What `If-Match` on a PATCH does (facts/metal-peers.md §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum IfMatch {
    /// The header is not looked at.
    Ignored,
    /// A tag that differs is answered with 412; no tag is fine.
    Checked,
    /// As `Checked`, and no tag is answered with 428.
    Required,
    /// Only the strong form of the weak tag passes.
    StrongFormOnly,
    /// Any tag is answered with 412.
    Refused,
}

/// The reset action (facts/metal-peers.md §4.4).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetShape {
    /// Accepted values.
    pub allowed: Vec<String>,
    /// True: the values are only behind `@Redfish.ActionInfo`; false: inline.
    pub action_info: bool,
    /// HTTP status of success.
    pub ok_status: u16,
    /// Answer to `On` when on or `ForceOff` when off; `None`: success without effect.
    pub unneeded: Option<Refusal>,
    /// Answer to a graceful request when no operating system runs; `None`: accepted, nothing happens.
    pub graceful_without_os: Option<Refusal>,
    /// Whether `PoweringOn` and `PoweringOff` are shown.
    pub intermediate_states: bool,
}

/// The boot override (facts/metal-peers.md §4.5).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one habit of a vendor, read from a data file")]
pub struct BootShape {
    /// `BootSourceOverrideTarget@Redfish.AllowableValues`.
    pub targets: Vec<String>,
    /// `BootSourceOverrideEnabled@Redfish.AllowableValues`.
    pub enabled: Vec<String>,
    /// How `BootSourceOverrideMode` appears.
    pub mode: ModeProperty,
    /// Whether `HttpBootUri` exists.
    pub http_boot_uri: bool,
    /// Last segment of the settings object; `None`: the system itself is written.
    pub settings_object: Option<String>,
    /// How a write of `Boot` to the system itself is refused when there is a settings object.
    pub direct_write: Option<Refusal>,
    /// Whether Enabled, Target and Mode must come together.
    pub full_triple: bool,
    /// Whether a write without the mode falls back to `Legacy`.
    pub mode_resets_to_legacy: bool,
    /// Whether the override stays after a boot and always reads `Continuous`.
    pub persistent: bool,
    /// Whether `Disabled` together with the target `None` is refused.
    pub disabled_keeps_target: bool,
}

/// How `BootSourceOverrideMode` appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ModeProperty {
    /// Not there; writing it is an unknown property.
    Absent,
    /// There, reads null until written.
    Null,
    /// There, reads `UEFI` or `Legacy`.
    Present,
}

/// Small properties of the system (facts/metal-peers.md §4.13).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyShape {
    /// `AssetTag`.
    pub asset_tag: Presence,
    /// `IndicatorLED`.
    pub indicator_led: Presence,
    /// `LocationIndicatorActive`.
    pub location_indicator: Presence,
    /// Allowed `HostWatchdogTimer.TimeoutAction` values; `None`: no watchdog.
    pub watchdog_actions: Option<Vec<String>>,
    /// Whether `BootProgress` exists.
    pub boot_progress: bool,
    /// Whether `LastResetTime` exists.
    pub last_reset_time: bool,
    /// What a PATCH with a bad property among good ones does.
    pub patch: PatchStyle,
    /// HTTP status of a successful PATCH.
    pub patch_status: u16,
}

/// Whether a property is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Presence {
    /// Not there; writing it is an unknown property.
    Absent,
    /// There, null until written.
    Null,
    /// There with a value.
    Present,
}

/// What a PATCH with a bad property among good ones does (facts/metal-peers.md §4.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum PatchStyle {
    /// All or nothing: 400, no change.
    Atomic,
    /// The good ones are taken: 200 with a message per bad property.
    Partial,
}

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `MessageId` of the error body.
    pub message_id: String,
}

impl Shape {
    /// The shape of this name.
    pub fn named(name: &str) -> Result<Self, ShapeError> {
        let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
            return Err(ShapeError::Unknown { name: name.to_owned(), known: Self::names().join(", ") });
        };
        serde_yaml::from_str(text)
            .map_err(|error| ShapeError::Malformed { name: name.to_owned(), reason: error.to_string() })
    }

    /// Every shape there is.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        FILES.iter().map(|(name, _)| *name).collect()
    }

    /// The full-featured shape.
    ///
    /// # Panics
    /// Never: the file is part of the program, and a test reads it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is compiled in and a test reads every one")]
    pub fn generic() -> Self {
        Self::named("generic").expect("the generic shape is well-formed")
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_shape_of_its_own_name() {
        for name in Shape::names() {
            assert_eq!(Shape::named(name).unwrap().name, name);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let message = Shape::named("vax").unwrap_err().to_string();
        assert!(message.contains("dell-idrac9"), "{message}");
    }
}
