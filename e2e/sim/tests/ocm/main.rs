//! The simulated sign-on and account service, seen from outside: over HTTP and through the library's handles.

#[cfg(test)]
mod authorizations;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod people;
#[cfg(test)]
mod records;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod switches;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod tokens;

use std::time::Duration;

/// Longest wait for a condition; reached only when a test fails.
const SOON: Duration = Duration::from_secs(20);
