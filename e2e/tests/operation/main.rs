//! Several operators at once, and an API server that goes away: one acts, all answer machines that boot, and no machine is reset twice.
//!
//! Where the shipped Lease of 15 s would be waited for, it is a shorter one: all other times of an election are parts of its duration.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod boot;
mod claim;
mod front;
mod handover;
mod machine;
mod outage;
mod pause;
mod scene;
mod theft;
