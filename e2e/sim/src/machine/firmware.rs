//! Firmware: the self test, then the boot devices one after the other.

use super::network_boot::{self, Outcome};
use super::power::{Next, Run};
use super::state::{Activity, BootOrder, Disk, MachineState};
use super::{Machine, StepKind};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Device {
    Network {
        /// `HttpBootUri` of the override.
        program: Option<String>,
    },
    Disk,
    Setup,
    Other(String),
}

pub(super) async fn boot(run: &Run) -> Next {
    run.note(StepKind::Post);
    run.update(|state| {
        state.activity = Activity::Post;
        state.boots += 1;
    });
    tokio::time::sleep(run.site().timings.post).await;
    for device in devices(run) {
        match device {
            Device::Network { program } => match network_boot::boot(run, program.as_deref()).await {
                Outcome::NextDevice => {}
                Outcome::Taken(next) => return next,
            },
            Device::Disk => {
                if boot_disk(run) {
                    return Next::Stay;
                }
            }
            Device::Setup => {
                run.enter(Activity::Setup);
                return Next::Stay;
            }
            Device::Other(name) => {
                run.note(StepKind::DeviceFailed { reason: format!("no medium in {name}") });
            }
        }
    }
    run.enter(Activity::NoBootableDevice);
    Next::Stay
}

/// Starts the operating system when there is one.
pub(super) fn boot_disk(run: &Run) -> bool {
    let Disk::Installed { generation } = run.machine().state().disk else {
        run.note(StepKind::DeviceFailed { reason: "disk is not bootable".to_owned() });
        return false;
    };
    run.note(StepKind::BootedFromDisk { generation });
    run.enter(Activity::Disk { generation });
    true
}

/// The override first, then the usual order; a device is not tried twice in one boot.
fn devices(run: &Run) -> Vec<Device> {
    let looks = !run.behaviour().ignores_override;
    let persistent = run.machine().has_persistent_override();
    let taken = run.update(|state| {
        apply_pending(state);
        if looks { state.boot_override.take(persistent) } else { None }
    });
    let mut devices = Vec::new();
    if let Some((target, uri)) = taken {
        run.note(StepKind::OverrideTaken { target: target.clone() });
        devices.push(overridden(target, uri));
    }
    let usual = match run.machine().state().boot_order {
        BootOrder::Disk => vec![Device::Disk],
        BootOrder::NetworkThenDisk => vec![Device::Network { program: None }, Device::Disk],
        BootOrder::DiskThenNetwork => vec![Device::Disk, Device::Network { program: None }],
    };
    for device in usual {
        let same = |known: &Device| std::mem::discriminant(known) == std::mem::discriminant(&device);
        if !devices.iter().any(same) {
            devices.push(device);
        }
    }
    devices
}

/// A settings object takes effect at a reset (DSP0266, `@Redfish.Settings`).
fn apply_pending(state: &mut MachineState) {
    if let Some(pending) = state.pending_override.take() {
        state.boot_override = pending;
    }
}

fn overridden(target: String, uri: Option<String>) -> Device {
    match target.as_str() {
        "Pxe" => Device::Network { program: None },
        "UefiHttp" => Device::Network { program: uri },
        "Hdd" => Device::Disk,
        "BiosSetup" => Device::Setup,
        _ => Device::Other(target),
    }
}

impl Machine {
    fn has_persistent_override(&self) -> bool {
        self.0.persistent_override
    }
}
