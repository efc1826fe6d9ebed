//! Slipway's domain: what a host is, what should happen to it next, and the ports through which it happens.
//!
//! Nothing here knows Kubernetes, HTTP, an executor or the wall clock: time is an argument, effects are values, and
//! the outside is a trait (`../../docs/architecture.md`).

pub mod backoff;
pub mod boot;
pub mod clock;
pub mod failure;
pub mod fence;
pub mod finding;
pub mod host;
pub mod infrastructure;
pub mod mac_address;
pub mod reason;
pub mod recurrence;
pub mod secret;
pub mod subscription;
pub mod trust;
