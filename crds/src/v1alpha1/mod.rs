//! Version `v1alpha1` of the group `slipway.dev`.

pub mod bare_metal_host;
pub mod cluster_subscription;
pub mod infrastructure;
pub mod install_profile;

pub use crate::condition::Condition;
pub use crate::duration::DurationText;
pub use crate::intent::IntentStatus;
pub use crate::reference::{ConsumerReference, LocalObjectReference};
pub use crate::tls::{TlsStatus, TlsTrust};
pub use bare_metal_host::*;
pub use cluster_subscription::*;
pub use infrastructure::*;
pub use install_profile::*;
