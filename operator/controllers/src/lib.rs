//! Reconcilers for Slipway's kinds. The outside is reached through ports only; decisions are made in `slipway-core`.

pub mod bare_metal_host;
mod claims;
mod cluster_subscription;
mod condition;
mod context;
mod crowd;
mod duty;
mod error;
mod event;
mod infrastructure;
pub mod install_profile;
mod latest;
mod ledger;
pub mod metrics;
mod object;
mod pace;
mod run;
mod secret;
mod tls;
mod vigil;

pub use context::{Context, Options, Ports};
pub use duty::{Appointment, Claim, Duty};
pub use ledger::Ledger;
pub use run::{Scope, run};
