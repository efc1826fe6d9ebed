//! The port to the account service against one that behaves, and one that does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod bench;
mod lists;
mod pace;
mod rolls;
mod shapes;
mod tokens;
mod troubles;
mod verbs;
