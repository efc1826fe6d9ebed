//! A cluster's record from reservation to release, with the shipped operator and its rights against a real API server.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod capability;
mod cluster;
mod drift;
mod duplicate;
mod failed;
mod life;
mod orphan;
mod outage;
mod policy;
mod quota;
mod remote;
mod scene;
mod shape;
mod webhook;
