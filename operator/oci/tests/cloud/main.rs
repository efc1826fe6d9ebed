//! The ports to OCI and to a rack against servers that behave, that misbehave, and that lie.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod budget;
mod life;
mod listing;
mod rack;
mod reading;
mod refusals;
mod renewal;
mod server;
mod writing;
