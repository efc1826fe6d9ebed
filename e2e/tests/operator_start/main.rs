//! How the operator starts: what its arguments say, what it needs before it serves, and how it is looked at.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod arguments;
mod certificate;
mod definitions;
mod rights;
mod scene;
