//! The port to registrars against a site's inventory that behaves, that misbehaves, and that is somebody else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod handler;
mod refusals;
mod scene;
mod turns;
mod verbs;
mod writes;
