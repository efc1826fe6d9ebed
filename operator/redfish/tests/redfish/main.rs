//! The adapter against simulated BMCs: every verb, every way a BMC misbehaves, every make, and what it costs in requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod boot_from;
mod breaker;
mod budget;
mod login;
mod misbehaviour;
mod properties;
mod rack;
mod reset;
mod several_systems;
mod trust;
mod turns;
mod vendors;
