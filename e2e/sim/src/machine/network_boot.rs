//! Network boot: what firmware fetches itself, then iPXE and its scripts.

use super::power::{Next, Run};
use super::state::{Activity, Disk, Firmware};
use super::{StepKind, firmware, installer};
use crate::fetch::{Errand, FetchError, Fetched, fetch};
use crate::ipxe::{Ipxe, Leave, Raw, Settings, Status, Surroundings};
use async_trait::async_trait;
use std::time::Duration;
use url::Url;

/// What became of a boot device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing to boot there.
    NextDevice,
    /// It has taken the machine.
    Taken(Next),
}

// As seen on the wire (facts/boot.md §A6).
const IPXE_AGENT: &str = "iPXE/1.21.1+git20250501";
const FIRMWARE_AGENT: &str = "UefiHttpBoot/1.0";
const SCRIPT: &str = "boot.ipxe";

pub(super) async fn boot(run: &Run, program: Option<&str>) -> Outcome {
    let boot_url = run.site().boot_url.lock().clone();
    let script = boot_url.and_then(|base| Url::parse(&format!("{base}/{SCRIPT}")).ok());
    let Some(script) = script.filter(|_| !run.behaviour().never_asks_for_script) else {
        return failed(run, "no boot service on the network");
    };
    run.enter(Activity::NetworkBoot);
    let mut first = None;
    if let Some(program) = program {
        match load_program(run, program).await {
            Ok(url) => first = url.join("autoexec.ipxe").ok(),
            Err(reason) => return failed(run, &format!("{program}: {reason}")),
        }
    }
    let surroundings = Network { run };
    let mut ipxe = Ipxe::new(&surroundings, settings(run, &script));
    let ended = start(run, &mut ipxe, first.as_ref(), &script).await;
    conclude(run, ended).await
}

fn failed(run: &Run, reason: &str) -> Outcome {
    run.note(StepKind::DeviceFailed { reason: format!("network: {reason}") });
    Outcome::NextDevice
}

/// `HttpBootUri` names an EFI program; anything else is refused by firmware (DSP0268, Boot.HttpBootUri).
async fn load_program(run: &Run, program: &str) -> Result<Url, String> {
    let url = Url::parse(program).map_err(|error| error.to_string())?;
    let fetched =
        request(run, Errand::get(&url, FIRMWARE_AGENT, 2), None).await.map_err(|e| e.to_string())?;
    match fetched.status {
        200 if fetched.kept.starts_with(b"MZ") => Ok(url),
        200 => Err("not an EFI program".to_owned()),
        status => Err(format!("HTTP {status}")),
    }
}

/// After UEFI HTTP boot iPXE looks for `autoexec.ipxe` beside itself, and goes on to DHCP's script when that fails
/// (facts/boot.md §A6).
async fn start(run: &Run, ipxe: &mut Ipxe<'_>, first: Option<&Url>, script: &Url) -> Result<Status, Leave> {
    if let Some(url) = first {
        let status = ipxe.chain(url, String::new(), None).await?;
        if status.is_ok() {
            return Ok(status);
        }
    }
    run.update(|state| state.script_requests += 1);
    ipxe.chain(script, String::new(), None).await
}

async fn conclude(run: &Run, ended: Result<Status, Leave>) -> Outcome {
    match ended {
        Ok(status) => {
            run.note(StepKind::ScriptEnded { status: status.to_string() });
            // UEFI counts success as a finished boot and opens its setup screen (facts/boot.md §A6).
            if status.is_ok() && run.site().firmware == Firmware::Uefi {
                run.enter(Activity::Setup);
                return Outcome::Taken(Next::Stay);
            }
            Outcome::NextDevice
        }
        Err(Leave::Boot(program)) => Outcome::Taken(installer::start(run, program).await),
        Err(Leave::Disk) => {
            firmware::boot_disk(run);
            Outcome::Taken(Next::Stay)
        }
        Err(Leave::Reboot) => Outcome::Taken(Next::Restart),
        Err(Leave::PowerOff) => Outcome::Taken(Next::PowerOff),
        Err(Leave::Hang(reason)) => Outcome::Taken(run.hang(reason)),
    }
}

fn settings(run: &Run, script: &Url) -> Settings {
    let identity = run.machine().identity();
    let (manufacturer, product) = run.machine().0.maker.clone();
    let (platform, arch) = match run.site().firmware {
        Firmware::Uefi => ("efi", "x86_64"),
        Firmware::Bios => ("pcbios", "i386"),
    };
    let mut settings = Settings::default();
    let mac = identity.macs.first().map(|mac| octets(mac)).unwrap_or_default();
    settings.put("mac", Raw::Bytes(mac));
    for (name, value) in [
        ("uuid", identity.uuid.as_str()),
        ("serial", &identity.serial),
        ("manufacturer", &manufacturer),
        ("product", &product),
        ("platform", platform),
        ("buildarch", arch),
        ("version", IPXE_AGENT.trim_start_matches("iPXE/")),
        ("filename", script.as_str()),
        ("ip", "192.0.2.10"),
        ("user-class", "iPXE"),
    ] {
        if !value.is_empty() {
            settings.put(name, Raw::Text(value.to_owned()));
        }
    }
    settings
}

fn octets(mac: &str) -> Vec<u8> {
    mac.split(':').filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// Sends a request of the machine and notes it.
pub(super) async fn request(
    run: &Run,
    errand: Errand<'_>,
    limit: Option<Duration>,
) -> Result<Fetched, FetchError> {
    let (method, url) = (errand.method.to_string(), errand.url.to_string());
    let result = fetch(errand, limit.unwrap_or(run.site().timings.fetch)).await;
    let (status, bytes, sha256) = match &result {
        Ok(fetched) => (Some(fetched.status), fetched.bytes, fetched.sha256.clone()),
        Err(_) => (None, 0, String::new()),
    };
    run.note(StepKind::Request { method, url, status, bytes, sha256 });
    result
}

struct Network<'a> {
    run: &'a Run,
}

#[async_trait]
impl Surroundings for Network<'_> {
    async fn fetch(&self, url: &Url, keep: usize, limit: Option<Duration>) -> Result<Fetched, FetchError> {
        request(self.run, Errand::get(url, IPXE_AGENT, keep), limit).await
    }

    async fn sleep(&self, seconds: u32) {
        tokio::time::sleep(self.run.site().timings.ipxe_second.saturating_mul(seconds)).await;
    }

    fn echo(&self, text: &str) {
        self.run.note(StepKind::Echo { text: text.to_owned() });
    }

    fn has_bootable_disk(&self) -> bool {
        matches!(self.run.machine().state().disk, Disk::Installed { .. })
    }

    fn firmware(&self) -> Firmware {
        self.run.site().firmware
    }
}
