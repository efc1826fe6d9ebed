//! The simulated rack, seen from outside: over HTTPS, over HTTP, and through the library's handles.

mod boot_service;
mod client;
mod control;
mod faults;
mod machine;
mod redfish;
mod shapes;

use std::time::Duration;

/// Longest wait for a condition; reached only when a test fails.
const SOON: Duration = Duration::from_secs(20);
