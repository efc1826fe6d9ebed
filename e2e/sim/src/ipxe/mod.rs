//! A reading of iPXE's script language, as far as served scripts may rely on it (facts/boot.md §A6).

mod command;
mod interpreter;
mod line;
mod loaded;
mod settings;
mod status;
#[cfg(test)]
mod tests;

pub(crate) use interpreter::{Ipxe, Leave, Surroundings};
pub(crate) use loaded::Program;
pub(crate) use settings::{Raw, Settings};
pub(crate) use status::Status;
