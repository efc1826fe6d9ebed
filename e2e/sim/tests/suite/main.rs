//! The simulated rack, seen from outside: over HTTPS, over HTTP, and through the library's handles.

#[cfg(test)]
mod boot_service;
#[cfg(test)]
mod client;
#[cfg(test)]
mod control;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod redfish;
#[cfg(test)]
mod shapes;

use std::time::Duration;

/// Longest wait for a condition; reached only when a test fails.
const SOON: Duration = Duration::from_secs(20);
