//! Simulated racks: a fleet of BMCs with machines behind them.
//!
//! Beside them stand the cloud of Compute Cloud@Customer ([`Cloud`]) and the racks that connect to it ([`Rack`]), and the
//! account service that keeps records of clusters ([`Ocm`]).
//!
//! Each BMC has its own 127.x.y.z address and speaks Redfish over HTTPS with the fleet's own CA. Behind each stands a
//! machine whose firmware asks the boot service for its iPXE script, follows it, installs and calls back.
//! The wire is this crate's own reading of the standard: it shares no type with the adapter under test.
#![recursion_limit = "256"]

mod bmc;
mod body;
mod cloud;
mod config;
mod control;
mod door;
mod fault;
mod fetch;
mod fleet;
mod guarded;
mod identity;
mod images;
mod inventory;
mod ipxe;
mod machine;
mod ocm;
mod openshift;
mod rack;
mod recording;
mod shapes;
mod tls;
mod wire;

pub use bmc::{Bmc, Indicator, SecondSystem, Watchdog};
pub use cloud::{
    Account, ClientFiles, Cloud, CloudCall, CloudConfig, CloudTimings, ConnectionState, InstanceError,
    KeyError, Offence, Session, Violation, serve_control as serve_cloud_control,
};
pub use config::{FleetConfig, Timings};
pub use control::serve as serve_control;
pub use fault::{Effect, Fault, FaultId};
pub use fleet::{Fleet, SimError};
pub use identity::Identity;
pub use images::{ImageFault, Images};
pub use inventory::{Inventory, InventoryCall, InventoryConfig};
pub use machine::{
    Activity, AfterInstall, Behaviour, BootOrder, BootOverride, CallbackMarkers, Disk, Enabled, Firmware,
    Installer, Late, Machine, MachineState, Power, ResetType, Step, StepKind,
};
pub use ocm::{
    AfterDelete, Leniency, Ocm, OcmAccount, OcmCall, OcmConfig, OcmRights, OcmShape, OcmSignature,
    OcmSwitches, OcmTokenRequest, OcmTransition, OcmViolation, Reach, RepeatedClusterId, Telemetry,
};
pub use openshift::{OpenShift, OpenShiftCall};
pub use rack::{PinPost, Rack, RackConfig};
pub use recording::{Call, Counters};
pub use shapes::{
    BootShape, EtagForm, EtagShape, IfMatch, Lockout, ManagerShape, ModeProperty, PatchStyle, Presence,
    PropertyShape, Refusal, ResetShape, ServiceRoot, SessionShape, Shape, ShapeError, SystemShape,
};
pub use tls::TlsError;
pub use wire::{Clock, Gate, Hold, Position, Trouble};
