//! From the spec to what the domain works with; all mistakes at once.

use slipway_core::{
    failure::Failure,
    finding::Finding,
    host::{
        HostWish, Identity, Indicator, InstallWish, Method, PowerWish, PropertyChange, RebootMode, RebootWish,
    },
    mac_address::MacAddress,
    reason::Reason,
};
use slipway_crds::v1alpha1::{self as api, BareMetalHostSpec, InstallMethod, RunningHostPolicy};
use url::Url;

use super::fetch::Installation;

/// The parts of a spec that need nothing else to be checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) address: Url,
}

/// Checks addresses; the schema does so too, but an older schema may have let something through.
pub(crate) fn check(spec: &BareMetalHostSpec) -> Result<Checked, Finding> {
    let mut mistakes = Vec::new();
    let address = spec.management.redfish.as_ref().and_then(|redfish| match address(&redfish.address) {
        Ok(url) => Some(url),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    });
    if spec.management.redfish.is_none() {
        mistakes.push("spec.management needs redfish".to_owned());
    }
    let macs = spec.boot_macs.iter().filter_map(|mac| mac.parse::<MacAddress>().err());
    mistakes.extend(macs.map(|error| format!("spec.bootMacs: {error}")));
    match address {
        Some(address) if mistakes.is_empty() => Ok(Checked { address }),
        _ => Err(Finding::new(Reason::InvalidSpec, mistakes.join("; "))),
    }
}

fn address(text: &str) -> Result<Url, String> {
    let mistake = || {
        format!(
            "spec.management.redfish.address {text:?} must be https://host or https://host:port and nothing else: no path, user or query"
        )
    };
    let url = Url::parse(text).map_err(|_| mistake())?;
    let plain = matches!(url.scheme(), "https" | "http")
        && url.host().is_some()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain { Ok(url) } else { Err(mistake()) }
}

/// Fields that are accepted and whose behaviour this version does not have.
pub(crate) fn unsupported(spec: &BareMetalHostSpec) -> Vec<&'static str> {
    let virtual_media =
        spec.install.as_ref().is_some_and(|install| install.method == InstallMethod::VirtualMedia);
    [(spec.consumer_ref.is_some(), "spec.consumerRef"), (virtual_media, "spec.install.method: VirtualMedia")]
        .into_iter()
        .filter_map(|(set, field)| set.then_some(field))
        .collect()
}

/// What is asked of the host.
pub(crate) fn wish(
    spec: &BareMetalHostSpec,
    installation: Option<Installation>,
    http_boot_program: Option<Url>,
) -> HostWish {
    HostWish {
        identity: identity(spec),
        uefi: spec.firmware == api::Firmware::Uefi,
        power: spec.power.map(|power| match power {
            api::PowerWish::On => PowerWish::On,
            api::PowerWish::Off => PowerWish::Off,
        }),
        reboot: spec.reboot.as_ref().map(|reboot| RebootWish {
            id: reboot.id.clone(),
            mode: match reboot.mode {
                api::RebootMode::Graceful => RebootMode::Graceful,
                api::RebootMode::Force => RebootMode::Force,
                api::RebootMode::PowerCycle => RebootMode::PowerCycle,
            },
        }),
        install: spec
            .install
            .as_ref()
            .zip(installation)
            .map(|(request, installation)| install(request, installation, http_boot_program)),
        properties: properties(spec),
        suspended: spec.suspend,
    }
}

fn identity(spec: &BareMetalHostSpec) -> Identity {
    let identity = spec.identity.clone().unwrap_or_default();
    Identity { uuid: identity.uuid.map(|uuid| uuid.to_ascii_lowercase()), serial: identity.serial }
}

fn install(
    request: &api::InstallRequest,
    installation: Installation,
    http_boot_program: Option<Url>,
) -> InstallWish {
    let timeout = request.timeout.parse();
    let ready = match (&timeout, request.method) {
        (Err(error), _) => Err(Failure::new(Reason::InvalidSpec, format!("spec.install.timeout: {error}"))),
        (_, InstallMethod::VirtualMedia) => Err(Failure::new(
            Reason::NotYetSupported,
            "spec.install.method VirtualMedia is not supported by this version; use Auto, HttpBoot or Pxe",
        )),
        (_, InstallMethod::HttpBoot) if http_boot_program.is_none() => Err(Failure::new(
            Reason::InvalidSpec,
            "spec.install.method HttpBoot needs a boot program; start the operator with --http-boot-program, or use Pxe",
        )),
        _ => installation.ready,
    };
    InstallWish {
        id: request.id.clone(),
        profile: request.profile_ref.name.clone(),
        profile_digest: installation.digest,
        method: match request.method {
            InstallMethod::HttpBoot => Method::HttpBoot,
            InstallMethod::Pxe => Method::Pxe,
            InstallMethod::Auto | InstallMethod::VirtualMedia => Method::Auto,
        },
        http_boot_program,
        proceed_on_running: request.running_host == RunningHostPolicy::Proceed,
        timeout: timeout.unwrap_or_default(),
        retries: installation.retries,
        completion: installation.completion,
        ready,
    }
}

fn properties(spec: &BareMetalHostSpec) -> Vec<PropertyChange> {
    let indicator = spec.indicator.map(|indicator| match indicator {
        api::Indicator::Off => Indicator::Off,
        api::Indicator::Lit => Indicator::Lit,
        api::Indicator::Blinking => Indicator::Blinking,
    });
    [
        spec.asset_tag.clone().map(PropertyChange::AssetTag),
        indicator.map(PropertyChange::Indicator),
        spec.host_watchdog.map(PropertyChange::HostWatchdog),
    ]
    .into_iter()
    .flatten()
    .collect()
}
