//! `BareMetalHost`: one machine.

mod hardware;
mod install;
mod management;
mod spec;
mod status;

pub use hardware::{HardwareStatus, NetworkInterface};
pub use install::{InstallMethod, InstallRequest, RunningHostPolicy};
pub use management::{Management, RedfishManagement};
pub use spec::{
    Architecture, BareMetalHost, BareMetalHostSpec, Firmware, HostDeletionPolicy, Identity, Indicator,
    PowerWish, RebootMode, RebootRequest,
};
pub use status::{BareMetalHostStatus, HostPhase, InstallStatus, RebootStatus};
