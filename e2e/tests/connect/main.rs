//! A rack's life against the real API server and a simulated Oracle Cloud: found, connected, kept connected, rejected, let go.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod administrator;
mod approval;
mod budget;
mod deletion;
mod fingerprint;
mod handshake;
mod history;
mod interruption;
mod lost_answer;
mod mismatch;
mod outage;
mod refresh;
mod refusal;
mod registration;
mod rejection;
mod scene;
mod schedule;
mod secrecy;
mod trust;
