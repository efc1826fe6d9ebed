//! Token sources against a small cloud: who is asked, how often, and what is said when it goes wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cloud;
mod instance;
mod lasting;
mod resource;
mod session;
mod workload;
