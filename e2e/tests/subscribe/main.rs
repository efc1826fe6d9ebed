//! A cluster's record from reservation to release, with the shipped operator and its rights against a real API server.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod duplicate;
mod failed;
mod life;
mod outage;
mod remote;
mod scene;
