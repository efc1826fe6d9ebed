//! What is done about a cluster's record, and what never is: the planner by example, and in every small world there is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code, also outside of the test functions themselves"
)]

mod activation;
mod adoption;
mod comparison;
mod contested;
mod effect;
mod field;
mod installing;
mod label;
mod lost;
mod memory;
mod model;
mod page;
mod release;
mod reported;
mod scene;
mod status;
