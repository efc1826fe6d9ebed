//! What is done to a host, and what never is: the planner by example, and in every small world there is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code, also outside of the test functions themselves"
)]

mod identity;
mod install;
mod intent;
mod memory;
mod model;
mod page;
mod power;
mod reboot;
mod retry;
mod round_trip;
mod scene;
mod suspend;
mod tidy;
mod transition;
