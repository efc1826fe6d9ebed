//! The simulated cloud and its racks, seen from outside: over HTTPS and through the library's handles.

#[cfg(test)]
mod api;
#[cfg(test)]
mod caller;
#[cfg(test)]
mod control;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod handshake;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod many;
#[cfg(test)]
mod rack;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod senders;
#[cfg(test)]
mod tokens;

use std::time::Duration;

/// Longest wait for a condition; reached only when a test fails.
const SOON: Duration = Duration::from_secs(20);
