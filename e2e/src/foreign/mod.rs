//! Parts that nobody here wrote: a machine of QEMU with its own iPXE, under libvirt, with sushy-tools as its BMC; the cloud
//! vendor's command line and SDK ([`OciClients`]); the command line of the account service ([`OcmClient`]); helm ([`HelmClient`]).
//!
//! `e2e/foreign/setup` makes what the machine needs, `e2e/foreign/machine` runs it. The machine's network is QEMU's own
//! user-mode one (facts/boot.md B4): no bridge, no DHCP server, no right of an administrator; what this computer serves on
//! 127.0.0.1 is at [`GUEST_GATEWAY`] for the machine.

mod argo;
pub mod cases;
mod certificate;
mod clusterctl;
mod desk;
mod flux;
mod helm;
mod kstatus;
mod machine;
mod oci;
mod ocm;
mod parts;
mod trial;

pub use argo::HealthScripts;
pub use clusterctl::Clusterctl;
pub use desk::{Clients, Desk, Said};
pub use flux::{FIELD_MANAGER, Flux, Tree};
pub use helm::HelmClient;
pub use kstatus::{GitOpsTools, Verdict};
pub use machine::{Identity, Machine};
pub use oci::OciClients;
pub use ocm::{OCM_CONFIG, OcmClient};
pub use parts::Parts;
pub use trial::{REQUIRED, run, skip};

/// Address at which the machine reaches 127.0.0.1 of this computer.
pub const GUEST_GATEWAY: &str = "10.0.2.2";
/// User of the BMC (`e2e/foreign/htpasswd`).
pub const USERNAME: &str = "admin";
/// Password of [`USERNAME`].
pub const PASSWORD: &str = "foreign-test";
/// What the installed system prints on the serial port, and nothing else does.
pub const BOOTED_FROM_DISK: &str = "SLIPWAY-BOOTED-FROM-DISK";
