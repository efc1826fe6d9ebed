//! A host's life against the real API server: registered, installed, rebooted, installed again, deleted.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod completion;
mod deletion;
mod install;
mod not_yet_supported;
mod power;
mod property;
mod reboot;
mod reinstall;
mod retry;
mod scene;
mod story;
mod stranger;
mod suspend;
