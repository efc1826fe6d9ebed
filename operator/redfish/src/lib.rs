//! Redfish client behind the host port.
//!
//! [`RedfishHosts`] keeps one worker for each BMC address: one request in flight, one session, a circuit breaker and a
//! lockout gate. Links are followed, never guessed; what makers do differently is a table ([`quirk`]).
//! Source of all rules: `facts/metal-peers.md §4`.

mod boot_override;
mod breaker;
mod collection;
mod discovery;
mod etag;
mod ethernet;
mod fleet;
mod gate;
mod hosts;
mod limits;
mod manager;
mod message;
mod observe;
mod properties;
mod quirk;
mod refusal;
mod reply;
mod reset;
mod resource;
mod service_root;
mod session;
mod system;
mod visit;
mod worker;
mod write;

pub use breaker::BreakerCounts;
pub use hosts::RedfishHosts;
pub use limits::Limits;
