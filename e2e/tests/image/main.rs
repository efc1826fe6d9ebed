//! The container image: packed from the program of this build, unpacked again by another program, and run as an unprivileged user.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod archive;
mod container;
mod dockerfile;
mod launch;
mod loose;
mod packed;
mod unpacked;
