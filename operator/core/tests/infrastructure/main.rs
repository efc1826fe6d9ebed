//! What is done about a rack's connection, and what never is: the planner by example, and in every small world there is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code, also outside of the test functions themselves"
)]

mod approval;
mod comparing;
mod deletion;
mod desired;
mod details;
mod elsewhere;
mod lifecycle;
mod memory;
mod model;
mod moves;
mod outage;
mod page;
mod pin;
mod refresh;
mod scene;
mod schedule;
mod suspend;
mod waiting;
